"""The sandbox's own clock: it can be set, moved and stopped through ``/_sandbox/clock``."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Wall time that a test may shift or freeze, and a monotonic time that only ever moves forward."""

    def __init__(self) -> None:
        self._shift = timedelta()
        self._frozen_at: datetime | None = None
        self._skipped_seconds = 0.0

    def now(self) -> datetime:
        """The sandbox's present moment, aware and in UTC."""
        return self._frozen_at or datetime.now(UTC) + self._shift

    def monotonic(self) -> float:
        """Seconds for limits and leases. Freezing does not stop it, so a limit never hangs; advancing moves it."""
        return time.monotonic() + self._skipped_seconds

    @property
    def frozen(self) -> bool:
        return self._frozen_at is not None

    def set(self, moment: datetime) -> None:
        """Make it `moment` (aware) now; time runs on from there unless the clock is frozen."""
        if self._frozen_at is not None:
            self._frozen_at = moment.astimezone(UTC)
        self._shift = moment.astimezone(UTC) - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`; a negative value moves the wall time back, never the monotonic one."""
        step = timedelta(seconds=seconds)
        self._shift += step
        self._skipped_seconds += max(seconds, 0.0)
        if self._frozen_at is not None:
            self._frozen_at += step

    def freeze(self, frozen: bool) -> None:
        """Stop the wall time where it is, or let it run on from there."""
        if frozen and self._frozen_at is None:
            self._frozen_at = self.now()
        elif not frozen and self._frozen_at is not None:
            self._shift = self._frozen_at - datetime.now(UTC)
            self._frozen_at = None

    def reset(self) -> None:
        """Back to the real time."""
        self._shift = timedelta()
        self._frozen_at = None
        self._skipped_seconds = 0.0


clock = Clock()
"""The one clock of this process; every stand-in asks it for the time."""
