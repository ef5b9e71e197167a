"""Cal.com's answers as frozen values: unknown fields ignored, times in UTC, personal data kept out of ``repr``."""

from dataclasses import field
from datetime import UTC
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass

# Without hide_input a validation error would quote names and e-mails.
TOLERANT = ConfigDict(extra="ignore", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)

Instant = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Json = Annotated[dict[str, Any], BeforeValidator(lambda value: value if isinstance(value, dict) else {})]


class CalStatus(StrEnum):
    """Of a booking, as REST writes it (webhooks use upper case)."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "CalStatus":
        lowered = str(value).lower()
        return next((status for status in cls if status.value == lowered), cls.UNKNOWN)

    @property
    def holds_slot(self) -> bool:
        return self in (CalStatus.ACCEPTED, CalStatus.PENDING)


@dataclass(frozen=True, config=TOLERANT)
class OpenSlot:
    """A time that can be booked. ``end`` is None where the server left it out."""

    start: Instant
    end: Instant | None = None


@dataclass(frozen=True, config=TOLERANT)
class Account:
    """Whose key it is."""

    id: int
    username: Text = ""
    email: Text = field(default="", repr=False)
    name: Text = field(default="", repr=False)
    time_zone: str = "UTC"


def _seats(value: Any) -> Any:
    return value.get("seatsPerTimeSlot") or 1 if isinstance(value, dict) else value or 1


@dataclass(frozen=True, config=TOLERANT)
class EventType:
    """What can be booked in a Cal.com account. ``seats`` is 1 unless several people share a slot."""

    id: int
    title: Text
    slug: Text
    length_in_minutes: int
    description: Text = ""
    hidden: bool = False
    minimum_booking_notice: int = 0
    seats: Annotated[int, BeforeValidator(_seats)] = 1
    confirmation_policy: Json = Field(default_factory=dict)

    @property
    def requires_confirmation(self) -> bool:
        """Whether the owner accepts each booking by hand: a new booking is then ``pending``."""
        return bool(self.confirmation_policy) and not self.confirmation_policy.get("disabled", False)


@dataclass(frozen=True, config=TOLERANT)
class Attendee:
    """Somebody booked. ``seat_uid`` and ``metadata`` are there where seats are shared."""

    name: Text = field(default="", repr=False)
    email: Text = field(default="", repr=False)
    time_zone: str = "UTC"
    phone_number: str | None = field(default=None, repr=False)
    absent: bool = False
    seat_uid: str | None = field(default=None, repr=False)
    metadata: Json = Field(default_factory=dict, repr=False)


@dataclass(frozen=True, config=TOLERANT)
class EventTypeName:
    id: int
    slug: Text = ""


@dataclass(frozen=True, config=TOLERANT)
class CalBooking:
    """A booking. Whoever knows a uid can cancel it, so uids are kept out of ``repr`` too."""

    uid: str = field(repr=False)
    status: CalStatus
    start: Instant
    end: Instant
    id: int = 0
    event_type_id: int | None = None
    event_type: EventTypeName | None = None
    attendees: tuple[Attendee, ...] = Field(default=(), repr=False)
    metadata: Json = Field(default_factory=dict, repr=False)
    seat_uid: str | None = field(default=None, repr=False)
    rescheduled_from_uid: str | None = field(default=None, repr=False)
    rescheduled_to_uid: str | None = field(default=None, repr=False)
    cancellation_reason: Text = field(default="", repr=False)
    created_at: Instant | None = None
    updated_at: Instant | None = None

    @property
    def of_event_type(self) -> int | None:
        """Newer servers name only the nested object, older ones only the number."""
        return self.event_type.id if self.event_type else self.event_type_id

    def carries(self, name: str, value: str) -> bool:
        """Whether the booking has this metadata; where seats are shared, one of the seats still taken."""
        # A shared booking keeps the metadata of whoever came first, also when that seat was given back.
        if any(seat.metadata for seat in self.attendees if seat.seat_uid):
            return self.seat_with(name, value) is not None
        return self.metadata.get(name) == value

    def seat_with(self, name: str, value: str) -> str | None:
        """Uid of the seat that has this metadata."""
        return next((seat.seat_uid for seat in self.attendees if seat.metadata.get(name) == value), None)


@dataclass(frozen=True, config=TOLERANT)
class Reservation:
    reservation_uid: str = field(repr=False)


@dataclass(frozen=True, config=TOLERANT)
class Webhook:
    """A subscription of the account. ``secret`` is what its deliveries are signed with."""

    id: Annotated[str, BeforeValidator(str)]
    subscriber_url: str
    active: bool = True
    triggers: tuple[str, ...] = ()
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, config=TOLERANT)
class Page:
    has_next_page: bool = False


ACCOUNT = TypeAdapter(Account)
EVENT_TYPE = TypeAdapter(EventType)
EVENT_TYPES = TypeAdapter(list[EventType])
SLOTS = TypeAdapter(dict[str, list[OpenSlot]])
BOOKING = TypeAdapter(CalBooking)
BOOKINGS = TypeAdapter(list[CalBooking])
RESERVATION = TypeAdapter(Reservation)
WEBHOOK = TypeAdapter(Webhook)
WEBHOOKS = TypeAdapter(list[Webhook])
PAGE = TypeAdapter(Page)
