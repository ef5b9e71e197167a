"""The JSON of accounts, event types, schedules, bookings and reservations."""

from __future__ import annotations

from typing import Any

from portal.sandbox.calcom.accounts import DAY_NAMES, Account, EventType, Host
from portal.sandbox.calcom.availability import FreeSlot
from portal.sandbox.calcom.store import Attendee, Booking, Reservation, Store
from portal.sandbox.calcom.times import iso_millis

BASE_URL = "http://127.0.0.1:3000"
"""Where the booker's own pages would be; nothing is served there."""

Json = dict[str, Any]


def me(account: Account) -> Json:
    owner = account.owner
    return {
        "id": owner.id,
        "email": owner.email,
        "name": owner.name,
        "avatarUrl": None,
        "bio": None,
        "timeFormat": 12,
        "defaultScheduleId": account.schedule_id,
        "weekStart": "Sunday",
        "timeZone": account.spec.timezone,
        "username": owner.username,
        "organizationId": None,
    }


def schedule(account: Account) -> Json:
    return {
        "id": account.schedule_id,
        "ownerId": account.owner.id,
        "name": "Work",
        "timeZone": account.spec.timezone,
        "availability": [
            {"days": [DAY_NAMES[day] for day in hours.days], "startTime": hours.start, "endTime": hours.end}
            for hours in account.spec.schedule
        ],
        "isDefault": True,
        "overrides": [],
    }


def _default_field(kind: str, slug: str, *, required: bool, **more: Any) -> Json:
    return {"isDefault": True, "type": kind, "slug": slug, "required": required, **more}


def _booking_fields(*, alone: bool) -> list[Json]:
    plain = {"disableOnPrefill": False, "hidden": False}
    title = [_default_field("text", "title", required=True, disableOnPrefill=False, hidden=True)] if alone else []
    return [
        _default_field("name", "name", required=True, label="your_name", disableOnPrefill=False),
        _default_field("email", "email", required=True, **plain),
        _default_field("radioInput", "location", required=False, hidden=False),
        *title,
        _default_field("textarea", "notes", required=False, **plain),
        _default_field("multiemail", "guests", required=False, **plain),
        _default_field("textarea", "rescheduleReason", required=False, **plain),
    ]


def _event_type_user(host: Host) -> Json:
    return {
        "id": host.id,
        "name": host.name,
        "username": host.username,
        "avatarUrl": None,
        "brandColor": None,
        "darkBrandColor": None,
        "weekStart": "Sunday",
        "metadata": {},
    }


def _seats(seats: int | None) -> Json:
    if seats is None:
        return {"disabled": True}
    return {"seatsPerTimeSlot": seats, "showAttendeeInfo": False, "showAvailabilityCount": True}


def event_type(item: EventType, *, alone: bool) -> Json:
    """An event type, in a list or `alone`: alone it shows one field more in two places."""
    spec, disabled = item.spec, {"disabled": True}
    confirmation = {"type": "always", "blockUnconfirmedBookingsInBooker": True}
    window = {"type": "calendarDays", "value": spec.booking_window_days, "rolling": True}
    return {
        "id": item.id,
        "ownerId": item.host.id,
        "lengthInMinutes": spec.length_minutes,
        "title": spec.title,
        "slug": spec.slug,
        "description": spec.description,
        "locations": [{"type": "address", "address": spec.location, "public": True}] if spec.location else [],
        "bookingFields": _booking_fields(alone=alone),
        "recurrence": None,
        "disableGuests": False,
        "slotInterval": spec.slot_interval,
        "minimumBookingNotice": spec.minimum_notice_minutes,
        "beforeEventBuffer": spec.before_buffer,
        "afterEventBuffer": spec.after_buffer,
        "metadata": {},
        "price": spec.price,
        "currency": spec.currency,
        "lockTimeZoneToggleOnBookingPage": False,
        "forwardParamsSuccessRedirect": True,
        "successRedirectUrl": None,
        "isInstantEvent": False,
        "users": [_event_type_user(item.host)],
        "scheduleId": None,
        "onlyShowFirstAvailableSlot": False,
        "offsetStart": 0,
        "bookingWindow": window if spec.booking_window_days else disabled,
        "confirmationPolicy": confirmation if spec.requires_confirmation else disabled,
        "requiresBookerEmailVerification": False,
        "hideCalendarNotes": False,
        "seats": _seats(spec.seats),
        "useDestinationCalendarEmail": False,
        "hideCalendarEventDetails": False,
        "hideOrganizerEmail": False,
        "hidden": spec.hidden,
        "bookingRequiresAuthentication": False,
        "bookerActiveBookingsLimit": disabled,
        "bookingUrl": f"{BASE_URL}/{item.host.username}/{spec.slug}",
        **({"calVideoSettings": None} if alone else {}),
    }


