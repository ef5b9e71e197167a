"""The week's grid and the words of the history: pure functions behind the daily pages."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from portal.core.ids import new_id
from portal.domain.admin.bookings import BookingLine, Day, Week
from portal.web.admin.audit.history import action_text, changes
from portal.web.admin.bookings.week import grid, lanes

ZONE = "America/New_York"
MONDAY = date(2026, 11, 23)


def line(start: datetime, minutes: int = 30) -> BookingLine:
    return BookingLine(
        id=new_id(), uid="uid", status="confirmed", service_id=None, service_name="Haircut", start=start,
        end=start + timedelta(minutes=minutes), customer_name="Ada Lovelace", customer_email="ada@example.com",
        customer_phone=None, price_cents=3500, currency="USD", source="ai", overlapping=False, version="1",
    )  # fmt: skip


def week(*lines: BookingLine) -> Week:
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    return Week(ZONE, tuple(Day(day, lines if day == MONDAY else ()) for day in days))


class TestLanes:
    def test_apart(self) -> None:
        assert lanes([(0, 30), (30, 60)]) == [(0, 1), (0, 1)]

    def test_overlaps_stand_side_by_side(self) -> None:
        assert lanes([(0, 60), (30, 90), (45, 60), (90, 100)]) == [(0, 3), (1, 3), (2, 3), (0, 1)]

    def test_a_free_lane_is_used_again(self) -> None:
        assert lanes([(0, 90), (0, 30), (30, 60)]) == [(0, 2), (1, 2), (1, 2)]

    def test_nothing(self) -> None:
        assert lanes([]) == []


class TestGrid:
    def test_usual_hours(self) -> None:
        found = grid(week(line(datetime(2026, 11, 23, 14, tzinfo=UTC))), MONDAY)  # 9:00 in New York
        (block,) = found.days[0].blocks
        assert (block.time, block.style["top"], block.style["height"]) == ("9:00 AM", "10.000%", "5.000%")
        assert (found.total, found.days[0].bar, found.days[1].bar, found.days[0].is_today) == (1, 100, 0, True)

    def test_early_and_past_midnight(self) -> None:
        early, late = datetime(2026, 11, 23, 11, tzinfo=UTC), datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
        found = grid(week(line(early), line(late, 90)), MONDAY)
        assert (found.hours[0].label, found.hours[-1].label) == ("6 AM", "11 PM")
        block = found.days[0].blocks[1]
        assert float(block.style["top"][:-1]) + float(block.style["height"][:-1]) <= 100.001


class TestHistory:
    def test_moved(self) -> None:
        details: dict[str, Any] = {
            "previous_start": "2026-11-23 14:00:00+00:00", "start": "2026-11-24T14:00:00+00:00", "source": "admin",
        }  # fmt: skip
        moved, source = changes(details, ZONE)
        assert (moved.before, moved.after) == ("Mon, Nov 23, 9:00 AM", "Tue, Nov 24, 9:00 AM")
        assert (source.name, source.after) == ("Source", "admin")

    def test_cancelled_is_no_move(self) -> None:
        same = {"previous_start": "2026-11-23 14:00:00+00:00", "start": "2026-11-23T14:00:00+00:00"}
        assert [(each.before, each.after) for each in changes(same, ZONE)] == [("", "Mon, Nov 23, 9:00 AM")]

    def test_fields(self) -> None:
        details = {"changes": {"active": {"before": True, "after": False}, "price_cents": {"before": None, "after": 1}}}
        assert [(each.name, each.before, each.after) for each in changes(details, ZONE)] == [
            ("Active", "Yes", "No"), ("Price", "–", "1"),
        ]  # fmt: skip

    def test_any_shape(self) -> None:
        for details in ({}, {"changes": 7}, {"changes": {"a": 1}}, {"before": [], "after": {}}, {"values": None}):
            assert isinstance(changes(details, ZONE), list)

    def test_unknown_action_is_put_in_words(self) -> None:
        assert action_text("service.updated") == "Service updated"
