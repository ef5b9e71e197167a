import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from portal.core import clock, redis
from portal.core.db import customer
from portal.core.errors import CalendarUnavailable, InThePast, SlotTaken
from portal.domain import idempotency
from portal.domain.idempotency import Answer
from tests.api.conftest import Caller, failure
from tests.factories import MadeTenant, Sandbox, TenantFactory

NEW_YORK = ZoneInfo("America/New_York")


def at(hour: int, *, days: int = 1) -> datetime:
    """A time on a coming day in the shop's zone, UTC."""
    day = clock.now().astimezone(NEW_YORK) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


def form(shop: MadeTenant, start: datetime | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "service_id": str(shop.service_id),
        "start_time": (start or at(10)).isoformat().replace("+00:00", "Z"),
        "customer_name": "Ada Low",
        "customer_email": "Ada@Example.com",
        "customer_phone": "(212) 555-0123",
        "notes": "Side door, please.\nThank you",
        "consent_sms": True,
    } | changes


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": f"test-key-{name}"}


@pytest.fixture
def admin(database: str) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def count(admin: "psycopg.Connection[Any]") -> int:
    row = admin.execute("select count(*) from portal.bookings where status = 'confirmed'").fetchone()
    assert row is not None
    return int(row[0])


class TestCreate:
    def test_books(self, caller: Caller, shop: MadeTenant, admin: "psycopg.Connection[Any]") -> None:
        answer = caller.post("/v1/bookings", json=form(shop), headers=key("books"))
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert set(body) == {"uid", "status", "start", "end", "manage_url"}
        assert body["status"] == "confirmed"
        assert body["start"] == at(10).astimezone(NEW_YORK).isoformat()
        assert body["manage_url"].startswith("http://shop.localhost:8000/manage/")
        stored = admin.execute("select attendee_email, attendee_phone, source from portal.bookings").fetchone()
        assert stored == ("ada@example.com", "+12125550123", "widget")

    def test_same_key_and_body_give_the_same_answer(
        self, caller: Caller, shop: MadeTenant, admin: "psycopg.Connection[Any]"
    ) -> None:
        body = form(shop)
        first = caller.post("/v1/bookings", json=body, headers=key("same"))
        again = caller.post("/v1/bookings", json=dict(reversed(body.items())), headers=key("same"))
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.json() == first.json()
        assert count(admin) == 1

    def test_same_key_and_another_body(self, caller: Caller, shop: MadeTenant) -> None:
        assert caller.post("/v1/bookings", json=form(shop), headers=key("other")).status_code == 201
        answer = caller.post("/v1/bookings", json=form(shop, at(11)), headers=key("other"))
        assert answer.status_code == 409
        assert failure(answer)["details"]["reason"] == "idempotency_key_reused"

    def test_at_the_same_moment(self, caller: Caller, shop: MadeTenant, admin: "psycopg.Connection[Any]") -> None:
        async def both() -> list[Any]:
            asked = [caller.request("POST", "/v1/bookings", json=form(shop), headers=key("race")) for _ in range(5)]
            return await asyncio.gather(*asked)

        answers = caller.runner.run(both())
        assert [answer.status_code for answer in answers] == [201] * 5, [answer.text for answer in answers]
        assert len({answer.json()["uid"] for answer in answers}) == 1
        assert count(admin) == 1

    def test_taken_stays_taken_for_its_key(self, caller: Caller, shop: MadeTenant) -> None:
        assert caller.post("/v1/bookings", json=form(shop), headers=key("first")).status_code == 201
        late = form(shop, customer_email="bea@example.com")
        answers = [caller.post("/v1/bookings", json=late, headers=key("late")) for _ in range(2)]
        for answer in answers:
            assert answer.status_code == 409
            assert failure(answer)["details"]["reason"] == "slot_taken"
            assert failure(answer)["message"] == "That time was just taken. Please choose another one."

    def test_a_corrected_form_may_keep_its_key(self, caller: Caller, shop: MadeTenant) -> None:
        wrong = caller.post("/v1/bookings", json=form(shop, customer_phone="12"), headers=key("mend"))
        assert wrong.status_code == 400
        assert failure(wrong)["details"]["fields"][0]["field"] == "customer_phone"
        assert caller.post("/v1/bookings", json=form(shop), headers=key("mend")).status_code == 201

    @pytest.mark.parametrize(
        ("status", "said", "answered", "reason"),
        [
            (409, "already_signed_up_for_this_booking_error", 409, "already_signed_up"),
            (400, "No available users found.", 409, "slot_taken"),
            (403, "Forbidden resource", 503, "calendar_not_connected"),
            (404, "Event type with id 2 not found.", 503, "calendar_not_connected"),
            (418, "Nobody has seen this yet", 409, "booking_refused"),
        ],
    )
    def test_refused_by_the_calendar(
        self, caller: Caller, shop: MadeTenant, sandbox: Sandbox, status: int, said: str, answered: int, reason: str
    ) -> None:
        match = {"method": "POST", "path_regex": "/bookings$"}
        sandbox.fault(provider="calcom", match=match, times=1, status=status, body={"message": said})
        answer = caller.post("/v1/bookings", json=form(shop), headers=key("refused"))
        assert (answer.status_code, failure(answer)["details"]["reason"]) == (answered, reason)
        assert "external" not in failure(answer)["message"]

    def test_a_field_the_calendar_refuses_is_named(self, caller: Caller, shop: MadeTenant, sandbox: Sandbox) -> None:
        match = {"method": "POST", "path_regex": "/bookings$"}
        body = {"error": {"code": "BAD_REQUEST", "message": "responses - {email}email_validation_error, "}}
        sandbox.fault(provider="calcom", match=match, times=1, status=400, body=body)
        answer = caller.post("/v1/bookings", json=form(shop), headers=key("field"))
        assert answer.status_code == 400
        assert failure(answer)["details"]["fields"][0]["field"] == "customer_email"
        mended = form(shop, customer_email="better@example.com")
        assert caller.post("/v1/bookings", json=mended, headers=key("field")).status_code == 201

    def test_other_site_same_key(self, caller: Caller, shop: MadeTenant, tenants: TenantFactory) -> None:
        other = tenants.make("other")
        mine = caller.post("/v1/bookings", json=form(shop), headers=key("two-sites"))
        theirs = caller.post("/v1/bookings", json=form(other), headers=key("two-sites"), host=other.host)
        assert (mine.status_code, theirs.status_code) == (201, 201)
        assert mine.json()["uid"] != theirs.json()["uid"]

    def test_service_of_another_site(self, caller: Caller, shop: MadeTenant, tenants: TenantFactory) -> None:
        other = tenants.make("other")
        answer = caller.post("/v1/bookings", json=form(other), headers=key("foreign"))
        assert answer.status_code == 404
        assert failure(answer)["details"]["reason"] == "service_not_found"

    def test_refused_forms(self, caller: Caller, shop: MadeTenant, admin: "psycopg.Connection[Any]") -> None:
        refused: dict[str, list[Any]] = {
            "service_id": [None, 7, "x", [], {}],
            "start_time": ["tomorrow", 1764000000, "2026-11-24", "2026-11-24T16:30:00", None, "9" * 400],
            "customer_name": ["", 5, None, "a\x00b", "\u202eadA", "x" * 121, {"a": 1}],
            "customer_email": ["", "x", 7, "a\nb@example.com", "x" * 400],
            "customer_phone": [555, "x" * 41, True],
            "notes": ["x" * 1001, 5, "a\x00"],
            "consent_sms": ["yes", 1, "true", None],
            "unknown_field": [1],
        }
        for field, values in refused.items():
            for value in values:
                answer = caller.post("/v1/bookings", json=form(shop, **{field: value}), headers=key("refused"))
                if answer.status_code == 429:
                    self.forget_limits()
                    answer = caller.post("/v1/bookings", json=form(shop, **{field: value}), headers=key("refused"))
                assert answer.status_code == 400, (field, value, answer.text)
                error = failure(answer)
                assert error["details"]["fields"][0]["field"] == field
                if isinstance(value, str) and len(value) > 4:
                    assert value not in answer.text
        assert count(admin) == 0

    def forget_limits(self) -> None:
        redis.client().flushall()

    def test_past_and_unoffered_times(self, caller: Caller, shop: MadeTenant) -> None:
        for start, reason in ((at(10, days=-2), "in_the_past"), (at(3), "outside_hours")):
            answer = caller.post("/v1/bookings", json=form(shop, start), headers=key("when"))
            assert answer.status_code == 400
            assert failure(answer)["details"]["reason"] in (reason, "slot_not_offered")

    def test_key_is_required(self, caller: Caller, shop: MadeTenant) -> None:
        for headers in ({}, {"Idempotency-Key": "short"}, {"Idempotency-Key": "with space"}, key("x" * 200)):
            answer = caller.post("/v1/bookings", json=form(shop), headers=headers)
            assert answer.status_code == 400
            assert failure(answer)["details"]["fields"][0]["field"] == "Idempotency-Key"

    def test_rate(self, caller: Caller, shop: MadeTenant) -> None:
        answers = [
            caller.post("/v1/bookings", json=form(shop, at(3)), headers=key(f"rate-{n}")).status_code for n in range(22)
        ]
        assert answers[:20] == [400] * 20
        assert answers[21] == 429

    def test_lost_reply_is_not_booked_twice(
        self, caller: Caller, shop: MadeTenant, tenants: TenantFactory, admin: "psycopg.Connection[Any]"
    ) -> None:
        tenants.sandbox.fault(
            provider="calcom", match={"method": "POST", "path_regex": "/bookings$"}, times=1, lost_reply=True
        )
        first = caller.post("/v1/bookings", json=form(shop), headers=key("lost"))
        again = caller.post("/v1/bookings", json=form(shop), headers=key("lost"))
        assert first.status_code in (201, 202), first.text
        assert again.status_code in (201, 202), again.text
        stored = admin.execute("select count(*) from portal.bookings").fetchone()
        assert stored == (1,)