def host_of(store: Store, item: Booking) -> Host:
    account = store.accounts[item.account_key]
    return next((host for host in account.hosts.values() if host.id == item.host_id), account.owner)


def booking(store: Store, item: Booking, *, show_attendees: bool = True) -> Json:
    """A booking. Of a group booking the attendees are shown to the host only."""
    kind = store.event_types.get(item.event_type_id)
    host = host_of(store, item)
    body: Json = {
        "id": item.id,
        "uid": item.uid,
        "title": item.title,
        "description": item.description,
        "hosts": [
            {
                "id": host.id,
                "name": host.name,
                "email": host.email,
                "displayEmail": host.email,
                "username": host.username,
                "timeZone": host.timezone,
            }
        ],
        "status": item.status,
        "cancellationReason": item.cancellation_reason,
        "cancelledByEmail": "",
        "reschedulingReason": item.rescheduling_reason,
        "rescheduledByEmail": item.rescheduled_by,
        "rescheduledFromUid": item.rescheduled_from,
        "rescheduledToUid": item.rescheduled_to,
        "start": iso_millis(item.start),
        "end": iso_millis(item.end),
        "duration": int((item.end - item.start).total_seconds() // 60),
        "eventTypeId": item.event_type_id,
        "eventType": {"id": item.event_type_id, "slug": kind.spec.slug if kind else "removed"},
        "meetingUrl": item.location,
        "location": item.location,
        "absentHost": item.absent_host,
        "createdAt": iso_millis(item.created_at),
        "updatedAt": iso_millis(item.updated_at),
        "metadata": item.metadata,
        "rating": None,
        "icsUid": item.ics_uid,
        "attendees": [_attendee(person) for person in item.attendees] if show_attendees or not item.seated else [],
    }
    for optional in ("reschedulingReason", "rescheduledFromUid", "rescheduledToUid"):
        if body[optional] is None:
            del body[optional]
    if item.guests and not item.seated:
        body["guests"] = item.guests
    if not item.seated:
        body["bookingFieldsResponses"] = item.responses
    return body


def _attendee(person: Attendee) -> Json:
    body: Json = {
        "name": person.name,
        "email": person.email,
        "displayEmail": person.email,
        "timeZone": person.time_zone,
        "language": person.language,
        "absent": person.absent,
    }
    if person.phone is not None:
        body["phoneNumber"] = person.phone
    if person.seat_uid is not None:
        # A seat keeps its answers and metadata with the attendee; the address is left out of the answers.
        answers = {name: value for name, value in person.responses.items() if name != "email"}
        body |= {"seatUid": person.seat_uid, "bookingFieldsResponses": answers, "metadata": person.metadata}
    return body


def slot(free: FreeSlot, seats: int | None, *, start: str, end: str | None) -> Json:
    body: Json = {"start": start}
    if end is not None:
        body["end"] = end
    if seats is not None:
        body |= {
            "seatsBooked": free.seats_booked,
            "seatsRemaining": seats - free.seats_booked,
            "seatsTotal": seats,
            "attendeesCount": free.seats_booked,
        }
        if free.booking_uid is not None:
            body["bookingUid"] = free.booking_uid
    return body


def reservation(held: Reservation, *, duration_minutes: int | None = None) -> Json:
    """A hold; `duration_minutes` is told only in the answer that made or moved it."""
    body: Json = {
        "eventTypeId": held.event_type_id,
        "slotStart": iso_millis(held.start),
        "slotEnd": iso_millis(held.end),
        "slotDuration": int((held.end - held.start).total_seconds() // 60),
        "reservationUid": held.uid,
        "reservationUntil": iso_millis(held.until),
    }
    if duration_minutes is not None:
        body["reservationDuration"] = duration_minutes
    return body
