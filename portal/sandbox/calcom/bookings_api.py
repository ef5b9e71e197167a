"""Bookings: create, read, list, cancel, move, confirm, decline, mark absent."""

from __future__ import annotations

from portal.sandbox.calcom import views
from portal.sandbox.calcom.booking_input import (
    read_booking,
    read_filters,
    read_move,
    read_page,
    refuse_non_strings,
    sorted_bookings,
)
from portal.sandbox.calcom.bookings import BookingDesk
from portal.sandbox.calcom.errors import CalcomError, CoreError
from portal.sandbox.calcom.protocol import Call, Operation, Reply, success
from portal.sandbox.calcom.store import Booking, Store
from portal.sandbox.calcom.times import iso_millis
from portal.sandbox.calcom.webhooks import Courier
from portal.sandbox.clock import clock

VERSIONS = frozenset({"2024-08-13", "2026-02-25"})
HOST_OVERRIDES = ("allowConflicts", "allowBookingOutOfBounds")


class BookingsApi:
    """Booking, reading, cancelling and moving ask for no key: whoever knows a uid may use it."""

    def __init__(self, store: Store, desk: BookingDesk, courier: Courier) -> None:
        self._store = store
        self._desk = desk
        self._courier = courier

    def paths(self) -> dict[str, dict[str, Operation]]:
        def of_host(name: str) -> dict[str, Operation]:
            return {"POST": Operation(getattr(self, name), VERSIONS, needs_key=True)}

        return {
            "/v2/bookings": {
                "GET": Operation(self.list_bookings, VERSIONS, needs_key=True),
                "POST": Operation(self.create, VERSIONS),
            },
            "/v2/bookings/{uid}": {"GET": Operation(self.get, VERSIONS)},
            "/v2/bookings/{uid}/cancel": {"POST": Operation(self.cancel, VERSIONS)},
            "/v2/bookings/{uid}/reschedule": {"POST": Operation(self.reschedule, VERSIONS)},
            "/v2/bookings/{uid}/confirm": of_host("confirm"),
            "/v2/bookings/{uid}/decline": of_host("decline"),
            "/v2/bookings/{uid}/mark-absent": of_host("mark_absent"),
        }

    async def create(self, call: Call) -> Reply:
        wanted = read_booking(call.fields)
        event_type = self._desk.event_type(call.fields)
        by_host = call.account is not None and call.account.key == event_type.account_key
        overrides = {name for name in HOST_OVERRIDES if by_host and call.fields.get(name) is True}
        booking = await self._desk.book(event_type, wanted, overrides=overrides)
        seat_uid = booking.attendees[-1].seat_uid
        trigger = "BOOKING_REQUESTED" if booking.status == "pending" else "BOOKING_CREATED"
        # Where there is something to pay, nothing else is told before it is paid.
        await self._courier.deliver("BOOKING_PAYMENT_INITIATED" if event_type.spec.price else trigger, booking)
        return success(self._view(call, booking, seat_uid=seat_uid), status=201)

    async def get(self, call: Call) -> Reply:
        booking = self._store.bookings.get(call.path["uid"])
        if booking is None:
            raise CalcomError(404, f"Booking with uid={call.path['uid']} was not found in the database")
        return success(self._view(call, booking))

    async def list_bookings(self, call: Call) -> Reply:
        take, skip = read_page(call.query)
        filters = read_filters(call.query, clock.now())
        found = [b for b in self._store.bookings_of(call.owner.key) if all(meets(b) for meets in filters)]
        page = sorted_bookings(found, call.query)[skip : skip + take]
        total, left = len(found), max(len(found) - skip - take, 0)
        pagination = {
            "returnedItems": len(page),
            "totalItems": total,
            "itemsPerPage": take,
            "remainingItems": left,
            "currentPage": skip // take + 1,
            "totalPages": -(-total // take),
            "hasNextPage": left > 0,
            "hasPreviousPage": skip > 0,
        }
        data = [views.booking(self._store, booking) for booking in page]
        return Reply({"status": "success", "data": data, "pagination": pagination})

    async def cancel(self, call: Call) -> Reply:
        fields = call.fields
        refuse_non_strings(fields, "cancellationReason", "seatUid")
        booking = self._store.bookings.get(call.path["uid"])
        if booking is None:
            raise CalcomError(404, f"Booking with uid={call.path['uid']} not found")
        reason = fields.get("cancellationReason", "")
        by_host = self._is_host(call, booking)
        if by_host and booking.active and not reason.strip():
            raise CoreError(400, "Cancellation reason is required when you are the host")
        self._desk.cancel(booking, reason=reason, seat_uid=fields.get("seatUid"), by_host=by_host)
        await self._courier.deliver("BOOKING_CANCELLED", booking)
        return success(self._view(call, booking))

    async def reschedule(self, call: Call) -> Reply:
        wanted = read_move(call.fields)
        old = self._store.bookings.get(call.path["uid"])
        if old is None:
            raise CalcomError(404, f"Booking with uid={call.path['uid']} was not found in the database")
        booking = await self._desk.move(old, wanted)
        trigger = "BOOKING_REQUESTED" if booking.status == "pending" else "BOOKING_RESCHEDULED"
        await self._courier.deliver(trigger, booking, previous=old)
        return success(self._view(call, booking, seat_uid=wanted.seat_uid), status=201)

    async def confirm(self, call: Call) -> Reply:
        booking = self._undecided(call, "confirm")
        booking.status, booking.updated_at = "accepted", clock.now()
        await self._courier.deliver("BOOKING_CREATED", booking)
        return success(self._view(call, booking))

    async def decline(self, call: Call) -> Reply:
        refuse_non_strings(call.fields, "reason")
        booking = self._undecided(call, "decline")
        booking.rejection_reason = call.fields.get("reason", "")
        booking.status, booking.updated_at = "rejected", clock.now()
        await self._courier.deliver("BOOKING_REJECTED", booking)
        return success(self._view(call, booking))

    async def mark_absent(self, call: Call) -> Reply:
        booking, now = self._own(call), clock.now()
        if now < booking.start:
            times = (
                f"Current time in UTC+0: {iso_millis(now)}, Booking start time in UTC+0: {iso_millis(booking.start)}"
            )
            raise CalcomError(400, f"Bookings can only be marked as absent after their scheduled start time. {times}")
        absent = {
            person["email"]: person.get("absent") is True
            for person in call.fields.get("attendees") or []
            if isinstance(person, dict) and isinstance(person.get("email"), str)
        }
        for person in booking.attendees:
            person.absent = absent.get(person.email, person.absent)
        booking.absent_host = call.fields.get("host", booking.absent_host) is True
        booking.updated_at = now
        await self._courier.deliver_no_show(booking, absent)
        return success(self._view(call, booking))

    def _own(self, call: Call) -> Booking:
        booking = self._store.bookings.get(call.path["uid"])
        if booking is None:
            raise CalcomError(404, f"Booking with uid={call.path['uid']} not found.")
        if not self._is_host(call, booking):
            raise CalcomError(403, "Forbidden resource")
        return booking

    def _undecided(self, call: Call, verb: str) -> Booking:
        booking = self._own(call)
        if booking.status != "pending":
            raise CalcomError(400, f"Can't {verb} booking with uid={booking.uid} because it is not pending.")
        return booking

    def _is_host(self, call: Call, booking: Booking) -> bool:
        return call.account is not None and call.account.key == booking.account_key

    def _view(self, call: Call, booking: Booking, *, seat_uid: str | None = None) -> views.Json:
        view = views.booking(self._store, booking, show_attendees=self._is_host(call, booking))
        if seat_uid is not None:
            view["seatUid"] = seat_uid
        return view
