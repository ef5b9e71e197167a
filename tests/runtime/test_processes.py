"""The supervisor: readiness, crashes, the order of the end, and healing after its own kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.runtime.errors import AlreadyRunning, StartError
from portal.runtime.identity import ProcessIdentity, identify, is_alive
from portal.runtime.processes import Program, Supervisor
from portal.runtime.stopping import Stopped, StopRequest
from tests.runtime.waiting import eventually, read_line

SLEEPER = "import time; time.sleep(60)"
# Ends by itself on SIGINT after noting it; ignores SIGTERM.
NOTES_ITS_END = """
import signal, sys, time
def note(number, frame):
    with open(sys.argv[1], "a") as file:
        file.write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGINT, note)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1] + "." + sys.argv[2], "w").close()
time.sleep(60)
"""
# A child that starts a grandchild in the same group, then waits.
WITH_GRANDCHILD = """
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open(sys.argv[1], "w") as file:
    file.write(str(grandchild.pid))
time.sleep(60)
"""
SUPERVISING = """
import os, sys, time
from pathlib import Path
from portal.runtime.processes import Program, Supervisor
from portal.runtime.stopping import StopRequest
folder = Path(sys.argv[1])
with StopRequest() as stop, Supervisor(folder, stop_request=stop, tell=print) as supervisor:
    program = [sys.executable, "-c", sys.argv[2], str(folder / "grandchild")]
    supervisor.start(Program(name="child", argv=program, env=dict(os.environ), cwd=folder))
    print(supervisor._children[0].process.pid)
    supervisor.watch()
