"""The calls. Reads repeat themselves; a change is sent once, and looked for when its answer is lost.

Every method raises CalendarUnavailable or CalendarBusy when nothing happened and asking again can help, KeyRefused when
the tenant's key is not accepted, and ProviderRefused for other refusals. The three changes of bookings raise
OutcomeUnknown too: then look with ``find_by_key`` or ``get_booking`` before asking again.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import httpx
from pydantic import TypeAdapter

from portal.core.errors import CalendarBusy, CalendarUnavailable, OutcomeUnknown, ProviderRefused
from portal.core.settings import get_settings
from portal.providers import http
from portal.providers.calcom import errors, shapes
from portal.providers.calcom.budget import RESET_HEADERS, CallBudget
from portal.providers.calcom.shapes import Account, CalBooking, EventType, OpenSlot, Webhook

# A server falls back to a far older shape when the version is absent or unknown to it. These are the newest that the
# hosted service and self-hosted servers both know; later ones (bookings 2026-02-25, lists of event types 2026-06-12)
# change nothing that is used here.
SLOTS: Final = "2024-09-04"
BOOKINGS: Final = "2024-08-13"
EVENT_TYPES: Final = "2024-06-14"

READ_SECONDS: Final = 10.0
WRITE_SECONDS: Final = 20.0
PAGE_SIZE: Final = 100
MAX_PAGES: Final = 50
BOOKING_KEY: Final = "portal_booking"
# How far from the wanted time a booking is looked for.
AROUND: Final = timedelta(days=1)

FAILURES: Final = http.Failures(unavailable=CalendarUnavailable, busy=CalendarBusy)
UID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
T = TypeVar("T")


class CalcomClient:
    """One tenant's Cal.com account. Cheap to make: connections are shared by the whole process."""

    def __init__(
        self,
        api_key: str,
        base_url: str | None = None,
        *,
        budget: CallBudget | None = None,
        on_key_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_key_refused`` is called whenever the key is not accepted, before KeyRefused is raised."""
        self._authorization = f"Bearer {api_key}"
        self._base_url = (base_url or get_settings().calcom_base_url).rstrip("/")
        self._budget = budget or CallBudget.of_key(api_key)
        self._on_key_refused = on_key_refused

    def for_visitor(self, visitor: str) -> "CalcomClient":
        """The same account for somebody who looks around: their own share of its calls, and none of a booking's.

        Raises LookedTooFar besides what every method raises.
        """
        mine = copy.copy(self)
        mine._budget = self._budget.of_visitor(visitor)
        return mine

    def __repr__(self) -> str:
        return f"CalcomClient({self._base_url})"

    # --- Account -----------------------------------------------------------------------------------------------------

    def me(self) -> Account:
        """Whose key this is; the cheapest way to check it."""
        return self._read("/me", None, shapes.ACCOUNT)

    def event_types(self) -> list[EventType]:
        return self._read("/event-types", EVENT_TYPES, shapes.EVENT_TYPES)

    def event_type(self, event_type_id: int) -> EventType:
        """Raises ProviderRefused with ``provider_status`` 404 when there is none."""
        return self._read(f"/event-types/{event_type_id:d}", EVENT_TYPES, shapes.EVENT_TYPE)

    # --- Slots -------------------------------------------------------------------------------------------------------

    def slots(
        self,
        event_type_id: int,
        start: datetime,
        end: datetime,
        time_zone: str = "UTC",
        *,
        reschedule_uid: str | None = None,
    ) -> list[OpenSlot]:
        """Bookable times with ``start <= slot < end``, in order.

        ``time_zone`` decides on which minutes of the hour slots lie, so pass the business's. With ``reschedule_uid``
        the time that this booking holds counts as free.
        """
        # An end at midnight UTC would mean all of that day there.
        until = utc(end - timedelta(seconds=1))
        params: dict[str, str | int] = {"eventTypeId": event_type_id, "start": utc(start), "end": until}
        params |= {"timeZone": time_zone, "format": "range"}
        if reschedule_uid is not None:
            params["bookingUidToReschedule"] = _uid(reschedule_uid)
        days = self._read("/slots", SLOTS, shapes.SLOTS, params=params)
        found = {slot.start: slot for slots in days.values() for slot in slots}
        return [found[moment] for moment in sorted(found) if start <= moment < end]

    def reserve(self, event_type_id: int, start: datetime, minutes: int) -> str:
        """Hold a slot for some minutes; returns the reservation's uid. Raises SlotTaken when it is held already.

        A courtesy, not a lock: it stops other reservations, not other bookings.
        """
        body = {"eventTypeId": event_type_id, "slotStart": utc(start), "reservationDuration": minutes}
        answer = self._write("POST", "/slots/reservations", SLOTS, body, errors.reading_reservation)
        return http.parsed(shapes.RESERVATION, _data(answer), OutcomeUnknown).reservation_uid

    def release(self, reservation_uid: str) -> None:
        """Give a reservation back; one that is gone is no error."""
        try:
            self._write("DELETE", f"/slots/reservations/{_uid(reservation_uid)}", SLOTS, None, errors.reading_anything)
        except ProviderRefused as refused:
            if refused.provider_status != httpx.codes.NOT_FOUND:
                raise

    # --- Bookings ----------------------------------------------------------------------------------------------------

    def create_booking(
        self,
        *,
        event_type_id: int,
        start: datetime,
        name: str,
        email: str,
        time_zone: str,
        key: str,
        phone: str | None = None,
        notes: str | None = None,
        language: str = "en",
        metadata: Mapping[str, str] | None = None,
    ) -> CalBooking:
        """Book. ``key`` is our idempotency key, kept in the booking's metadata for :meth:`find_by_key`.

        Raises SlotTaken, AlreadySignedUp, or OutcomeUnknown when it may have been booked. Where seats are shared, the
        answer's ``seat_uid`` names ours.
        """
        attendee = {"name": name, "email": email, "timeZone": time_zone, "language": language}
        body: dict[str, Any] = {"start": utc(start), "eventTypeId": event_type_id}
        body["attendee"] = attendee | ({"phoneNumber": phone} if phone else {})
        body["metadata"] = _metadata({**(metadata or {}), BOOKING_KEY: key})
        if notes:
            body["bookingFieldsResponses"] = {"notes": notes}
        answer = self._write("POST", "/bookings", BOOKINGS, body, errors.reading_create)
        return http.parsed(shapes.BOOKING, _first(_data(answer)), OutcomeUnknown)

    def get_booking(self, uid: str) -> CalBooking:
        """Raises CalendarBookingNotFound."""
        call = self._call("GET", f"/bookings/{_uid(uid)}", BOOKINGS, read_seconds=READ_SECONDS)
        answer = self._answered(call, errors.reading_change)
        return http.parsed(shapes.BOOKING, _first(_data(answer)), CalendarUnavailable)

    def list_bookings(
        self,
        *,
        attendee_email: str | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        event_type_id: int | None = None,
        status: Sequence[str] = (),
        created_after: datetime | None = None,
        updated_after: datetime | None = None,
    ) -> Iterator[CalBooking]:
        """Bookings that start at ``after`` or later and end by ``before``, by start; pages are fetched as needed.

        ``status`` is any of upcoming, recurring, past, cancelled, unconfirmed; none means all. What was never changed
        may have no time of change: ask for what was created since as well.
        """
        wanted: dict[str, str | int | None] = {
            "attendeeEmail": attendee_email,
            "afterStart": utc(after) if after else None,
            "beforeEnd": utc(before) if before else None,
            "eventTypeId": event_type_id,
            "status": ",".join(status) or None,
            "afterCreatedAt": utc(created_after) if created_after else None,
            "afterUpdatedAt": utc(updated_after) if updated_after else None,
        }
        params = {name: value for name, value in wanted.items() if value is not None} | {"sortStart": "asc"}
        seen: set[str] = set()
        for page in range(MAX_PAGES):
            bookings, has_more = self._bookings(params | {"take": PAGE_SIZE, "skip": page * PAGE_SIZE})
            # A booking made meanwhile moves others to the next page, where they come again.
            yield from (booking for booking in bookings if booking.uid not in seen)
            seen.update(booking.uid for booking in bookings)
            if not has_more:
                return

    def find_by_key(self, attendee_email: str, key: str, around: datetime) -> CalBooking | None:
        """The booking that carries our idempotency key, near the time it was wanted for; a standing one if there is."""
        near = self.list_bookings(attendee_email=attendee_email, after=around - AROUND, before=around + 2 * AROUND)
        found = [booking for booking in near if booking.carries(BOOKING_KEY, key)]
        return max(found, key=lambda booking: booking.status.holds_slot, default=None)

    def cancel_booking(self, uid: str, reason: str | None = None, *, seat_uid: str | None = None) -> CalBooking:
        """Cancel; where seats are shared, ``seat_uid`` frees that seat only (without it everybody's booking ends).

        Raises AlreadyCancelled, CalendarBookingNotFound, OutcomeUnknown.
        """
        body = {"cancellationReason": reason or "Cancelled by the customer"} | _seat(seat_uid)
        return self._change(uid, "cancel", body)

    def reschedule_booking(
        self, uid: str, start: datetime, reason: str | None = None, *, seat_uid: str | None = None
    ) -> CalBooking:
        """Move; the answer has a **new uid**.

        Raises SlotTaken, AlreadyCancelled, CalendarBookingNotFound, OutcomeUnknown.
        """
        why = {"reschedulingReason": reason} if reason and seat_uid is None else {}
        return self._change(uid, "reschedule", {"start": utc(start)} | why | _seat(seat_uid))

    def mark_absent(self, uid: str, attendee_email: str, *, absent: bool = True) -> None:
        """Note that an attendee did not come (or did); only once the booking has begun. Saying it again is harmless.

        Raises CalendarBookingNotFound, OutcomeUnknown.
        """
        body = {"attendees": [{"email": attendee_email, "absent": absent}]}
        self._write("POST", f"/bookings/{_uid(uid)}/mark-absent", BOOKINGS, body, errors.reading_change)

    # --- Webhooks ----------------------------------------------------------------------------------------------------

    def webhooks(self) -> list[Webhook]:
        """The account's own subscriptions."""
        return self._read("/webhooks", None, shapes.WEBHOOKS)

    def create_webhook(self, url: str, triggers: Sequence[str], secret: str) -> Webhook:
        """Subscribe ``url``. Raises ProviderRefused with ``provider_status`` 409 when it is subscribed already."""
        body = {"active": True, "subscriberUrl": url, "triggers": list(triggers), "secret": secret}
        return self._webhook("POST", "/webhooks", body)

    def change_webhook(self, webhook_id: str, url: str, triggers: Sequence[str], secret: str) -> Webhook:
        """Make a subscription so and active. Raises ProviderRefused with 404 when it is gone."""
        body = {"active": True, "subscriberUrl": url, "triggers": list(triggers), "secret": secret}
        return self._webhook("PATCH", f"/webhooks/{_webhook_id(webhook_id)}", body)

    def delete_webhook(self, webhook_id: str) -> None:
        """End a subscription; one that is gone is no error."""
        try:
            self._webhook("DELETE", f"/webhooks/{_webhook_id(webhook_id)}", None)
        except ProviderRefused as refused:
            if refused.provider_status != httpx.codes.NOT_FOUND:
                raise

    def _webhook(self, method: str, path: str, body: Any) -> Webhook:
        answer = self._write(method, path, None, body, errors.reading_anything)
        return http.parsed(shapes.WEBHOOK, _data(answer), OutcomeUnknown)

    # --- Plumbing ----------------------------------------------------------------------------------------------------

    def _change(self, uid: str, verb: str, body: dict[str, str]) -> CalBooking:
        answer = self._write("POST", f"/bookings/{_uid(uid)}/{verb}", BOOKINGS, body, errors.reading_change)
        return http.parsed(shapes.BOOKING, _first(_data(answer)), OutcomeUnknown)

    def _bookings(self, params: Mapping[str, str | int]) -> tuple[list[CalBooking], bool]:
        call = self._call("GET", "/bookings", BOOKINGS, params=params, read_seconds=READ_SECONDS)
        body = http.fields(self._answered(call, errors.reading_anything))
        page = http.parsed(shapes.PAGE, body.get("pagination") or {}, CalendarUnavailable)
        return http.parsed(shapes.BOOKINGS, body.get("data"), CalendarUnavailable), page.has_next_page

    def _read(
        self,
        path: str,
        version: str | None,
        shape: TypeAdapter[T],
        *,
        params: Mapping[str, str | int] | None = None,
    ) -> T:
        call = self._call("GET", path, version, params=params, read_seconds=READ_SECONDS)
        return http.parsed(shape, _data(self._answered(call, errors.reading_anything)), CalendarUnavailable)

    def _write(self, method: str, path: str, version: str | None, body: Any, reading: errors.Reading) -> httpx.Response:
        call = self._call(method, path, version, json=body, read_seconds=WRITE_SECONDS, is_write=True)
        return self._answered(call, reading)

    def _call(self, method: str, path: str, version: str | None, **rest: Any) -> http.Call:
        headers = http.json_headers(self._authorization)
        if version is not None:
            headers["cal-api-version"] = version
        return http.Call(method, self._base_url + path, headers, **rest)

    def _answered(self, call: http.Call, reading: errors.Reading) -> httpx.Response:
        watch = http.Watch(
            before=lambda: self._budget.take(is_write=call.is_write),
            after=self._budget.observe,
            reset_headers=RESET_HEADERS,
        )
        answer = http.perform(call, failures=FAILURES, watch=watch)
        if not answer.is_success:
            error = errors.refusal(answer, reading)
            if isinstance(error, errors.KeyRefused):
                self._on_key_refused()
            raise error
        return answer


def utc(moment: datetime) -> str:
    """``2026-11-24T21:30:00Z``. Raises ValueError for a naive time: Cal.com would take it as UTC silently."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _uid(uid: str) -> str:
    if not UID.fullmatch(uid):
        raise errors.CalendarBookingNotFound(provider_status=404)
    return uid


def _webhook_id(webhook_id: str) -> str:
    if not UID.fullmatch(webhook_id):
        raise ProviderRefused(provider_status=404)
    return webhook_id


def _metadata(values: dict[str, str]) -> dict[str, str]:
    if len(values) > 50 or any(len(name) > 40 or len(value) > 500 for name, value in values.items()):
        raise ValueError("metadata: at most 50 names of 40 characters with values of 500")
    return values


def _seat(seat_uid: str | None) -> dict[str, str]:
    return {} if seat_uid is None else {"seatUid": seat_uid}


def _data(answer: httpx.Response) -> Any:
    return http.fields(answer).get("data")


def _first(data: Any) -> Any:
    """A recurring booking is an array of its occurrences."""
    return data[0] if isinstance(data, list) and data else data
