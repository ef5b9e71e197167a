"""Bodies of the booking events. Each event has its own shape; the odd ones out are the server's."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from portal.sandbox.calcom.accounts import EventType
from portal.sandbox.calcom.store import Attendee, Booking, Store, new_uuid
from portal.sandbox.calcom.times import iso_millis, iso_seconds, utc_offset_minutes
from portal.sandbox.calcom.views import BASE_URL, Json, host_of

FIELD_LABELS = {
    "attendeePhoneNumber": ("phone_number", True),
    "name": ("your_name", False),
    "email": ("email_address", False),
    "location": ("location", False),
    "title": ("what_is_this_meeting_about", True),
    "notes": ("additional_notes", False),
    "guests": ("additional_guests", False),
    "rescheduleReason": ("reason_for_reschedule", False),
}
ENDINGS = frozenset({"BOOKING_CANCELLED", "BOOKING_REJECTED"})
PAYMENTS = frozenset({"BOOKING_PAYMENT_INITIATED", "BOOKING_PAID"})


def event_payload(store: Store, trigger: str, booking: Booking, *, previous: Booking | None) -> Json:
    """The payload of a booking event that is not about absence."""
    kind = store.event_types.get(booking.event_type_id)
    payload = _common(store, booking, kind, ending=trigger in ENDINGS)
    payload["startTime"], payload["endTime"] = (_time(trigger, moment) for moment in (booking.start, booking.end))
    if trigger in ENDINGS:
        return payload | _ending(trigger, booking)
    payload |= _beginning(booking, kind)
    if trigger in PAYMENTS:
        # Accepted both times: the server says so of what still waits for its payment too.
        payload |= {"paymentId": booking.id, "status": "ACCEPTED"}
    if trigger == "BOOKING_RESCHEDULED" and previous is not None:
        del payload["iCalUID"]
        payload |= {
            "appsStatus": [],
            "rescheduleId": previous.id,
            "rescheduleUid": previous.uid,
            "rescheduleStartTime": iso_seconds(previous.start),
            "rescheduleEndTime": iso_seconds(previous.end),
        }
    return payload


def no_show_payload(booking: Booking, absent: dict[str, bool]) -> Json:
    """Who was marked, and nothing of the organizer."""
    people = [email for email, missing in absent.items() if missing]
    return {
        "message": f"{', '.join(people)} marked as no-show",
        "attendees": [{"email": email, "noShow": missing} for email, missing in absent.items()],
        "bookingUid": booking.uid,
        "bookingId": booking.id,
    }


def meeting_ended(store: Store, booking: Booking) -> Json:
    """The whole body: what is told of meetings is the row as the server keeps it, in no envelope."""
    host = host_of(store, booking)
    return {
        "triggerEvent": "MEETING_ENDED",
        "id": booking.id,
        "uid": booking.uid,
        "idempotencyKey": str(uuid.uuid5(uuid.NAMESPACE_URL, booking.uid)),
        "userId": host.id,
        "userPrimaryEmail": host.email,
        "eventTypeId": booking.event_type_id,
        "title": booking.title,
        "description": booking.description,
        "customInputs": {},
        "responses": booking.responses,
        "startTime": iso_millis(booking.start),
        "endTime": iso_millis(booking.end),
        "location": booking.location,
        "createdAt": iso_millis(booking.created_at),
        "updatedAt": iso_millis(booking.updated_at),
        "status": booking.status.upper(),
        "paid": booking.paid,
        "cancellationReason": None,
        "rejectionReason": None,
        "rescheduled": None,
        "fromReschedule": booking.rescheduled_from,
        "recurringEventId": None,
        "smsReminderNumber": None,
        "scheduledJobs": [],
        "metadata": booking.metadata,
        "iCalUID": booking.ics_uid,
        "iCalSequence": booking.ics_sequence,
        "noShowHost": booking.absent_host,
        "creationSource": "API_V2",
        "user": {"email": host.email, "name": host.name, "timeZone": host.timezone, "username": host.username},
        "attendees": [_row(number, person, booking) for number, person in enumerate(booking.attendees, 1)],
        "payment": [],
        "references": [],
    }


def _row(number: int, person: Attendee, booking: Booking) -> Json:
    return {
        "id": booking.id * 1000 + number,
        "email": person.email,
        "name": person.name,
        "timeZone": person.time_zone,
        "phoneNumber": person.phone,
        "locale": person.language,
        "bookingId": booking.id,
        "noShow": person.absent,
    }


def _time(trigger: str, moment: datetime) -> str:
    if trigger == "BOOKING_CANCELLED":
        return iso_seconds(moment).replace("Z", "+00:00")
    return iso_millis(moment) if trigger == "BOOKING_REJECTED" else iso_seconds(moment)


def _common(store: Store, booking: Booking, kind: EventType | None, *, ending: bool) -> Json:
    host = host_of(store, booking)
    return {
        "bookerUrl": BASE_URL,
        "title": booking.title,
        "additionalNotes": booking.description,
        "type": kind.spec.slug if kind else "removed",
        "description": booking.description,
        "eventTypeId": booking.event_type_id,
        "hideOrganizerEmail": False,
        "customReplyToEmail": None,
        "organizer": {
            "id": host.id,
            "name": host.name,
            "email": host.email,
            "username": host.username,
            "timeZone": host.timezone,
            "language": {"locale": "en"},
            "timeFormat": "h:mma",
            "utcOffset": utc_offset_minutes(booking.start, host.timezone),
        },
        "attendees": [_attendee(person, booking.start, ending=ending) for person in booking.attendees],
        "customInputs": {},
        "responses": _responses(booking, ending=ending),
        "userFieldsResponses": {},
        "location": booking.location,
        "uid": booking.uid,
        "eventTitle": kind.spec.title if kind else "",
        "eventDescription": None,
        "currency": kind.spec.currency if kind else "usd",
        "length": int((booking.end - booking.start).total_seconds() // 60),
        "bookingId": booking.id,
        "status": booking.status.upper(),
    }


def _beginning(booking: Booking, kind: EventType | None) -> Json:
    pending = booking.status == "pending"
    return {
        "hideCalendarNotes": False,
        "hideCalendarEventDetails": False,
        "schedulingType": None,
        "seatsPerTimeSlot": kind.spec.seats if kind else None,
        "seatsShowAttendees": True,
        "seatsShowAvailabilityCount": True,
        "disableRescheduling": False,
        "disableCancelling": False,
        "destinationCalendar": None,
        "iCalUID": booking.ics_uid,
        "iCalSequence": booking.ics_sequence,
        "requiresConfirmation": pending,
        "oneTimePassword": new_uuid() if pending else None,
        "hashedLink": None,
        "price": kind.spec.price if kind else 0,
        "metadata": booking.metadata,
    }


def _ending(trigger: str, booking: Booking) -> Json:
    shared: Json = {"destinationCalendar": [], "organizationId": None}
    if trigger == "BOOKING_REJECTED":
        hidden = {"hideCalendarNotes": False, "hideCalendarEventDetails": False}
        reason = {"rejectionReason": booking.rejection_reason, "requiresConfirmation": True, "price": 0}
        return shared | hidden | reason
    return shared | {
        "cancellationReason": booking.cancellation_reason,
        "seatsPerTimeSlot": None,
        "seatsShowAttendees": False,
        "iCalUID": booking.ics_uid,
        "iCalSequence": booking.ics_sequence,
        "requiresConfirmation": None,
        "price": None,
        # A cancelled seat leaves the booking standing for the others; the event says cancelled all the same.
        "status": "CANCELLED",
    }


def _attendee(person: Attendee, start: datetime, *, ending: bool) -> Json:
    body: Json = {"email": person.email, "name": person.name}
    if ending:
        body["phoneNumber"] = person.phone
    else:
        body |= ({"phoneNumber": person.phone} if person.phone else {}) | {"firstName": "", "lastName": ""}
    offset = utc_offset_minutes(start, person.time_zone)
    return body | {"timeZone": person.time_zone, "language": {"locale": person.language}, "utcOffset": offset}


def _responses(booking: Booking, *, ending: bool) -> Json:
    given: dict[str, Any] = dict(booking.responses or (booking.attendees[-1].responses if booking.attendees else {}))
    if not ending and booking.location is not None:
        given["location"] = {"value": booking.location, "optionValue": ""}
    answers: Json = {}
    for name, (label, hidden) in FIELD_LABELS.items():
        if ending and name == "attendeePhoneNumber" and name not in given:
            continue
        answers[name] = {"label": label, "isHidden": hidden} | ({"value": given[name]} if name in given else {})
    return answers
