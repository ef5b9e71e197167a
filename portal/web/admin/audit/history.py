"""Audit entries in words."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from portal.domain import phrases
from portal.domain.admin.audit import Entry

ACTIONS: Final = {
    "booking.created": "Booked",
    "booking.create_failed": "Booking failed",
    "booking.cancelled": "Cancelled",
    "booking.cancel_failed": "Cancelling failed",
    "booking.rescheduled": "Moved",
    "booking.reschedule_failed": "Moving failed",
    "booking.no_show": "Marked as no-show",
    "booking.no_show_undone": "No-show taken back",
    "member.invited": "Member invited",
    "member.invite_revoked": "Invitation withdrawn",
    "member.password_reset_link": "Password link made",
    "member.changed": "Member changed",
    "sms_settings.updated": "Text messages changed",
    "suppression.lifted": "Number texted again",
    "event.rerun": "Event processed again",
    "job.retried": "Job tried again",
    "job.discarded": "Failed job put away",
    "billing.customer_made": "Billing set up",
    "billing.customer_gone": "Billing customer gone",
    "billing.subscription_changed": "Plan changed",
    "integration.twilio_set": "Twilio connected",
    "integration.twilio_removed": "Twilio disconnected",
}


@dataclass(frozen=True)
class Change:
    """One field, before and after."""

    name: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class HistoryRow:
    """Who did what when, and what it changed."""

    id: str = ""
    at: str = ""
    actor: str = ""
    action: str = ""
    code: str = ""
    target: str = ""
    path: str = ""  # of the thing it concerns, within the business's dashboard; empty where there is no page
    changes: list[Change] = field(default_factory=list)


def history_row(entry: Entry, zone: str) -> HistoryRow:
    """Times on the wall clock of ``zone``."""
    return HistoryRow(
        id=str(entry.id),
        at=phrases.slot_label(entry.at, zone),
        actor=entry.actor,
        action=action_text(entry.action),
        code=entry.action,
        target=_target(entry),
        path=_path(entry),
        changes=changes(entry.details, zone),
    )


def action_text(action: str) -> str:
    """``service.updated`` → ``Service updated``, or the words we have for it."""
    subject, _, act = action.partition(".")
    return ACTIONS.get(action) or f"{_words(subject)} {_words(act).lower()}".strip()


def changes(details: dict[str, Any], zone: str) -> list[Change]:
    """What an entry's details say, field by field. Ids are left out: they tell a reader nothing."""
    changed = details.get("changes")
    if isinstance(changed, dict):
        return [
            Change(_words(name), _shown(each.get("before"), zone), _shown(each.get("after"), zone))
            for name, each in changed.items()
            if isinstance(each, dict)
        ]
    before, after = details.get("before"), details.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys((*before, *after))
        pairs = [(name, before.get(name), after.get(name)) for name in names]
        return [Change(_words(name), _shown(old, zone), _shown(new, zone)) for name, old, new in pairs if old != new]
    stored = details.get("values")
    plain = dict(stored if isinstance(stored, dict) else details)
    previous = plain.pop("previous_start", None)
    if previous and plain.get("start") and _shown(previous, zone) != _shown(plain["start"], zone):
        moved = Change("Start", _shown(previous, zone), _shown(plain.pop("start"), zone))
        return [moved, *changes(plain, zone)]
    return [
        Change(_words(name), "", text)
        for name, value in plain.items()
        if not _is_id(value) and (text := _shown(value, zone)) and not isinstance(value, dict | list)
    ]


def _target(entry: Entry) -> str:
    return _words(entry.target_type) if entry.target_type else ""


def _path(entry: Entry) -> str:
    pages = {"booking": f"/bookings/{entry.target_id}", "service": "/services", "faq": "/faqs"}
    return pages.get(entry.target_type or "", "")


def _words(name: str) -> str:
    plain = name.removesuffix("_cents").replace("_", " ").replace(".", " ").capitalize()
    return "FAQ" if plain == "Faq" else plain


def _shown(value: Any, zone: str) -> str:
    """A value as text, whatever it is."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    moment = _moment(value)
    if moment is not None:
        return phrases.slot_label(moment, zone)
    if isinstance(value, list):
        return ", ".join(_shown(each, zone) for each in value) or "–"
    if isinstance(value, dict):
        return "; ".join(f"{_words(str(key))}: {_shown(each, zone)}" for key, each in value.items()) or "–"
    return str(value)


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) < 19:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False
