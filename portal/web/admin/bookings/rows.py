"""Bookings as the pages show them: texts in the business's own time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from portal.domain import phrases
from portal.domain.admin.bookings import BookingLine
from portal.web.public.calendar import short_day

STATUS_NAMES: Final = {
    "pending": "Pending",
    "confirmed": "Confirmed",
    "cancelled": "Cancelled",
    "rescheduled": "Moved",
    "completed": "Completed",
    "no_show": "No-show",
}
STATUS_KINDS: Final = {"pending": "brand", "confirmed": "good", "cancelled": "bad", "no_show": "bad"}
SOURCE_NAMES: Final = {"ai": "Assistant", "widget": "Booking page", "admin": "Dashboard", "other": "Calendar"}


@dataclass(frozen=True)
class BookingRow:
    """A line of the list. ``kind`` colours the status (see ``badge``)."""

    id: str = ""
    day: str = ""
    time: str = ""
    customer: str = ""
    contact: str = ""
    service: str = ""
    price: str = ""
    status: str = ""
    status_name: str = ""
    kind: str = ""
    is_overlapping: bool = False


def booking_row(line: BookingLine, zone: str) -> BookingRow:
    """``zone``: the business's IANA zone."""
    local = line.start.astimezone(ZoneInfo(zone))
    price = phrases.money(line.price_cents, line.currency) if line.price_cents is not None else ""
    return BookingRow(
        id=str(line.id),
        day=day_text(local),
        time=span_text(line.start, line.end, zone),
        customer=line.customer_name,
        contact=" · ".join(each for each in (line.customer_email, line.customer_phone) if each),
        service=line.service_name,
        price=price,
        status=line.status,
        status_name=STATUS_NAMES.get(line.status, line.status),
        kind=STATUS_KINDS.get(line.status, "neutral"),
        is_overlapping=line.overlapping,
    )


def day_text(local: datetime) -> str:
    """``Tue, Nov 24, 2026``."""
    return f"{short_day(local.date())}, {local.year}"


def span_text(start: datetime, end: datetime, zone: str) -> str:
    """``4:30 PM–5:00 PM`` on the wall clock of ``zone``."""
    first, last = (phrases.clock_time(moment.astimezone(ZoneInfo(zone))) for moment in (start, end))
    return f"{first}–{last}"
