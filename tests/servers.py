"""Programs of ours that a test or a measurement starts, and that end with it."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from portal.commands import programs
from portal.commands.places import ROOT
from tests.conftest import free_port, wait_for

Process: TypeAlias = "subprocess.Popen[bytes]"
START_SECONDS = 90


@contextmanager
def program(command: list[str], env: Mapping[str, str] | None = None, log: Path | None = None) -> Iterator[Process]:
    """A child program; what it says goes into ``log``."""
    with open(log or os.devnull, "wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


@contextmanager
def web_server(
    app: str = programs.WEB_APP, *, port: int | None = None, log: Path | None = None, **environment: str
) -> Iterator[int]:
    """A web process of ``app`` as production starts it, answering; its port, a free one unless named.

    It has this process's settings, and those of ``environment``.
    """
    port = port or free_port()
    command = programs.web_command(host="127.0.0.1", port=port, workers=1, app=app)
    env = programs.web_environment({**programs.child_environment(), "PORTAL_PORT": str(port), **environment})
    with program(command, env, log) as process:
        wait_for(f"http://127.0.0.1:{port}/healthz", process, START_SECONDS)
        yield port
