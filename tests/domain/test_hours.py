from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import hours
from portal.domain.tenants import Profile

NEW_YORK = "America/New_York"
WEEK = {"mon": [["13:00", "18:00"], ["09:00", "12:00"]], "fri": [["20:00", "02:00"]], "sat": [["00:00", "24:00"]]}
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
# Until 2011 Newfoundland put clocks back a minute after midnight, so that a date came back after the next had begun.
DAYS = st.dates(date(2012, 1, 1), date(2037, 12, 30))


def profile(business_hours: dict[str, Any] | None = None, timezone: str = NEW_YORK) -> Profile:
    blank = dict.fromkeys(Profile.__dataclass_fields__)
    given_hours = WEEK if business_hours is None else business_hours
    return Profile(**blank | {"timezone": timezone, "business_hours": given_hours})  # type: ignore[arg-type]


def local(text: str, timezone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)


class TestWeekly:
    def test_every_day_has_a_row(self) -> None:
        rows = dict(hours.weekly(profile()))
        assert next(iter(rows)) == "Monday"
        assert rows == {
            "Monday": "9:00 AM – 12:00 PM, 1:00 PM – 6:00 PM",
            "Tuesday": "Closed", "Wednesday": "Closed", "Thursday": "Closed",
            "Friday": "8:00 PM – 2:00 AM", "Saturday": "Open 24 hours", "Sunday": "Closed",
        }  # fmt: skip

    @pytest.mark.parametrize("nothing", [{}, {"mon": []}])
    def test_no_hours_known(self, nothing: dict[str, Any]) -> None:
        assert hours.weekly(profile(nothing)) == []


class TestWithinHours:
    # 2026-11-23 is a Monday.
    @pytest.mark.parametrize(
        ("start", "end", "inside"),
        [
            ("2026-11-23T09:00", "2026-11-23T09:30", True),
            ("2026-11-23T11:30", "2026-11-23T12:00", True),
            ("2026-11-23T11:45", "2026-11-23T12:15", False),
            ("2026-11-23T11:45", "2026-11-23T13:15", False),
            ("2026-11-23T08:45", "2026-11-23T09:15", False),
            ("2026-11-24T10:00", "2026-11-24T10:30", False),
            ("2026-11-27T23:30", "2026-11-28T01:30", True),
            ("2026-11-28T01:30", "2026-11-28T02:30", True),  # Friday night runs into Saturday, open all day
            ("2026-11-28T23:30", "2026-11-29T00:30", False),
        ],
    )
    def test_on_the_business_clock(self, start: str, end: str, inside: bool) -> None:
        assert hours.within_hours(profile(), local(start), local(end)) is inside

    def test_unknown_hours_forbid_nothing(self) -> None:
        assert hours.within_hours(profile({}), local("2026-11-23T03:00"), local("2026-11-23T04:00"))

    def test_nothing_lasts_no_time(self) -> None:
        assert not hours.within_hours(profile(), local("2026-11-23T10:00"), local("2026-11-23T10:00"))

    def test_day_when_clocks_go_back_is_longer(self) -> None:
        night = profile({"sun": [["00:00", "03:00"]]})
        opens = local("2026-11-01T00:00")
        assert hours.within_hours(night, opens, opens + timedelta(hours=4))
        assert not hours.within_hours(night, opens, opens + timedelta(hours=4, minutes=1))

    def test_day_when_clocks_go_forward_is_shorter(self) -> None:
        night = profile({"sun": [["00:00", "04:00"]]})
        opens = local("2027-03-14T00:00")
        assert hours.within_hours(night, opens, opens + timedelta(hours=3))
        assert not hours.within_hours(night, opens, opens + timedelta(hours=3, minutes=1))

    @given(day=DAYS, zone=ZONES, opens=st.times(), minutes=st.integers(1, 600))
    def test_inside_means_each_moment_is_open(self, day: date, zone: str, opens: time, minutes: int) -> None:
        every_day = profile({key: [["09:00", "17:00"]] for key in hours.KEYS}, zone)
        start = hours.at_wall_clock(day, opens.replace(second=0, microsecond=0), zone)
        end = start + timedelta(minutes=minutes)
        inside = hours.within_hours(every_day, start, end)
        assert inside == all(hours.open_now(every_day, start + timedelta(minutes=n)) for n in range(minutes))


class TestOpenNow:
    @pytest.mark.parametrize(
        ("moment", "is_open"),
        [
            ("2026-11-23T08:59", False),
            ("2026-11-23T09:00", True),
            ("2026-11-23T12:00", False),
            ("2026-11-28T01:59", True),
        ],
    )
    def test_opening_is_inside_and_closing_outside(self, moment: str, is_open: bool) -> None:
        assert hours.open_now(profile(), local(moment)) is is_open

    def test_unknown_hours(self) -> None:
        assert not hours.open_now(profile({}), local("2026-11-23T10:00"))


class TestDayBounds:
    @pytest.mark.parametrize(
        ("day", "zone", "length"),
        [
            (date(2026, 11, 24), NEW_YORK, 24), (date(2026, 11, 1), NEW_YORK, 25), (date(2027, 3, 14), NEW_YORK, 23),
            (date(2024, 4, 26), "Africa/Cairo", 23),  # midnight itself is skipped
            (date(2026, 10, 25), "Atlantic/Azores", 25),  # midnight happens twice
            (date(2027, 4, 4), "Australia/Lord_Howe", 24.5), (date(2011, 12, 30), "Pacific/Apia", 0),
        ],
    )  # fmt: skip
    def test_length(self, day: date, zone: str, length: float) -> None:
        start, end = hours.day_bounds(day, zone)
        assert end - start == timedelta(hours=length)
        assert start.utcoffset() == timedelta(0)

    @given(day=DAYS, zone=ZONES)
    def test_days_follow_without_gap(self, day: date, zone: str) -> None:
        start, end = hours.day_bounds(day, zone)
        assert start <= end == hours.day_bounds(day + timedelta(days=1), zone)[0]

    @given(moment=st.datetimes(datetime(2012, 1, 2), datetime(2037, 12, 30), timezones=st.just(UTC)), zone=ZONES)  # noqa: DTZ001
    def test_each_moment_lies_in_its_own_day(self, moment: datetime, zone: str) -> None:
        start, end = hours.day_bounds(moment.astimezone(ZoneInfo(zone)).date(), zone)
        assert start <= moment < end
