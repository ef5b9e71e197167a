"""What the stand-in remembers between requests; one per process."""

import time
from collections.abc import Callable

from portal.sandbox.anthropic.caching import PromptCache
from portal.sandbox.anthropic.stream import Pace
from portal.sandbox.anthropic.turns import TurnQueue


class AnthropicSandbox:
    """Pace, queued turns and prompt cache."""

    def __init__(self) -> None:
        self.pace = Pace()
        self.turns = TurnQueue()
        self.cache = PromptCache(self.now)
        self._clock: Callable[[], float] = time.time

    def now(self) -> float:
        """Seconds since the epoch by the clock in use."""
        return self._clock()

    def use_clock(self, clock: Callable[[], float]) -> None:
        """Takes time from `clock` (seconds since the epoch) from now on."""
        self._clock = clock

    def reset(self) -> None:
        """Forgets turns and cached prefixes and returns to the default pace; keeps the clock."""
        self.pace = Pace()
        self.turns.clear()
        self.cache.clear()


sandbox = AnthropicSandbox()
