"""Slots as customers get them: against the calendar stand-in, a real Redis and a real database."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
import time_machine

from portal.core import clock
from portal.core.cache import cache
from portal.core.errors import (
    CalendarBusy,
    CalendarUnavailable,
    InvalidArgument,
    NotConnected,
    PortalError,
    ServiceNotFound,
)
from portal.core.ids import new_id
from portal.core.redis import client
from portal.domain import availability, hours
from portal.domain.availability import Slot
from portal.domain.integrations import calcom
from tests.factories import MadeTenant, Sandbox, TenantFactory, insert

DAY = timedelta(days=1)
SLOTS = {"path_regex": r"/slots\?"}


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    made = tenants.make()
    assert cache.wait_until_live()
    return made


@pytest.fixture
def between_clock_changes() -> Iterator[None]:
    """A day with no change of New York's clocks in the next months, so that each span is one call."""
    year = clock.now().year + 1
    with time_machine.travel(datetime(year, 5, 3, 15, tzinfo=ZoneInfo("UTC"))):
        yield


def ahead(shop: MadeTenant, days: int = 3) -> date:
    return clock.now().astimezone(ZoneInfo(shop.timezone)).date() + days * DAY


def at(shop: MadeTenant, day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(shop.timezone))


def calls(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What was asked of the calendar's slots."""
    sent = sandbox.get("/_sandbox/requests", provider="calcom")["requests"]
    return [request for request in sent if request["path"].endswith("/slots")]


def asked_span(call: dict[str, Any]) -> tuple[datetime, datetime]:
    """From when until when a call asked: the last second is named, not the end."""
    query = parse_qs(call["query"])
    start, last = (datetime.fromisoformat(query[name][0]) for name in ("start", "end"))
    return start, last + timedelta(seconds=1)


def starts(shop: MadeTenant, slots: tuple[Slot, ...]) -> list[str]:
    return [slot.start.astimezone(ZoneInfo(shop.timezone)).strftime("%H:%M") for slot in slots]


def book(shop: MadeTenant, start: datetime, event_type_id: int) -> None:
    calcom(shop.id).create_booking(
        event_type_id=event_type_id, start=start, name="Ana", email="ana@example.com", time_zone="UTC", key="k"
    )


class TestSlotsForDay:
    @pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland", "Asia/Kolkata", "Pacific/Honolulu"])
    def test_the_tenants_own_day(self, tenants: TenantFactory, zone: str) -> None:
        shop = tenants.make(timezone=zone)
        day = ahead(shop)
        slots = availability.slots_for_day(shop.id, shop.service_id, day)
        assert (len(slots), starts(shop, slots)[0], starts(shop, slots)[-1]) == (16, "09:00", "16:30")
        assert {slot.start.astimezone(ZoneInfo(zone)).date() for slot in slots} == {day}
        assert {(slot.start.utcoffset(), slot.end - slot.start) for slot in slots} == {
            (timedelta(0), timedelta(minutes=30))
        }

    def test_days_when_clocks_change(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        coming = (ahead(shop, n) for n in range(1, 400))
        odd = [day for day in coming if _length(day, shop.timezone) != DAY]
        assert {_length(day, shop.timezone) for day in odd} == {timedelta(hours=23), timedelta(hours=25)}
        for day in odd:
            assert len(availability.slots_for_day(shop.id, shop.service_id, day)) == 16
            # Never a question for days on both sides of a change.
            asked = [asked_span(call) for call in calls(sandbox)]
            midnight = hours.day_bounds(day, shop.timezone)[0]
            assert midnight in {start for start, _ in asked}
            assert not any(start < midnight < end for start, end in asked)

    def test_what_is_over_is_left_out(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        day = ahead(shop)
        assert len(availability.slots_for_day(shop.id, shop.service_id, day)) == 16
        with time_machine.travel(at(shop, day, 12)):
            assert starts(shop, availability.slots_for_day(shop.id, shop.service_id, day))[0] == "12:30"
        with time_machine.travel(at(shop, day, 11, 59)):
            assert starts(shop, availability.slots_for_day(shop.id, shop.service_id, day))[0] == "12:00"
        assert len(calls(sandbox)) == 1

    def test_days_that_are_over_are_not_asked_for(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        assert availability.slots_for_day(shop.id, shop.service_id, ahead(shop, -1)) == ()
        assert calls(sandbox) == []

    def test_kept_for_two_minutes_at_most(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        day = ahead(shop)
        assert len({availability.slots_for_day(shop.id, shop.service_id, day) for _ in range(10)}) == 1
        cache.clear()  # another process
        availability.slots_for_day(shop.id, shop.service_id, day)
        assert len(calls(sandbox)) == 1
        assert 0 < client().pttl(_day_key(shop, day)) <= 120_000

    def test_tenants_do_not_share(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        one, other = tenants.make("one"), tenants.make("other")
        day = ahead(one)
        assert availability.slots_for_day(one.id, one.service_id, day)
        with pytest.raises(ServiceNotFound):
            availability.slots_for_day(one.id, other.service_id, day)
        assert availability.slots_for_day(other.id, other.service_id, day)
        assert len(calls(sandbox)) == 2


def _length(day: date, timezone: str) -> timedelta:
    start, end = hours.day_bounds(day, timezone)
    return end - start


def _day_key(shop: MadeTenant, day: date) -> bytes:
    keys = list(client().scan_iter(match=f"portal:slots:{shop.id}:{day}:{shop.service_id}:*"))
    assert len(keys) == 1
    return bytes(keys[0])


class TestErrors:
    def test_never_an_empty_day_and_never_kept(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", match=SLOTS, status=500, times=3)
        with pytest.raises(CalendarUnavailable):
            availability.slots_for_day(shop.id, shop.service_id, ahead(shop))
        assert availability.peek_day(shop.id, shop.service_id, ahead(shop)) is None
        assert len(availability.slots_for_day(shop.id, shop.service_id, ahead(shop))) == 16

    def test_busy(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", match=SLOTS, status=429, headers={"X-RateLimit-Reset-Default": "50"}, body={})
        with pytest.raises(CalendarBusy):
            availability.slots_for_day(shop.id, shop.service_id, ahead(shop))

    def test_key_refused(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", match=SLOTS, status=401, body={})
        with pytest.raises(NotConnected):
            availability.slots_for_day(shop.id, shop.service_id, ahead(shop))

    def test_event_type_is_gone(self, tenants: TenantFactory) -> None:
        shop = tenants.make(calendar=True, account={"event_types": []})
        with pytest.raises(NotConnected):
            availability.slots_for_day(shop.id, shop.service_id, ahead(shop))

    def test_no_key(self, tenants: TenantFactory) -> None:
        shop = tenants.make(calendar=False)
        with pytest.raises(NotConnected):
            availability.slots_for_day(shop.id, shop.service_id, ahead(shop))

    def test_no_event_type(self, tenants: TenantFactory) -> None:
        shop = tenants.make(calendar=False, services={"Cut": {"cal_event_type_id": None}})
        with pytest.raises(NotConnected):
            availability.slots_for_day(shop.id, shop.service_id, ahead(shop))


class TestSingleFlight:
    def test_two_hundred_askers_one_call(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", match=SLOTS, delay_ms=300, times=None)
        answers = _ask_at_once(200, shop)
        assert {len(slots) for slots in answers} == {16}
        assert len(calls(sandbox)) == 1

    def test_also_while_changes_cannot_be_heard(
        self, shop: MadeTenant, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cache, "_live", False)
        sandbox.fault(provider="calcom", match=SLOTS, delay_ms=300, times=None)
        assert {len(slots) for slots in _ask_at_once(60, shop)} == {16}
        assert len(calls(sandbox)) == 1

    def test_across_processes(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", match=SLOTS, delay_ms=800, times=None)
        program = [sys.executable, "-c", ASKERS, str(shop.id), str(shop.service_id), str(ahead(shop))]
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda _: subprocess.run(program, capture_output=True, timeout=100), range(2)))
        assert [process.stdout for process in done] == [b"[16]"] * 2
        assert len(calls(sandbox)) == 1

    def test_one_failure_for_all_who_waited(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", match=SLOTS, status=500, delay_ms=300, times=None)
        answers = _ask_at_once(50, shop)
        assert {type(answer) for answer in answers} == {CalendarUnavailable}
        assert len(calls(sandbox)) == 3  # one call, tried three times


ASKERS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID
from portal.domain import availability
tenant_id, service_id, day = UUID(sys.argv[1]), UUID(sys.argv[2]), date.fromisoformat(sys.argv[3])
with ThreadPoolExecutor(10) as pool:
    found = pool.map(lambda _: len(availability.slots_for_day(tenant_id, service_id, day)), range(20))
    sys.stdout.write(str(sorted(set(found))))
"""


def _ask_at_once(number: int, shop: MadeTenant) -> list[Any]:
    line = threading.Barrier(number)
    day = ahead(shop)

    def ask(_: int) -> Any:
        line.wait()
        try:
            return availability.slots_for_day(shop.id, shop.service_id, day)
        except PortalError as error:
            return error

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(ask, range(number)))


class TestSlotsBetween:
    def test_one_call_for_the_whole_range(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        first, last = ahead(shop, 1), ahead(shop, 7)
        days = availability.slots_between(shop.id, shop.service_id, first, last)
        assert list(days) == [first + n * DAY for n in range(7)]
        assert {len(slots) for slots in days.values()} == {16}
        assert availability.slots_for_day(shop.id, shop.service_id, last) == days[last]
        assert len(calls(sandbox)) == 1

    @pytest.mark.usefixtures("between_clock_changes")
    def test_only_the_span_that_is_missing(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        availability.slots_between(shop.id, shop.service_id, ahead(shop, 1), ahead(shop, 3))
        availability.slots_between(shop.id, shop.service_id, ahead(shop, 2), ahead(shop, 5))
        availability.slots_between(shop.id, shop.service_id, ahead(shop, 55), ahead(shop, 70))
        bounds = [hours.day_bounds(ahead(shop, days), shop.timezone)[0] for days in (0, 62, 124)]
        assert asked_span(calls(sandbox)[0]) == (bounds[0], bounds[1])
        assert asked_span(calls(sandbox)[-1]) == (bounds[1], bounds[2])
        assert len(calls(sandbox)) == 2

    def test_days_over_and_days_closed_are_empty(self, tenants: TenantFactory) -> None:
        shop = tenants.make(account={"schedule": [{"days": [0], "start": "09:00", "end": "12:00"}]})
        days = availability.slots_between(shop.id, shop.service_id, ahead(shop, -7), ahead(shop, 7))
        assert all(bool(slots) <= (day.weekday() == 0 and day >= ahead(shop, 0)) for day, slots in days.items())
        assert {len(slots) for day, slots in days.items() if day.weekday() == 0 and day > ahead(shop, 0)} == {6}

    @pytest.mark.parametrize("last", [0, 32])
    def test_too_few_or_too_many(self, shop: MadeTenant, last: int) -> None:
        with pytest.raises(InvalidArgument):
            availability.slots_between(shop.id, shop.service_id, ahead(shop, 1), ahead(shop, last))

    def test_a_month(self, shop: MadeTenant) -> None:
        days = availability.slots_between(shop.id, shop.service_id, ahead(shop, 1), ahead(shop, 31))
        assert len(days) == 31


class TestDropDay:
    @pytest.mark.parametrize("named_by", ["day", "moment"])
    def test_shows_a_booking_at_once(self, shop: MadeTenant, tenants: TenantFactory, named_by: str) -> None:
        day = ahead(shop)
        start = at(shop, day, 16)
        availability.slots_for_day(shop.id, shop.service_id, day)
        book(shop, start, _event_type(tenants, shop))
        assert "16:00" in starts(shop, availability.slots_for_day(shop.id, shop.service_id, day))
        availability.drop_day(shop.id, day if named_by == "day" else start)
        assert availability.peek_day(shop.id, shop.service_id, day) is None
        assert "16:00" not in starts(shop, availability.slots_for_day(shop.id, shop.service_id, day))

    def test_other_services_of_the_day_too(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make(services={"Cut": {}, "Shave": {}})
        for service in shop.services.values():
            availability.slots_between(shop.id, service, ahead(shop, 3), ahead(shop, 4))
        availability.drop_day(shop.id, ahead(shop, 3))
        for service in shop.services.values():
            availability.slots_between(shop.id, service, ahead(shop, 3), ahead(shop, 4))
        assert len(calls(sandbox)) == 4
        availability.slots_between(shop.id, shop.service_id, ahead(shop, 0), ahead(shop, 20))
        assert len(calls(sandbox)) == 4

    def test_a_fetch_under_way_is_not_joined(self, shop: MadeTenant, sandbox: Sandbox, tenants: TenantFactory) -> None:
        day = ahead(shop)
        sandbox.fault(provider="calcom", match=SLOTS, delay_reply_ms=800)
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(availability.slots_for_day, shop.id, shop.service_id, day)
            while not calls(sandbox):
                time.sleep(0.01)
            book(shop, at(shop, day, 10), _event_type(tenants, shop))
            availability.drop_day(shop.id, day)
            assert "10:00" not in starts(shop, availability.slots_for_day(shop.id, shop.service_id, day))
            assert "10:00" in starts(shop, slow.result())
        # What came late is not kept anywhere.
        assert "10:00" not in starts(shop, availability.slots_for_day(shop.id, shop.service_id, day))
        cache.clear()
        assert "10:00" not in starts(shop, availability.slots_for_day(shop.id, shop.service_id, day))


def _event_type(tenants: TenantFactory, shop: MadeTenant) -> int:
    with psycopg.connect(tenants.admin_url) as connection:
        row = connection.execute(
            "select cal_event_type_id from portal.tenant_services where id = %s", [shop.service_id]
        ).fetchone()
    assert row is not None
    return int(row[0])


class TestPeekDay:
    def test_what_this_process_has(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        day = ahead(shop)
        assert availability.peek_day(shop.id, shop.service_id, day) is None
        slots = availability.slots_for_day(shop.id, shop.service_id, day)
        assert availability.peek_day(shop.id, shop.service_id, day) == slots
        with time_machine.travel(at(shop, day, 16)):
            assert availability.peek_day(shop.id, shop.service_id, day) == slots[-1:]
        assert len(calls(sandbox)) == 1

    def test_does_not_wait_for_a_fetch(self, shop: MadeTenant, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", match=SLOTS, delay_ms=1000)
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(availability.slots_for_day, shop.id, shop.service_id, ahead(shop))
            while not calls(sandbox):
                time.sleep(0.01)
            begun = time.monotonic()
            assert availability.peek_day(shop.id, shop.service_id, ahead(shop)) is None
            assert time.monotonic() - begun < 0.5
            slow.result()


class TestClaims:
    @pytest.fixture
    def studio(self, tenants: TenantFactory) -> MadeTenant:
        return tenants.make(services={"Class": {"seats": 2}, "Session": {}})

    def claim(
        self, tenants: TenantFactory, shop: MadeTenant, service: str, hour: int, *, seat: int = 1, **changed: Any
    ) -> None:
        start = at(shop, ahead(shop), hour)
        values = {"start_time": start, "end_time": start + timedelta(minutes=30), "booking_id": new_id()}
        with psycopg.connect(tenants.admin_url, autocommit=True) as connection:
            insert(
                connection, "slot_claims",
                **{"tenant_id": shop.id, "resource_id": _resource(connection, shop), "seat": seat,
                   "service_id": shop.services[service]} | values | changed,
            )  # fmt: skip

    def free(self, shop: MadeTenant, service: str) -> set[str]:
        return set(starts(shop, availability.slots_for_day(shop.id, shop.services[service], ahead(shop))))

    def test_the_only_seat(self, tenants: TenantFactory, studio: MadeTenant) -> None:
        self.claim(tenants, studio, "Session", 10)
        assert "10:00" not in self.free(studio, "Session")
        assert {"09:30", "10:30"} <= self.free(studio, "Session")

    def test_another_services_claim_takes_the_whole_resource(self, tenants: TenantFactory, studio: MadeTenant) -> None:
        self.claim(tenants, studio, "Session", 10)
        assert "10:00" not in self.free(studio, "Class")

    def test_overlapping_is_enough(self, tenants: TenantFactory, studio: MadeTenant) -> None:
        start = at(studio, ahead(studio), 10, 15)
        self.claim(tenants, studio, "Session", 0, start_time=start, end_time=start + timedelta(minutes=30))
        assert not {"10:00", "10:30"} & self.free(studio, "Session")
        assert {"09:30", "11:00"} <= self.free(studio, "Session")

    @pytest.mark.parametrize(("seats", "is_free"), [([1], True), ([2], True), ([1, 2], False)])
    def test_shared_seats(self, tenants: TenantFactory, studio: MadeTenant, seats: list[int], is_free: bool) -> None:
        for seat in seats:
            self.claim(tenants, studio, "Class", 10, seat=seat)
        assert ("10:00" in self.free(studio, "Class")) is is_free

    def test_expired_claims_hold_nothing(self, tenants: TenantFactory, studio: MadeTenant) -> None:
        self.claim(tenants, studio, "Session", 10, expires_at=clock.now() - timedelta(seconds=1))
        self.claim(tenants, studio, "Session", 11, expires_at=clock.now() + timedelta(minutes=1))
        free = self.free(studio, "Session")
        assert ("10:00" in free, "11:00" in free) == (True, False)

    def test_another_resource_and_another_tenant_do_not_matter(
        self, tenants: TenantFactory, studio: MadeTenant
    ) -> None:
        other, resource = tenants.make("other"), new_id()
        with psycopg.connect(tenants.admin_url, autocommit=True) as connection:
            insert(connection, "tenant_resources", id=resource, tenant_id=studio.id, name="Second room")
        self.claim(tenants, studio, "Session", 10, resource_id=resource)
        self.claim(tenants, other, "Haircut", 11)
        assert {"10:00", "11:00"} <= self.free(studio, "Session")


def _resource(connection: "psycopg.Connection[Any]", shop: MadeTenant) -> UUID:
    row = connection.execute(
        "select resource_id from portal.tenant_services where id = %s", [shop.service_id]
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))
