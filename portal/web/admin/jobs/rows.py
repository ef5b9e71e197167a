"""The queue and its failures as the pages show them."""

from dataclasses import dataclass, field
from typing import Final

from portal.domain import phrases
from portal.domain.admin.jobs import Failure, QueueLine

NAMES: Final = {
    "process_calcom_webhook": "Cal.com event",
    "process_twilio_webhook": "Twilio event",
    "process_stripe_webhook": "Stripe event",
    "register_calcom_webhook": "Cal.com connection",
    "reconcile_calendar": "Calendar comparison",
    "send_sms": "Text message",
    "schedule_booking_reminders": "Planning of reminders",
    "settle_proposal": "Unfinished booking",
    "check_calendar": "Check of the calendar",
    "mail_owners": "Mail to you",
    "check_registration": "Registration of text messages",
}
RESOLUTIONS: Final = {"retried": "Tried again", "discarded": "Put away"}


@dataclass(frozen=True)
class QueueRow:
    """Jobs of one name."""

    name: str = ""
    waiting: int = 0
    delayed: int = 0
    running: int = 0
    failed: int = 0
    lag: str = ""


@dataclass(frozen=True)
class Argument:
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class FailureRow:
    """A job that was given up. ``business`` is its address where all businesses are shown together."""

    id: str = ""
    name: str = ""
    business: str = ""
    at: str = ""
    error: str = ""
    attempts: str = ""
    resolution: str = ""
    arguments: list[Argument] = field(default_factory=list)


@dataclass(frozen=True)
class Totals:
    """The whole queue in four numbers."""

    waiting: int = 0
    running: int = 0
    failed: int = 0
    lag: str = "None"


def queue_row(line: QueueLine) -> QueueRow:
    return QueueRow(
        job_name(line.name), line.waiting, line.delayed, line.running, line.failed, lag_words(line.lag_seconds)
    )


def totals(lines: tuple[QueueLine, ...]) -> Totals:
    return Totals(
        waiting=sum(line.waiting for line in lines),
        running=sum(line.running for line in lines),
        failed=sum(line.failed for line in lines),
        lag=lag_words(max((line.lag_seconds for line in lines), default=0)) or "None",
    )


def failure_row(failure: Failure, zone: str) -> FailureRow:
    return FailureRow(
        id=str(failure.id),
        name=job_name(failure.name),
        business=failure.slug or "Platform",
        at=phrases.slot_label(failure.failed_at, zone),
        error=failure.error,
        attempts=f"{failure.attempts} attempt{'' if failure.attempts == 1 else 's'}",
        resolution=RESOLUTIONS.get(failure.resolution or "", ""),
        arguments=[Argument(name, value) for name, value in failure.arguments.items()],
    )


def job_name(name: str) -> str:
    return NAMES.get(name, name.replace("_", " ").capitalize())


def lag_words(seconds: float) -> str:
    """``4 s``, ``12 min``, ``3 h``; empty for none."""
    if seconds < 1:
        return ""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
