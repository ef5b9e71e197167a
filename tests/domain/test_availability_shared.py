"""Fetched days as all processes share them: in a real Redis, two of the objects stand for two processes."""

import copy
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.core.errors import CalendarBusy, CalendarUnavailable, LookedTooFar
from portal.core.ids import new_id
from portal.core.redis import client
from portal.domain.availability import Slot, shared
from portal.domain.availability.shared import SharedDays
from portal.domain.availability.spans import Span

DAY = timedelta(days=1)


@pytest.mark.usefixtures("valkey")
class TestSharedDays:
    day = date(2030, 5, 1)
    span = Span(day, date(2030, 7, 1))
    tenant_id, service_id = new_id(), new_id()

    def shared_days(self, fetch: Any, **named: Any) -> SharedDays:
        return SharedDays(self.tenant_id, self.service_id, 7, today=self.day, fetch=fetch, **named)

    def slot(self, hour: int) -> Slot:
        start = datetime(2030, 5, 1, hour, tzinfo=ZoneInfo("UTC"))
        return Slot(start, start + timedelta(minutes=30))

    def test_who_waited_fails_with_the_holder(self) -> None:
        fetching, fail = threading.Event(), threading.Event()

        def failing(span: Span) -> Any:
            fetching.set()
            fail.wait(5)
            raise CalendarBusy(details={"retry_after_seconds": 3.0})

        def never(span: Span) -> Any:
            raise AssertionError("a second call to a busy calendar")

        with ThreadPoolExecutor(2) as pool:
            holder = pool.submit(self.shared_days(failing).load, [self.day])
            fetching.wait(5)
            follower = pool.submit(self.shared_days(never).load, [self.day])
            time.sleep(0.2)
            fail.set()
            for waiting in (holder, follower):
                with pytest.raises(CalendarBusy) as busy:
                    waiting.result(5)
                assert busy.value.details == {"retry_after_seconds": 3.0}

    def test_who_comes_later_asks_again(self) -> None:
        def failing(span: Span) -> Any:
            raise CalendarUnavailable

        with pytest.raises(CalendarUnavailable):
            self.shared_days(failing).load([self.day])
        loaded = self.shared_days(lambda span: {self.day: (self.slot(9),)}).load([self.day])
        assert loaded[self.day].slots == (self.slot(9),)

    def test_a_dead_holders_lock_expires(self) -> None:
        client().set(self.shared_days(None)._lock_key(self.span, ""), "dead", px=400)
        begun = time.monotonic()
        self.shared_days(lambda span: {}).load([self.day])
        assert 0.3 < time.monotonic() - begun < 10

    def test_waiting_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shared, "WAIT_SECONDS", 0.3)
        client().set(self.shared_days(None)._lock_key(self.span, ""), "stuck", px=60_000)
        with pytest.raises(CalendarUnavailable):
            self.shared_days(None).load([self.day])

    def test_what_was_fetched_before_a_booking_does_not_count(self) -> None:
        def overtaken(span: Span) -> Any:
            shared.changed(self.tenant_id, [self.day])
            return {self.day: (self.slot(9), self.slot(10))}

        self.shared_days(overtaken).load([self.day])
        loaded = self.shared_days(lambda span: {self.day: (self.slot(10),)}).load([self.day])
        assert loaded[self.day].slots == (self.slot(10),)

    @pytest.mark.parametrize("error", [CalendarBusy, LookedTooFar])
    def test_a_booking_does_not_fail_with_a_visitor(self, error: Any) -> None:
        fetching, fail = threading.Event(), threading.Event()

        def refused(span: Span) -> Any:
            fetching.set()
            fail.wait(5)
            raise error

        with ThreadPoolExecutor(2) as pool:
            visitor = pool.submit(self.shared_days(refused).load, [self.day])
            fetching.wait(5)
            booking = self.shared_days(lambda span: {self.day: (self.slot(9),)}, is_look=False)
            waiting = pool.submit(booking.load, [self.day])
            time.sleep(0.2)
            fail.set()
            assert waiting.result(5)[self.day].slots == (self.slot(9),)
            with pytest.raises(error):
                visitor.result(5)

    def test_a_change_is_not_forgotten_with_its_mark(self) -> None:
        shared.changed(self.tenant_id, [self.day])
        self.shared_days(lambda span: {self.day: (self.slot(9), self.slot(10))}).load([self.day])
        client().delete(shared._marks_key(self.tenant_id))  # an hour later
        shared.changed(self.tenant_id, [self.day])
        loaded = self.shared_days(lambda span: {self.day: (self.slot(10),)}).load([self.day])
        assert loaded[self.day].slots == (self.slot(10),)

    def test_overlapping_ranges_share_their_spans(self) -> None:
        days = [self.day + n * DAY for n in range(50, 75)]
        asked: list[Span] = []

        def fetch(span: Span) -> Any:
            asked.append(span)
            time.sleep(0.3)
            return {}

        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(self.shared_days(fetch).load, days[:4])
            time.sleep(0.1)
            two = pool.submit(self.shared_days(fetch).load, days[2:])
            assert list(one.result(5)) == days[:4]
            assert set(two.result(5)) == set(days[2:])
        assert asked == [self.span, Span(date(2030, 7, 2), date(2030, 9, 1))]


@pytest.mark.usefixtures("valkey")
class TestRefresh:
    day = date(2030, 5, 1)

    @pytest.fixture
    def fetches(self, monkeypatch: pytest.MonkeyPatch) -> list[Span]:
        """What was asked. Everything is stale at once."""
        monkeypatch.setattr(shared, "FRESH_SECONDS", 0.0)
        return []

    @pytest.fixture
    def days(self, fetches: list[Span]) -> SharedDays:
        return SharedDays(new_id(), new_id(), 7, today=self.day, fetch=lambda span: fetches.append(span) or {})

    def test_stale_days_are_shown_and_fetched_anew(self, days: SharedDays, fetches: list[Span]) -> None:
        for _ in range(2):
            assert not days.load([self.day])[self.day].is_fresh
        assert len(fetches) == 1
        days.refresh([self.day, self.day + DAY])
        assert len(fetches) == 2
        assert days.load([self.day])[self.day].age_seconds < 1

    def test_one_process_at_a_time(self, days: SharedDays, fetches: list[Span]) -> None:
        days.load([self.day])
        others_fetch = days._fetch

        def fetch(span: Span) -> Any:
            days.refresh([self.day])
            return others_fetch(span)

        twin = copy.copy(days)
        twin._fetch = fetch
        twin.refresh([self.day])
        assert len(fetches) == 2
        days.refresh([self.day])
        assert len(fetches) == 3

    def test_after_a_failure_not_again_for_a_while(self, days: SharedDays) -> None:
        calls = []

        def fail(span: Span) -> Any:
            calls.append(span)
            raise CalendarUnavailable

        days.load([self.day])
        days._fetch = fail
        with pytest.raises(CalendarUnavailable):
            days.refresh([self.day])
        days.refresh([self.day])
        assert len(calls) == 1
        assert days.load([self.day])

    def test_what_is_too_old_is_gone(self, days: SharedDays, fetches: list[Span], monkeypatch: Any) -> None:
        days.load([self.day])
        monkeypatch.setattr(shared, "KEPT_SECONDS", 0.05)
        time.sleep(0.06)
        days.load([self.day])
        assert len(fetches) == 2
