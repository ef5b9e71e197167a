"""Days and times as a customer sees them: a strip of days, and one day's times by part of the day.

Pure functions from free slots to what a page shows, in the business's own time zone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from portal.domain.availability import Slot
from portal.domain.phrases import MONTHS, WEEKDAYS, clock_time, day_label

STRIP_DAYS = 14
HORIZON_DAYS = 84  # how far ahead a customer may look: six strips
SEARCH_DAYS = 31  # how far one search for the next free day looks, which is also the most one question may ask
NOON, EVENING = 12, 17


@dataclass(frozen=True)
class DayCell:
    """One day of the strip. ``free`` counts its free times."""

    date: str
    weekday: str
    number: str
    month: str
    free: int
    label: str


@dataclass(frozen=True)
class TimeOption:
    """One free time: ``start`` in UTC (ISO 8601), ``label`` in the business's zone."""

    start: str
    label: str


@dataclass(frozen=True)
class TimeGroup:
    """The free times of one part of the day."""

    name: str
    times: list[TimeOption] = field(default_factory=list)


def day_cells(days: Mapping[date, Sequence[Slot]], first: date) -> list[DayCell]:
    """The ``STRIP_DAYS`` days from ``first``, each with its number of free times; a missing day has none."""
    wanted = [first + timedelta(days=offset) for offset in range(STRIP_DAYS)]
    return [_cell(day, free=len(days.get(day, ())), is_first=day == first) for day in wanted]


def _cell(day: date, *, free: int, is_first: bool) -> DayCell:
    month = MONTHS[day.month - 1][:3] if is_first or day.day == 1 else ""
    words = {0: "no free times", 1: "1 free time"}.get(free, f"{free} free times")
    weekday = WEEKDAYS[day.weekday()][:3]
    return DayCell(day.isoformat(), weekday, str(day.day), month, free, f"{day_label(day)}, {words}")


def time_groups(slots: Iterable[Slot], zone: ZoneInfo) -> list[TimeGroup]:
    """One day's slots as morning, afternoon and evening, empty parts left out."""
    # Told apart in UTC: in their own zone the two halves of an hour that happens twice count as equal.
    starts = [start.astimezone(zone) for start in sorted({slot.start for slot in slots})]
    return [
        TimeGroup(name, [TimeOption(utc_text(start), clock_time(start)) for start in part])
        for name, part in groupby(starts, _part_of_day)
    ]


def _part_of_day(start: datetime) -> str:
    return "Morning" if start.hour < NOON else "Afternoon" if start.hour < EVENING else "Evening"


def strip_title(first: date) -> str:
    """``November 2026``, or both months where the strip spans two."""
    last = first + timedelta(days=STRIP_DAYS - 1)
    if first.month == last.month:
        return _month(last)
    return f"{_month(first) if first.year != last.year else MONTHS[first.month - 1]} – {_month(last)}"


def _month(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """``Tue, Nov 24``."""
    return f"{WEEKDAYS[day.weekday()][:3]}, {MONTHS[day.month - 1][:3]} {day.day}"


def utc_text(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC, the form in which pages carry it around."""
    return moment.astimezone(ZoneInfo("UTC")).isoformat()


def zone_title(zone: ZoneInfo, moment: datetime) -> str:
    """``New York time (EST)``."""
    short = moment.astimezone(zone).strftime("%Z")
    return f"{_city(zone)} time ({short})" if short.isalpha() else f"{_city(zone)} time"


def zone_hint(zone: ZoneInfo, browser_zone: str, moment: datetime) -> str:
    """A sentence for visitors whose device is in another time; empty where both clocks agree at ``moment``."""
    theirs = _known_zone(browser_zone)
    if theirs is None:
        return ""
    ahead = _offset(zone, moment) - _offset(theirs, moment)
    if not ahead:
        return ""
    direction = "ahead of" if ahead > timedelta() else "behind"
    return f"Your device is on {_city(theirs)} time. These times are {_hours(abs(ahead))} {direction} yours."


def _known_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name and len(name) <= 64 else None
    except (KeyError, ValueError, OSError):
        return None


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _city(zone: ZoneInfo) -> str:
    return zone.key.rsplit("/", 1)[-1].replace("_", " ")


def _hours(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    whole, rest = divmod(minutes, 60)
    parts = [f"{whole} hour{'s' if whole != 1 else ''}"] if whole else []
    return " ".join([*parts, f"{rest} minutes"] if rest else parts)
