"""What Cal.com's refusals mean. Its own sentences hold uids and e-mails: they are matched, never passed on."""

import re
from collections.abc import Callable
from typing import Final

import httpx

from portal.core.errors import PortalError, ProviderRefused, SlotTaken
from portal.providers.http import fields

TAKEN: Final = re.compile(
    r"already has booking at this time|booking_conflict|no[ _]available[ _]users[ _]found|seats?[ _](?:are[ _])?full"
    r"|no more seats|already reserved",
    re.IGNORECASE,
)
CANCELLED_ALREADY: Final = re.compile(r"has been cancelled", re.IGNORECASE)
SIGNED_UP: Final = re.compile(r"already_signed_up", re.IGNORECASE)
CLOSED: Final = re.compile(r"in the past|can't be booked at the \"start\" time|out_of_bounds", re.IGNORECASE)
# Answers to the booking form are refused by name, in one of two ways.
ANSWER: Final = re.compile(
    r"responses - \{([A-Za-z0-9_-]{1,60})\}|attendee property is wrong, (name|email|phoneNumber) property is wrong"
)
ANSWERS: Final = {
    "name": "name", "email": "email", "attendeePhoneNumber": "phone", "phoneNumber": "phone", "notes": "notes",
}  # fmt: skip
CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,59}")


class KeyRefused(ProviderRefused):
    """401: the tenant's API key is not valid (any more)."""

    reason = "calendar_key_refused"


class NotAllowed(ProviderRefused):
    """403: the key is valid, and may not do this."""

    reason = "calendar_not_allowed"


class EventTypeNotFound(ProviderRefused):
    """What was to be booked is not there (any more)."""

    reason = "calendar_event_type_not_found"


class TimeClosed(ProviderRefused):
    """The time is past, too soon, or too far ahead."""

    reason = "calendar_time_closed"


class AnswerRefused(ProviderRefused):
    """A field of the booking form is not accepted. ``field``: name, email, phone, notes, or empty for any other."""

    reason = "calendar_answer_refused"
    field: str = ""


class CalendarBookingNotFound(ProviderRefused):
    """There is no booking of that uid."""

    reason = "calendar_booking_not_found"


class AlreadyCancelled(ProviderRefused):
    """The booking was cancelled or moved before: read it to learn which (``rescheduled_to_uid``)."""

    reason = "calendar_booking_cancelled"


class AlreadySignedUp(ProviderRefused):
    """Where seats are shared: this e-mail has one already."""

    reason = "already_signed_up"


OF_KEY: Final[dict[int, type[ProviderRefused]]] = {401: KeyRefused, 403: NotAllowed}
Reading = Callable[[int, str], type[ProviderRefused] | type[SlotTaken] | None]


def refusal(answer: httpx.Response, reading: Reading) -> PortalError:
    """The error for a 4xx answer; ``reading`` knows what a status and message mean for one kind of call."""
    code, message = _named(answer)
    kind = OF_KEY.get(answer.status_code) or reading(answer.status_code, message)
    if kind is SlotTaken:
        return SlotTaken()
    refused = kind if kind is not None and issubclass(kind, ProviderRefused) else ProviderRefused
    error = refused(provider_status=answer.status_code, provider_code=code)
    if isinstance(error, AnswerRefused) and (named := ANSWER.search(message)):
        error.field = ANSWERS.get(named.group(1) or named.group(2), "")
    return error


def reading_anything(status: int, message: str) -> type[ProviderRefused] | type[SlotTaken] | None:
    """Calls whose refusals are all alike."""
    return None


def reading_reservation(status: int, message: str) -> type[ProviderRefused] | type[SlotTaken] | None:
    return SlotTaken if status in (409, 422) or TAKEN.search(message) else None


def reading_create(status: int, message: str) -> type[ProviderRefused] | type[SlotTaken] | None:
    """Booking."""
    return EventTypeNotFound if status == 404 else _reading_time(status, message)


def reading_change(status: int, message: str) -> type[ProviderRefused] | type[SlotTaken] | None:
    """Cancelling or moving a booking, or reading one."""
    if status == 404:
        return CalendarBookingNotFound
    if status == 400 and CANCELLED_ALREADY.search(message):
        return AlreadyCancelled
    return _reading_time(status, message)


def _reading_time(status: int, message: str) -> type[ProviderRefused] | type[SlotTaken] | None:
    """A taken slot is a 400 with a certain message, or nearly any 409 (two shapes, when callers race)."""
    if SIGNED_UP.search(message):
        return AlreadySignedUp
    if status == 409 or TAKEN.search(message):
        return SlotTaken
    if ANSWER.search(message):
        return AnswerRefused
    return TimeClosed if CLOSED.search(message) else None


def _named(answer: httpx.Response) -> tuple[str, str]:
    """Code and message of either error shape; the code only where it looks like one."""
    body = fields(answer)
    error = body.get("error")
    found = error if isinstance(error, dict) else body
    code = found.get("code")
    return (code if isinstance(code, str) and CODE.fullmatch(code) else ""), str(found.get("message", ""))
