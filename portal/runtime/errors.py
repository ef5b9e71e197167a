"""What keeps a server or a process from starting, told in one sentence."""

import errno
from pathlib import Path

NO_SPACE_WORDS = "No space left on device"


class StartError(Exception):
    """Something could not be started. The text is one sentence for a person: what is wrong and how to mend it."""


class AlreadyRunning(StartError):
    """Another process holds the folder that this one wants to use."""


def no_space(path: Path) -> StartError:
    """The sentence for a full disk."""
    return StartError(f"The disk that holds {path} is full: free at least 1 GB and start again.")


def is_no_space(error: OSError) -> bool:
    """True for a full disk or a used-up quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def last_line(log: Path) -> str:
    """The last line of a log that says something, or an empty text; reads at most the last 8 kB."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 8192))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
