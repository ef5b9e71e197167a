"""What is known of Anthropic's models: what a token costs, and how long a prefix must be to be cached.

The one table of prices. A model that is not in it has no price here, and pages say so instead of showing a cost.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from portal.providers.anthropic import Usage


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, which are micro-dollars for one. Cache writes are those kept five minutes."""

    input: Decimal
    output: Decimal
    cache_write: Decimal
    cache_read: Decimal

    def of_input(self, usage: Usage) -> Decimal:
        """Micro-dollars of all that was sent."""
        read, written = usage.cache_read_tokens, usage.cache_write_tokens
        return usage.input_tokens * self.input + written * self.cache_write + read * self.cache_read

    def of(self, usage: Usage) -> Decimal:
        """Micro-dollars."""
        return self.of_input(usage) + usage.output_tokens * self.output


@dataclass(frozen=True)
class Model:
    """``least_prefix``: tokens below which nothing is cached, silently. ``price`` None: not known."""

    least_prefix: int
    price: Price | None


#: Source: the API's documentation and price list, 2026-11.
MODELS: Final = {
    "claude-haiku-4-5": Model(4096, Price(Decimal(1), Decimal(5), Decimal("1.25"), Decimal("0.10"))),
    "claude-haiku-5-5": Model(512, None),
}
_DATED = re.compile(r"-\d{8}$")


def known(name: str | None) -> Model | None:
    """The model of this name, with its date or without."""
    return MODELS.get(_DATED.sub("", name or ""))


def price(name: str | None) -> Price | None:
    """What it costs, or None where that is not known."""
    model = known(name)
    return model.price if model else None


def label(name: str | None) -> str:
    """The name for a metric: one of the table's, or ``other``."""
    short = _DATED.sub("", name or "")
    return short if short in MODELS else "other"
