"""When a message may go out: reminders some hours ahead, nothing at night, nothing too late to help.

All instants are aware UTC; nights are on the wall clock of the tenant's zone, whatever its clocks do.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from portal.domain.notifications.types import Kind, Reason, SmsSettings

# No reminder is planned later than this before the start; one that was held up still helps a little later.
LEAST_AHEAD: Final = timedelta(minutes=30)
LAST_CALL: Final = timedelta(minutes=15)
# How long before the night a reminder goes that would come too late after it: a worker may lag a little.
BEFORE_NIGHT: Final = timedelta(minutes=15)
NOTICE_LIFE: Final = timedelta(hours=12)
# One reminder alone is the first or the last one.
LONG_HOURS: Final = 12
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """When a message goes out, or would have: ``dropped`` says why it does not."""

    kind: Kind
    at: datetime
    dropped: Reason | None = None


def due_times(start: datetime, zone: str, settings: SmsSettings, now: datetime) -> tuple[Due, ...]:
    """The reminders of an appointment, the earliest first. Hours ahead are elapsed ones, also where clocks change."""
    found: list[Due] = []
    for kind, hours in reminders(settings):
        wanted = start - timedelta(hours=hours)
        at = reminder_time(wanted, start, zone, settings)
        if at is None:
            found.append(Due(kind, wanted, Reason.QUIET_HOURS))
        elif at < now:
            found.append(Due(kind, at, Reason.TOO_LATE))
        elif any(each.at == at and each.dropped is None for each in found):
            found.append(Due(kind, at, Reason.SAME_TIME))
        else:
            found.append(Due(kind, at))
    return tuple(found)


def reminders(settings: SmsSettings) -> tuple[tuple[Kind, int], ...]:
    """Kind and hours ahead of each reminder, the earliest first."""
    hours = sorted(set(settings.reminder_hours), reverse=True)
    if len(hours) == 1:
        return ((Kind.REMINDER_24H if hours[0] >= LONG_HOURS else Kind.REMINDER_2H, hours[0]),)
    return ((Kind.REMINDER_24H, hours[0]), (Kind.REMINDER_2H, hours[-1])) if hours else ()


def reminder_time(wanted: datetime, start: datetime, zone: str, settings: SmsSettings) -> datetime | None:
    """``wanted``, or outside the night: after it where that still helps, else the evening before; None: never."""
    night = night_around(wanted, zone, settings)
    if night is None:
        return wanted
    began, ends = night
    if start - ends >= LEAST_AHEAD:
        return ends
    evening = began - BEFORE_NIGHT
    return evening if night_around(evening, zone, settings) is None else None


def notice_time(now: datetime, start: datetime, zone: str, settings: SmsSettings) -> datetime | None:
    """Now, or after the night; None when the appointment would have begun by then."""
    night = night_around(now, zone, settings)
    if night is None:
        return now
    return night[1] if night[1] < start else None


def is_too_late(kind: Kind, start: datetime, due_at: datetime, now: datetime) -> bool:
    """Whether a message whose moment was ``due_at`` no longer helps ``now``."""
    late = now - due_at
    if kind.is_reminder:
        return now > start - LAST_CALL or late > (start - due_at) / 2
    return now >= start or late > NOTICE_LIFE


def night_around(moment: datetime, zone: str, settings: SmsSettings) -> tuple[datetime, datetime] | None:
    """First and last instant of the quiet time that ``moment`` lies in (the last one is outside), or None."""
    if not settings.quiet_hours_enabled or settings.quiet_start == settings.quiet_end:
        return None
    tz = ZoneInfo(zone)
    today = moment.astimezone(tz).date()
    for day in (today - DAY, today):
        began = min(_instants(day, settings.quiet_start, tz))
        until = day + DAY if settings.quiet_end <= settings.quiet_start else day
        ends = max(_instants(until, settings.quiet_end, tz))
        if began <= moment < ends:
            return began, ends
    return None


def _instants(day: date, clock: time, zone: ZoneInfo) -> list[datetime]:
    """Both readings of a wall clock time: they differ where it happens twice or is skipped."""
    return [datetime.combine(day, clock, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
