"""What Twilio answers, read tolerantly: unknown fields are skipped; phones and texts are kept out of ``repr``."""

from dataclasses import field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

# Without hide_input a validation error would quote texts and phone numbers.
TOLERANT = ConfigDict(extra="ignore", populate_by_name=True, hide_input_in_errors=True)
MICROS: Final = 1_000_000


def _moment(value: Any) -> Any:
    """RFC 2822 in GMT, aware and in UTC."""
    return parsedate_to_datetime(value).astimezone(UTC) if isinstance(value, str) else value


def _micros(value: Any) -> Any:
    """What was charged, positive: Twilio writes ``-0.00790``."""
    try:
        return int(abs(Decimal(value)) * MICROS) if isinstance(value, str) else value
    except InvalidOperation:
        return None


Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


class MessageStatus(StrEnum):
    """Of a message, in REST and in callbacks."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"
    RECEIVING = "receiving"
    RECEIVED = "received"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "MessageStatus":
        return cls.UNKNOWN

    @property
    def is_final(self) -> bool:
        """Whether nothing better or worse comes after it. (``read`` may follow ``delivered``.)"""
        return self in FINAL


FINAL: Final = frozenset(
    {
        MessageStatus.DELIVERED,
        MessageStatus.READ,
        MessageStatus.UNDELIVERED,
        MessageStatus.FAILED,
        MessageStatus.CANCELED,
        MessageStatus.RECEIVED,
    }
)


class A2pStatus(StrEnum):
    """How a messaging service stands with the US carriers (A2P 10DLC). UNKNOWN: it has no registration."""

    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, config=TOLERANT)
class Account:
    """Whose credentials they are. ``status`` is active, suspended or closed."""

    sid: str
    status: Text = ""
    friendly_name: Text = field(default="", repr=False)


@dataclass(frozen=True, config=TOLERANT)
class Message:
    """A message. ``price_micros`` is in millionths of ``price_currency``, None until Twilio knows it.

    ``segments`` is 0 until the service has chosen a sender. Times are None until they come to pass.
    """

    sid: str
    status: MessageStatus
    to: Text = field(default="", repr=False)
    body: Text = field(default="", repr=False)
    direction: Text = ""
    error_code: int | None = None
    segments: int = Field(default=0, alias="num_segments")
    price_micros: Annotated[int | None, BeforeValidator(_micros)] = Field(default=None, alias="price")
    price_currency: str | None = Field(default=None, alias="price_unit")
    created_at: Moment = Field(default=None, alias="date_created")
    sent_at: Moment = Field(default=None, alias="date_sent")


@dataclass(frozen=True, config=TOLERANT)
class Service:
    """A messaging service: the senders of an account's messages, and where answers to them go."""

    sid: str
    friendly_name: Text = ""
    inbound_request_url: str | None = Field(default=None, repr=False)


@dataclass(frozen=True, config=TOLERANT)
class Sender:
    phone_number: Text = field(default="", repr=False)
    country_code: Text = ""


@dataclass(frozen=True, config=TOLERANT)
class Campaign:
    campaign_status: Text = ""


ACCOUNT = TypeAdapter(Account)
MESSAGE = TypeAdapter(Message)
MESSAGES = TypeAdapter(list[Message])
SERVICE = TypeAdapter(Service)
SERVICES = TypeAdapter(list[Service])
SENDERS = TypeAdapter(list[Sender])
CAMPAIGNS = TypeAdapter(list[Campaign])
