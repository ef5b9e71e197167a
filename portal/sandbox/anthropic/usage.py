"""The `usage` of an answer, as a message and as a stream report it."""

from dataclasses import dataclass
from typing import Any

from portal.sandbox.anthropic.caching import CacheOutcome, Segment

#: What every request costs besides its blocks.
OVERHEAD_TOKENS = 8


def input_tokens(prefix: list[Segment]) -> int:
    """All input tokens of a request, cached or not."""
    return OVERHEAD_TOKENS + (prefix[-1].tokens if prefix else 0)


@dataclass(frozen=True)
class Usage:
    """Input tokens in total, and the part of them that the cache read or wrote."""

    total_input: int
    cache: CacheOutcome

    def report(self, output_tokens: int) -> dict[str, Any]:
        """`usage` of a message; `input_tokens` counts what the cache neither read nor wrote."""
        return {
            "input_tokens": self.total_input - self.cache.read - self.cache.written,
            "cache_creation_input_tokens": self.cache.written,
            "cache_read_input_tokens": self.cache.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache.written_5m,
                "ephemeral_1h_input_tokens": self.cache.written_1h,
            },
            "output_tokens": output_tokens,
            "service_tier": "standard",
        }

    def delta(self, output_tokens: int) -> dict[str, Any]:
        """`usage` of `message_delta`: cumulative."""
        whole = self.report(output_tokens)
        return {name: whole[name] for name in whole if name not in ("cache_creation", "service_tier")}
