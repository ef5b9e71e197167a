"""Which days are asked for together, in every zone and over every change of its clocks."""

import zoneinfo
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from portal.domain.availability import Slot
from portal.domain.availability.fetching import into_days
from portal.domain.availability.spans import SPAN_DAYS, Span, spans_of, stretches
from portal.domain.hours import DAY, day_bounds

ZONES = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
zones = st.sampled_from(ZONES)
dates = st.dates(date(2024, 1, 1), date(2032, 12, 31))
lengths = st.integers(1, 2 * SPAN_DAYS)
HALF = timedelta(minutes=30)


class TestSpansOf:
    @given(today=dates, ahead=st.lists(st.integers(0, 400), min_size=1, max_size=10))
    def test_every_day_lies_in_one_span_and_none_in_the_past(self, today: date, ahead: list[int]) -> None:
        days = [today + n * DAY for n in ahead]
        spans = spans_of(days, today)
        covered = [day for span in spans for day in span.days()]
        assert covered == sorted(set(covered))
        assert set(days) <= set(covered)
        assert covered[0] >= today
        assert {len(span.days()) for span in spans} == {SPAN_DAYS}
        assert all(set(span.days()) & set(days) for span in spans)

    @given(today=dates, first=st.integers(0, 400), length=st.integers(1, 31))
    def test_a_question_touches_two_neighbours_at_most(self, today: date, first: int, length: int) -> None:
        spans = spans_of([today + n * DAY for n in range(first, first + length)], today)
        assert len(spans) <= 2
        assert [span.first - DAY for span in spans[1:]] == [span.last for span in spans[:-1]]


class TestStretches:
    @given(zone=zones, first=dates, length=lengths)
    @example(zone="America/New_York", first=date(2027, 3, 1), length=62)
    @example(zone="America/Santiago", first=date(2026, 9, 1), length=31)  # midnight is skipped
    @example(zone="Africa/Casablanca", first=date(2026, 2, 1), length=62)  # two changes
    @example(zone="Australia/Lord_Howe", first=date(2027, 4, 1), length=31)  # half an hour
    @example(zone="Pacific/Apia", first=date(2011, 12, 20), length=31)  # a day that never was
    def test_all_days_once_and_no_change_inside(self, zone: str, first: date, length: int) -> None:
        span = Span(first, first + (length - 1) * DAY)
        parts = list(stretches(span, zone))
        assert [day for part in parts for day in part.days()] == span.days()
        bounds = [(day_bounds(part.first, zone)[0], day_bounds(part.last, zone)[1]) for part in parts]
        assert [start for start, _ in bounds[1:]] == [end for _, end in bounds[:-1]]
        for part in parts:
            # Only the first day of a stretch may have another length than all others.
            assert all(_length(day, zone) == DAY for day in part.days()[1:])
        assert len(parts) <= 1 + sum(_length(day, zone) != DAY for day in span.days())


class TestIntoDays:
    @given(zone=zones, first=dates, length=lengths)
    @example(zone="America/New_York", first=date(2027, 3, 1), length=62)
    @example(zone="America/Santiago", first=date(2026, 9, 1), length=31)
    @example(zone="Pacific/Apia", first=date(2011, 12, 20), length=31)
    def test_the_local_days_asked_for_each_slot_once(self, zone: str, first: date, length: int) -> None:
        span = Span(first, first + (length - 1) * DAY)
        since, until = day_bounds(span.first, zone)[0], day_bounds(span.last, zone)[1]
        listed = [Slot(start, start + HALF) for start in every_half_hour(since - 2 * DAY, until + 2 * DAY)]
        days = into_days(listed[::-1] + listed[::3], span, zone)
        assert [slot for slots in days.values() for slot in slots] == [
            slot for slot in listed if since <= slot.start < until
        ]
        for day, slots in days.items():
            assert {slot.start.astimezone(ZoneInfo(zone)).date() for slot in slots} == {day}


def every_half_hour(since: datetime, until: datetime) -> list[datetime]:
    return [since + n * HALF for n in range((until - since) // HALF)]


def _length(day: date, zone: str) -> timedelta:
    start, end = day_bounds(day, zone)
    return end - start
