"""A service as the page shows it, and as people type it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from portal.domain import phrases
from portal.domain.admin.fields import wrong
from portal.domain.admin.services import DEFAULT_RESOURCE, ServiceForm

LABELS: Final = {
    "name": "Name",
    "description": "Description",
    "duration_minutes": "Minutes",
    "price_cents": "Price",
    "currency": "Currency",
    "category": "Category",
    "seats": "Seats",
    "resource": "Person or room",
    "cal_event_type_id": "Cal.com event type",
    "active": "Shown to customers",
}
NEW: Final = {"duration_minutes": "30", "currency": "USD", "seats": "1", "resource": DEFAULT_RESOURCE, "active": "on"}
AMOUNT: Final = re.compile(r"\d{1,9}(?:\.\d{1,3})?")


def as_row(service: ServiceForm) -> dict[str, str]:
    """A line of the list."""
    price = phrases.money(service.price_cents, service.currency) if service.price_cents is not None else "On request"
    seats = f"{service.seats} seats" if service.seats > 1 else ""
    unmapped = "No calendar event type: not bookable yet" if service.cal_event_type_id is None else ""
    facts = (phrases.duration(service.duration_minutes), price, seats, unmapped)
    return {
        "id": str(service.id),
        "name": service.name,
        "text": service.description or "",
        "facts": " · ".join(fact for fact in facts if fact),
        "tag": service.category or "",
        "hidden": "" if service.active else "yes",
    }


def as_texts(service: ServiceForm | None) -> dict[str, str]:
    """What the fields of the dialog show; None: a new service."""
    if service is None:
        return dict.fromkeys(LABELS, "") | NEW
    plain = {name: _text(getattr(service, name)) for name in LABELS}
    active = "on" if service.active else ""
    return plain | {"price_cents": amount(service.price_cents, service.currency), "active": active}


def from_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """The fields as the domain takes them. Raises InvalidArgument with the field."""
    numbers = {name: _whole(name, texts[name]) for name in ("duration_minutes", "seats", "cal_event_type_id")}
    price = minor_units(texts["price_cents"], texts["currency"])
    return {**texts, **numbers, "price_cents": price, "active": texts["active"] == "on"}


def amount(cents: int | None, currency: str) -> str:
    """Minor units as one types them: ``35.50``; empty for None."""
    if cents is None:
        return ""
    decimals = phrases.DECIMALS.get(currency.upper(), 2)
    return f"{Decimal(cents).scaleb(-decimals):.{decimals}f}"


def minor_units(text: str, currency: str) -> int | None:
    """A typed amount (``35``, ``35.50``, ``1,200``) in minor units; None for an empty one. Raises InvalidArgument."""
    plain = text.strip().replace(",", "").removeprefix("$")
    if not plain:
        return None
    scaled = (
        Decimal(plain).scaleb(phrases.DECIMALS.get(currency.strip().upper(), 2)) if AMOUNT.fullmatch(plain) else None
    )
    if scaled is None or scaled != int(scaled):
        raise wrong("price_cents", "Please write an amount such as 35 or 35.50.")
    return int(scaled)


def _whole(name: str, text: str) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    if not re.fullmatch(r"\d{1,10}", plain, re.ASCII):
        raise wrong(name, "Please write a whole number.")
    return int(plain)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
