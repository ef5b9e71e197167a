"""`portal up`: production, from a built frontend, with a database and a Redis given."""

from rich.console import Console

from portal.commands import database, frontend, preflight, programs
from portal.commands.configuration import is_given, load_settings, override_settings
from portal.commands.places import STATE
from portal.commands.progress import Progress
from portal.core.settings import Settings
from portal.runtime.errors import StartError
from portal.runtime.processes import Supervisor
from portal.runtime.stopping import Stopped, StopRequest


def production_settings() -> Settings:
    """Settings, with production as the environment where none was named: unsafe values are refused then."""
    if not is_given(("PORTAL_ENVIRONMENT", "ENVIRONMENT")):
        return override_settings({"environment": "production"})
    return load_settings()


def run_up(console: Console, *, host: str, port: int | None) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises StartError when anything that it needs is missing."""
    settings = production_settings()
    check_ready_to_serve(settings)
    progress = Progress(console)
    folder = STATE / "up"
    folder.mkdir(parents=True, exist_ok=True)
    with StopRequest() as stop_request:
        try:
            with Supervisor(folder, stop_request=stop_request, tell=progress.note) as supervisor:
                start_processes(supervisor, settings, host=host, port=port or settings.port)
                progress.done(f"Serving on port {port or settings.port}")
                supervisor.watch()
        except Stopped:
            progress.note("Stopped before it was up.")


def check_ready_to_serve(settings: Settings) -> None:
    """Raises StartError, saying which command mends it."""
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not getattr(settings, name.lower())]
    if missing:
        raise StartError(
            f"{' and '.join(missing)} must be set: `portal up` serves from servers of yours (see `portal doctor`)."
        )
    if not frontend.is_built():
        raise StartError("The frontend is not built: run `portal build` first.")
    database.check_reachable(settings.database_url)
    database.check_served(settings.database_url)


def start_processes(supervisor: Supervisor, settings: Settings, *, host: str, port: int) -> None:
    """Web and queue workers, as many as the settings say; their logs go where ours go."""
    preflight.check_port(port, host, command="portal up")
    env = programs.child_environment() | {"PORTAL_PORT": str(port)}
    supervisor.start(programs.web(env, host=host, port=port, workers=settings.web_workers, log=False))
    for number in range(1, settings.queue_workers + 1):
        supervisor.start(programs.worker(env, number=number, log=False))
    supervisor.wait_ready()
