"""Which process is it? A pid alone is reused by the system; a pid with its start time is not."""

import os
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self" / "stat").exists()


@dataclass(frozen=True)
class ProcessIdentity:
    """A pid and a token of its start (boot id and clock ticks on Linux, the start date elsewhere)."""

    pid: int
    started: str

    def as_dict(self) -> dict[str, Any]:
        """For a JSON file; `read_identity` is the way back."""
        return asdict(self)


def read_identity(value: object) -> ProcessIdentity | None:
    """What `as_dict` wrote, or None when the value is anything else."""
    if not isinstance(value, dict):
        return None
    pid, started = value.get("pid"), value.get("started")
    if isinstance(pid, int) and pid > 1 and isinstance(started, str):
        return ProcessIdentity(pid, started)
    return None


def identify(pid: int) -> ProcessIdentity | None:
    """The living process with this pid; None when there is none or only its zombie is left."""
    started = _started_linux(pid) if _HAS_PROC else _started_ps(pid)
    return ProcessIdentity(pid, started) if started else None


def is_alive(identity: ProcessIdentity) -> bool:
    """True while that very process lives, not another one that got its pid."""
    return identify(identity.pid) == identity


def wait_gone(identity: ProcessIdentity, seconds: float) -> bool:
    """Wait for the end of a process that is not our child. True when it ended in time."""
    deadline = time.monotonic() + seconds
    while is_alive(identity):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def command_line(pid: int) -> list[str]:
    """The arguments that a process was started with; empty when they cannot be read."""
    if not _HAS_PROC:
        return _ps(pid, "command=").split()
    try:
        raw = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in raw.split(b"\0") if part]


def carriers(name: str, value: str) -> list[ProcessIdentity]:
    """Living processes with `name=value` in their environment (Linux; elsewhere none, as it cannot be read there)."""
    if not _HAS_PROC:
        return []
    wanted = f"{name}={value}".encode()
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # of another user, or gone
            continue
        if wanted in environment and (identity := identify(int(entry.name))):
            found.append(identity)
    return found


def _started_linux(pid: int) -> str:
    try:
        # The name (second field) may hold spaces and brackets: count from its end.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def _started_ps(pid: int) -> str:
    state, _, started = _ps(pid, "stat=,lstart=").strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def _ps(pid: int, columns: str) -> str:
    shown = subprocess.run(["ps", "-o", columns, "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout
