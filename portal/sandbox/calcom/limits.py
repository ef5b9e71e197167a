"""The rate limit: so many requests a minute for each key, or for each address that shows none."""

from __future__ import annotations

import math
from dataclasses import dataclass

from portal.sandbox.clock import clock

WINDOW_SECONDS = 60.0
ANONYMOUS_LIMIT = 120


@dataclass
class _Window:
    started: float
    hits: int = 0
    blocked_until: float = 0.0


@dataclass(frozen=True)
class Allowance:
    """How a request stands: `reset` is in seconds to go, as the server's header is."""

    allowed: bool
    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit-Default": str(self.limit),
            "X-RateLimit-Remaining-Default": str(self.remaining),
            "X-RateLimit-Reset-Default": str(self.reset),
        }


class RateLimiter:
    """Fixed windows that begin with the first request. Going past the limit blocks for a whole window more."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def clear(self) -> None:
        self._windows.clear()

    def hit(self, tracker: str, limit: int) -> Allowance:
        now = clock.monotonic()
        window = self._windows.get(tracker)
        if window is None or now >= max(window.started + WINDOW_SECONDS, window.blocked_until):
            window = self._windows[tracker] = _Window(started=now)
        if now >= window.blocked_until:
            window.hits += 1
            if window.hits > limit:
                window.blocked_until = now + WINDOW_SECONDS
        if now < window.blocked_until:
            return Allowance(False, limit, 0, math.ceil(window.blocked_until - now))
        return Allowance(True, limit, limit - window.hits, math.ceil(window.started + WINDOW_SECONDS - now))
