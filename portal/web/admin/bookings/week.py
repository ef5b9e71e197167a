"""A week's bookings laid out on a grid of days and hours, side by side where they overlap.

Pure functions. Places are in percent of the grid's height and of a day's width; hours are those of the wall clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from portal.domain import phrases
from portal.domain.admin.bookings import BookingLine, Week
from portal.web.admin.bookings.rows import STATUS_KINDS, STATUS_NAMES
from portal.web.public.calendar import short_day

DAY_MINUTES = 24 * 60
USUAL_HOURS = (8, 18)
HOUR_REM = 4.5  # high enough for two lines in half an hour
LEAST_MINUTES = 30  # a shorter one still shows its words


@dataclass(frozen=True)
class Block:
    """A booking on the grid; ``style`` places it."""

    id: str = ""
    time: str = ""
    customer: str = ""
    service: str = ""
    status_name: str = ""
    kind: str = ""
    is_overlapping: bool = False
    style: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DayColumn:
    """``bar``: its number of bookings in percent of the week's fullest day."""

    date: str = ""
    title: str = ""
    is_today: bool = False
    count: int = 0
    bar: int = 0
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Hour:
    label: str = ""
    style: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grid:
    """``height``: of all hours, a CSS length."""

    days: list[DayColumn] = field(default_factory=list)
    hours: list[Hour] = field(default_factory=list)
    height: str = ""
    total: int = 0


def grid(week: Week, today: date) -> Grid:
    """The week's grid, from the first to the last hour that is needed."""
    zone = ZoneInfo(week.timezone)
    first, last = _hours(week, zone)
    most = max((len(day.bookings) for day in week.days), default=0) or 1
    days = [
        DayColumn(
            date=day.date.isoformat(),
            title=short_day(day.date),
            is_today=day.date == today,
            count=len(day.bookings),
            bar=round(100 * len(day.bookings) / most),
            blocks=_blocks(day.bookings, zone, first, last),
        )
        for day in week.days
    ]
    hours = [
        Hour(f"{hour % 12 or 12} {'AM' if hour % 24 < 12 else 'PM'}", {"top": _percent(hour - first, last - first)})
        for hour in range(first, last)
    ]
    return Grid(days, hours, f"{HOUR_REM * (last - first)}rem", sum(day.count for day in days))


def lanes(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """For each span (begin, end), ordered by begin: its lane, and how many lanes its group of overlaps needs."""
    placed: list[tuple[int, int]] = []
    group: list[int] = []
    ends: list[int] = []  # of each lane of the group
    for number, (begin, end) in enumerate(spans):
        if group and begin >= max(ends):
            _close(placed, group, len(ends))
            group, ends = [], []
        lane = next((index for index, free in enumerate(ends) if free <= begin), len(ends))
        ends[lane : lane + 1] = [end]
        placed.append((lane, 0))
        group.append(number)
    _close(placed, group, len(ends))
    return placed


def _close(placed: list[tuple[int, int]], group: Sequence[int], width: int) -> None:
    for number in group:
        placed[number] = (placed[number][0], width)


def _blocks(bookings: Sequence[BookingLine], zone: ZoneInfo, first: int, last: int) -> list[Block]:
    spans = [_minutes(line, zone) for line in bookings]
    height = (last - first) * 60
    return [
        Block(
            id=str(line.id),
            time=phrases.clock_time(line.start.astimezone(zone)),
            customer=line.customer_name,
            service=line.service_name,
            status_name=STATUS_NAMES.get(line.status, line.status),
            kind=STATUS_KINDS.get(line.status, "neutral"),
            is_overlapping=line.overlapping,
            style={
                "top": _percent(begin - first * 60, height),
                "height": _percent(end - begin, height),
                "left": _percent(lane, width),
                "width": _percent(1, width),
            },
        )
        for line, (begin, end), (lane, width) in zip(bookings, spans, lanes(spans), strict=True)
    ]


def _minutes(line: BookingLine, zone: ZoneInfo) -> tuple[int, int]:
    """Begin and end in minutes of the wall clock's day; what goes on past midnight ends there."""
    begin, end = line.start.astimezone(zone), line.end.astimezone(zone)
    first = _minute(begin)
    last = DAY_MINUTES if end.date() > begin.date() else _minute(end)
    return first, min(max(last, first + LEAST_MINUTES), DAY_MINUTES)


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute


def _hours(week: Week, zone: ZoneInfo) -> tuple[int, int]:
    spans = [_minutes(line, zone) for day in week.days for line in day.bookings]
    first = min([USUAL_HOURS[0], *(begin // 60 for begin, _ in spans)])
    return first, max([USUAL_HOURS[1], *(-(-end // 60) for _, end in spans)])


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f}%"
