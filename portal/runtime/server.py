"""What embedded PostgreSQL and embedded Valkey have in common: one folder, one lock, one port, one child process."""

import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, ClassVar, Self

from portal.runtime import ports
from portal.runtime.account import outside_home
from portal.runtime.errors import NO_SPACE_WORDS, StartError, last_line, no_space
from portal.runtime.folder import FolderLock, generated_secret, read_state, write_state
from portal.runtime.identity import ProcessIdentity, identify, is_alive, read_identity, wait_gone

_ATTEMPTS = 3  # somebody may take the chosen port between our look and the server's bind


class EmbeddedServer(ABC):
    """A server of our own in `data_dir`, listening on 127.0.0.1 only, password required.

    Port and password are kept in the folder, so the same URL holds from run to run unless somebody else has taken the
    port meanwhile. After a kill -9 of the process that started it, the next `start` ends the orphan first.
    """

    name: ClassVar[str]
    stop_signals: ClassVar[Sequence[tuple[signal.Signals, float]]]

    def __init__(
        self, data_dir: Path, port: int | None = None, *, log: Path | None = None, durable: bool = True
    ) -> None:
        """`port`: the wanted one; another is chosen while it is busy. `durable=False` (tests) syncs nothing to disk."""
        self.data_dir = data_dir.absolute()
        self.log = log or self.data_dir / "server.log"
        self.durable = durable
        self._wanted_port = port
        self._port: int | None = None
        self._lock = FolderLock(self.data_dir / "lock", holder=f"An embedded {self.name}")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port that it listens on. Raises StartError before the first start."""
        if self._port is None:
            raise StartError(f"The embedded {self.name} has not been started.")
        return self._port

    @property
    def password(self) -> str:
        """The generated password, kept 0600 in the folder."""
        return generated_secret(self.data_dir / "password")

    def start(self) -> None:
        """Start and wait until it serves. Raises AlreadyRunning or StartError (with the log's path)."""
        # Not 0700: as root the server itself runs as another account and must reach its data below.
        self.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        try:
            self._end_orphan()
            self.prepare()
            self._launch_on_free_port()
        except BaseException:
            self.stop()
            raise

    def attach(self) -> bool:
        """Take over the address of the server that another process keeps running in this folder; False: none does."""
        state = read_state(self._state_file)
        process = read_identity(state.get("process"))
        if process is None or not is_alive(process):
            return False
        self._port = int(state["port"])
        return True

    def restart(self) -> None:
        """Start again on the same port after the server died by itself; the folder stays locked throughout."""
        if not self._launch(self.port):
            raise self.failure()

    def stop(self) -> None:
        """End the server, politely first, and free the folder. Harmless when it is not running."""
        try:
            if self._process is not None:
                self._end_child(self._process)
        finally:
            self._process = None
            self._lock.release()

    def remove(self) -> None:
        """Delete the folder with all data, ending an orphan first. Raises AlreadyRunning while it is in use."""
        if not self.data_dir.exists():
            return
        self._lock.acquire()
        try:
            self._end_orphan()
            shutil.rmtree(outside_home(self.data_dir), ignore_errors=True)
            shutil.rmtree(self.data_dir, ignore_errors=True)
        finally:
            self._lock.release()

    def running(self) -> bool:
        """True while the server process lives."""
        return self._process is not None and self._process.poll() is None

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder ready; called with the lock held and no server running."""

    @abstractmethod
    def spawn(self, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the server process in a session of its own."""

    @abstractmethod
    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """True when this very process answers."""

    def orphan(self) -> ProcessIdentity | None:
        """The server that an earlier, killed owner of this folder left behind."""
        left = read_identity(read_state(self._state_file).get("process"))
        return left if left and is_alive(left) else None

    def failure(self) -> StartError:
        """Why it did not start, from the end of its log."""
        reason = last_line(self.log)
        if NO_SPACE_WORDS in reason:
            return no_space(self.data_dir)
        return StartError(f"The embedded {self.name} did not start: {reason or 'it gave no reason'} (log: {self.log}).")

    @property
    def _state_file(self) -> Path:
        return self.data_dir / "server.json"

    def _launch_on_free_port(self) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            preferred = self._port or self._wanted_port or read_state(self._state_file).get("port")
            self._port = ports.choose(preferred)
            if self._launch(self._port):
                return
            if attempt == _ATTEMPTS or ports.is_free(self._port):
                raise self.failure()

    def _launch(self, port: int, seconds: float = 60.0) -> bool:
        with self.log.open("ab") as log:
            process = self.spawn(port, log)
        self._process = process
        identity = identify(process.pid)
        write_state(self._state_file, {"port": port, "process": identity.as_dict() if identity else None})
        deadline = time.monotonic() + seconds  # recovery after a crash may replay a good deal
        while process.poll() is None and time.monotonic() < deadline:
            if self.is_ready(process):
                return True
            time.sleep(0.005)
        self._end_child(process)
        return False

    def _end_orphan(self) -> None:
        left = self.orphan()
        if left is None:
            return
        for number, seconds in (*self.stop_signals, (signal.SIGKILL, 5.0)):
            try:
                os.kill(left.pid, number)
            except ProcessLookupError:
                return
            if wait_gone(left, seconds):
                return
        raise StartError(
            f"An embedded {self.name} of an earlier run (process {left.pid}) does not end: end it by hand."
        )

    def _end_child(self, process: subprocess.Popen[bytes]) -> None:
        for number, seconds in (*self.stop_signals, (signal.SIGKILL, 5.0)):
            if process.poll() is None:
                process.send_signal(number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return
