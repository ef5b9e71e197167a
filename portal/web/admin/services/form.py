"""A service as the page shows it, and as people type it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from portal.domain import phrases
from portal.domain.admin.fields import wrong
from portal.domain.admin.services import DEFAULT_RESOURCE, ServiceForm
from portal.web.admin.prices import as_price, price_text

LABELS: Final = {
    "name": "Name",
    "description": "Description",
    "duration_minutes": "Minutes",
    "price": "Price",
    "currency": "Currency",
    "category": "Category",
    "seats": "Seats",
    "resource": "Person or room",
    "cal_event_type_id": "Cal.com event type",
    "active": "Shown to customers",
}
NEW: Final = {"duration_minutes": "30", "currency": "USD", "seats": "1", "resource": DEFAULT_RESOURCE, "active": "on"}


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
    plain = {name: _text(getattr(service, name)) for name in LABELS if name != "price"}
    active = "on" if service.active else ""
    return plain | {"price": price_text(service.price_cents, service.currency), "active": active}


def from_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """The fields as the domain takes them. Raises InvalidArgument with the field."""
    numbers = {name: _whole(name, texts[name]) for name in ("duration_minutes", "seats", "cal_event_type_id")}
    plain = {name: text for name, text in texts.items() if name != "price"}
    price = as_price(texts["price"], texts["currency"].strip().upper())
    return {**plain, **numbers, "price_cents": price, "active": texts["active"] == "on"}


def _whole(name: str, text: str) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    if not re.fullmatch(r"\d{1,10}", plain, re.ASCII):
        raise wrong(name, "Please write a whole number.")
    return int(plain)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
