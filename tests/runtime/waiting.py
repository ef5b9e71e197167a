"""Waiting for other processes."""

import subprocess
import time
from collections.abc import Callable


def read_line(process: "subprocess.Popen[str]") -> str:
    """The next line that a `run_python` process prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until a condition holds; False when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