print("ended in order")
"""


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def stop_request() -> Iterator[StopRequest]:
    with StopRequest() as request:
        yield request


@pytest.fixture
def supervisor(tmp_path: Path, told: list[str], stop_request: StopRequest) -> Iterator[Supervisor]:
    with Supervisor(tmp_path, stop_request=stop_request, tell=told.append) as supervisor:
        yield supervisor


def program(tmp_path: Path, code: str, *arguments: str, name: str = "child", **options: object) -> Program:
    argv = [sys.executable, "-c", code, *arguments]
    return Program(
        name=name, argv=argv, env=dict(os.environ), cwd=tmp_path, log=tmp_path / f"{name}.log", **options  # type: ignore[arg-type]
    )  # fmt: skip


def child_pid(supervisor: Supervisor, index: int = 0) -> int:
    process = supervisor._children[index].process
    assert process is not None
    return process.pid


def watching(supervisor: Supervisor, stop_request: StopRequest, until: Callable[[], bool]) -> bool:
    """Let the supervisor watch, as in production, until a condition holds."""
    deadline = time.monotonic() + 10

    def step(*_: object) -> None:
        if until() or time.monotonic() > deadline:
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            signal.setitimer(signal.ITIMER_REAL, 0.05)

    before = signal.signal(signal.SIGALRM, step)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        supervisor.watch()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert stop_request.requested
    return until()


class TestStart:
    def test_output_goes_to_the_log(self, tmp_path: Path, supervisor: Supervisor) -> None:
        supervisor.run_once(program(tmp_path, "import sys; print('out'); print('err', file=sys.stderr)"))
        assert sorted((tmp_path / "child.log").read_text().split()) == ["err", "out"]

    def test_own_session(self, tmp_path: Path, supervisor: Supervisor) -> None:
        supervisor.start(program(tmp_path, SLEEPER))
        assert os.getsid(child_pid(supervisor)) == child_pid(supervisor)

    def test_missing_program(self, tmp_path: Path, supervisor: Supervisor) -> None:
        missing = Program(name="ghost", argv=["/no/such/program"], env={}, cwd=tmp_path)
        with pytest.raises(StartError, match="ghost cannot be started: No such file"):
            supervisor.start(missing)

    def test_after_a_stop_request(self, tmp_path: Path, supervisor: Supervisor) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            supervisor.start(program(tmp_path, SLEEPER))
        assert supervisor._children == []

    def test_folder_in_use(self, tmp_path: Path, supervisor: Supervisor, stop_request: StopRequest) -> None:
        other = Supervisor(tmp_path, stop_request=stop_request, tell=print, holder="A demo")
        with pytest.raises(AlreadyRunning, match=rf"A demo is already running .*\(process {os.getpid()}\)"):
            other.__enter__()


class TestWaitReady:
    def test_waits_until_it_serves(self, tmp_path: Path, supervisor: Supervisor) -> None:
        mark = tmp_path / "ready"
        code = "import pathlib, sys, time; time.sleep(0.2); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
        supervisor.start(program(tmp_path, code, str(mark), ready=mark.exists))
        supervisor.wait_ready()
        assert mark.exists()

    def test_ends_while_starting(self, tmp_path: Path, supervisor: Supervisor) -> None:
        supervisor.start(program(tmp_path, "raise SystemExit('no licence')", ready=lambda: False))
        with pytest.raises(
            StartError, match=r"child ended with exit code 1 while starting: no licence \(log: .*child\.log\)"
        ):
            supervisor.wait_ready()

    def test_never_serves(self, tmp_path: Path, supervisor: Supervisor) -> None:
        supervisor.start(program(tmp_path, SLEEPER, ready=lambda: False, ready_seconds=0.2))
        with pytest.raises(StartError, match="child did not answer within 0 s"):
            supervisor.wait_ready()


class TestRunOnce:
    def test_failure(self, tmp_path: Path, supervisor: Supervisor) -> None:
        with pytest.raises(StartError, match="child failed with exit code 3"):
            supervisor.run_once(program(tmp_path, "raise SystemExit(3)"))


class TestWatch:
    def test_crashed_child_starts_again(
        self, tmp_path: Path, supervisor: Supervisor, stop_request: StopRequest, told: list[str]
    ) -> None:
        supervisor.start(program(tmp_path, SLEEPER))
        first = child_pid(supervisor)
        os.kill(first, signal.SIGKILL)

        def again() -> bool:
            process = supervisor._children[0].process
            return process is not None and process.pid != first

        assert watching(supervisor, stop_request, again)
        assert told == [f"child ended with exit code -9; it starts again in 1 s (log: {tmp_path / 'child.log'})."]

    def test_crash_takes_its_group_along(
        self, tmp_path: Path, supervisor: Supervisor, stop_request: StopRequest
    ) -> None:
        supervisor.start(program(tmp_path, WITH_GRANDCHILD, str(tmp_path / "grandchild")))
        grandchild = pid_in(tmp_path / "grandchild")
        os.kill(child_pid(supervisor), signal.SIGKILL)
        assert watching(supervisor, stop_request, lambda: not is_alive(grandchild))


class TestStop:
    def test_last_started_ends_first(self, tmp_path: Path, supervisor: Supervisor) -> None:
        notes = tmp_path / "notes"
        stop = ((signal.SIGINT, 5.0),)
        for name in ("first", "second"):
            supervisor.start(program(tmp_path, NOTES_ITS_END, str(notes), name, name=name, stop=stop))
            assert eventually((tmp_path / f"notes.{name}").exists)
        supervisor.stop()
        assert notes.read_text().split() == ["second", "first"]

    def test_stubborn_child_and_its_group_are_killed(self, tmp_path: Path, supervisor: Supervisor) -> None:
        code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WITH_GRANDCHILD
        supervisor.start(program(tmp_path, code, str(tmp_path / "grandchild"), stop=((signal.SIGTERM, 0.2),)))
        grandchild = pid_in(tmp_path / "grandchild")
        pid = child_pid(supervisor)
        supervisor.stop()
        assert identify(pid) is None
        assert eventually(lambda: not is_alive(grandchild))

    def test_second_request_hurries(self, tmp_path: Path, supervisor: Supervisor, stop_request: StopRequest) -> None:
        code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WITH_GRANDCHILD
        supervisor.start(program(tmp_path, code, str(tmp_path / "grandchild"), stop=((signal.SIGTERM, 30.0),)))
        pid_in(tmp_path / "grandchild")
        os.kill(os.getpid(), signal.SIGINT)
        stop_request.ending()
        os.kill(os.getpid(), signal.SIGINT)
        started = time.monotonic()
        supervisor.stop()
        assert time.monotonic() - started < 5


@pytest.mark.faults
class TestHealing:
    def test_supervisor_killed(self, tmp_path: Path, run_python, stop_request: StopRequest) -> None:  # type: ignore[no-untyped-def]
        stranger = subprocess.Popen(["sleep", "60"])
        killed = run_python(SUPERVISING, tmp_path, WITH_GRANDCHILD)
        child = identify(int(read_line(killed)))
        grandchild = pid_in(tmp_path / "grandchild")
        killed.kill()
        killed.wait()
        assert child is not None
        assert is_alive(child)
        with Supervisor(tmp_path, stop_request=stop_request, tell=print):
            assert not is_alive(child)
            assert not is_alive(grandchild)
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()

    def test_noted_pid_now_belongs_to_a_stranger(self, tmp_path: Path, stop_request: StopRequest) -> None:
        stranger = subprocess.Popen(["sleep", "60"])
        noted = ProcessIdentity(stranger.pid, "another start")
        (tmp_path / "children.json").write_text(json.dumps({"run": "0" * 32, "children": [noted.as_dict()]}))
        with Supervisor(tmp_path, stop_request=stop_request, tell=print):
            assert stranger.poll() is None
        stranger.kill()
        stranger.wait()

    def test_interrupt_ends_everything(self, tmp_path: Path, run_python) -> None:  # type: ignore[no-untyped-def]
        running = run_python(SUPERVISING, tmp_path, WITH_GRANDCHILD)
        child = identify(int(read_line(running)))
        grandchild = pid_in(tmp_path / "grandchild")
        running.send_signal(signal.SIGINT)
        assert read_line(running) == "ended in order"
        assert running.wait(10) == 0
        assert child is not None
        assert not is_alive(child)
        assert eventually(lambda: not is_alive(grandchild))


def pid_in(path: Path) -> ProcessIdentity:
    """The living process whose pid a child writes into a file."""
    assert eventually(lambda: path.exists() and path.read_text() != "")
    identity = identify(int(path.read_text()))
    assert identity is not None
    return identity
