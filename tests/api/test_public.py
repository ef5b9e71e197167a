import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from portal.core import clock, tenant
from portal.core.db import customer
from portal.domain import booking
from tests.api.conftest import Caller, failure
from tests.factories import MadeTenant, TenantFactory

ANY_ID = "0193f0aa-0000-7000-8000-000000000000"
WRONG_QUERIES = (
    ("", "service_id"),
    ("service_id=x&date=2026-11-24", "service_id"),
    (f"service_id={ANY_ID}", "date"),
    (f"service_id={ANY_ID}&date=1700000000", "date"),
    (f"service_id={ANY_ID}&date=2026-13-01", "date"),
    (f"service_id={ANY_ID}&date=9999-12-31", "date"),
    (f"service_id={ANY_ID}&date=2026-11-24&x=1", "x"),
)
NEW_YORK = ZoneInfo("America/New_York")


def tomorrow() -> date:
    return clock.now().astimezone(NEW_YORK).date() + timedelta(days=1)


class TestTenant:
    def test_document(self, caller: Caller, shop: MadeTenant) -> None:
        answer = caller.get("/v1/public/tenant")
        assert answer.status_code == 200
        body = answer.json()
        assert set(body) == {"slug", "status", "profile", "branding", "services", "faqs", "policies"}
        assert body["slug"] == "shop"
        assert body["profile"]["business_name"] == "Shop"
        assert body["profile"]["timezone"] == "America/New_York"
        assert body["profile"]["business_hours"]["mon"] == [["09:00", "17:00"]]
        assert body["services"][0]["price_cents"] == 3500
        assert body["faqs"][0]["answer"] == "Yes."
        assert "cancellation_policy" in body["policies"]

    def test_nothing_internal(self, caller: Caller, shop: MadeTenant) -> None:
        text = caller.get("/v1/public/tenant").text
        for secret in (str(shop.id), shop.cal_key, "cal_event_type_id", "resource_id", "dont_do", "daily_token_budget"):
            assert secret not in text

    def test_unchanged(self, caller: Caller) -> None:
        first = caller.get("/v1/public/tenant")
        assert first.headers["cache-control"] == "no-cache"
        for etag in (first.headers["etag"], f"W/{first.headers['etag']}", f'"other", {first.headers["etag"]}', "*"):
            again = caller.get("/v1/public/tenant", headers={"If-None-Match": etag})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
        assert caller.get("/v1/public/tenant", headers={"If-None-Match": '"other"'}).status_code == 200

    def test_a_change_shows_at_once(self, caller: Caller, shop: MadeTenant, database: str) -> None:
        before = caller.get("/v1/public/tenant")
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("update portal.tenant_profiles set business_name = 'New name'")
        tenant.forget(shop.id)
        after = caller.get("/v1/public/tenant", headers={"If-None-Match": before.headers["etag"]})
        assert after.json()["profile"]["business_name"] == "New name"

    def test_wrong_method(self, caller: Caller) -> None:
        answer = caller.post("/v1/public/tenant")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET"
        assert failure(answer)["details"]["reason"] == "method_not_allowed"


class TestServices:
    def test_document(self, caller: Caller, shop: MadeTenant) -> None:
        services = caller.get("/v1/public/services").json()["services"]
        assert [service["id"] for service in services] == [str(shop.service_id)]
        assert set(services[0]) == {"id", "name", "description", "duration_minutes", "price_cents", "currency"}


class TestAvailability:
    def test_slots_with_the_tenants_offset(self, caller: Caller, shop: MadeTenant) -> None:
        day = tomorrow()
        answer = caller.get("/v1/public/availability", params={"service_id": str(shop.service_id), "date": str(day)})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["service_id"], body["date"], body["timezone"]) == (str(shop.service_id), str(day), shop.timezone)
        opening = datetime(day.year, day.month, day.day, 9, tzinfo=NEW_YORK)
        assert body["slots"][0] == {
            "start": opening.isoformat(),
            "end": (opening + timedelta(minutes=30)).isoformat(),
        }
        assert len(body["slots"]) == 16
        assert answer.headers["cache-control"] == "no-store"

    def test_past_days_are_empty(self, caller: Caller, shop: MadeTenant) -> None:
        params = {"service_id": str(shop.service_id), "date": str(tomorrow() - timedelta(days=9))}
        assert caller.get("/v1/public/availability", params=params).json()["slots"] == []

    def test_unknown_service(self, caller: Caller, tenants: TenantFactory) -> None:
        other = tenants.make("other")
        params = {"service_id": str(other.service_id), "date": str(tomorrow())}
        answer = caller.get("/v1/public/availability", params=params)
        assert answer.status_code == 404
        assert failure(answer)["details"]["reason"] == "service_not_found"

    def test_wrong_query(self, caller: Caller) -> None:
        for query, field in WRONG_QUERIES:
            answer = caller.get(f"/v1/public/availability?{query}")
            assert answer.status_code == 400, query
            error = failure(answer)
            assert error["code"] == "INVALID_ARGUMENT"
            assert error["details"]["fields"][0]["field"] == field
        for odd in ("date=2026-11-24&date=2026-11-25", "%ff=1", "date=%00", "a", "date=\x00", "=&=", "&&&"):
            raw = caller.raw("/v1/public/availability", query_string=odd.encode())
            assert raw.status == 400, odd
            assert b"INVALID_ARGUMENT" in raw.body

    def test_calendar_failure_is_never_an_empty_day(
        self, caller: Caller, shop: MadeTenant, tenants: TenantFactory
    ) -> None:
        tenants.sandbox.fault(provider="calcom", match={"path_regex": "/slots"}, times=None, status=500)
        params = {"service_id": str(shop.service_id), "date": str(tomorrow())}
        answer = caller.get("/v1/public/availability", params=params)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert failure(answer)["code"] == "UNAVAILABLE"

    def test_many_askers_cost_one_fetch(self, caller: Caller, shop: MadeTenant, tenants: TenantFactory) -> None:
        path = f"/v1/public/availability?service_id={shop.service_id}&date={tomorrow()}"

        async def all_at_once() -> list[int]:
            answers = await asyncio.gather(*(caller.request("GET", path) for _ in range(200)))
            return [answer.status_code for answer in answers]

        assert caller.runner.run(all_at_once()) == [200] * 200


class TestCalendarFile:
    def booked(self, shop: MadeTenant) -> booking.BookingView:
        start = datetime.combine(tomorrow(), datetime.min.time(), NEW_YORK).replace(hour=10).astimezone(UTC)
        wanted = booking.BookingRequest(shop.service_id, start, "Ada Low", "ada@example.com")
        return booking.book(customer(shop.id), wanted, idempotency_key="calendar-file-1")

    def test_download(self, caller: Caller, shop: MadeTenant) -> None:
        view = self.booked(shop)
        token = view.manage_url.rpartition("/")[2]
        answer = caller.get(f"/v1/public/bookings/{token}/calendar.ics")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["cache-control"] == "no-store"
        assert f"UID:{view.id}@shop" in answer.text

    def test_on_another_site(self, caller: Caller, shop: MadeTenant, tenants: TenantFactory) -> None:
        tenants.make("other")
        token = self.booked(shop).manage_url.rpartition("/")[2]
        answer = caller.get(f"/v1/public/bookings/{token}/calendar.ics", host="other.localhost")
        assert answer.status_code == 404
        failure(answer)

    def test_wrong_token(self, caller: Caller) -> None:
        for token in ("x", "a.b.c", "%00", "é", "x" * 3000):
            answer = caller.get(f"/v1/public/bookings/{token}/calendar.ics")
            assert answer.status_code == 404
            failure(answer)
