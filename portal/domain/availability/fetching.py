"""One question to the calendar: its open slots from one local day to another, sorted into the days they lie in."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.core.errors import CalendarUnavailable, NotConnected, ProviderRefused
from portal.domain.availability.shared import Slot
from portal.domain.availability.spans import Span, stretches
from portal.domain.hours import day_bounds
from portal.domain.tenants import Service
from portal.providers.calcom import CalcomClient, KeyRefused, NotAllowed, OpenSlot


def fetch(
    calendar: CalcomClient, service: Service, timezone: str, span: Span, *, moving: str | None = None
) -> dict[date, tuple[Slot, ...]]:
    """Slots by day in the tenant's zone; a day without any may be absent. One call, one more for each clock change.

    ``moving`` is the provider's uid of a booking whose own time counts as free. Raises NotConnected, CalendarBusy,
    CalendarUnavailable, LookedTooFar.
    """
    days: dict[date, tuple[Slot, ...]] = {}
    length = timedelta(minutes=service.duration_minutes)
    for stretch in stretches(span, timezone):
        found = _open_slots(calendar, service, timezone, stretch, moving)
        days |= into_days((Slot(slot.start, slot.end or slot.start + length) for slot in found), stretch, timezone)
    return days


def into_days(slots: Iterable[Slot], span: Span, timezone: str) -> dict[date, tuple[Slot, ...]]:
    """The slots by the local day in which they begin: in order, each once, and none of a day outside the span."""
    days: dict[date, dict[datetime, Slot]] = defaultdict(dict)
    for slot in sorted(slots, key=lambda slot: slot.start):
        days[slot.start.astimezone(ZoneInfo(timezone)).date()].setdefault(slot.start, slot)
    return {day: tuple(found.values()) for day, found in days.items() if span.first <= day <= span.last}


def _open_slots(
    calendar: CalcomClient, service: Service, timezone: str, stretch: Span, moving: str | None
) -> list[OpenSlot]:
    start, end = day_bounds(stretch.first, timezone)[0], day_bounds(stretch.last, timezone)[1]
    try:
        return calendar.slots(service.cal_event_type_id or 0, start, end, timezone, reschedule_uid=moving)
    except ProviderRefused as refused:
        # A key or an event type that is gone is for the owner to mend.
        gone = isinstance(refused, KeyRefused | NotAllowed) or refused.provider_status == 404
        raise (NotConnected if gone else CalendarUnavailable) from refused
