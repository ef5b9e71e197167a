"""Fifty racers for one slot, a hundred times (TESTS=all; otherwise ten): one booking each, in both stores."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from portal.core import clock, db
from portal.core.errors import SlotNotOffered, SlotTaken
from portal.domain import booking
from portal.domain.booking.types import BookingRequest
from tests.factories import THOROUGH, MadeTenant, Sandbox, TenantFactory

SHOPS, RACES, RACERS = 10, 10 if THOROUGH else 1, 50  # several shops: one calendar account allows 120 calls a minute
PER_DAY = 16  # half-hour slots from 09:00 to 17:00


def slot(shop: MadeTenant, number: int) -> datetime:
    zone = ZoneInfo(shop.timezone)
    day = clock.now().astimezone(zone).date() + timedelta(days=2 + number // PER_DAY)
    opening = datetime(day.year, day.month, day.day, 9, tzinfo=zone)
    return (opening + timedelta(minutes=30 * (number % PER_DAY))).astimezone(UTC)


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_one_booking_each(tenants: TenantFactory, sandbox: Sandbox) -> None:
    shops = [tenants.make(f"shop-{number}") for number in range(SHOPS)]

    def race(entry: tuple[MadeTenant, int, int]) -> str:
        shop, number, racer = entry
        request = BookingRequest(shop.service_id, slot(shop, number), "Racer", f"r{racer}@example.com")
        try:
            return booking.book(db.customer(shop.id), request, idempotency_key=f"race-{number}-racer-{racer}").status
        except (SlotTaken, SlotNotOffered):
            return "taken"

    with ThreadPoolExecutor(RACERS) as pool:
        for number in range(RACES):
            for shop in shops:
                results = list(pool.map(race, [(shop, number, racer) for racer in range(RACERS)]))
                assert sorted(results) == ["confirmed"] + ["taken"] * (RACERS - 1)
    for shop in shops:
        check_both_stores(tenants, sandbox, shop)


def check_both_stores(tenants: TenantFactory, sandbox: Sandbox, shop: MadeTenant) -> None:
    with psycopg.connect(tenants.admin_url) as connection:
        query = "select cal_booking_uid, start_time from portal.bookings where tenant_id = %s order by 2"
        ours = connection.execute(query, [shop.id]).fetchall()
        claims = connection.execute(
            "select count(*) from portal.slot_claims where tenant_id = %s", [shop.id]
        ).fetchone()
    theirs = sandbox.get("/_sandbox/calcom/bookings", api_key=shop.cal_key)["bookings"]
    assert claims == (RACES,)
    assert [start for _, start in ours] == [slot(shop, number) for number in range(RACES)]
    assert {uid for uid, _ in ours} == {each["uid"] for each in theirs}
    assert len(theirs) == RACES
