"""What providers told us, as the pages show it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.domain import phrases
from portal.domain.admin.events import EventDetail, EventLine

PROVIDERS: Final = {"calcom": "Cal.com", "twilio": "Twilio", "stripe": "Stripe"}
STATUSES: Final = {
    "pending": ("Waiting", "brand"),
    "processed": ("Processed", "good"),
    "retrying": ("Tried again", "brand"),
    "failed": ("Failed", "bad"),
}
LONGEST: Final = 40_000  # letters of a payload


@dataclass(frozen=True)
class EventRow:
    """A line of the list. ``outcome``: what processing did, or why it failed."""

    id: str = ""
    at: str = ""
    provider: str = ""
    kind: str = ""
    reference: str = ""
    status: str = ""
    badge: str = ""
    outcome: str = ""
    booking_id: str = ""


@dataclass(frozen=True)
class EventShown:
    """One event with what was received."""

    line: EventRow = EventRow()
    payload: str = ""


def event_row(line: EventLine, zone: str) -> EventRow:
    status, badge = STATUSES.get(line.status, (line.status, "neutral"))
    return EventRow(
        id=str(line.id),
        at=phrases.slot_label(line.received_at, zone),
        provider=PROVIDERS.get(line.provider, line.provider),
        kind=words(line.kind),
        reference=line.reference or "",
        status=_tried_again(line.next_attempt_at, zone) if line.next_attempt_at else status,
        badge=badge,
        outcome=words(line.error or line.result or ""),
        booking_id=str(line.booking_id or ""),
    )


def _tried_again(at: datetime, zone: str) -> str:
    """``Tried again at 2:05 PM``; with its day unless that is today."""
    now, there = clock.now().astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(zone))
    if there <= now:
        return "Being tried again"
    when = phrases.clock_time(there) if there.date() == now.date() else phrases.slot_label(at, zone)
    return f"Tried again at {when}" if there.date() == now.date() else f"Tried again on {when}"


def event_shown(detail: EventDetail, zone: str) -> EventShown:
    text = json.dumps(detail.payload, indent=2, ensure_ascii=False)
    return EventShown(event_row(detail.line, zone), text if len(text) <= LONGEST else f"{text[:LONGEST]}\n…")


def words(name: str) -> str:
    """``BOOKING_CREATED`` and ``not_ours`` as people write them."""
    return name.replace("_", " ").replace(".", ": ").capitalize()
