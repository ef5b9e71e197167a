"""Prices as people type them ↔ minor units. An empty price means: on request."""

import re
from decimal import Decimal

from portal.core.errors import InvalidArgument
from portal.domain.phrases import DECIMALS

AMOUNT = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,3})?")


def price_text(cents: int | None, currency: str) -> str:
    """``"35"``, ``"35.50"``; empty for None."""
    if cents is None:
        return ""
    decimals = DECIMALS.get(currency, 2)
    amount = Decimal(cents).scaleb(-decimals)
    return f"{amount:.0f}" if amount == amount.to_integral_value() else f"{amount:.{decimals}f}"


def as_price(text: str, currency: str) -> int | None:
    """Minor units of ``currency``. Raises InvalidArgument for anything that is no amount of it."""
    shown = text.strip()
    if not shown:
        return None
    decimals = DECIMALS.get(currency, 2)
    if not AMOUNT.fullmatch(shown):
        raise InvalidArgument("Please write the price as a number, such as 35 or 35.50.", details={"field": "price"})
    cents = Decimal(shown.replace(",", ".")).scaleb(decimals)
    if cents != cents.to_integral_value():
        raise InvalidArgument(f"A price has at most {decimals} decimals.", details={"field": "price"})
    return int(cents)
