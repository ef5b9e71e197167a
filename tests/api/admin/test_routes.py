"""The admin's API end to end: what a program sends, what it gets, and what customers then see."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.api.app import Api
from portal.core import clock
from tests.api.admin.conftest import Office, SignedIn
from tests.api.admin.operations import operations, picture
from tests.api.conftest import failure
from tests.factories import PLANS

SCRIPT = "<script>alert(1)</script>"


def base(office: Office) -> str:
    return f"/v1/admin/tenants/{office.mine.id}"


def public(office: Office) -> Any:
    return office.nobody.get("/v1/public/tenant").json()


class TestDocument:
    def test_every_operation_is_described(self, api: Api) -> None:
        for operation in operations(api.openapi()):
            answers = operation.description["responses"]
            assert operation.description.get("summary"), str(operation)
            assert {"401", "403"} <= set(answers), str(operation)
            assert next(iter(answers)).startswith("2") or "200" in answers, str(operation)

    def test_names_are_unique(self, api: Api) -> None:
        names = [operation.description["operationId"] for operation in operations(api.openapi())]
        assert len(set(names)) == len(names)


class TestSettings:
    def test_changed_and_in_force(self, office: Office) -> None:
        for subject, change, shown in (
            ("profile", {"business_name": SCRIPT}, lambda site: site["profile"]["business_name"]),
            ("branding", {"primary_color": "#ABCDEF"}, lambda site: site["branding"]["primary_color"]),
            ("policies", {"late_policy": SCRIPT}, lambda site: site["policies"]["late_policy"]),
        ):
            read = office.owner.json("GET", f"{base(office)}/{subject}", 200)
            body = change | {"version": read["version"]}
            after = office.owner.json("PATCH", f"{base(office)}/{subject}", 200, json=body)
            [(field, _)] = change.items()
            assert shown(public(office)) == after[field]
            conflict = office.owner.ask("PATCH", f"/v1/admin/{subject}", json=body)
            assert conflict.status_code == 409
            details = failure(conflict)["details"]
            assert details["reason"] == "changed_meanwhile"
            assert (details["current"][field], details["version"]) == (after[field], after["version"])

    def test_null_empties_and_absence_keeps(self, office: Office) -> None:
        path = f"{base(office)}/profile"
        read = office.owner.json("GET", path, 200)
        filled = {"city": "Brooklyn", "tagline": "Sharp.", "version": read["version"]}
        read = office.owner.json("PATCH", path, 200, json=filled)
        read = office.owner.json("PATCH", path, 200, json={"tagline": None, "version": read["version"]})
        assert (read["city"], read["tagline"]) == ("Brooklyn", None)

    def test_bad_bodies(self, office: Office) -> None:
        path = f"{base(office)}/profile"
        version = office.owner.json("GET", path, 200)["version"]
        for body in (
            {}, {"city": "X"}, {"version": version, "tenant_id": "x"}, {"version": version, "city": 5}, {"version": 5},
            [],
            {"version": version, "website_url": "javascript:alert(1)"}, {"version": version, "timezone": "Mars"},
            {"version": version, "business_hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}},
        ):  # fmt: skip
            answer = office.owner.ask("PATCH", path, json=body)
            assert answer.status_code == 400, body
            assert failure(answer)["code"] == "INVALID_ARGUMENT"


class TestLogo:
    def test_uploaded_and_served_everywhere(self, office: Office) -> None:
        read = office.owner.json("GET", f"{base(office)}/branding", 200)
        path = f"{base(office)}/branding/logo?version={read['version']}"
        after = office.owner.json("PUT", path, 200, content=picture())
        url = after["logo_url"]
        assert public(office)["branding"]["logo_url"] == url
        for host in (office.mine.host, office.theirs.host, "localhost"):
            shown = office.nobody.get(url, host=host)
            assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
            assert "immutable" in shown.headers["cache-control"]
            assert shown.headers["x-content-type-options"] == "nosniff"
        seen = office.nobody.get(url, headers={"If-None-Match": shown.headers["etag"]})
        assert (seen.status_code, seen.content) == (304, b"")
        for unknown in (url.replace(".png", ".webp"), "/v1/public/logo/x.png", f"/v1/public/logo/{'0' * 64}.png"):
            assert office.nobody.get(unknown).status_code == 404

    def test_refused(self, office: Office) -> None:
        read = office.owner.json("GET", f"{base(office)}/branding", 200)
        path = f"{base(office)}/branding/logo?version={read['version']}"
        svg = office.owner.ask("PUT", path, content=b"<svg/>", headers={"Content-Type": "image/png"})
        assert failure(svg)["details"] == {"field": "logo"}
        huge = office.owner.ask("PUT", path, content=b"x" * 1_300_000)
        assert huge.status_code == 413


class TestServices:
    def test_whole_life(self, office: Office) -> None:
        path = f"{base(office)}/services"
        made = office.owner.json("POST", path, 201, json={"name": SCRIPT, "duration_minutes": 30, "price_cents": 100})
        change = {"price_cents": 4200, "version": made["version"]}
        changed = office.owner.json("PATCH", f"{path}/{made['id']}", 200, json=change)
        assert {"id": made["id"], "name": SCRIPT, "price_cents": 4200}.items() <= public(office)["services"][1].items()
        listed = office.owner.json("GET", path, 200)
        assert listed["next"] is None
        order = {"ids": [each["id"] for each in listed["items"]][::-1], "version": listed["order_version"]}
        office.owner.json("PUT", f"{path}/order", 200, json=order)
        assert public(office)["services"][0]["id"] == made["id"]
        gone = office.owner.json("DELETE", f"{path}/{made['id']}?version={changed['version']}", 200)
        assert len(public(office)["services"]) == 1
        assert [each["id"] for each in office.owner.json("GET", f"{path}?deleted=true", 200)["items"]] == [made["id"]]
        office.owner.json("POST", f"{path}/{made['id']}/restore", 200, json={"version": gone["version"]})
        assert len(public(office)["services"]) == 2

    def test_table(self, office: Office) -> None:
        path = f"{base(office)}/services"
        table = office.owner.get(f"{path}/export")
        assert table.headers["content-type"].startswith("text/csv")
        assert "attachment" in table.headers["content-disposition"]
        edited = table.content.replace(b"35.00", b"36.00")
        report = office.owner.json("POST", f"{path}/import", 200, content=edited)
        assert (report["applied"], report["updated"]) == (False, 1)
        applied = f"{path}/import?apply=true&version={report['version']}"
        assert office.owner.json("POST", applied, 200, content=edited)["applied"]
        assert public(office)["services"][0]["price_cents"] == 3600


class TestIntegrations:
    def test_key_never_comes_out(self, office: Office) -> None:
        path = f"{base(office)}/integrations"
        version = office.owner.json("GET", path, 200)["version"]
        body = {"api_key": office.mine.cal_key, "version": version}
        answers = [
            *(office.owner.ask("POST", f"{path}/calcom", json=body) for _ in range(2)),
            office.owner.ask("POST", f"{path}/calcom", json=body | {"api_key": "cal_live_wrong"}),
            office.owner.get(path), office.owner.get(f"{path}/calcom"), office.owner.get(f"{base(office)}/audit"),
            office.owner.get(f"{base(office)}/audit/export"),
        ]  # fmt: skip
        assert [answer.status_code for answer in answers] == [200, 409, 400, 200, 200, 200, 200]
        for answer in answers:
            assert office.mine.cal_key not in answer.text
            assert "cal_live_wrong" not in answer.text
        assert answers[3].json()["calcom"]["set_by"] == "owner@mine.example"
        assert [each["title"] for each in answers[4].json()["event_types"]] == ["Haircut"]

    def test_not_asked_too_often(self, office: Office) -> None:
        path = f"{base(office)}/integrations/calcom"
        statuses = [
            office.owner.ask("POST", path, json={"api_key": "x", "version": "x"}).status_code for _ in range(31)
        ]
        assert statuses == [400] * 30 + [429]


class TestBilling:
    def test_chosen_paid_and_shown(self, office: Office) -> None:
        path = "/v1/admin/integrations/stripe/billing"
        plans = office.owner.json("GET", f"{path}/plans", 200)["plans"]
        assert [(each["plan"], each["price_cents"]) for each in plans] == list(PLANS.items())
        page = office.owner.json("POST", path, 200, json={"plan": "growth"})
        assert page == office.operator.json(
            "POST", f"{base(office)}{path.removeprefix('/v1/admin')}", 200, json={"plan": "growth"}
        )
        assert page["kind"] == "checkout"
        office.sandbox.client.post(page["url"])
        assert office.owner.json("POST", path, 200, json={"plan": "starter"})["kind"] == "portal"
        shown = office.owner.json("GET", path, 200)
        assert (shown["status"], shown["plan"], shown["ends_at"]) == ("active", "growth", None)
        for plan in ("gold", None, ["growth"]):
            assert office.owner.ask("POST", path, json={"plan": plan}).status_code == 400
        assert office.staff.ask("POST", path, json={"plan": "growth"}).status_code == 403


class TestTenants:
    def test_made_suspended_and_opened(self, office: Office) -> None:
        body = {"slug": "third", "name": "Third", "vertical": "salon"}
        made = office.operator.json("POST", "/v1/admin/tenants", 201, json=body)
        assert failure(office.operator.ask("POST", "/v1/admin/tenants", json=body))["details"]["field"] == "slug"
        first = office.operator.json("GET", "/v1/admin/tenants?limit=2", 200)
        rest = office.operator.json("GET", f"/v1/admin/tenants?limit=2&after={first['next']}", 200)
        assert [each["slug"] for each in first["items"] + rest["items"]] == ["mine", "theirs", "third"]
        path = f"/v1/admin/tenants/{made['id']}"
        early = office.operator.ask("PATCH", path, json={"status": "active", "version": made["version"]})
        assert "calendar" in failure(early)["details"]["missing"]
        mine = office.operator.json("GET", base(office), 200)
        close = {"status": "suspended", "reason": "Unpaid", "version": mine["version"]}
        closed = office.operator.json("PATCH", base(office), 200, json=close)
        assert office.nobody.get("/v1/public/tenant").status_code == 503
        # Its owner still signs in and works, on its own host too.
        assert office.owner.json("GET", "/v1/admin/services", 200)["items"]
        office.operator.json("PATCH", base(office), 200, json={"status": "active", "version": closed["version"]})
        assert office.nobody.get("/v1/public/tenant").status_code == 200

    def test_one_change_at_a_time(self, office: Office) -> None:
        version = office.operator.json("GET", base(office), 200)["version"]
        for body in ({}, {"slug": "a-b-c", "status": "active"}, {"status": "deleted"}, {"status": "suspended"}):
            assert office.operator.ask("PATCH", base(office), json=body | {"version": version}).status_code == 400


class TestBookings:
    def test_by_hand(self, office: Office) -> None:
        path = f"{base(office)}/bookings"
        start = free_time(10)
        body = {
            "service_id": str(office.mine.service_id), "start_time": start, "customer_name": "Ana Ruiz",
            "customer_email": "ana@example.com",
        }  # fmt: skip
        key = {"Idempotency-Key": "key-123456"}
        made = office.staff.json("POST", path, 201, json=body, headers=key)
        assert office.staff.json("POST", path, 201, json=body, headers=key) == made
        other = office.staff.ask("POST", path, json=body | {"customer_name": "Ben"}, headers=key)
        assert failure(other)["details"]["reason"] == "idempotency_key_reused"
        assert office.staff.ask("POST", path, json=body).status_code == 400
        found = office.staff.json("GET", f"{path}?search=ruiz&status=confirmed&from=2020-01-01", 200)
        assert [each["id"] for each in found["items"]] == [made["id"]]
        one = f"{path}/{made['id']}"
        move = {"start_time": free_time(14), "version": made["version"]}
        moved = office.staff.json("POST", f"{one}/reschedule", 200, json=move)
        assert office.staff.ask("POST", f"{one}/cancel", json={"version": made["version"]}).status_code == 409
        week = office.staff.json("GET", f"{path}/week?day={free_time(14)[:10]}", 200)
        assert [each["id"] for day in week["days"] for each in day["bookings"]] == [made["id"]]
        gone = office.staff.json("POST", f"{one}/cancel", 200, json={"version": moved["version"], "reason": "Ill"})
        assert gone["status"] == "cancelled"
        assert [each["action"] for each in gone["history"]][-1] == "booking.cancelled"

    def test_bad_questions(self, office: Office) -> None:
        for query in (
            "status=eaten",
            "limit=0",
            "limit=201",
            "after=x",
            "from=yesterday",
            "service_id=1",
            "to=0001-13-01",
        ):
            assert office.staff.get(f"{base(office)}/bookings?{query}").status_code == 400, query
        for subject in ("bookings", "chats", "audit"):
            far = office.owner.get(f"{base(office)}/{subject}?to=9999-12-31")
            assert failure(far)["message"] == "That day is too far away."
        for day, status in (("0001-01-01", 200), ("9999-12-31", 400)):
            assert office.staff.get(f"{base(office)}/bookings/week?day={day}").status_code == status


def free_time(hour: int) -> str:
    day = clock.now().astimezone(ZoneInfo("America/New_York")) + timedelta(days=3)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0).isoformat()


def test_disabled_member_is_out_at_once(office: Office) -> None:
    def staff(who: SignedIn) -> int:
        return who.get(f"{base(office)}/bookings").status_code

    assert staff(office.staff) == 200
    member = f"{base(office)}/members/{office.staff.person.id}"
    office.owner.json("PATCH", member, 204, json={"status": "disabled"})
    assert staff(office.staff) in (401, 404)
