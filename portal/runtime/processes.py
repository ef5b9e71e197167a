"""The supervisor: starts processes, waits until they serve, restarts a crashed one, ends exactly those it started."""

import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from portal.runtime.errors import StartError, last_line
from portal.runtime.folder import FolderLock, read_state, write_state
from portal.runtime.identity import ProcessIdentity, carriers, identify, is_alive, read_identity, wait_gone
from portal.runtime.server import EmbeddedServer
from portal.runtime.stopping import StopRequest

# Every child, and its children, carry the run's id in their environment: after a kill -9 it tells them from strangers.
RUN_VARIABLE = "SUPERVISED_RUN"

_POLL_SECONDS = 0.05
_BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_STABLE_SECONDS = 60.0  # a process that ran this long starts again at the shortest backoff
_LOG_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Program:
    """A process to run: `env` is its whole environment, `log` None lets it write where we write."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path | None = None
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 60.0
    stop: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 10.0),)
    """Signals in order with the seconds to wait after each; SIGKILL to the whole group always ends it."""


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    identity: ProcessIdentity | None = None
    started_at: float = 0.0
    restart_at: float | None = None
    failures: int = field(default=0)


class Supervisor:
    """Children of one folder. Use as a context manager; leaving it ends everything, last started first.

    Entering takes the folder's lock (AlreadyRunning) and ends what a killed supervisor of this folder left behind.
    """

    def __init__(
        self, folder: Path, *, stop_request: StopRequest, tell: Callable[[str], None], holder: str = "The portal"
    ) -> None:
        """`tell` gets one sentence for each crash and restart; `holder` names us when the folder is taken."""
        self._folder = folder
        self._stop_request = stop_request
        self._tell = tell
        self._run = uuid.uuid4().hex
        self._children: list[_Child] = []
        self._servers: list[EmbeddedServer] = []
        self._lock = FolderLock(folder / "supervisor.lock", holder=holder)

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        try:
            self._end_leftovers()
            self._record()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def guard(self, server: EmbeddedServer) -> None:
        """Keep a started server alive from now on, and end it at the end."""
        self._servers.append(server)

    def start(self, program: Program) -> None:
        """Start a process; `wait_ready` waits for it. Raises Stopped when the end was asked for."""
        self._stop_request.check()
        child = _Child(program)
        self._children.append(child)
        self._spawn(child)

    def wait_ready(self) -> None:
        """Wait until every started process serves. Raises StartError (which one, why, its log) or Stopped."""
        for child in self._children:
            self._wait_child(child)

    def run_once(self, program: Program) -> None:
        """Run a process to its end beside the others. Raises StartError when it fails, or Stopped."""
        self.start(program)
        self.join(program.name)

    def join(self, name: str) -> None:
        """Wait for the end of a started process that is meant to end. Raises StartError when it failed, or Stopped."""
        child = next(child for child in self._children if child.program.name == name)
        while not self._exited(child):
            self._stop_request.check()
            time.sleep(_POLL_SECONDS)
        code = self._reap(child)
        self._children.remove(child)
        self._record()
        if code != 0:
            raise _failed(child.program, f"failed with exit code {code}")

    def watch(self) -> None:
        """Keep everything alive until a stop is asked for."""
        while not self._stop_request.requested:
            for server in self._servers:
                self._mend_server(server)
            for child in self._children:
                self._mend_child(child)
            time.sleep(_POLL_SECONDS * 4)

    def stop(self) -> None:
        """End the children, last started first, then the servers. Harmless when called again."""
        self._stop_request.ending()
        while self._children:
            self._end_child(self._children.pop())
        while self._servers:
            self._servers.pop().stop()
        self._state_file.unlink(missing_ok=True)
        self._lock.release()

    @property
    def _state_file(self) -> Path:
        return self._folder / "children.json"

    def _spawn(self, child: _Child) -> None:
        program = child.program
        log = _open_log(program.log) if program.log else None
        try:
            child.process = subprocess.Popen(
                list(program.argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT if log else None,
                cwd=program.cwd,
                env={**program.env, RUN_VARIABLE: self._run},
                start_new_session=True,  # its own group: the terminal's Ctrl-C reaches only us
            )
        except OSError as error:
            raise StartError(f"{program.name} cannot be started: {error.strerror} ({program.argv[0]}).") from error
        finally:
            if log is not None:
                os.close(log)
        child.identity = identify(child.process.pid)
        child.started_at = time.monotonic()
        child.restart_at = None
        self._record()

    def _record(self) -> None:
        identities = [child.identity.as_dict() for child in self._children if child.identity]
        write_state(self._state_file, {"run": self._run, "children": identities})

    def _end_leftovers(self) -> None:
        state = read_state(self._state_file)
        left = {
            identity for entry in state.get("children", []) if (identity := read_identity(entry)) and is_alive(identity)
        }
        if isinstance(run := state.get("run"), str):
            left.update(carriers(RUN_VARIABLE, run))
        for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            for identity in left:
                _signal(identity, number)
            deadline = time.monotonic() + seconds
            left = {identity for identity in left if not wait_gone(identity, max(0.0, deadline - time.monotonic()))}

    def _wait_child(self, child: _Child) -> None:
        program = child.program
        deadline = child.started_at + program.ready_seconds
        while program.ready is not None and not program.ready():
            self._stop_request.check()
            if self._exited(child):
                raise _failed(program, f"ended with exit code {self._reap(child)} while starting")
            if time.monotonic() > deadline:
                raise _failed(program, f"did not answer within {program.ready_seconds:.0f} s")
            time.sleep(_POLL_SECONDS)

    def _mend_child(self, child: _Child) -> None:
        if child.restart_at is not None:
            if time.monotonic() >= child.restart_at:
                self._spawn(child)
        elif self._exited(child):
            if time.monotonic() - child.started_at > _STABLE_SECONDS:
                child.failures = 0
            pause = _BACKOFF_SECONDS[min(child.failures, len(_BACKOFF_SECONDS) - 1)]
            child.failures += 1
            child.restart_at = time.monotonic() + pause
            what = f"{child.program.name} ended with exit code {self._reap(child)}"
            self._tell(f"{what}; it starts again in {pause:.0f} s{_see(child.program)}.")

    def _mend_server(self, server: EmbeddedServer) -> None:
        if server.running():
            return
        self._tell(f"{server.name} ended by itself; it starts again.")
        try:
            server.restart()
        except StartError as error:
            self._tell(str(error))
            time.sleep(_BACKOFF_SECONDS[0])

    def _end_child(self, child: _Child) -> None:
        if child.process is None:
            return
        for number, seconds in child.program.stop:
            if self._exited(child) or self._stop_request.hurried:
                break
            child.process.send_signal(number)
            self._wait_exit(child, seconds)
        self._reap(child)

    def _wait_exit(self, child: _Child, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._exited(child) and time.monotonic() < deadline and not self._stop_request.hurried:
            time.sleep(_POLL_SECONDS)

    @staticmethod
    def _exited(child: _Child) -> bool:
        """True when the process ended; it stays a zombie, so its pid still names its group and nobody else's."""
        if child.process is None:
            return True
        if child.process.returncode is None and hasattr(os, "waitid"):
            return os.waitid(os.P_PID, child.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return child.process.poll() is not None

    @staticmethod
    def _reap(child: _Child) -> int:
        """Kill what is left of the process's group, then collect its exit code."""
        if child.process is None:
            return 0
        if child.process.returncode is None:
            # macOS says PermissionError when the group holds nothing but the zombie.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
        code = child.process.wait()
        child.process = None
        child.identity = None
        return code


def _signal(identity: ProcessIdentity, number: signal.Signals) -> None:
    if is_alive(identity):
        with contextlib.suppress(ProcessLookupError):
            os.kill(identity.pid, number)


def _failed(program: Program, what: str) -> StartError:
    reason = last_line(program.log) if program.log else ""
    return StartError(f"{program.name} {what}{': ' + reason if reason else ''}{_see(program)}.")


def _see(program: Program) -> str:
    return f" (log: {program.log})" if program.log else ""


def _open_log(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
