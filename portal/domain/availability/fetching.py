"""One question to the calendar: its open slots from one local day to another, sorted into the days they lie in."""

from collections import defaultdict
from datetime import date, timedelta
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
    days: dict[date, list[Slot]] = defaultdict(list)
    length = timedelta(minutes=service.duration_minutes)
    for stretch in stretches(span, timezone):
        # From midnight to midnight: what the calendar lists of other days is left out by the client.
        for slot in _open_slots(calendar, service, timezone, stretch, moving):
            day = slot.start.astimezone(ZoneInfo(timezone)).date()
            days[day].append(Slot(slot.start, slot.end or slot.start + length))
    return {day: tuple(slots) for day, slots in days.items()}


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
