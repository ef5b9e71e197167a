"""The rate limit: so many requests in each second for an account."""

from __future__ import annotations

from portal.sandbox.clock import clock


class RateLimiter:
    """Fixed windows of a second."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, int]] = {}

    def clear(self) -> None:
        self._windows.clear()

    def allows(self, account_sid: str, limit: int) -> bool:
        """Count a request; `limit` 0 is unlimited."""
        second = int(clock.monotonic())
        began, hits = self._windows.get(account_sid, (second, 0))
        hits = hits + 1 if began == second else 1
        self._windows[account_sid] = (second, hits)
        return not limit or hits <= limit
