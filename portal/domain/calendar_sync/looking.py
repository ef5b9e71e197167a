"""What Cal.com says of a booking now, through all its moves, and what we knew of it before asking."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.core import db
from portal.core.errors import CalendarBusy
from portal.domain import integrations
from portal.providers.calcom import BOOKING_KEY, CalBooking, CalcomClient, CalendarBookingNotFound

MOST_MOVES: Final = 30
TURNS: Final = 5
NAMED: Final = "select id, version from portal.bookings_named(:uids, :seats, :ids)"


@dataclass(frozen=True)
class Names:
    """By what our rows of a booking are found. ``uids``: of its whole life, oldest first, the last one its own."""

    uids: tuple[str, ...] = field(repr=False)
    seats: tuple[str, ...] = field(default=(), repr=False)
    ids: tuple[UUID, ...] = ()


Known = frozenset[tuple[UUID, str]]


@dataclass(frozen=True)
class Seen:
    """A reading. ``known``: our rows and their versions *before* Cal.com was asked: if a row has another version when
    the reading is stored, somebody stored a later one and this one counts no more."""

    names: Names
    booking: CalBooking
    known: Known
    asked_at: datetime


def look(access: db.Access, uids: Sequence[str]) -> Seen | None:
    """Ask about the booking that has or had these uids (oldest first); None when Cal.com knows none of that name.

    Raises NotConnected, CalendarUnavailable, CalendarBusy, KeyRefused.
    """
    client = integrations.background_calcom(access.tenant)
    names = Names(tuple(uids))
    known, asked_at = find_rows(access, names)
    for _ in range(TURNS):
        booking, names = _ask(client, access, names)
        if booking is None:
            return None
        found, now = find_rows(access, names)
        if found <= known:
            return Seen(names, booking, found, asked_at)
        # A row was found by a name that was not known before: what was just read may be older than it.
        known, asked_at = found, now
    raise CalendarBusy


def find_rows(access: db.Access, names: Names) -> tuple[Known, datetime]:
    """Our rows of these names with their versions, and the database's time."""
    with access.begin() as scope:
        return rows_named(scope, names), scope.execute("select now()").scalar_one()


def rows_named(scope: db.Scope, names: Names) -> Known:
    rows = scope.execute(NAMED, uids=list(names.uids), seats=list(names.seats), ids=list(names.ids)).all()
    return frozenset((row.id, row.version) for row in rows)


def names_of(booking: CalBooking, uids: Sequence[str] = ()) -> Names:
    """The names of one booking, besides those of its life so far."""
    own = tuple(dict.fromkeys([*(uid for uid in uids if uid != booking.uid), booking.uid]))
    keys = [booking.metadata.get(BOOKING_KEY), *(seat.metadata.get(BOOKING_KEY) for seat in booking.attendees)]
    ids = dict.fromkeys(key for value in keys if (key := as_id(value)) is not None)
    return Names(own, tuple(seat.seat_uid for seat in booking.attendees if seat.seat_uid), tuple(ids))


def as_id(value: object) -> UUID | None:
    """Our id out of a booking's metadata; None for anything else: others may write there what they like."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def is_seated(booking: CalBooking) -> bool:
    return any(seat.seat_uid for seat in booking.attendees)


def _ask(client: CalcomClient, access: db.Access, names: Names) -> tuple[CalBooking | None, Names]:
    """The booking as it is now, and its names of before and after each move."""
    uids = list(names.uids)
    started = uids[-1]
    booking = _find(client, started)
    if booking is None:
        return None, names
    read = {started: booking}
    while booking.rescheduled_to_uid and booking.rescheduled_to_uid not in uids and len(uids) < MOST_MOVES:
        following = _find(client, booking.rescheduled_to_uid)
        if following is None:
            break
        uids.append(following.uid)
        booking = read[following.uid] = following
    # Whoever shares a time moves alone: the booking they left is the others'.
    shared = is_seated(booking)
    uids = uids[uids.index(started) :] if shared else _earlier(client, access, read, uids)
    return booking, replace(names_of(booking, uids), uids=tuple(uids))


def _earlier(client: CalcomClient, access: db.Access, read: dict[str, CalBooking], uids: list[str]) -> list[str]:
    """The uids with those of before, back to one that we have a row of: that row knows what was before it."""
    while len(uids) < MOST_MOVES:
        first = read.get(uids[0])
        if first is not None and first.rescheduled_from_uid is None:
            break
        if find_rows(access, Names(tuple(uids)))[0]:
            break
        first = first or _find(client, uids[0])
        if first is None or first.rescheduled_from_uid is None or first.rescheduled_from_uid in uids:
            break
        uids = [first.rescheduled_from_uid, *uids]
    return uids


def _find(client: CalcomClient, uid: str) -> CalBooking | None:
    try:
        return client.get_booking(uid)
    except CalendarBookingNotFound:
        return None
