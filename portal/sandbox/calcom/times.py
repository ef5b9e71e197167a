"""Times as Cal.com reads and writes them."""

from __future__ import annotations

import functools
import re
import zoneinfo
from datetime import UTC, datetime, timedelta

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?")


def iso_millis(moment: datetime) -> str:
    """UTC with milliseconds and ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def iso_seconds(moment: datetime) -> str:
    """UTC with whole seconds and ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_in_zone(moment: datetime, zone: str) -> str:
    """Local time of the zone with its offset; only UTC itself is written ``Z``."""
    if zone.upper() == "UTC":
        return iso_millis(moment)
    return moment.astimezone(zoneinfo.ZoneInfo(zone)).isoformat(timespec="milliseconds")


def parse_moment(value: object) -> datetime | None:
    """The moment in UTC, or None when it is no ISO 8601 string. Without a zone it is taken as UTC."""
    if not isinstance(value, str) or not (ISO_MOMENT.fullmatch(value) or ISO_DATE.fullmatch(value)):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def range_end(moment: datetime) -> datetime:
    """The end of a slots query: midnight means the end of that UTC day, even where the hour was written out."""
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return moment + timedelta(hours=23, minutes=59, seconds=59) if midnight else moment


@functools.cache
def known_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def is_zone(value: object) -> bool:
    return isinstance(value, str) and value in known_zones()


def utc_offset_minutes(moment: datetime, zone: str) -> int:
    offset = moment.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0
