"""Values of the text messages' rooms."""

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a message is about. The reminders are the first and the last one, whatever hours a tenant chose."""

    CONFIRMATION = "confirmation"
    REMINDER_24H = "reminder_24h"
    REMINDER_2H = "reminder_2h"
    CANCELLATION = "cancellation"
    RESCHEDULE = "reschedule"

    @property
    def is_reminder(self) -> bool:
        return self in (Kind.REMINDER_24H, Kind.REMINDER_2H)


class State(StrEnum):
    """``sent``: the provider has it; after that its own word (``delivered``, ``undelivered``, ``failed``) counts.

    ``sending``: it was given to the provider, or was about to be; ``dropped``: not sent on purpose; ``cancelled``: its
    booking moved or ended before.
    """

    PLANNED = "planned"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    DROPPED = "dropped"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """Why a message was dropped, cancelled or refused."""

    TOO_LATE = "too_late"
    QUIET_HOURS = "quiet_hours"
    SAME_TIME = "same_time"
    SWITCHED_OFF = "switched_off"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    NO_ACCOUNT = "no_account"
    NOT_REGISTERED = "not_registered"
    SITE_CLOSED = "site_closed"
    BOOKING_CHANGED = "booking_changed"
    REFUSED = "refused"
    UNKNOWN = "unknown"

    @property
    def sentence(self) -> str:
        return SENTENCES[self]


SENTENCES: Final[dict[Reason, str]] = {
    Reason.TOO_LATE: "It would have come too late to help.",
    Reason.QUIET_HOURS: "It would have come at night.",
    Reason.SAME_TIME: "Another reminder goes out at the same moment.",
    Reason.SWITCHED_OFF: "Messages of this kind are switched off.",
    Reason.NO_CONSENT: "The customer did not agree to text messages, or left no phone number.",
    Reason.OPTED_OUT: "The customer opted out of text messages.",
    Reason.NO_ACCOUNT: "No Twilio account with a messaging service is connected.",
    Reason.NOT_REGISTERED: "US numbers need an approved A2P registration.",
    Reason.SITE_CLOSED: "The site is not active.",
    Reason.BOOKING_CHANGED: "The booking was moved, cancelled or changed.",
    Reason.REFUSED: "Twilio refused it.",
    Reason.UNKNOWN: "Whether it was sent could not be found out before the appointment began.",
}


class Registration(StrEnum):
    """A2P registration of the messaging service, without which US numbers cannot be reached."""

    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"

    @property
    def allows_sending(self) -> bool:
        return self in (Registration.APPROVED, Registration.NOT_NEEDED)


@dataclass(frozen=True)
class SmsSettings:
    """``reminder_hours``: hours before the start, at most two. Quiet hours are on the tenant's wall clock."""

    enabled: bool = True
    send_confirmation: bool = True
    send_reminders: bool = True
    reminder_hours: tuple[int, ...] = (24, 2)
    quiet_hours_enabled: bool = True
    quiet_start: time = time(21)
    quiet_end: time = time(8)
    templates: dict[str, str] = field(default_factory=dict)
    a2p_status: Registration = Registration.UNKNOWN
    a2p_checked_at: datetime | None = None

    def allows(self, kind: Kind) -> bool:
        """Confirmations stand for all notices of what happened to a booking."""
        return self.enabled and (self.send_reminders if kind.is_reminder else self.send_confirmation)
