"""A request as its card shows it: everything that will be stored, and what the last correction changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.web.contacts import readable_phone

LABELS = {
    "service": "Service", "when": "When", "price": "Price", "name": "Name", "email": "E-mail", "phone": "Phone",
    "notes": "Notes",
}  # fmt: skip
MOVE_LABELS = {"service": "Service", "previous_when": "From", "when": "To", "name": "Name", "email": "E-mail"}
CANCEL_LABELS = {"service": "Service", "previous_when": "When", "name": "Name", "email": "E-mail"}


@dataclass(frozen=True)
class Fact:
    """One line of the card; ``old`` is what a correction replaced, where ``is_changed``."""

    label: str
    value: str
    old: str = ""
    is_changed: bool = False


@dataclass(frozen=True)
class Request:
    """``facts`` to read; the rest is what its form begins with. ``texts``: the state of the box, where it is asked."""

    facts: list[Fact] = field(default_factory=list)
    name: str = ""
    email: str = ""
    phone: str = ""
    notes: str = ""
    can_edit: bool = False
    asks_texts: bool = False
    texts: bool = False


def request_from(kind: str, details: Mapping[str, Any] | None) -> Request:
    """Of an event's ``details``; empty for cards stored before they had any. Raises what a wrong shape raises."""
    if details is None:
        return Request()
    return Request(
        facts=list(_facts(kind, details)),
        name=str(details["name"]),
        email=str(details["email"]),
        phone=readable_phone(str(details["phone"])),
        notes=str(details["notes"]),
        can_edit=bool(details["is_editable"]),
        asks_texts=details["consent_sms"] is not None,
        texts=details["consent_sms"] is True,
    )


def _facts(kind: str, details: Mapping[str, Any]) -> Iterator[Fact]:
    changes = {str(each["field"]): each for each in details["changes"]}
    labels = {"create": LABELS, "reschedule": MOVE_LABELS, "cancel": CANCEL_LABELS}[kind]
    for name, label in labels.items():
        change = changes.get(name)
        value, old = (_words(name, text) for text in (details[name], change["old"] if change else ""))
        if value or old:
            yield Fact(label, value or "None", old or ("None" if change else ""), change is not None)


def _words(name: str, text: object) -> str:
    return readable_phone(str(text)) if name == "phone" else str(text)
