"""`portal build`: the frontend for `portal up`, made where its sources changed."""

from rich.console import Console

from portal.commands import frontend, programs
from portal.commands.configuration import load_settings
from portal.commands.places import STATE
from portal.commands.progress import Progress
from portal.runtime.processes import Supervisor
from portal.runtime.stopping import StopRequest


def run_build(console: Console) -> None:
    """Build when needed. Raises StartError with the log's path when it fails, Stopped on Ctrl-C."""
    load_settings()
    progress = Progress(console)
    if frontend.is_current():
        progress.done("Frontend is built already")
        return
    folder = STATE / "build"
    with StopRequest() as stop_request, Supervisor(folder, stop_request=stop_request, tell=progress.note) as supervisor:
        sources = frontend.sources_digest()
        with progress.step("Frontend is built"):
            supervisor.run_once(frontend.build_program(programs.child_environment()))
        frontend.mark_built(sources)
