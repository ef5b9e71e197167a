"""Values of the booking rooms."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


class Kind(StrEnum):
    CREATE = "create"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"


class ProposalState(StrEnum):
    WAITING = "waiting"
    EXECUTING = "executing"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Status(StrEnum):
    """A booking's status; pending: the provider has not answered or the business must still accept."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


class Source(StrEnum):
    AI = "ai"
    ADMIN = "admin"
    WIDGET = "widget"
    OTHER = "other"


class ActBy(StrEnum):
    """How somebody consented: the card's button or a message in a chat, the form, the manage page, or as staff."""

    BUTTON = "button"
    MESSAGE = "message"
    FORM = "form"
    MANAGE = "manage"
    STAFF = "staff"


@dataclass(frozen=True)
class Act:
    """What set a change in motion; ``message_id``: the message that said yes in a chat."""

    by: ActBy
    message_id: UUID | None = None


@dataclass(frozen=True)
class Contact:
    """Who the appointment is for: e-mail in lower case, phone E.164 or None."""

    name: str
    email: str
    phone: str | None


@dataclass(frozen=True)
class BookingRequest:
    """What a customer asks for; ``start`` is aware UTC. Contact details as typed: booking normalises them.

    ``visitor`` names who fills in a form (a hashed address); a chat's visitor is known from its session.
    """

    service_id: UUID
    start: datetime
    name: str
    email: str
    phone: str | None = None
    notes: str | None = None
    consent_sms: bool = False
    source: Source = Source.WIDGET
    visitor: str | None = None


@dataclass(frozen=True)
class ProposalView:
    """A change that waits for (or had) the customer's own act. Times aware UTC; None for a cancellation's new time."""

    id: UUID
    kind: Kind
    state: ProposalState
    summary: str
    service_name: str
    start: datetime | None
    end: datetime | None
    previous_start: datetime | None
    booking_id: UUID
    expires_at: datetime


@dataclass(frozen=True)
class BookingView:
    """A booking as its customer may see it. Times aware UTC; price in minor units; ``uid`` empty while pending."""

    id: UUID
    uid: str | None
    status: Status
    service_id: UUID | None
    service_name: str
    start: datetime
    end: datetime
    timezone: str
    customer_name: str
    customer_email: str
    customer_phone: str | None
    notes: str | None
    price_cents: int | None
    currency: str
    sequence: int
    overlapping: bool
    can_change: bool
    change_deadline: datetime
    manage_url: str


def known(value: T | None) -> T:
    """A column that a table constraint guarantees for this kind of row."""
    if value is None:
        raise RuntimeError("a column the table requires is empty")
    return value
