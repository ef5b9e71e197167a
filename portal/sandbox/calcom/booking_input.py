"""Bodies and filters of the booking calls: what is accepted, and the server's words for what is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from portal.sandbox.calcom.errors import CalcomError, bad_answer, wrong, wrong_query
from portal.sandbox.calcom.store import Attendee, Booking
from portal.sandbox.calcom.times import is_zone, parse_moment

LANGUAGES = frozenset(
    re.findall(
        r"\S+",
        "ar ca de es eu he id ja lv pl ro sr th vi az cs el es-419 fi hr it km nl pt ru sv tr zh-CN bg da en et fr hu "
        "iw ko no pt-BR sk ta uk zh-TW bn",
    )
)
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
METADATA_LIMITS = (
    "Metadata must have at most 50 keys, each key up to 40 characters, and string values up to 500 characters."
)
MOST_NOTES = 1000
MOST_TAKEN = 250
FILTERS = frozenset(
    re.findall(
        r"\S+",
        "status attendeeEmail attendeeName bookingUid eventTypeIds eventTypeId teamsIds teamId afterStart beforeEnd "
        "afterCreatedAt beforeCreatedAt afterUpdatedAt beforeUpdatedAt sortStart sortEnd sortCreated sortUpdatedAt "
        "take skip",
    )
)
KINDS: dict[type, str] = {
    bool: "boolean", int: "number", float: "number", dict: "object", list: "array", type(None): "null",
}  # fmt: skip
STATUSES = ("upcoming", "recurring", "past", "cancelled", "unconfirmed")

Problems = list[tuple[str, str]]


@dataclass(frozen=True)
class BookingInput:
    """A create body that passed. `start` is UTC."""

    start: datetime
    attendee: Attendee
    metadata: dict[str, Any]
    responses: dict[str, Any]
    guests: list[str]

    @property
    def notes(self) -> str:
        notes = self.responses.get("notes")
        return notes if isinstance(notes, str) else ""


class EarlierBooking(BaseModel):
    """One that the control API puts there, as it stands since before."""

    model_config = ConfigDict(extra="forbid")

    uid: str = Field(min_length=1)
    seat_uid: str | None = None
    event_type_id: int
    start: AwareDatetime
    name: str
    email: str
    phone: str | None = None
    status: Literal["accepted", "pending"] = "accepted"


def read_booking(fields: dict[str, Any]) -> BookingInput:
    """Check a create body. Raises CalcomError 400."""
    start = parse_moment(fields.get("start"))
    problems = [] if start else [("start", "start must be a valid ISO 8601 date string")]
    problems += _attendee_problems(fields.get("attendee"))
    problems += _metadata_problems(fields.get("metadata", {}))
    guests, answers = fields.get("guests", []), fields.get("bookingFieldsResponses", {})
    if not isinstance(guests, list) or not all(isinstance(guest, str) and EMAIL.fullmatch(guest) for guest in guests):
        problems.append(("guests", "each value in guests must be an email"))
    if not isinstance(answers, dict):
        problems.append(("bookingFieldsResponses", "bookingFieldsResponses must be an object"))
    if problems or start is None:
        raise wrong(problems)
    if "lengthInMinutes" in fields:
        raise CalcomError(
            400, "Can't specify 'lengthInMinutes' because event type does not have multiple possible lengths."
        )
    attendee = _read_attendee(fields["attendee"])
    _check_answers(attendee, answers, fields.get("metadata", {}))
    responses = _responses(attendee, answers, guests)
    attendee.responses = responses
    return BookingInput(start, attendee, fields.get("metadata", {}), responses, guests)


def _attendee_problems(attendee: Any) -> Problems:
    if not isinstance(attendee, dict):
        return [("attendee", "attendee should not be null or undefined")]
    problems: Problems = []
    if not isinstance(attendee.get("name"), str):
        problems.append(("attendee.name", "name must be a string"))
    if not is_zone(attendee.get("timeZone")):
        problems.append(("attendee.timeZone", "timeZone must be a valid IANA time-zone"))
    phone = attendee.get("phoneNumber")
    # Its form is not looked at.
    if phone is not None and not isinstance(phone, str):
        problems.append(("attendee.phoneNumber", "phoneNumber must be a string"))
    if attendee.get("language", "en") not in LANGUAGES:
        problems.append(("attendee.language", "language must be one of the supported languages"))
    return problems


def _read_attendee(attendee: dict[str, Any]) -> Attendee:
    email, phone = attendee.get("email"), attendee.get("phoneNumber")
    if email is None and phone is not None:
        # Somebody with a phone alone gets an address made of it.
        email = f"{phone.removeprefix('+')}@sms.cal.com"
    if not isinstance(email, str) or not EMAIL.fullmatch(email):
        raise bad_answer("responses - {email}email_validation_error, ")
    language = attendee.get("language", "en")
    return Attendee(name=attendee["name"], email=email, time_zone=attendee["timeZone"], language=language, phone=phone)


def _check_answers(attendee: Attendee, answers: dict[str, Any], metadata: dict[str, Any]) -> None:
    """What the booking core looks at, after the API."""
    if not attendee.name.strip():
        raise bad_answer("responses - {name}error_required_field, ")
    if len(str(answers.get("notes") or "")) > MOST_NOTES:
        raise bad_answer("responses - {notes}max_characters_allowed, ")
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise bad_answer(f"metadata.{key} - Expected string, received {KINDS[type(value)]}, ")


def _responses(attendee: Attendee, answers: dict[str, Any], guests: list[str]) -> dict[str, Any]:
    responses: dict[str, Any] = {"email": attendee.email}
    if attendee.phone is not None:
        responses["attendeePhoneNumber"] = attendee.phone
    responses["name"] = attendee.name
    if guests:
        responses["guests"] = guests
    return responses | answers


def _metadata_problems(metadata: Any) -> Problems:
    if not isinstance(metadata, dict):
        return [("metadata", "metadata must be an object")]
    too_long = any(len(key) > 40 or (isinstance(value, str) and len(value) > 500) for key, value in metadata.items())
    return [("metadata", METADATA_LIMITS)] if len(metadata) > 50 or too_long else []


@dataclass(frozen=True)
class MoveInput:
    """A reschedule body that passed."""

    start: datetime
    reason: str | None
    moved_by: str | None
    seat_uid: str | None


def read_move(fields: dict[str, Any]) -> MoveInput:
    """Check a reschedule body. Raises CalcomError 400."""
    start = parse_moment(fields.get("start"))
    if start is None:
        raise wrong([("start", "start must be a valid ISO 8601 date string")])
    refuse_non_strings(fields, "reschedulingReason", "rescheduledBy", "seatUid")
    return MoveInput(start, fields.get("reschedulingReason"), fields.get("rescheduledBy"), fields.get("seatUid"))


def refuse_non_strings(fields: dict[str, Any], *names: str) -> None:
    problems = [(name, f"{name} must be a string") for name in names if not isinstance(fields.get(name, ""), str)]
    if problems:
        raise wrong(problems)


Filter = Callable[[Booking], bool]


def read_filters(query: dict[str, str], now: datetime) -> list[Filter]:
    """The list call's conditions, all of which a booking must meet. Raises CalcomError 400."""
    if unknown := [name for name in query if name not in FILTERS]:
        raise wrong_query(
            query, [(name, "whitelistValidation", f"property {name} should not exist") for name in unknown]
        )
    filters = _time_filters(query)
    if "status" in query:
        wanted = query["status"].split(",")
        if not set(wanted) <= set(STATUSES):
            words = f"Invalid status. Allowed are {', '.join(STATUSES)}"
            raise wrong_query({"status": wanted}, [("status", "isEnum", words)])
        filters.append(lambda booking: any(_in_status(booking, status, now) for status in wanted))
    if email := query.get("attendeeEmail"):
        filters.append(lambda booking: any(person.email == email for person in booking.attendees))
    if name := query.get("attendeeName"):
        filters.append(lambda booking: any(person.name == name for person in booking.attendees))
    if uid := query.get("bookingUid"):
        filters.append(lambda booking: booking.uid == uid)
    if ids := query.get("eventTypeIds") or query.get("eventTypeId"):
        wanted_ids = {part.strip() for part in ids.split(",")}
        filters.append(lambda booking: str(booking.event_type_id) in wanted_ids)
    return filters


