"""The tool that finds times. What it tells the model is also what may be booked afterwards."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from portal.assistant.events import OfferedSlot, Slots
from portal.assistant.tools.arguments import CheckAvailability
from portal.assistant.tools.context import Result, ToolContext
from portal.core.clock import now
from portal.core.errors import InThePast, InvalidArgument
from portal.domain import availability, booking, phrases
from portal.domain.availability import Slot

MAX_DAYS = 14
MAX_DAYS_AHEAD = 365
MAX_SLOTS_OF_ONE_DAY = 48
MAX_SLOTS = 42
MIN_SLOTS_A_DAY = 3


def check_availability(context: ToolContext, wanted: CheckAvailability) -> Result:
    """Find the free times of one service on one or more days. This is the only source of times: name and book none that
    it did not return. Ask for a single day where the visitor named one; with several days only some times of each are
    listed. The visitor sees the returned times as buttons. An empty list means that nothing is free on those days."""
    service = context.site.service(wanted.service_id)
    first, last, notes = _range(context, wanted)
    visitor = f"chat:{context.access.session_id}"
    days = availability.slots_between(context.site.tenant_id, service.id, first, last, visitor=visitor)
    fitting = {day: _within(context, days[day], wanted) for day in sorted(days)}
    slots, is_complete = _some_of(fitting)
    if not is_complete:
        notes.append("More times are free than listed; ask for a single day to see all of it.")
    if slots:
        booking.record_offers(context.access, service.id, tuple(slots))
        context.standing.has_offers = True
        context.show(Slots(service.id, service.name, context.timezone, tuple(_shown(context, slot) for slot in slots)))
    else:
        notes.append("Nothing is free on those days. Try others.")
    result: Result = {
        "service_id": str(service.id),
        "service": service.name,
        "timezone": context.timezone,
        "slots": [_told(context, slot) for slot in slots],
    }
    return result | ({"note": " ".join(notes)} if notes else {})


def _range(context: ToolContext, wanted: CheckAvailability) -> tuple[date, date, list[str]]:
    """The days to ask for: not before today, at most 14."""
    today = now().astimezone(ZoneInfo(context.timezone)).date()
    first, last, notes = max(wanted.start_date, today), wanted.end_date, []
    if wanted.end_date < wanted.start_date:
        raise InvalidArgument("end_date must not be before start_date.")
    if last < today:
        raise InThePast(f"Those days are over; today is {today}.")
    if first > today + timedelta(days=MAX_DAYS_AHEAD):
        raise InvalidArgument("That is too far ahead; times can be looked up for the next twelve months.")
    if (last - first).days >= MAX_DAYS:
        last = first + timedelta(days=MAX_DAYS - 1)
        notes.append(f"Only {first} to {last} was looked at; ask again for later days.")
    return first, last, notes


def _within(context: ToolContext, slots: Sequence[Slot], wanted: CheckAvailability) -> list[Slot]:
    zone = ZoneInfo(context.timezone)
    earliest, latest = wanted.earliest_time or "00:00", wanted.latest_time or "23:59"
    return [slot for slot in slots if earliest <= f"{slot.start.astimezone(zone):%H:%M}" <= latest]


def _some_of(days: dict[date, list[Slot]]) -> tuple[list[Slot], bool]:
    """All slots of a single day; of several days as many of each as keeps the answer short, spread over the day."""
    free = [slots for slots in days.values() if slots]
    if not free:
        return [], True
    share = MAX_SLOTS_OF_ONE_DAY if len(free) == 1 else max(MIN_SLOTS_A_DAY, MAX_SLOTS // len(free))
    chosen = [slot for slots in free for slot in _spread(slots, share)]
    return chosen, len(chosen) == sum(len(slots) for slots in free)


def _spread(slots: list[Slot], share: int) -> list[Slot]:
    if len(slots) <= share:
        return slots
    return [slots[round(position * (len(slots) - 1) / (share - 1))] for position in range(share)]


def _shown(context: ToolContext, slot: Slot) -> OfferedSlot:
    zone = ZoneInfo(context.timezone)
    label = phrases.slot_label(slot.start, context.timezone)
    return OfferedSlot(slot.start.astimezone(zone), slot.end.astimezone(zone), label)


def _told(context: ToolContext, slot: Slot) -> Result:
    start_local = phrases.local_iso(slot.start, context.timezone)
    return {"start_local": start_local, "label": phrases.slot_label(slot.start, context.timezone)}
