"""Many who look at one calendar: nobody closes it for the others, and what is shown behind a refresh is never wrong."""

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.core.cache import cache
from portal.core.db import customer
from portal.core.errors import CalendarBusy, CalendarUnavailable, LookedTooFar
from portal.core.ids import new_id
from portal.domain import availability, booking, integrations
from portal.domain.availability import days as kept_here
from portal.domain.availability import refreshing, shared
from portal.domain.availability.spans import SPAN_DAYS
from portal.domain.booking import BookingRequest, Source
from portal.providers.calcom.budget import LOOKS, LOOKS_OF_ONE
from tests.conftest import free_port
from tests.domain.test_availability import SLOTS, _event_type, ahead, at, book, calls, starts
from tests.factories import MadeTenant, Sandbox, TenantFactory

DAY = timedelta(days=1)


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    made = tenants.make(services={"Cut": {}, "Shave": {}}, account={"rate_limit_per_minute": 120})
    assert cache.wait_until_live()
    return made


@pytest.fixture
def soon_stale(monkeypatch: pytest.MonkeyPatch, shop: MadeTenant) -> Iterator[None]:
    """Kept by no process, and stale as soon as it is fetched. What is fetched behind ends with the test."""
    monkeypatch.setattr(kept_here, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(shared, "FRESH_SECONDS", 0.0)
    yield
    eventually(lambda: not refreshing._running)


def look_everywhere(shop: MadeTenant, visitor: str) -> int:
    """Look far beyond what anybody books, until it is refused; how many days were seen."""
    for seen in range(SPAN_DAYS * (LOOKS_OF_ONE + 5)):
        try:
            availability.slots_for_day(shop.id, shop.service_id, ahead(shop, seen), visitor=visitor)
        except LookedTooFar:
            return seen
    raise AssertionError("never refused")


def request(shop: MadeTenant, service: str, start: datetime) -> BookingRequest:
    return BookingRequest(
        service_id=shop.services[service], start=start, name="Ana", email="ana@example.com", phone=None, notes=None,
        consent_sms=False, source=Source.WIDGET,
    )  # fmt: skip


class TestVisitors:
    def test_ninety_seven_days_cost_a_few_calls(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        for days in range(97):
            availability.slots_for_day(shop.id, shop.service_id, ahead(shop, days), visitor="greedy")
        assert len(calls(sandbox)) <= 6
        for service in shop.services.values():
            assert len(availability.slots_for_day(shop.id, service, ahead(shop, 99), visitor="other")) == 16

    def test_one_who_looks_everywhere_stops_nobody_else(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        assert look_everywhere(shop, "greedy") >= 97
        far = ahead(shop, 2000)
        with pytest.raises(LookedTooFar):
            availability.slots_for_day(shop.id, shop.services["Shave"], far, visitor="greedy")
        assert availability.slots_for_day(shop.id, shop.services["Shave"], far, visitor="other")
        assert len(calls(sandbox)) <= LOOKS_OF_ONE + 1

    def test_all_who_look_leave_enough_to_book_an_unseen_day(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        for visitor in range(LOOKS // LOOKS_OF_ONE):
            for _ in range(LOOKS_OF_ONE):
                integrations.calcom(shop.id, visitor=f"greedy {visitor}").me()
        with pytest.raises(CalendarBusy) as busy:
            availability.slots_for_day(shop.id, shop.service_id, ahead(shop), visitor="late")
        assert "right now" in busy.value.message
        assert 0 < busy.value.details["retry_after_seconds"] <= 61
        made = booking.book(customer(shop.id), request(shop, "Cut", at(shop, ahead(shop), 10)), idempotency_key="k" * 8)
        assert made.status == "confirmed"


@pytest.mark.usefixtures("soon_stale")
class TestStaleDays:
    def look(self, shop: MadeTenant, service: str = "Cut") -> list[str]:
        return starts(shop, availability.slots_for_day(shop.id, shop.services[service], ahead(shop), visitor="ana"))

    def test_shown_at_once_and_fetched_anew_behind(self, shop: MadeTenant, sandbox: Sandbox, event_type: int) -> None:
        assert "10:00" in self.look(shop)
        book(shop, at(shop, ahead(shop), 10), event_type)  # by somebody we hear nothing of
        sandbox.fault(provider="calcom", match=SLOTS, delay_ms=500)
        assert "10:00" in self.look(shop)
        eventually(lambda: "10:00" not in self.look(shop))

    def test_what_was_booked_here_is_never_shown_again(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        self.look(shop)
        # The calendar's answers lag behind, and behind them a refresh is always under way.
        sandbox.fault(provider="calcom", match=SLOTS, delay_reply_ms=300, times=None)
        for hour in (10, 11, 12):
            self.look(shop)
            start = at(shop, ahead(shop), hour)
            booking.book(customer(shop.id), request(shop, "Cut", start), idempotency_key=f"booking-{hour}")
            for service in ("Cut", "Shave", "Cut"):
                assert f"{hour}:00" not in self.look(shop, service)
        eventually(lambda: not {"10:00", "11:00", "12:00"} & {*self.look(shop), *self.look(shop, "Shave")})

    def test_a_drop_is_not_undone_by_a_refresh_under_way(
        self, shop: MadeTenant, sandbox: Sandbox, event_type: int
    ) -> None:
        self.look(shop)
        sandbox.fault(provider="calcom", match=SLOTS, delay_reply_ms=700)
        self.look(shop)
        eventually(lambda: len(calls(sandbox)) == 2)
        book(shop, at(shop, ahead(shop), 10), event_type)
        availability.drop_day(shop.id, ahead(shop))
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            assert "10:00" not in self.look(shop)

    def test_calendar_down(self, shop: MadeTenant, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        assert len(self.look(shop)) == 16
        sandbox.fault(provider="calcom", match=SLOTS, status=500, times=None)
        for _ in range(5):
            assert len(self.look(shop)) == 16
        # A day dropped by a booking is not shown from before it, and is not "nothing free" either.
        availability.drop_day(shop.id, ahead(shop))
        with pytest.raises(CalendarUnavailable):
            self.look(shop)

    def test_not_for_ever(self, shop: MadeTenant, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        assert len(self.look(shop)) == 16
        sandbox.fault(provider="calcom", match=SLOTS, status=500, times=None)
        monkeypatch.setattr(shared, "KEPT_SECONDS", 0.2)
        time.sleep(0.25)
        with pytest.raises(CalendarUnavailable):
            self.look(shop)

    def test_redis_down(self, shop: MadeTenant, sandbox: Sandbox, configure: Callable[..., None]) -> None:
        self.look(shop)
        before = len(calls(sandbox))
        configure(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
        cache.clear()  # as each process does when it hears nothing any more
        with pytest.raises(CalendarUnavailable):
            self.look(shop)
        assert len(calls(sandbox)) - before <= 1


class TestClaimsOnly:
    def test_a_claim_is_seen_at_once_and_costs_no_call(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        for service in shop.services.values():
            availability.slots_for_day(shop.id, service, ahead(shop))
        before = len(calls(sandbox))
        booking_id = new_id()
        visitor = customer(shop.id).with_booking(booking_id)
        asked = request(shop, "Cut", at(shop, ahead(shop), 10))
        proposed = booking.propose_create(visitor, asked, booking_id=booking_id, reserve=False)
        for service in shop.services.values():
            assert "10:00" not in starts(shop, availability.slots_for_day(shop.id, service, ahead(shop)))
        booking.withdraw(visitor, proposed.id)
        for service in shop.services.values():
            assert "10:00" in starts(shop, availability.slots_for_day(shop.id, service, ahead(shop)))
        assert len(calls(sandbox)) == before


class TestClockChange:
    def test_no_times_of_the_evening_before(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        hours = [{"days": [5, 6], "start": "00:00", "end": "06:00"}]
        for slug, zone in (("west", "America/New_York"), ("east", "Europe/London")):
            shop = tenants.make(slug, timezone=zone, account={"schedule": hours})
            change = next(day for n in range(400) if _is_spring(day := ahead(shop, n), zone))
            with time_machine.travel(at(shop, change - 20 * DAY, 12)):
                found = availability.slots_between(shop.id, shop.service_id, change - 6 * DAY, change + 6 * DAY)
            saturday = starts(shop, found[change - DAY])
            assert (saturday[0], saturday[-1], len(saturday)) == ("00:00", "05:30", 12)
            assert starts(shop, found[change])[0] == "00:00"


def _is_spring(day: date, zone: str) -> bool:
    midnights = [datetime(each.year, each.month, each.day, tzinfo=ZoneInfo(zone)) for each in (day, day + DAY)]
    return (midnights[1].utcoffset() or DAY) > (midnights[0].utcoffset() or DAY)


@pytest.fixture
def event_type(tenants: TenantFactory, shop: MadeTenant) -> int:
    return _event_type(tenants, shop)


def eventually(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
