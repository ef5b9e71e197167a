"""When messages go out: over all zones, changes of clocks and ends of months."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.domain.notifications import times
from portal.domain.notifications.types import Kind, Reason, SmsSettings

ZONES = (
    "UTC", "America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "Europe/London",
    "Europe/Berlin", "Africa/Cairo", "Africa/Casablanca", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo",
    "Asia/Gaza", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Auckland", "Pacific/Chatham",
    "Pacific/Kiritimati", "Pacific/Apia", "America/Santiago",
)  # fmt: skip
NEW_YORK = "America/New_York"
AWAKE = SmsSettings(quiet_hours_enabled=False)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

FROM_2026 = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.integers(0, 3 * 366 * 86_400).map(lambda seconds: FROM_2026 + timedelta(seconds=seconds))
nights = st.builds(
    SmsSettings,
    quiet_start=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    quiet_end=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
hours_ahead = st.lists(st.integers(1, 168), min_size=1, max_size=2, unique=True).map(tuple)


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type,misc]


def is_quiet(moment: datetime, zone: str, chosen: SmsSettings) -> bool:
    """As somebody would say who looks at the clock on the wall."""
    clock = moment.astimezone(ZoneInfo(zone)).time()
    if chosen.quiet_start < chosen.quiet_end:
        return chosen.quiet_start <= clock < chosen.quiet_end
    return chosen.quiet_start != chosen.quiet_end and (clock >= chosen.quiet_start or clock < chosen.quiet_end)


def at(found: tuple[times.Due, ...], kind: Kind) -> datetime:
    [due] = [each for each in found if each.kind == kind and each.dropped is None]
    return due.at


class TestDueTimes:
    def test_a_day_and_two_hours_ahead(self) -> None:
        start = local(NEW_YORK, 2026, 11, 24, 16, 30)
        found = times.due_times(start, NEW_YORK, SmsSettings(), LONG_AGO)
        assert at(found, Kind.REMINDER_24H) == local(NEW_YORK, 2026, 11, 23, 16, 30)
        assert at(found, Kind.REMINDER_2H) == local(NEW_YORK, 2026, 11, 24, 14, 30)

    def test_elapsed_hours_where_clocks_change(self) -> None:
        start = local(NEW_YORK, 2026, 11, 1, 12)  # clocks were put back that night
        assert at(times.due_times(start, NEW_YORK, SmsSettings(), LONG_AGO), Kind.REMINDER_24H) == local(
            NEW_YORK, 2026, 10, 31, 13
        )

    def test_end_of_february(self) -> None:
        start = local(NEW_YORK, 2028, 3, 1, 10)
        assert at(times.due_times(start, NEW_YORK, SmsSettings(), LONG_AGO), Kind.REMINDER_24H) == local(
            NEW_YORK, 2028, 2, 29, 10
        )

    def test_what_is_over_is_dropped(self) -> None:
        start = local(NEW_YORK, 2026, 11, 24, 16)
        found = times.due_times(start, NEW_YORK, SmsSettings(), start - timedelta(hours=5))
        assert [(each.kind, each.dropped) for each in found] == [
            (Kind.REMINDER_24H, Reason.TOO_LATE), (Kind.REMINDER_2H, None),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("hours", "kinds"),
        [
            ((24, 2), [Kind.REMINDER_24H, Kind.REMINDER_2H]),
            ((4, 48), [Kind.REMINDER_24H, Kind.REMINDER_2H]),
            ((24,), [Kind.REMINDER_24H]),
            ((2,), [Kind.REMINDER_2H]),
            ((), []),
        ],
    )
    def test_kinds(self, hours: tuple[int, ...], kinds: list[Kind]) -> None:
        chosen = SmsSettings(reminder_hours=hours, quiet_hours_enabled=False)
        found = times.due_times(local(NEW_YORK, 2027, 1, 5, 15), NEW_YORK, chosen, LONG_AGO)
        assert [each.kind for each in found] == kinds
        assert [each.at for each in found] == sorted(each.at for each in found)

    def test_two_at_once_become_one(self) -> None:
        start = local(NEW_YORK, 2026, 11, 24, 8, 15)
        found = times.due_times(start, NEW_YORK, SmsSettings(reminder_hours=(9, 2)), LONG_AGO)
        assert [(each.at, each.dropped) for each in found] == [
            (local(NEW_YORK, 2026, 11, 23, 20, 45), None), (local(NEW_YORK, 2026, 11, 23, 20, 45), Reason.SAME_TIME),
        ]  # fmt: skip

    @settings(max_examples=400, deadline=None)
    @given(instants, st.sampled_from(ZONES), nights, hours_ahead, st.integers(0, 200))
    @example(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), NEW_YORK, SmsSettings(quiet_end=time(1, 30)), (1,), 100)
    @example(datetime(2027, 3, 14, 8, 0, tzinfo=UTC), NEW_YORK, SmsSettings(quiet_end=time(2, 30)), (1,), 100)
    def test_never_at_night_nor_too_late(
        self, start: datetime, zone: str, chosen: SmsSettings, hours: tuple[int, ...], booked_ahead: int
    ) -> None:
        chosen = SmsSettings(quiet_start=chosen.quiet_start, quiet_end=chosen.quiet_end, reminder_hours=hours)
        now = start - timedelta(hours=booked_ahead)
        found = times.due_times(start, zone, chosen, now)
        going_out = [each for each in found if each.dropped is None]
        for due in going_out:
            assert now <= due.at <= start - times.LEAST_AHEAD
            assert not is_quiet(due.at, zone, chosen)
        assert len({due.at for due in going_out}) == len(going_out)
        assert len(found) == len(hours)

    @settings(max_examples=200, deadline=None)
    @given(instants, st.sampled_from(ZONES), hours_ahead)
    def test_exact_without_quiet_hours(self, start: datetime, zone: str, hours: tuple[int, ...]) -> None:
        chosen = SmsSettings(reminder_hours=hours, quiet_hours_enabled=False)
        found = times.due_times(start, zone, chosen, LONG_AGO)
        assert [each.at for each in found] == sorted(start - timedelta(hours=each) for each in hours)
        assert all(each.dropped is None for each in found)


class TestNight:
    def test_after_it_where_that_helps(self) -> None:
        start = local(NEW_YORK, 2026, 11, 24, 9)
        found = times.due_times(start, NEW_YORK, SmsSettings(), LONG_AGO)
        assert at(found, Kind.REMINDER_2H) == local(NEW_YORK, 2026, 11, 24, 8)

    def test_else_the_evening_before(self) -> None:
        start = local(NEW_YORK, 2026, 11, 24, 8, 15)
        found = times.due_times(start, NEW_YORK, SmsSettings(), LONG_AGO)
        assert at(found, Kind.REMINDER_2H) == local(NEW_YORK, 2026, 11, 23, 20, 45)

    def test_else_never(self) -> None:
        start = local(NEW_YORK, 2026, 11, 24, 8, 15)
        found = times.due_times(start, NEW_YORK, SmsSettings(), start - timedelta(hours=10))
        assert [each.dropped for each in found] == [Reason.TOO_LATE, Reason.TOO_LATE]

    def test_awake_all_day(self) -> None:
        start = local(NEW_YORK, 2026, 11, 24, 4)
        assert at(times.due_times(start, NEW_YORK, AWAKE, LONG_AGO), Kind.REMINDER_2H) == local(
            NEW_YORK, 2026, 11, 24, 2
        )

    @settings(max_examples=400, deadline=None)
    @given(instants, st.sampled_from(ZONES), nights)
    def test_is_what_the_wall_clock_says(self, moment: datetime, zone: str, chosen: SmsSettings) -> None:
        night = times.night_around(moment, zone, chosen)
        if is_quiet(moment, zone, chosen):
            assert night is not None
        if night is not None:
            began, ends = night
            assert began <= moment < ends
            assert not is_quiet(ends, zone, chosen) or times.night_around(ends, zone, chosen) is None


class TestNotices:
    def test_at_once_by_day(self) -> None:
        now = local(NEW_YORK, 2026, 11, 24, 12)
        assert times.notice_time(now, now + timedelta(hours=1), NEW_YORK, SmsSettings()) == now

    def test_in_the_morning(self) -> None:
        now = local(NEW_YORK, 2026, 11, 24, 23)
        morning = local(NEW_YORK, 2026, 11, 25, 8)
        assert times.notice_time(now, morning + timedelta(hours=1), NEW_YORK, SmsSettings()) == morning
        assert times.notice_time(now, morning, NEW_YORK, SmsSettings()) is None


class TestTooLate:
    START = datetime(2026, 11, 24, 21, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("kind", "due", "now", "late"),
        [
            (Kind.REMINDER_24H, -24, -24, False),
            (Kind.REMINDER_24H, -24, -12, False),
            (Kind.REMINDER_24H, -24, -11, True),
            (Kind.REMINDER_2H, -2, -1, False),
            (Kind.REMINDER_2H, -2, -0.9, True),
            (Kind.REMINDER_2H, -0.5, -0.3, False),
            (Kind.REMINDER_2H, -0.5, -0.24, True),
            (Kind.CONFIRMATION, -48, -36, False),
            (Kind.CONFIRMATION, -48, -35, True),
            (Kind.CANCELLATION, -1, 0, True),
        ],
    )
    def test_by_kind(self, kind: Kind, due: float, now: float, late: bool) -> None:
        def ahead(hours: float) -> datetime:
            return self.START + timedelta(hours=hours)

        assert times.is_too_late(kind, self.START, ahead(due), ahead(now)) is late
