"""What happens at Cal.com by itself as its clock runs: attendees pay, meetings end."""

from __future__ import annotations

from datetime import timedelta

from portal.sandbox.calcom.store import Booking, Store
from portal.sandbox.calcom.webhooks import Courier
from portal.sandbox.clock import clock


class Passing:
    """Looks for what is due. It is marked before it is told, so that whoever looks meanwhile tells nothing twice."""

    def __init__(self, store: Store, courier: Courier) -> None:
        self._store = store
        self._courier = courier

    async def pass_time(self) -> bool:
        """Let happen what is due now; True when anything did."""
        due = [booking for booking in self._store.bookings.values() if _has_ended(booking) or self._is_paid(booking)]
        for booking in due:
            if self._is_paid(booking):
                await self._pay(booking)
            if _has_ended(booking):
                booking.end_told = True
                await self._courier.deliver_end(booking)
        return bool(due)

    def _is_paid(self, booking: Booking) -> bool:
        """Whether its attendee pays now."""
        kind = self._store.event_types.get(booking.event_type_id)
        if kind is None or not kind.spec.price or kind.spec.paid_after_seconds is None:
            return False
        waits = booking.status == "pending" and not booking.paid
        return waits and clock.now() >= booking.created_at + timedelta(seconds=kind.spec.paid_after_seconds)

    async def _pay(self, booking: Booking) -> None:
        booking.paid, booking.updated_at = True, clock.now()
        if self._store.event_types[booking.event_type_id].spec.requires_confirmation:
            await self._courier.deliver("BOOKING_REQUESTED", booking)
            return
        booking.status = "accepted"
        await self._courier.deliver("BOOKING_CREATED", booking)
        await self._courier.deliver("BOOKING_PAID", booking)


def _has_ended(booking: Booking) -> bool:
    return booking.status == "accepted" and not booking.end_told and clock.now() >= booking.end
