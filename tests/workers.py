"""Worker processes as they run in production."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import ROOT


@contextmanager
def workers(number: int = 2) -> Iterator[None]:
    """So many of them, which must live until the end."""
    command = [sys.executable, "-m", "portal", "worker"]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(number)
    ]
    try:
        yield
        assert [process.poll() for process in started] == [None] * number, "a worker gave up"
    finally:
        for process in started:
            process.send_signal(signal.SIGINT)
        for process in started:
            process.wait(30)
