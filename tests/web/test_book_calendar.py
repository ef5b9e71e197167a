"""Days and times as a customer sees them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.domain.availability import Slot
from portal.web.public import calendar

NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/London")


def slot(*moment: int) -> Slot:
    start = datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type,misc]
    return Slot(start, start + timedelta(minutes=30))


class TestDayCells:
    def test_counts_and_names(self) -> None:
        first = date(2026, 11, 24)
        cells = calendar.day_cells({first: (slot(2026, 11, 24, 15), slot(2026, 11, 24, 16))}, first)
        assert len(cells) == calendar.STRIP_DAYS
        assert (cells[0].weekday, cells[0].number, cells[0].free) == ("Tue", "24", 2)
        assert cells[0].label == "Tuesday, November 24, 2 free times"
        assert cells[1].label == "Wednesday, November 25, no free times"
        assert [cell.month for cell in cells if cell.month] == ["Nov", "Dec"]


class TestTimeGroups:
    def test_parts_of_the_day_in_the_business_zone(self) -> None:
        slots = [slot(2026, 11, 24, 22), slot(2026, 11, 24, 14), slot(2026, 11, 24, 17)]
        groups = calendar.time_groups(slots, NEW_YORK)
        shown = [(group.name, [time.label for time in group.times]) for group in groups]
        assert shown == [("Morning", ["9:00 AM"]), ("Afternoon", ["12:00 PM"]), ("Evening", ["5:00 PM"])]
        assert groups[0].times[0].start == "2026-11-24T14:00:00+00:00"

    def test_hour_that_happens_twice_keeps_both(self) -> None:
        slots = [slot(2026, 11, 1, 6, 30), slot(2026, 11, 1, 5, 30)]  # 1:30 AM, twice
        [morning] = calendar.time_groups(slots, NEW_YORK)
        assert [time.label for time in morning.times] == ["1:30 AM", "1:30 AM"]
        assert [time.start[11:16] for time in morning.times] == ["05:30", "06:30"]

    def test_nothing(self) -> None:
        assert calendar.time_groups([], NEW_YORK) == []


class TestTitles:
    @pytest.mark.parametrize(
        ("first", "title"),
        [
            (date(2026, 11, 2), "November 2026"),
            (date(2026, 11, 22), "November – December 2026"),
            (date(2026, 12, 25), "December 2026 – January 2027"),
        ],
    )
    def test_strip(self, first: date, title: str) -> None:
        assert calendar.strip_title(first) == title

    def test_zone_says_summer_or_winter(self) -> None:
        assert calendar.zone_title(NEW_YORK, datetime(2026, 11, 24, tzinfo=UTC)) == "New York time (EST)"
        assert calendar.zone_title(NEW_YORK, datetime(2026, 6, 24, tzinfo=UTC)) == "New York time (EDT)"
        assert calendar.zone_title(ZoneInfo("America/Sao_Paulo"), datetime(2026, 6, 24, tzinfo=UTC)) == "Sao Paulo time"


class TestZoneHint:
    WINTER = datetime(2026, 11, 24, 15, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("zone", "hint"),
        [
            ("Europe/London", "5 hours behind yours"),
            ("America/Los_Angeles", "3 hours ahead of yours"),
            ("Asia/Kolkata", "10 hours 30 minutes behind yours"),
        ],
    )
    def test_says_the_difference(self, zone: str, hint: str) -> None:
        assert hint in calendar.zone_hint(NEW_YORK, zone, self.WINTER)

    @pytest.mark.parametrize("zone", ["America/Toronto", "", "Mars/Olympus", "../../etc/passwd", "x" * 80, "\x00"])
    def test_silent_for_the_same_clock_and_for_nonsense(self, zone: str) -> None:
        assert calendar.zone_hint(NEW_YORK, zone, self.WINTER) == ""

    def test_follows_the_season(self) -> None:
        between = datetime(2026, 10, 28, 12, tzinfo=UTC)  # Europe has changed its clocks, America not yet
        assert "4 hours behind" in calendar.zone_hint(NEW_YORK, LONDON.key, between)
