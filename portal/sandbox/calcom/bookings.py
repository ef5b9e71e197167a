"""The booking desk: decides who gets a time, as the real server does, races included."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Set
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from portal.sandbox.calcom.accounts import EventType
from portal.sandbox.calcom.availability import is_free, joinable, out_of_bounds, within_hours
from portal.sandbox.calcom.booking_input import BookingInput, EarlierBooking, MoveInput
from portal.sandbox.calcom.errors import CalcomError, CoreError, lost_race, taken
from portal.sandbox.calcom.store import Attendee, Booking, Store, new_uid, new_uuid
from portal.sandbox.clock import clock

OUT_OF_BOUNDS = (
    "The event type can't be booked at the \"start\" time provided. This could be because it's too soon (violating the "
    "minimum booking notice) or too far in the future (outside the event's scheduling window). Try fetching available "
    'slots first using the GET /v2/slots endpoint and then make a booking with "start" time equal to one of the '
    "available slots."
)
VIDEO_CALL = "integrations:daily"
"""Where a booking takes place when its event type names no place."""


class BookingDesk:
    """Changes bookings. Each change looks, waits as long as the real server takes, looks again, and then writes.

    The wait is what lets two callers both find a time free; the second look is what lets only one of them have it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def event_type(self, fields: dict[str, Any]) -> EventType:
        """The event type a create body names, by id or by slug and username. Raises CalcomError 400 or 404."""
        wanted, slug, username = (fields.get(name) for name in ("eventTypeId", "eventTypeSlug", "username"))
        if isinstance(wanted, int) and not isinstance(wanted, bool):
            found = self._store.event_types.get(wanted)
            if found is None:
                raise CalcomError(404, f"Event type with id {wanted} not found.")
            return found
        if isinstance(slug, str) and isinstance(username, str):
            for item in self._store.event_types.values():
                if (item.spec.slug, item.host.username) == (slug, username):
                    return item
            raise CalcomError(404, f"Event type with slug {slug} belonging to user {username} not found.")
        raise CalcomError(400, "Either eventTypeId or eventTypeSlug + username must be provided")

    async def book(self, event_type: EventType, wanted: BookingInput, *, overrides: Set[str] = frozenset()) -> Booking:
        """Take the time, or a seat of it. Raises CalcomError 400 (taken before) or 409 (lost the race, no seat)."""
        start, end = wanted.start, wanted.start + timedelta(minutes=event_type.spec.length_minutes)
        self._check_time(event_type, start, end, overrides=overrides)
        await self._in_flight(event_type)
        if "allowConflicts" not in overrides and not is_free(self._store, event_type, start, end):
            raise lost_race()
        attendee = copy.deepcopy(wanted.attendee)
        attendee.metadata = dict(wanted.metadata)
        return self._join(event_type, start, attendee) or self._write(event_type, wanted, attendee, end=end)

    def put(self, earlier: EarlierBooking) -> Booking:
        """Write what was booked before, without a look at what is free."""
        event_type = self._store.event_types[earlier.event_type_id]
        attendee = Attendee(
            earlier.name, earlier.email, event_type.host.timezone, phone=earlier.phone, seat_uid=earlier.seat_uid
        )
        end = earlier.start + timedelta(minutes=event_type.spec.length_minutes)
        booking = replace(
            self._fresh(event_type, [attendee], earlier.start, end),
            uid=earlier.uid, ics_uid=f"{earlier.uid}@Cal.com", status=earlier.status,
        )  # fmt: skip
        self._store.add_booking(booking)
        return booking

    def cancel(self, booking: Booking, *, reason: str, seat_uid: str | None, by_host: bool) -> None:
        """Cancel the whole booking, or one seat of it. Raises CalcomError 400."""
        if not booking.active:
            raise CalcomError(
                400,
                f"Can't cancel booking with uid={booking.uid} because it has been cancelled already. Please provide "
                "uid of a booking that is not cancelled.",
            )
        if clock.now() > booking.end:
            raise CoreError(400, "Cannot cancel a booking that has already ended")
        if booking.seated and seat_uid is None and not by_host:
            raise CoreError(401, "User not a host of this event")
        if seat_uid is not None:
            booking.attendees.remove(self._seat(booking, seat_uid))
        booking.updated_at = clock.now()
        if seat_uid is None or not booking.attendees:
            booking.status, booking.cancellation_reason = "cancelled", reason
            booking.ics_sequence += 1

    async def move(self, old: Booking, wanted: MoveInput) -> Booking:
        """A new booking at another time in place of `old`, or one seat of it. Raises CalcomError 400, 404 or 409."""
        self._check_movable(old)
        event_type = self._store.event_types.get(old.event_type_id)
        if event_type is None:
            raise CalcomError(404, f"Event type with id {old.event_type_id} not found.")
        seat = self._seat(old, wanted.seat_uid) if old.seated and wanted.seat_uid else None
        start, end = wanted.start, wanted.start + (old.end - old.start)
        leaving_out = None if seat else old.uid
        self._check_time(event_type, start, end, leaving_out=leaving_out)
        await self._in_flight(event_type)
        self._check_movable(old)
        if not is_free(self._store, event_type, start, end, leaving_out=leaving_out):
            raise lost_race()
        return self._move_seat(event_type, old, seat, start) if seat else self._move_whole(event_type, old, wanted, end)

    # Looking

    def _check_time(
        self,
        event_type: EventType,
        start: datetime,
        end: datetime,
        *,
        leaving_out: str | None = None,
        overrides: Set[str] = frozenset(),
    ) -> None:
        now = clock.now()
        if start < now:
            raise CalcomError(400, "Attempting to book a meeting in the past.")
        if "allowBookingOutOfBounds" not in overrides and out_of_bounds(event_type, start, now):
            raise CalcomError(400, OUT_OF_BOUNDS)
        if "allowConflicts" in overrides:
            return
        account = self._store.accounts[event_type.account_key]
        free = is_free(self._store, event_type, start, end, leaving_out=leaving_out)
        if not free or not within_hours(account, start, end):
            raise taken()

    async def _in_flight(self, event_type: EventType) -> None:
        await asyncio.sleep(self._store.accounts[event_type.account_key].spec.booking_latency_ms / 1000)

    def _check_movable(self, booking: Booking) -> None:
        if booking.status == "rejected":
            raise CoreError(404, "Could not find original booking")
        if booking.status != "cancelled":
            return
        reason = f"Can't reschedule booking with uid={booking.uid} because it has been cancelled"
        if booking.rescheduled_to is None:
            raise CalcomError(400, f"{reason}. Please provide uid of a booking that is not cancelled.")
        raise CalcomError(
            400,
            f"{reason} and rescheduled already to booking with uid={booking.rescheduled_to}. You probably want to "
            f"reschedule {booking.rescheduled_to} instead by passing it within the request URL.",
        )

    def _seat(self, booking: Booking, seat_uid: str) -> Attendee:
        for attendee in booking.attendees:
            if attendee.seat_uid == seat_uid:
                return attendee
        raise CalcomError(400, "Invalid seatUid: this seat does not exist or has already been cancelled.")

    # Writing

    def _join(self, event_type: EventType, start: datetime, attendee: Attendee) -> Booking | None:
        """Add somebody to the group booking of that time; None when it is for us to begin one."""
        if not event_type.spec.seats:
            return None
        attendee.seat_uid = attendee.seat_uid or new_uuid()
        group = joinable(self._store, event_type, start)
        if group is None:
            return None
        if any(person.email.lower() == attendee.email.lower() for person in group.attendees):
            raise CoreError(409, "already_signed_up_for_this_booking_error")
        if len(group.attendees) >= event_type.spec.seats:
            raise CalcomError(409, "No more seats left at this seated booking.")
        group.attendees.append(attendee)
        group.updated_at = clock.now()
        return group

    def _write(self, event_type: EventType, wanted: BookingInput, attendee: Attendee, *, end: datetime) -> Booking:
        seated = event_type.spec.seats is not None
        booking = self._fresh(event_type, [attendee], wanted.start, end)
        booking.description = wanted.notes
        booking.metadata = dict(wanted.metadata)
        booking.responses = {} if seated else dict(wanted.responses)
        booking.guests = list(wanted.guests)
        self._store.add_booking(booking)
        return booking

    def _fresh(self, event_type: EventType, attendees: list[Attendee], start: datetime, end: datetime) -> Booking:
        uid, now = new_uid(), clock.now()
        return Booking(
            id=self._store.next_id("booking"),
            uid=uid,
            account_key=event_type.account_key,
            event_type_id=event_type.id,
            host_id=event_type.host.id,
            title=f"{event_type.spec.title} between {event_type.host.name} and {attendees[0].name}",
            status="pending" if event_type.spec.requires_confirmation or event_type.spec.price else "accepted",
            start=start,
            end=end,
            created_at=now,
            updated_at=now,
            ics_uid=f"{uid}@Cal.com",
            attendees=attendees,
            location=event_type.spec.location or VIDEO_CALL,
            seated=event_type.spec.seats is not None,
        )

    def _move_whole(self, event_type: EventType, old: Booking, wanted: MoveInput, end: datetime) -> Booking:
        booking = self._fresh(event_type, copy.deepcopy(old.attendees), wanted.start, end)
        booking.description, booking.guests = old.description, list(old.guests)
        booking.metadata, booking.responses = dict(old.metadata), dict(old.responses)
        booking.ics_uid, booking.ics_sequence = old.ics_uid, old.ics_sequence + 1
        booking.rescheduled_from, booking.rescheduled_by = old.uid, wanted.moved_by
        booking.paid = old.paid
        if wanted.moved_by == event_type.host.email or (old.paid and not event_type.spec.requires_confirmation):
            booking.status = "accepted"
        if wanted.reason is not None:
            booking.rescheduling_reason = wanted.reason
            booking.responses["rescheduledReason"] = wanted.reason
        self._store.add_booking(booking)
        self._close(old, moved_to=booking.uid, by=wanted.moved_by)
        return booking

    def _move_seat(self, event_type: EventType, old: Booking, seat: Attendee, start: datetime) -> Booking:
        booking = self._join(event_type, start, seat)
        if booking is None:
            booking = self._fresh(event_type, [seat], start, start + (old.end - old.start))
            booking.metadata, booking.rescheduled_from = dict(seat.metadata), old.uid
            self._store.add_booking(booking)
        if booking is not old:
            old.attendees.remove(seat)
            old.updated_at = clock.now()
            if not old.attendees:
                self._close(old, moved_to=booking.uid, by=None)
        return booking

    def _close(self, old: Booking, *, moved_to: str, by: str | None) -> None:
        old.status, old.rescheduled_to, old.rescheduled_by = "cancelled", moved_to, by
        old.updated_at = clock.now()
