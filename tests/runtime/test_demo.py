"""`portal demo` as a whole: up, refused a second time, healed after kill -9, ended without a trace."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from portal.runtime import ports
from portal.runtime.folder import read_state
from portal.runtime.identity import ProcessIdentity, carriers, is_alive, read_identity
from portal.runtime.processes import RUN_VARIABLE
from tests.runtime.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[2]
UP = "Ctrl-C ends everything"

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


class Demo:
    """A demo with a state folder and a port of its own, its output in a file."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.output = folder / "output"
        self.port = ports.choose(None)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=output, env=self.environment, cwd="/")
        shown = eventually(lambda: UP in self.shown or not self.running, 240)
        assert shown, self.shown
        assert UP in self.shown, self.shown

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "portal", "demo", "--port", str(self.port)]

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        return {**kept, "PORTAL_STATE_DIR": str(self.state), "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}

    @property
    def shown(self) -> str:
        return self.output.read_text()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def processes(self) -> set[ProcessIdentity]:
        """Everything that it started: children with their children, and the two servers."""
        servers = (
            read_identity(read_state(self.state / name / "server.json")["process"]) for name in ("postgres", "valkey")
        )
        children = carriers(RUN_VARIABLE, read_state(self.state / "children.json")["run"])
        return {*children, *(server for server in servers if server)}

    def page(self, slug: str) -> httpx.Response:
        return httpx.get(
            f"http://127.0.0.1:{self.port}/", headers={"Host": f"{slug}.localhost:{self.port}"}, timeout=20
        )

    def operate(self, *arguments: str) -> str:
        """What a command given in another terminal prints."""
        command = [sys.executable, "-m", "portal", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def send(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def demo(frontend_built: None, open_folder: Path) -> Iterator[Demo]:
    demo = Demo(open_folder)
    yield demo
    if demo.running:
        demo.send(signal.SIGTERM)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes of a demo in /proc")
def test_life_of_a_demo(demo: Demo, tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "300"])
    demo.start()
    assert f"http://bobs-barbershop.localhost:{demo.port}" in demo.shown
    assert "Bob&#x27;s Barbershop" in demo.page("bobs-barbershop").text
    first = demo.processes()
    assert len(first) >= 6  # two servers, sandbox, web and its worker, queue worker

    again = subprocess.run(demo.command, capture_output=True, text=True, env=demo.environment, check=False)
    assert again.returncode == 1
    assert re.fullmatch(r"✗ A demo is already running in .*: end it first, with Ctrl-C\.\n", again.stderr)

    assert demo.operate("tenant", "suspend", "peak-fitness") == "✓ Peak Fitness is suspended.\n"
    assert demo.page("peak-fitness").status_code == 503
    demo.operate("tenant", "activate", "peak-fitness")

    demo.send(signal.SIGKILL)
    assert all(is_alive(process) for process in first)
    demo.start()
    assert not any(is_alive(process) for process in first)
    assert demo.page("peak-fitness").status_code == 200

    second = demo.processes()
    assert demo.send(signal.SIGINT) == 0
    assert not any(is_alive(process) for process in second)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_busy_port(demo: Demo, busy_port: int) -> None:
    demo.port = busy_port
    done = subprocess.run(demo.command, capture_output=True, text=True, env=demo.environment, check=False)
    assert done.returncode == 1
    assert re.fullmatch(rf"✗ Port {busy_port} is used by another program: .* `PORT=\d+ make demo`\.\n", done.stderr)
    assert not (demo.state / "postgres").exists()
