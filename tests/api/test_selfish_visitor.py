"""One visitor who takes whatever there is to take of a business, and ten others who want to book."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from psycopg.types.json import Jsonb

from portal.api.app import Api
from portal.api.dispatch import beside
from portal.api.middleware import wrap
from portal.assistant import failures, loop
from portal.core import cache
from portal.core.clock import now
from portal.providers import anthropic
from tests.api.conftest import Caller, failure, pages
from tests.api.test_chat import events_of, one, text_of
from tests.assistant.driver import booking_arguments, calls, query
from tests.factories import HOURS, MadeTenant, Sandbox, TenantFactory

STARTS, HELD = 20, 5
DAILY = 500_000
SELFISH, OTHERS = "198.51.100.1", [f"198.51.100.{number}" for number in range(11, 21)]


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    """Twenty start times a day, one chair."""
    return tenants.make(
        profile={"business_hours": Jsonb({day: [["09:00", "19:00"]] for day in HOURS})},
        account={"schedule": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "09:00", "end": "19:00"}]},
        ai={"daily_token_budget": DAILY},
    )


@pytest.fixture(autouse=True)
def model(sandbox: Sandbox, runner: asyncio.Runner) -> Iterator[Sandbox]:
    sandbox.post("/_sandbox/anthropic/pace", {"first_token_ms": 0, "per_token_ms": 0})
    yield sandbox
    runner.run(loop.drain())
    runner.run(anthropic.close())


class Visitor:
    """Somebody at an address of their own, behind the proxy that this deployment trusts."""

    def __init__(self, caller: Caller, shop: MadeTenant, sandbox: Sandbox, address: str) -> None:
        self.caller, self.shop, self.sandbox = caller, shop, sandbox
        self.headers = {"X-Forwarded-For": address}
        self.day = (now().astimezone(ZoneInfo(shop.timezone)) + timedelta(days=2)).date().isoformat()

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.caller.post(path, json=body, headers=self.headers | headers)

    def availability(self) -> httpx.Response:
        query = f"service_id={self.shop.service_id}&date={self.day}"
        return self.caller.get(f"/v1/public/availability?{query}", headers=self.headers)

    def free(self) -> list[str]:
        answer = self.availability()
        assert answer.status_code == 200, answer.text
        return [slot["start"] for slot in answer.json()["slots"]]

    def chat(self) -> str:
        answer = self.post("/v1/chat/session")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["session_id"])

    def say(self, session: str, *turns: dict[str, Any], message: str = "Please go on") -> Any:
        if turns:
            self.sandbox.post("/_sandbox/anthropic/turns", list(turns))
        return events_of(self.post("/v1/chat/stream", {"session_id": session, "message": message}))

    def hold(self, session: str, start: str) -> Any:
        """Have the assistant prepare a booking."""
        wanted = {"service_id": str(self.shop.service_id), "start_date": self.day, "end_date": self.day}
        self.say(session, calls("check_availability", wanted), {"text": "These are free."})
        booking = calls("create_booking", booking_arguments(self.shop, start[:16]))
        said = "I am Ann Lee, ann@example.com"
        return self.say(session, booking, {"text": "Please confirm."}, message=said)

    def fill_in_form(self, start: str) -> httpx.Response:
        body = {
            "service_id": str(self.shop.service_id), "start_time": start, "customer_name": "Ann Lee",
            "customer_email": f"{uuid4().hex}@example.com",
        }  # fmt: skip
        return self.post("/v1/bookings", body, **{"Idempotency-Key": uuid4().hex})


@pytest.fixture
def visitor(
    api: Api, shop: MadeTenant, sandbox: Sandbox, visit: Callable[..., Caller], configure: Callable[..., None]
) -> Callable[[str], Visitor]:
    configure(TRUSTED_PROXIES="203.0.113.9")
    assert cache.cache.wait_until_live()
    caller = visit(wrap(beside(pages, api)), shop.host)
    return lambda address: Visitor(caller, shop, sandbox, address)


@pytest.mark.timeout(300)
class TestSelfishVisitor:
    def test_ten_others_book_all_the_same(
        self, visitor: Callable[[str], Visitor], shop: MadeTenant, database: str
    ) -> None:
        selfish = visitor(SELFISH)
        times = selfish.free()
        assert len(times) == STARTS
        held_by_chat(selfish, times)
        taken_by_form(selfish)
        silenced(selfish)
        assert {selfish.availability().status_code for _ in range(50)} <= {200, 429}

        for number, address in enumerate(OTHERS):
            other = visitor(address)
            start = other.free()[0]
            if number % 2:
                assert other.fill_in_form(start).status_code == 201
                continue
            session = other.chat()
            proposal = one(other.hold(session, start), "proposal")["proposal_id"]
            done = events_of(other.post("/v1/chat/confirm", {"session_id": session, "proposal_id": proposal}))
            assert one(done, "booking")["status"] == "confirmed"
        booked = query(database, "select 1 from portal.bookings where tenant_id = %s", shop.id)
        assert len(booked) == STARTS // 2 - HELD + len(OTHERS)


def held_by_chat(selfish: Visitor, times: list[str]) -> None:
    """Seven chats hold five times of a day, a quarter; two get none."""
    sessions = [selfish.chat() for _ in range(7)]
    kinds = [[name for name, _ in selfish.hold(each, times[n])] for n, each in enumerate(sessions)]
    assert ["proposal" in names for names in kinds] == [True] * HELD + [False] * 2
    assert len(selfish.free()) == STARTS - HELD


def taken_by_form(selfish: Visitor) -> None:
    """Invented customers take half of the day at most, holds included."""
    answers = [selfish.fill_in_form(start) for start in selfish.free()[-7:]]
    assert [answer.status_code for answer in answers] == [201] * (STARTS // 2 - HELD) + [429] * 2
    error = failure(answers[-1])
    assert (error["code"], error["details"]["reason"]) == ("RATE_LIMITED", "too_many_holds")
    assert "another day" in error["message"]


def silenced(selfish: Visitor) -> None:
    """However much is asked in however many chats: a share of the day's tokens is used, then the form is pointed to."""
    for session in [selfish.chat() for _ in range(6)]:
        for _ in range(12):
            events = selfish.say(session, message="Tell me a long story. " * 80)
            if events[-1][1]["stop_reason"] == "budget":
                assert one(events, "error")["message"] == failures.SHARE_SPENT
                assert "/book" in failures.SHARE_SPENT
                assert text_of(events) == ""
                return
    pytest.fail("nothing ended it")
