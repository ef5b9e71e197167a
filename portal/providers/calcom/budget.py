"""The calls a minute that Cal.com grants an API key, kept across processes."""

import contextlib
import hashlib
import time
from dataclasses import dataclass, replace
from typing import Final

import httpx
import redis

from portal.core.errors import CalendarBusy, CalendarUnavailable, LookedTooFar
from portal.core.limits import pause_window, take_window
from portal.providers.http import busy, number, retry_after

CALLS: Final = 120
# The rest is kept for writes: a booking gets through while many people look at slots.
READS: Final = 100
# What visitors may use by looking around, all together and each of them. The rest is for the one look that a booking
# needs, and for staff.
LOOKS: Final = 80
LOOKS_OF_ONE: Final = 20
BACKGROUND_READS: Final = 70
# A little more than a minute: calls reach the server some time after we counted them.
WINDOW_SECONDS: Final = 61.0
RESET_HEADERS: Final = ("X-RateLimit-Reset-Default", "X-RateLimit-Reset")
REMAINING_HEADERS: Final = ("X-RateLimit-Remaining-Default", "X-RateLimit-Remaining")


@dataclass(frozen=True)
class CallBudget:
    """One key's budget. ``wait_up_to``: seconds a caller waits for its turn before CalendarBusy.

    ``reads``: how much of the budget reading may use; background work leaves some of it to customers. ``visitor``: who
    looks around, by any stable name; nobody is named while booking.
    """

    name: str
    wait_up_to: float = 2.0
    reads: int = READS
    visitor: str | None = None

    @classmethod
    def of_key(cls, api_key: str, *, wait_up_to: float = 2.0, reads: int = READS) -> "CallBudget":
        """The budget is named by a digest of the key, never by the key."""
        digest = hashlib.sha256(b"calcom budget:" + api_key.encode()).hexdigest()
        return cls(f"calcom:{digest[:32]}", wait_up_to, reads)

    def of_visitor(self, visitor: str) -> "CallBudget":
        """What is left of this budget for somebody who looks around."""
        return replace(self, reads=LOOKS, visitor=visitor)

    def take(self, *, is_write: bool) -> None:
        """Count one call now.

        Raises CalendarBusy past the budget, LookedTooFar past a visitor's share of it, CalendarUnavailable when it
        cannot be known.
        """
        try:
            if self.visitor is not None:
                self._take_share(self.visitor)
            self._take(CALLS if is_write else self.reads)
        except redis.RedisError as error:
            raise CalendarUnavailable from error

    def _take_share(self, visitor: str) -> None:
        share = take_window(f"{self.name}:of:{visitor}", limit=LOOKS_OF_ONE, per_seconds=WINDOW_SECONDS)
        if not share.allowed:
            raise LookedTooFar(retry_after_seconds=share.retry_after_seconds)

    def _take(self, limit: int) -> None:
        deadline = time.monotonic() + self.wait_up_to
        while True:
            allowance = take_window(self.name, limit=limit, per_seconds=WINDOW_SECONDS)
            if allowance.allowed:
                return
            if time.monotonic() + allowance.retry_after_seconds > deadline:
                raise busy(CalendarBusy, allowance.retry_after_seconds)
            time.sleep(allowance.retry_after_seconds + 0.005)

    def observe(self, answer: httpx.Response) -> None:
        """Heed what the server says is left: others may use the same key."""
        seconds = retry_after(answer, *RESET_HEADERS)
        left = [value for name in REMAINING_HEADERS if (value := number(answer, name)) is not None]
        # An answer in hand must not be lost because we could not note this.
        with contextlib.suppress(redis.RedisError):
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                pause_window(self.name, seconds=seconds)
            elif left and left[0] < CALLS - READS:
                pause_window(self.name, seconds=seconds, below=CALLS)
