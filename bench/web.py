"""Web servers to measure, all started by the product's own command line with one worker."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from portal.commands import programs
from portal.commands.places import ROOT
from tests.conftest import free_port, wait_for

PRODUCT = "portal.commands.serve:app"


@contextmanager
def web_server(app: str = PRODUCT, **environment: str) -> Iterator[int]:
    """A server of ``app`` (an import path of an ASGI factory) on a free port of this machine."""
    port = free_port()
    command = [*programs.web_command(host="127.0.0.1", port=port, workers=1)[:-1], app]
    env = programs.web_environment({**programs.child_environment(), "PORTAL_PORT": str(port), **environment})
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process, 60)
        yield port
    finally:
        process.terminate()
        process.wait(20)
