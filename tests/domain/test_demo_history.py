"""The demo's four weeks behind and two ahead."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from portal.commands.sandboxed import put_bookings
from portal.domain import demo, demo_history
from portal.domain.demo_history import DAYS_AHEAD, DAYS_BACK
from portal.domain.demo_tenants import TENANTS, DemoTenant
from portal.runtime.valkey import EmbeddedValkey
from portal.sandbox import DEMO_ACCOUNTS
from tests.factories import Sandbox

COUNTED = (
    ("bookings", "status"), ("bookings", "source"), ("notifications", "state"), ("chat_sessions", "outcome"),
    ("booking_events", "processing_status"), ("sms_suppressions", "reason"),
)  # fmt: skip


@pytest.fixture
def history(database: str, valkey: EmbeddedValkey) -> None:
    demo.seed(database)
    demo_history.seed(database)


def rows(database: str, statement: str, *values: Any) -> list[dict[str, Any]]:
    with psycopg.connect(database, row_factory=dict_row) as connection:
        return connection.execute(statement.encode(), values).fetchall()


def test_every_page_has_what_it_is_for(database: str, history: None) -> None:
    for tenant in TENANTS:
        counted = {asked: _counted(database, *asked, tenant) for asked in COUNTED}
        assert set(counted["bookings", "status"]) == {"pending", "confirmed", "cancelled", "completed", "no_show"}
        assert set(counted["bookings", "source"]) == {"ai", "widget", "admin", "other"}
        states = {"planned", "sent", "delivered", "undelivered", "failed", "dropped", "cancelled"}
        assert set(counted["notifications", "state"]) == states
        assert set(counted["chat_sessions", "outcome"]) == {"booked", "moved", "cancelled", "handed_off", None}
        assert set(counted["booking_events", "processing_status"]) == {"processed", "failed"}
        assert counted["sms_suppressions", "reason"] == {"unsure": 1, "stop": 1}


def test_nothing_collides_and_all_is_within_hours(database: str, history: None) -> None:
    now = datetime.now(UTC)
    for tenant in TENANTS:
        found = rows(database, "select * from portal.bookings where tenant_id = %s order by start_time", tenant.id)
        assert all(one["end_time"] <= other["start_time"] for one, other in pairwise(found))
        assert found[0]["start_time"] > now - timedelta(days=DAYS_BACK + 1)
        assert found[-1]["start_time"] < now + timedelta(days=DAYS_AHEAD + 1)
        hours = rows(database, "select business_hours from portal.tenant_profiles where tenant_id = %s", tenant.id)
        for booking in found:
            assert _is_open(tenant, hours[0]["business_hours"], booking["start_time"], booking["end_time"])


def test_what_lies_ahead_is_held_and_in_the_calendar(database: str, history: None, sandbox: Sandbox) -> None:
    coming = "select cal_booking_uid, id from portal.bookings where end_time > now() and status in {}"
    found = rows(database, coming.format("('confirmed', 'pending')"))
    held = rows(database, "select booking_id from portal.slot_claims")
    assert {row["booking_id"] for row in held} == {row["id"] for row in found}
    for account in json.loads(DEMO_ACCOUNTS.read_text().replace("{portal}", "http://x"))["calcom"]["accounts"]:
        sandbox.post("/_sandbox/calcom/accounts", account)
    for _ in range(2):
        for key, bookings in demo_history.ahead(database).items():
            put_bookings(sandbox.url, key, bookings)
    there = sandbox.get("/_sandbox/calcom/bookings")["bookings"]
    assert sorted(booking["uid"] for booking in there) == sorted(row["cal_booking_uid"] for row in found)


def test_again_it_changes_nothing(database: str, history: None) -> None:
    before = rows(database, "select id from portal.bookings order by id")
    demo_history.seed(database)
    assert rows(database, "select id from portal.bookings order by id") == before


def test_is_the_same_everywhere(database: str, valkey: EmbeddedValkey) -> None:
    demo.seed(database)
    tenant, now = TENANTS[0], datetime(2026, 3, 6, 15, tzinfo=UTC)
    services = [_Service(**row) for row in rows(
        database, "select id, resource_id, name, duration_minutes, price_cents, currency, seats, cal_event_type_id"
        " from portal.tenant_services where tenant_id = %s order by sort_order, name", tenant.id)]  # fmt: skip
    hours = {day: [["09:00", "18:00"]] for day in ("mon", "wed", "sat")}
    first, second = (demo_history.told(tenant, now, services, hours) for _ in range(2))
    assert first.rows == second.rows


def _counted(database: str, table: str, column: str, tenant: DemoTenant) -> Counter[str | None]:
    statement = f"select {column} as value from portal.{table} where tenant_id = %s"
    return Counter(row["value"] for row in rows(database, statement, tenant.id))


class _Service:
    def __init__(self, **columns: Any) -> None:
        self.__dict__.update(columns)


def _is_open(tenant: DemoTenant, hours: dict[str, Any], start: datetime, end: datetime) -> bool:
    begins, ends = (moment.astimezone(ZoneInfo(tenant.timezone)) for moment in (start, end))
    spans = hours[demo_history.WEEK[begins.weekday()]]
    return any(opens <= f"{begins:%H:%M}" and f"{ends:%H:%M}" <= closes for opens, closes in spans)