class TestPerform:
    """The mechanism below the route."""

    def perform(self, shop: MadeTenant, act: Any, *, request: str = "a", key: str = "some-key-1") -> Answer:
        asked = idempotency.fingerprint({"request": request})
        return idempotency.perform(customer(shop.id), purpose="tests", key=key, request_hash=asked, act=act)

    def test_once(self, shop: MadeTenant) -> None:
        done: list[int] = []

        def act() -> Answer:
            done.append(1)
            return Answer(201, {"n": len(done)})

        assert [self.perform(shop, act).body for _ in range(3)] == [{"n": 1}] * 3

    def test_while_it_runs(self, shop: MadeTenant) -> None:
        started, finish = threading.Event(), threading.Event()

        def slow() -> Answer:
            started.set()
            assert finish.wait(20)
            return Answer(201, {})

        worker = threading.Thread(target=lambda: self.perform(shop, slow))
        worker.start()
        assert started.wait(20)
        try:
            with pytest.raises(idempotency.StillRunning):
                self.perform(shop, slow)
            with pytest.raises(idempotency.KeyReused):
                self.perform(shop, slow, request="b")
        finally:
            finish.set()
            worker.join()
        assert self.perform(shop, slow).status == 201

    def test_after_a_crash_the_work_is_done_again(self, shop: MadeTenant, admin: "psycopg.Connection[Any]") -> None:
        def killed() -> Answer:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            self.perform(shop, killed)
        # As a kill -9 would leave it: locked, and the lease over.
        admin.execute("update portal.request_idempotency set locked_until = now() - interval '1 second'")
        assert self.perform(shop, lambda: Answer(201, {"again": True})).body == {"again": True}

    def test_a_worker_that_lost_its_lease_does_not_overwrite(
        self, shop: MadeTenant, admin: "psycopg.Connection[Any]"
    ) -> None:
        def overtaken() -> Answer:
            admin.execute("update portal.request_idempotency set locked_until = now() - interval '1 second'")
            assert self.perform(shop, lambda: Answer(201, {"by": "second"})).body == {"by": "second"}
            return Answer(201, {"by": "first"})

        self.perform(shop, overtaken)
        assert self.perform(shop, overtaken).body == {"by": "second"}

    def test_failures(self, shop: MadeTenant) -> None:
        def fail(error: Exception) -> Any:
            def act() -> Answer:
                raise error

            return act

        taken = self.perform(shop, fail(SlotTaken()), key="final-key")
        assert (taken.status, taken.body["error"]["code"]) == (409, "CONFLICT")
        assert self.perform(shop, lambda: Answer(201, {}), key="final-key").status == 409
        with pytest.raises(CalendarUnavailable):
            self.perform(shop, fail(CalendarUnavailable()), key="transient-key")
        with pytest.raises(idempotency.KeyReused):
            self.perform(shop, lambda: Answer(201, {}), key="transient-key", request="b")
        assert self.perform(shop, lambda: Answer(201, {}), key="transient-key").status == 201
        with pytest.raises(InThePast):
            self.perform(shop, fail(InThePast()), key="invalid-key")
        assert self.perform(shop, lambda: Answer(201, {}), key="invalid-key", request="b").status == 201

    def test_pending_is_asked_again(self, shop: MadeTenant) -> None:
        assert self.perform(shop, lambda: Answer(202, {}, final=False)).status == 202
        assert self.perform(shop, lambda: Answer(201, {"uid": "x"})).body == {"uid": "x"}
        assert self.perform(shop, lambda: Answer(202, {}, final=False)).body == {"uid": "x"}