def _in_status(booking: Booking, status: str, now: datetime) -> bool:
    if status == "cancelled":
        return not booking.active
    if status == "unconfirmed":
        return booking.status == "pending" and booking.end >= now
    if status == "upcoming":
        return booking.active and booking.end >= now
    return status == "past" and booking.active and booking.end < now


def _time_filters(query: dict[str, str]) -> list[Filter]:
    readers: dict[str, Callable[[Booking, datetime], bool]] = {
        "afterStart": lambda booking, moment: booking.start >= moment,
        "beforeEnd": lambda booking, moment: booking.end <= moment,
        "afterCreatedAt": lambda booking, moment: booking.created_at >= moment,
        "beforeCreatedAt": lambda booking, moment: booking.created_at <= moment,
        "afterUpdatedAt": lambda booking, moment: booking.updated_at >= moment,
        "beforeUpdatedAt": lambda booking, moment: booking.updated_at <= moment,
    }
    asked = {name: parse_moment(query[name]) for name in readers if name in query}
    if bad := [name for name, moment in asked.items() if moment is None]:
        raise wrong_query(query, [(name, "isIso8601", "fromDate must be a valid ISO 8601 date.") for name in bad])
    return [_bound(readers[name], moment) for name, moment in asked.items() if moment is not None]


def _bound(reader: Callable[[Booking, datetime], bool], moment: datetime) -> Filter:
    return lambda booking: reader(booking, moment)


def read_page(query: dict[str, str]) -> tuple[int, int]:
    """`take` and `skip`. Raises CalcomError 400."""
    take, skip = query.get("take", "100"), query.get("skip", "0")
    problems = []
    if not take.isdigit() or int(take) < 1:
        problems.append(("take", "min", "take must not be less than 1"))
    elif int(take) > MOST_TAKEN:
        problems.append(("take", "max", f"take must not be greater than {MOST_TAKEN}"))
    if not skip.isdigit():
        problems.append(("skip", "min", "skip must not be less than 0"))
    if problems:
        numbers = {name: int(value) if value.isdigit() else value for name, value in query.items()}
        raise wrong_query(numbers, problems)
    return int(take), int(skip)


def sorted_bookings(bookings: list[Booking], query: dict[str, str]) -> list[Booking]:
    """By start, unless a sort is asked for."""
    orders: dict[str, Callable[[Booking], tuple[datetime, int]]] = {
        "sortStart": lambda booking: (booking.start, booking.id),
        "sortEnd": lambda booking: (booking.end, booking.id),
        "sortCreated": lambda booking: (booking.created_at, booking.id),
        "sortUpdatedAt": lambda booking: (booking.updated_at, booking.id),
    }
    by = next((name for name in orders if name in query), "sortStart")
    direction = query.get(by, "asc")
    if direction not in ("asc", "desc"):
        raise wrong([(by, f"{by} must be either 'asc' or 'desc'.")])
    return sorted(bookings, key=orders[by], reverse=direction == "desc")
