"""Files that a running program keeps in its folder: a lock, a little JSON state, generated secrets."""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import Any

from portal.runtime.errors import AlreadyRunning


class FolderLock:
    """An advisory lock on a file, not inherited by children. The system frees it when its holder dies."""

    def __init__(self, path: Path, *, holder: str) -> None:
        """`holder` names, in the sentence for a person, what is running when the lock is taken."""
        self.path = path
        self._holder = holder
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises AlreadyRunning when another process (or another object in this one) holds it."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(file, 32).decode(errors="replace").strip()
            os.close(file)
            who = f"process {pid}" if pid else "another process"
            where = f"{self.path.parent} ({who})"
            raise AlreadyRunning(f"{self._holder} is already running in {where}: end it first, with Ctrl-C.") from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read_state(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty when the file is missing or spoilt: it is only a memory of the last run."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Replace the JSON file in one step."""
    _replace(path, json.dumps(state, indent=2), mode=0o644)


def generated_secret(path: Path) -> str:
    """The secret kept in this file, made (256 bits, hexadecimal, mode 0600) when the file is missing or empty."""
    try:
        kept = path.read_text().strip()
    except FileNotFoundError:
        kept = ""
    if not kept:
        kept = secrets.token_hex(32)
        _replace(path, kept + "\n", mode=0o600)
    return kept


def _replace(path: Path, text: str, *, mode: int) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
