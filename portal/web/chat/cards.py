"""What the assistant shows beside its words, as typed values for the page: times, a proposal, a booking, a hand-off.

The same functions read the events of a running turn and the cards stored with past messages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.domain import phrases
from portal.domain.tenants import Site
from portal.web.chat.request import Request, request_from
from portal.web.contacts import readable_phone
from portal.web.public.booking_card import BookingCard, make_card

SHOWN_AT_ONCE = 12  # times; what goes beyond is folded away
CONFIRM_LABELS = {"create": "Confirm booking", "cancel": "Cancel the booking", "reschedule": "Confirm new time"}
QUESTIONS = {"create": "Book this appointment?", "cancel": "Cancel this booking?", "reschedule": "Move to this time?"}
DECLINE_LABELS = {"cancel": "Keep it"}


@dataclass(frozen=True)
class SlotOption:
    """A time to tap: ``label`` on the button, ``say`` is the message it sends; marked where the customer chose it."""

    label: str
    say: str
    is_chosen: bool = False


@dataclass(frozen=True)
class SlotDay:
    """One day's offered times; ``more`` are folded away, the rest is spread over the day or named by the answer."""

    title: str
    times: list[SlotOption] = field(default_factory=list)
    more: list[SlotOption] = field(default_factory=list)


@dataclass(frozen=True)
class Card:
    """One card; ``kind`` says which fields count: slots, proposal, booking or handoff."""

    kind: str
    title: str = ""
    zone: str = ""
    days: list[SlotDay] = field(default_factory=list)
    more_days: list[SlotDay] = field(default_factory=list)
    proposal_id: str = ""
    summary: str = ""
    request: Request = field(default_factory=Request)
    confirm_label: str = ""
    decline_label: str = ""
    booking: BookingCard = field(default_factory=BookingCard)
    phone: str = ""
    phone_href: str = ""
    email: str = ""
    email_href: str = ""


def card_from(name: str, data: Mapping[str, Any], site: Site) -> Card | None:
    """The card of an event; None for events that show none, and for stored ones this version cannot read."""
    build = {"slots": _slots, "proposal": _proposal, "booking": _booking, "handoff": _handoff}.get(name)
    try:
        return build(data, site) if build else None
    except (KeyError, TypeError, ValueError):
        return None


def cards_from(stored: Iterable[Mapping[str, Any]], site: Site) -> list[Card]:
    """The cards kept with a message."""
    found = (card_from(str(item.get("event", "")), item.get("data") or {}, site) for item in stored)
    return [card for card in found if card is not None]


def _slots(data: Mapping[str, Any], site: Site) -> Card:
    zone = ZoneInfo(site.profile.timezone)
    starts = sorted({datetime.fromisoformat(slot["start"]).astimezone(UTC) for slot in data["slots"]})
    by_day = groupby(starts, lambda start: start.astimezone(zone).date())
    days = [_slot_day(day, list(group), zone) for day, group in by_day]
    shown = _days_at_once(days)
    city = zone.key.rsplit("/", 1)[-1].replace("_", " ")
    title = str(data.get("service_name") or "")
    return Card("slots", title=title, zone=f"{city} time", days=days[:shown], more_days=days[shown:])


def _slot_day(day: date, starts: list[datetime], zone: ZoneInfo) -> SlotDay:
    """``starts`` in UTC."""
    shown = _spread(starts, zone)
    options = {
        start: SlotOption(phrases.clock_time(start.astimezone(zone)), phrases.slot_label(start, zone.key))
        for start in starts
    }
    return SlotDay(
        phrases.day_label(day),
        [options[start] for start in starts if start in shown],
        [options[start] for start in starts if start not in shown],
    )


def _spread(starts: list[datetime], zone: ZoneInfo) -> set[datetime]:
    """All of a few times; of many the full hours, or as many as fit evenly over the day."""
    if len(starts) <= SHOWN_AT_ONCE:
        return set(starts)
    hours = [start for start in starts if start.astimezone(zone).minute == 0]
    chosen = hours if len(hours) >= SHOWN_AT_ONCE // 2 else starts
    step = max(1, -(-len(chosen) // SHOWN_AT_ONCE))
    return set(chosen[::step])


def _days_at_once(days: list[SlotDay]) -> int:
    """How many days to show unfolded: the first, and more while their times stay few."""
    shown = times = 0
    for day in days:
        times += len(day.times)
        if shown and times > SHOWN_AT_ONCE:
            break
        shown += 1
    return shown


def _proposal(data: Mapping[str, Any], site: Site) -> Card:
    return proposal_card(data)


def proposal_card(data: Mapping[str, Any]) -> Card:
    """The card of a proposal's event. Raises what data of another shape raises."""
    kind = str(data["kind"])
    return Card(
        "proposal",
        title=QUESTIONS[kind],
        proposal_id=str(UUID(str(data["proposal_id"]))),
        summary=str(data["summary"]),
        request=request_from(kind, data.get("details")),
        confirm_label=CONFIRM_LABELS[kind],
        decline_label=DECLINE_LABELS.get(kind, "Not now"),
    )


def _booking(data: Mapping[str, Any], site: Site) -> Card:
    booking = make_card(
        site,
        status=str(data["status"]),
        service=str(data.get("service_name") or "Appointment"),
        start=datetime.fromisoformat(data["start"]),
        end=datetime.fromisoformat(data["end"]),
        reference=str(data.get("uid") or ""),
        manage_url=str(data["manage_url"]),
    )
    return Card("booking", booking=booking)


def _handoff(data: Mapping[str, Any], site: Site) -> Card:
    phone, email = str(data.get("phone") or ""), str(data.get("email") or "")
    return Card(
        "handoff",
        title=site.profile.business_name,
        phone=readable_phone(phone),
        phone_href=f"tel:{phone}" if phone else "",
        email=email,
        email_href=f"mailto:{email}" if email else "",
    )
