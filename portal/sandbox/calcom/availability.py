"""Which times are free: the schedule's hours, less the host's bookings, cut into slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.sandbox.calcom.accounts import Account, EventType, minute_of_day
from portal.sandbox.calcom.store import Booking, Store

START_GRIDS = (60, 30, 20, 15, 10, 5)
"""Slots begin on the coarsest of these minutes of the hour that divides their step."""
SECOND = timedelta(seconds=1)
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Span:
    """A stretch of time in UTC, end not included."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class FreeSlot:
    """A start that is offered. For an event type with seats also what is booked there already."""

    start: datetime
    seats_booked: int = 0
    booking_uid: str | None = None


def working_spans(account: Account, start: datetime, end: datetime) -> list[Span]:
    """The account's working hours that touch the range, in order, joined where they meet.

    Of a day that has no part in the range nothing is known, not even hours that begin before it.
    """
    zone = ZoneInfo(account.spec.timezone)
    day, last = start.astimezone(zone).date(), (end - MOMENT).astimezone(zone).date()
    spans: list[Span] = []
    while day <= last:
        for hours in account.spec.schedule:
            if day.weekday() in hours.days:
                opens, closes = minute_of_day(hours.start), minute_of_day(hours.end)
                spans.append(Span(_opening(day, opens, zone), _wall(day, closes, zone)))
        day += timedelta(days=1)
    return [span for span in _joined(spans) if span.start < end and span.end > start]


def _opening(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """As :func:`_wall`; but where clocks go forward the real server counts with the later offset from midnight on.

    So what opens before the change opens an hour too early, on the evening before where it opens at midnight.
    """
    opens = _wall(day, minute, zone)
    gained = _wall(day + timedelta(days=1), 0, zone) - _wall(day, 0, zone) - timedelta(days=1)
    offsets = [moment.astimezone(zone).utcoffset() for moment in (opens, _wall(day + timedelta(days=1), 0, zone))]
    return opens + gained if gained < timedelta(0) and offsets[0] != offsets[1] else opens


def _wall(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The moment a wall clock of that zone shows this; a time that the clocks jump over moves on by the jump."""
    day += timedelta(days=minute // 1440)
    minute %= 1440
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone).astimezone(UTC)


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda item: item.start):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _busy_span(store: Store, event_type: EventType, booking: Booking) -> Span:
    """What a booking keeps free of this event type: itself and the buffers of both."""
    booked = store.event_types.get(booking.event_type_id)
    before = (booked.spec.before_buffer if booked else 0) + event_type.spec.after_buffer
    after = (booked.spec.after_buffer if booked else 0) + event_type.spec.before_buffer
    return Span(booking.start - timedelta(minutes=before), booking.end + timedelta(minutes=after))


def _standing(
    store: Store, event_type: EventType, start: datetime, end: datetime, *, leaving_out: str | None
) -> Iterator[tuple[Booking, Span]]:
    """Bookings that keep this event type's host busy. A pending one counts for its own event type only."""
    margin = timedelta(days=1)
    for booking in store.active_between(event_type.host.id, start - margin, end + margin):
        if booking.uid == leaving_out or (booking.status == "pending" and booking.event_type_id != event_type.id):
            continue
        span = _busy_span(store, event_type, booking)
        if span.start < end and span.end > start:
            yield booking, span


def joinable(store: Store, event_type: EventType, start: datetime) -> Booking | None:
    """The group booking at that very time that another attendee would join, full or not."""
    end = start + timedelta(minutes=event_type.spec.length_minutes)
    if event_type.spec.seats:
        for booking in store.active_between(event_type.host.id, start, end):
            if booking.event_type_id == event_type.id and booking.start == start:
                return booking
    return None


def is_free(
    store: Store, event_type: EventType, start: datetime, end: datetime, *, leaving_out: str | None = None
) -> bool:
    """No booking of the host stands in the way; a group booking at that very time does not."""
    for booking, _ in _standing(store, event_type, start, end, leaving_out=leaving_out):
        if not (event_type.spec.seats and booking.event_type_id == event_type.id and booking.start == start):
            return False
    return True


def within_hours(account: Account, start: datetime, end: datetime) -> bool:
    return any(span.start <= start and end <= span.end for span in working_spans(account, start, end))


def out_of_bounds(event_type: EventType, start: datetime, now: datetime) -> bool:
    """Too soon for the notice asked for, or beyond the window that is open for booking."""
    window = event_type.spec.booking_window_days
    too_soon = start < now + timedelta(minutes=event_type.spec.minimum_notice_minutes)
    return too_soon or (window is not None and start > now + timedelta(days=window))


def free_slots(
    store: Store,
    account: Account,
    event_type: EventType,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    leaving_out: str | None = None,
) -> list[FreeSlot]:
    """Slots between the two moments, in order. `leaving_out` is a booking about to move, whose time counts as free."""
    unseen = now - timedelta(seconds=account.spec.slots_lag_seconds)
    standing = [
        (booking, span)
        for booking, span in _standing(store, event_type, start, end, leaving_out=leaving_out)
        if booking.created_at <= unseen
    ]
    starts = {
        moment: FreeSlot(moment)
        for span in _without(working_spans(account, start, end), [busy for _, busy in standing])
        for moment in _starts(event_type, account, Span(max(span.start, start), min(span.end, end + SECOND)), now)
    }
    if event_type.spec.seats:
        for booking, _ in standing:
            if _has_seat(event_type, booking) and start <= booking.start <= end:
                starts[booking.start] = FreeSlot(booking.start, len(booking.attendees), booking.uid)
    return [starts[moment] for moment in sorted(starts) if not out_of_bounds(event_type, moment, now)]


def _has_seat(event_type: EventType, booking: Booking) -> bool:
    seats = event_type.spec.seats or 0
    return booking.event_type_id == event_type.id and len(booking.attendees) < seats


def _without(spans: list[Span], busy: list[Span]) -> Iterator[Span]:
    taken = _joined(busy)
    for span in spans:
        cursor = span.start
        for block in taken:
            if block.end <= cursor or block.start >= span.end:
                continue
            if block.start > cursor:
                yield Span(cursor, block.start)
            cursor = max(cursor, block.end)
        if cursor < span.end:
            yield Span(cursor, span.end)


def _starts(event_type: EventType, account: Account, span: Span, now: datetime) -> Iterator[datetime]:
    """Steps through one free stretch, from its start or from now plus the notice, on the minute grid."""
    spec = event_type.spec
    step = spec.slot_interval or spec.length_minutes
    grid = next((minutes for minutes in START_GRIDS if step % minutes == 0), 1)
    earliest = max(span.start, now + timedelta(minutes=spec.minimum_notice_minutes))
    moment = _on_grid(earliest, grid, ZoneInfo(account.spec.timezone))
    while moment + timedelta(minutes=spec.length_minutes) <= span.end:
        yield moment
        moment += timedelta(minutes=step)


def _on_grid(moment: datetime, grid: int, zone: ZoneInfo) -> datetime:
    """Up to the next minute of the local hour that the grid allows."""
    if moment.second or moment.microsecond:
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return moment + timedelta(minutes=-moment.astimezone(zone).minute % grid)
