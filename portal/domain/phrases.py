"""Words for times, money and durations, as customers read them, and local times as programs and models write them.

All datetimes are aware. ``tz`` is an IANA zone name. Day and month names are English in every locale.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from portal.core.errors import InvalidArgument

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$"}
# Currencies whose minor unit is not a hundredth (ISO 4217).
DECIMALS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
LOCAL_TIME: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d(:\d\d(\.\d{1,6})?)?)(?P<offset>Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)


def clock_time(moment: time | datetime) -> str:
    """``4:30 PM``."""
    return f"{moment.hour % 12 or 12}:{moment.minute:02d} {'AM' if moment.hour < 12 else 'PM'}"


def day_label(day: date) -> str:
    """``Tuesday, November 24``."""
    return f"{WEEKDAYS[day.weekday()]}, {MONTHS[day.month - 1]} {day.day}"


def slot_label(moment: datetime, tz: str) -> str:
    """``Tue, Nov 24, 4:30 PM``."""
    local = moment.astimezone(ZoneInfo(tz))
    return f"{WEEKDAYS[local.weekday()][:3]}, {MONTHS[local.month - 1][:3]} {local.day}, {clock_time(local)}"


def long_time(start: datetime, tz: str, end: datetime | None = None) -> str:
    """``Tuesday, November 24, 2026, 4:30–5:00 PM (America/New_York)``; without ``end`` only the start."""
    local = start.astimezone(ZoneInfo(tz))
    span = clock_time(local) if end is None else _span(local, end.astimezone(ZoneInfo(tz)))
    return f"{day_label(local.date())}, {local.year}, {span} ({tz})"


def money(cents: int, currency: str) -> str:
    """Minor units as an amount: ``$35``, ``$35.50``, ``¥3,500``, ``35 CHF``."""
    currency = currency.upper()
    decimals = DECIMALS.get(currency, 2)
    whole, rest = divmod(abs(cents), 10**decimals)
    amount = f"{whole:,}" + (f".{rest:0{decimals}d}" if rest else "")
    sign = "-" if cents < 0 else ""
    return f"{sign}{SYMBOLS[currency]}{amount}" if currency in SYMBOLS else f"{sign}{amount} {currency}"


def duration(minutes: int) -> str:
    """``45 minutes``, ``1 hour``, ``1 hour 30 minutes``."""
    hours, rest = divmod(minutes, 60)
    parts = [_counted(hours, "hour")] if hours else []
    return " ".join([*parts, _counted(rest, "minute")] if rest or not hours else parts)


def local_iso(moment: datetime, tz: str) -> str:
    """``2026-11-24T16:30`` on the wall clock of ``tz``; with its offset in the hour that happens twice.

    :func:`parse_local` gives the same instant back (whole minutes).
    """
    local = moment.astimezone(ZoneInfo(tz))
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return local.isoformat(timespec="minutes") if twice else local.replace(tzinfo=None).isoformat(timespec="minutes")


def parse_local(text: str, tz: str) -> datetime:
    """The UTC instant of ``2026-11-24T16:30`` on the wall clock of ``tz``, or of a time with an offset of its own.

    An hour that happens twice means its first occurrence. Raises InvalidArgument for anything else, also for a time
    that the clocks skip.
    """
    found = LOCAL_TIME.fullmatch(text.strip())
    if found is None:
        raise InvalidArgument("Write the time as YYYY-MM-DDTHH:MM, for example 2026-11-24T16:30.")
    try:
        moment = datetime.fromisoformat(found["day"] + "T" + found["time"] + (found["offset"] or "").upper())
        return moment.astimezone(UTC) if found["offset"] else _from_wall_clock(moment, ZoneInfo(tz))
    except (ValueError, OverflowError):
        raise InvalidArgument("There is no such date or time.") from None


def _from_wall_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    instant = moment.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != moment:
        raise InvalidArgument("That time does not exist: the clocks are put forward over it.")
    return instant


def _span(start: datetime, end: datetime) -> str:
    first = clock_time(start)
    same_half = start.date() == end.date() and (start.hour < 12) == (end.hour < 12)
    return f"{first[:-3] if same_half else first}–{clock_time(end)}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
