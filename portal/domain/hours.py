"""Business hours on the business's own wall clock, and the bounds of its days. Safe where clocks change.

Hours are stored as ``{"mon": [["09:00", "12:00"], ["13:00", "18:00"]], …}``. A closing time at or before the opening
one lies on the next day (``["20:00", "02:00"]``); ``["00:00", "24:00"]`` is the whole day. An absent day is closed.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from portal.domain.phrases import WEEKDAYS, clock_time
from portal.domain.tenants import Profile

KEYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = timedelta(days=1)


def weekly(profile: Profile) -> list[tuple[str, str]]:
    """Seven rows ``("Monday", "9:00 AM – 6:00 PM")``, ``("Sunday", "Closed")``; empty when no hours are known."""
    if not _has_hours(profile):
        return []
    return [(name, _day_text(profile, key)) for name, key in zip(WEEKDAYS, KEYS, strict=True)]


def within_hours(profile: Profile, start: datetime, end: datetime) -> bool:
    """Whether the business is open from ``start`` to ``end`` without a break. True when it gave no hours at all."""
    if not _has_hours(profile):
        return True
    first = start.astimezone(ZoneInfo(profile.timezone)).date() - DAY
    last = end.astimezone(ZoneInfo(profile.timezone)).date()
    days = [first + n * DAY for n in range((last - first).days + 1)]
    reached = start
    for opens, closes in sorted(span for day in days for span in _spans(profile, day)):
        if opens <= reached < closes:
            reached = closes
    return start < end <= reached


def open_now(profile: Profile, now: datetime) -> bool:
    """Whether the doors are open at this instant. False when no hours are known."""
    return _has_hours(profile) and within_hours(profile, now, now + timedelta(microseconds=1))


def open_minutes(profile: Profile, moment: datetime) -> int:
    """How long the business is open on the local day of ``moment``; eight hours where it says nothing of that day."""
    spans = _spans(profile, moment.astimezone(ZoneInfo(profile.timezone)).date())
    return sum(int((closes - opens).total_seconds()) // 60 for opens, closes in spans) or 8 * 60


def day_bounds(day: date, tz: str) -> tuple[datetime, datetime]:
    """First instant of a local day and of the next one, in UTC: 23, 24 or 25 hours apart (or another odd length)."""
    return at_wall_clock(day, time.min, tz), at_wall_clock(day + DAY, time.min, tz)


def at_wall_clock(day: date, clock: time, tz: str) -> datetime:
    """The UTC instant of a wall clock time: the first where it happens twice, moved forward where it is skipped."""
    return datetime.combine(day, clock, ZoneInfo(tz)).astimezone(UTC)


def _has_hours(profile: Profile) -> bool:
    return any(profile.business_hours.get(key) for key in KEYS)


def _spans(profile: Profile, day: date) -> list[tuple[datetime, datetime]]:
    spans = []
    for opens, closes in profile.business_hours.get(KEYS[day.weekday()], ()):
        until = day + DAY if _minutes(closes) <= _minutes(opens) or closes == "24:00" else day
        start = at_wall_clock(day, _clock(opens), profile.timezone)
        spans.append((start, at_wall_clock(until, _clock(closes), profile.timezone)))
    return spans


def _day_text(profile: Profile, key: str) -> str:
    spans = sorted(profile.business_hours.get(key, ()), key=lambda span: _minutes(span[0]))
    return ", ".join(_span_text(opens, closes) for opens, closes in spans) or "Closed"


def _span_text(opens: str, closes: str) -> str:
    if _clock(opens) == _clock(closes) == time.min:
        return "Open 24 hours"
    return f"{clock_time(_clock(opens))} – {clock_time(_clock(closes))}"


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(text: str) -> time:
    minutes = _minutes(text) % (24 * 60)
    return time(minutes // 60, minutes % 60)
