"""The built frontend: is it there, was it made from these sources, make it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from portal.commands.places import LOGS, ROOT, WEB
from portal.commands.sources import digest
from portal.runtime.errors import StartError
from portal.runtime.folder import read_state, write_state
from portal.runtime.processes import Program

BUILD_NAME = "The frontend build"
_MARK = "portal-build.json"
# What the pages are compiled from. Domain and provider code runs on the server only.
_SOURCES = (
    "portal/portal.py",
    "portal/web/**/*.py",
    "portal/hooks/**/*.py",
    "plugins/**/*.py",
    "assets/**/*",
    "rxconfig.py",
    "uv.lock",
)
_PACKAGES = ("reflex.lock/*",)  # an input too, but the build writes it as well


def is_built(web: Path = WEB) -> bool:
    """True when there are pages to serve, from whatever sources."""
    return any((web / "build" / "client").glob("*.html"))


def is_current(root: Path = ROOT) -> bool:
    """True when the build was finished and its sources are unchanged since."""
    web = root / ".web"
    built_from = {"sources": sources_digest(root), "packages": digest(root, _PACKAGES)}
    return is_built(web) and read_state(web / _MARK) == built_from


def sources_digest(root: Path = ROOT) -> str:
    """SHA-256 over names and contents of what the pages are compiled from."""
    # assets/external is written by the build itself.
    return digest(root, _SOURCES, without=root / "assets/external")


def build_program(env: Mapping[str, str], root: Path = ROOT) -> Program:
    """The process that builds. Take `sources_digest` before it, call `mark_built` after it succeeded."""
    (root / ".web" / _MARK).unlink(missing_ok=True)  # a build that is cut off must not look finished
    log = LOGS / "frontend.log"
    log.unlink(missing_ok=True)
    return Program(
        name=BUILD_NAME,
        argv=[sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"],
        env={**env, "REFLEX_TELEMETRY_ENABLED": "false"},
        cwd=root,
        log=log,
    )


def ensure_current(env: Mapping[str, str]) -> None:
    """Build where the last build does not hold any more, and wait. Raises StartError with the build's last words."""
    if is_current():
        return
    sources, program = sources_digest(), build_program(env)
    done = subprocess.run(program.argv, cwd=ROOT, env=dict(program.env or env), capture_output=True, text=True)
    if done.returncode:
        raise StartError(f"The frontend does not build:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    mark_built(sources)


def mark_built(sources: str, root: Path = ROOT) -> None:
    """Note from which sources (`sources_digest` before the build) the build was made."""
    write_state(root / ".web" / _MARK, {"sources": sources, "packages": digest(root, _PACKAGES)})
