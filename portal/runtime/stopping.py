"""Ctrl-C, SIGTERM and a closed terminal, turned into one orderly end."""

import signal
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked for the end; raised at a safe point, so that no child is started and forgotten."""


class StopRequest:
    """Counts the requests to stop while it is entered (in the main thread).

    The first asks for an orderly end. A second one, made while things are still starting, interrupts whatever runs;
    made while they are ending, it means: do not wait any more.
    """

    def __init__(self) -> None:
        self._count = 0
        self._ending = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started with nohup: it is to outlive its terminal
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @property
    def requested(self) -> bool:
        """True once anybody asked."""
        return self._count > 0

    @property
    def hurried(self) -> bool:
        """True when they asked again."""
        return self._count > 1

    def check(self) -> None:
        """Raise Stopped when a stop was asked for."""
        if self.requested:
            raise Stopped

    def ending(self) -> None:
        """From here on a further request only hurries."""
        self._ending = True

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self.hurried and not self._ending:
            raise KeyboardInterrupt
