"""Our processes: web, worker, sandbox; and the environment that tells them about each other."""

import os
import signal
import sys
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path

from portal.commands.places import LOGS, ROOT, STATE
from portal.runtime.processes import Program

# The owner of the schema is for migrations: no serving process gets its password.
# Without compiled files every start would compile some thousand modules anew.
_NOT_FOR_CHILDREN = ("PORTAL_DATABASE_OWNER_URL", "DATABASE_OWNER_URL", "PYTHONDONTWRITEBYTECODE")
WEB_APP = "portal.commands.serve:app"
_WEB_ENVIRONMENT = {
    # The web framework's own names for "serve what was built, compile nothing"; tests/runtime checks that they work.
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "__REFLEX_SKIP_COMPILE": "true",
    "REFLEX_ENV_MODE": "prod",
}


def child_environment() -> dict[str, str]:
    """Our environment for a child, without what a serving process must not know."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_CHILDREN}
    return kept | {"PYTHONUNBUFFERED": "1"}


def web_command(*, host: str, port: int, workers: int, app: str = WEB_APP) -> list[str]:
    """The command line of the web server; ``app`` is the import path of an ASGI factory."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-access-log"),
        *("--host", host, "--port", str(port), "--workers", str(workers)),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10"),
        app,
    ]


def web_environment(env: Mapping[str, str]) -> dict[str, str]:
    """`env` for the web server."""
    return {**env, **_WEB_ENVIRONMENT}


def web(env: Mapping[str, str], *, host: str, port: int, workers: int, log: bool) -> Program:
    """The web server with its workers."""
    return Program(
        name="web",
        argv=web_command(host=host, port=port, workers=workers),
        env=web_environment(env),
        cwd=ROOT,
        log=LOGS / "web.log" if log else None,
        ready=answers(f"http://127.0.0.1:{port}/healthz"),
        stop=((signal.SIGTERM, 15.0),),
    )


def worker(env: Mapping[str, str], *, number: int, log: bool) -> Program:
    """A queue worker. SIGINT lets it finish the job in hand."""
    return Program(
        name=f"worker-{number}",
        argv=[sys.executable, "-m", "portal", "worker"],
        env=env,
        cwd=ROOT,
        log=LOGS / f"worker-{number}.log" if log else None,
        stop=((signal.SIGINT, 25.0), (signal.SIGTERM, 5.0)),
    )


def sandbox_command(port: int, *, web_port: int, state: Path = STATE / "sandbox.json") -> list[str]:
    """The command line of the providers' stand-ins; ``web_port`` is where the product listens to their webhooks."""
    seed = ["--seed", "demo", "--portal", f"http://localhost:{web_port}"]
    return [sys.executable, "-m", "portal.sandbox", "--port", str(port), *seed, "--state", str(state)]


def sandbox(env: Mapping[str, str], *, port: int, web_port: int) -> Program:
    """The providers' stand-ins, served over HTTP."""
    return Program(
        name="sandbox",
        argv=sandbox_command(port, web_port=web_port),
        env=env,
        cwd=ROOT,
        log=LOGS / "sandbox.log",
        ready=answers(f"http://127.0.0.1:{port}/healthz"),
    )


def answers(url: str) -> Callable[[], bool]:
    """A readiness check: True when `url` answers 200."""

    def check() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own http:// address
                return bool(response.status == 200)
        except (OSError, HTTPException):
            return False

    return check
