"""What conversations used and cost: tokens by model, the share that came from the cache, US dollars.

Prices are those of :mod:`portal.providers.anthropic_models`; what a model without a price used has no cost, and neither
has a sum with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.providers import anthropic_models
from portal.providers.anthropic import Usage

MICROS = 1_000_000
NO_PRICE = "no price known for its model"


@dataclass(frozen=True)
class Spent:
    """``micros``: millionths of a US dollar, or None where a model's price is not known."""

    usage: Usage
    micros: Decimal | None

    @property
    def tokens(self) -> int:
        return self.usage.total_input + self.usage.output_tokens

    @property
    def cache_percent(self) -> int:
        """Of what was sent, how much the API found in its cache."""
        return round(100 * self.usage.cache_read_tokens / self.usage.total_input) if self.usage.total_input else 0

    @property
    def cost_usd(self) -> float | None:
        return None if self.micros is None else float(self.micros / MICROS)

    def each(self, number: int) -> Decimal | None:
        """Micro-dollars for one of so many; None without a price, or of nothing."""
        return None if self.micros is None or not number else self.micros / number


def spent(by_model: Iterable[tuple[str | None, Usage]]) -> Spent:
    """All of it together."""
    usage, micros = Usage(), Decimal(0)
    is_known = True
    for model, used in by_model:
        usage += used
        if (price := anthropic_models.price(model)) is not None:
            micros += price.of(used)
        else:
            is_known = is_known and used == Usage()
    return Spent(usage, micros if is_known else None)


def usage_of(row: Any) -> Usage:
    """The four counters of a row."""
    return Usage(*map(int, (row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens)))


def dollars(micros: Decimal | None) -> str:
    """``$1.25``, ``$0.023`` below a dollar, ``under $0.001``; a dash where there is no cost to tell."""
    if micros is None:
        return "–"
    amount = micros / MICROS
    if 0 < amount < Decimal("0.001"):
        return "under $0.001"
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.3f}"
