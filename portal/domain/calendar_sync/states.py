"""What Cal.com's state of a booking means for our row of it. Pure functions."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.core.characters import visible
from portal.core.errors import InvalidArgument
from portal.domain.booking import contact
from portal.domain.booking.types import Source, Status
from portal.models import Booking
from portal.providers.calcom import Attendee, CalBooking, CalStatus

MOST_NAME = 120


@dataclass(frozen=True)
class Person:
    """Who comes, as stored: e-mail in lower case, phone E.164 or None."""

    name: str = field(repr=False)
    email: str = field(repr=False)
    phone: str | None = field(repr=False)


def person(attendee: Attendee, *, country: str) -> Person:
    """What Cal.com knows of somebody, by our rules; what does not fit is left out."""
    email = attendee.email.strip().lower()
    phone = None
    with suppress(InvalidArgument):
        phone = contact.clean_phone(attendee.phone_number, country=country)
    name = " ".join(visible(attendee.name).split())[:MOST_NAME]
    return Person(name or email.partition("@")[0] or "Guest", email, phone)


def status_of(booking: CalBooking, attendee: Attendee | None, now: datetime) -> Status:
    """Ours for theirs. What is over was kept, unless somebody was absent; a seat given back is ``None``."""
    if not booking.status.holds_slot or attendee is None:
        return Status.CANCELLED
    if booking.status is CalStatus.PENDING:
        return Status.PENDING
    if attendee.absent:
        return Status.NO_SHOW
    return Status.COMPLETED if booking.end <= now else Status.CONFIRMED


def values(
    booking: CalBooking, attendee: Attendee | None, row: Booking | None, *, uids: Sequence[str], now: datetime
) -> dict[str, Any]:
    """The columns that Cal.com decides. The same state gives the same values, however it was come to know.

    ``sequence`` counts moves and the cancellation, as our own flow does.
    """
    status = status_of(booking, attendee, now)
    earlier = list(row.cal_previous_uids) if row else []
    if row is not None and row.cal_booking_uid and row.cal_booking_uid not in (booking.uid, *earlier, *uids):
        earlier.append(row.cal_booking_uid)
    previous = [uid for uid in dict.fromkeys([*earlier, *uids]) if uid != booking.uid]
    moves = len(previous) + (status is Status.CANCELLED)
    return {
        "cal_booking_uid": booking.uid,
        "cal_seat_uid": attendee.seat_uid if attendee else (row.cal_seat_uid if row else None),
        "cal_previous_uids": previous,
        "cal_event_type_id": booking.of_event_type,
        "start_time": booking.start,
        "end_time": booking.end,
        "status": status.value,
        "sequence": max(moves, row.sequence if row else 0),
    }


def changes(row: Booking, wanted: dict[str, Any]) -> dict[str, Any]:
    """What of it differs from the row."""
    return {name: value for name, value in wanted.items() if getattr(row, name) != value}


def contact_values(row: Booking, who: Person) -> dict[str, Any]:
    """Contact details follow Cal.com for what was booked there; what customers told us stays as they told it."""
    if row.source != Source.OTHER or not who.email:
        return {}
    return {"attendee_name": who.name, "attendee_email": who.email, "attendee_phone": who.phone}


def main_attendee(booking: CalBooking) -> Attendee | None:
    return booking.attendees[0] if booking.attendees else None
