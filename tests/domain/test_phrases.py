from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.core.errors import InvalidArgument
from portal.domain import phrases

NEW_YORK = "America/New_York"
START = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
MINUTES = st.datetimes(datetime(1975, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(second=0, microsecond=0)
)


class TestTimes:
    def test_slot_label(self) -> None:
        assert phrases.slot_label(START, NEW_YORK) == "Tue, Nov 24, 4:30 PM"

    @pytest.mark.parametrize(
        ("minutes", "text"),
        [
            (30, "4:30–5:00 PM"),
            (8 * 60, "4:30 PM–12:30 AM"),
            (20 * 60, "4:30 PM–12:30 PM"),
            (24 * 60, "4:30 PM–4:30 PM"),
        ],
    )
    def test_long_time(self, minutes: int, text: str) -> None:
        said = phrases.long_time(START, NEW_YORK, START + timedelta(minutes=minutes))
        assert said == f"Tuesday, November 24, 2026, {text} (America/New_York)"

    def test_long_time_without_end(self) -> None:
        assert phrases.long_time(START, "Asia/Kolkata") == "Wednesday, November 25, 2026, 3:00 AM (Asia/Kolkata)"

    def test_day_label(self) -> None:
        assert phrases.day_label(date(2027, 3, 1)) == "Monday, March 1"

    @pytest.mark.parametrize(("hour", "text"), [(0, "12:05 AM"), (9, "9:05 AM"), (12, "12:05 PM"), (23, "11:05 PM")])
    def test_clock_time(self, hour: int, text: str) -> None:
        assert phrases.clock_time(START.replace(hour=hour, minute=5)) == text


class TestMoney:
    @pytest.mark.parametrize(
        ("cents", "currency", "text"),
        [
            (3500, "USD", "$35"), (3550, "usd", "$35.50"), (5, "EUR", "€0.05"), (123456700, "USD", "$1,234,567"),
            (3500, "JPY", "¥3,500"), (1500, "KWD", "1.500 KWD"), (4000, "CHF", "40 CHF"), (-250, "GBP", "-£2.50"),
            (0, "USD", "$0"),
        ],
    )  # fmt: skip
    def test_money(self, cents: int, currency: str, text: str) -> None:
        assert phrases.money(cents, currency) == text


class TestDuration:
    @pytest.mark.parametrize(
        ("minutes", "text"),
        [(1, "1 minute"), (45, "45 minutes"), (60, "1 hour"), (90, "1 hour 30 minutes"), (121, "2 hours 1 minute"),
         (0, "0 minutes")],
    )  # fmt: skip
    def test_duration(self, minutes: int, text: str) -> None:
        assert phrases.duration(minutes) == text


class TestParseLocal:
    @pytest.mark.parametrize(
        "text",
        ["2026-11-24T16:30", " 2026-11-24 16:30 ", "2026-11-24T16:30:00", "2026-11-24T21:30Z", "2026-11-24t21:30z",
         "2026-11-24T16:30-05:00", "2026-11-24T22:30+0100"],
    )  # fmt: skip
    def test_ways_to_write_it(self, text: str) -> None:
        parsed = phrases.parse_local(text, NEW_YORK)
        assert (parsed, parsed.utcoffset()) == (START, timedelta(0))

    @pytest.mark.parametrize(
        "text",
        ["", "tomorrow", "2026-11-24", "16:30", "2026-13-01T10:00", "2026-02-30T10:00", "2026-11-24T25:00",
         "2026-11-24T16:30 EST", "２０２６-11-24T16:30", "2026-W48-2T16:30", "20261124T1630", "0001-01-01T00:00+14:00",
         "2026-11-24T16:30\n2026", "2026-11-24T16:30+99:00"],
    )  # fmt: skip
    def test_nonsense(self, text: str) -> None:
        with pytest.raises(InvalidArgument):
            phrases.parse_local(text, NEW_YORK)

    def test_skipped_hour(self) -> None:
        with pytest.raises(InvalidArgument, match="clocks"):
            phrases.parse_local("2027-03-14T02:30", NEW_YORK)

    def test_hour_that_happens_twice_is_the_first(self) -> None:
        assert phrases.parse_local("2026-11-01T01:30", NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)

    @given(moment=MINUTES, zone=ZONES)
    @example(moment=datetime(2026, 11, 1, 5, 30, tzinfo=UTC), zone=NEW_YORK)
    @example(moment=datetime(2026, 11, 1, 6, 30, tzinfo=UTC), zone=NEW_YORK)
    def test_reads_what_local_iso_writes(self, moment: datetime, zone: str) -> None:
        text = phrases.local_iso(moment, zone)
        assert phrases.parse_local(text, zone) == moment

    @given(moment=MINUTES, zone=ZONES)
    def test_iso_is_the_wall_clock(self, moment: datetime, zone: str) -> None:
        assert phrases.local_iso(moment, zone)[:16] == moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")

    @given(text=st.text(max_size=40), zone=ZONES)
    def test_anything_else_is_one_error(self, text: str, zone: str) -> None:
        with pytest.raises(InvalidArgument):
            phrases.parse_local(text, zone)
