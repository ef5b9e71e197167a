"""The conversation over HTTP: what a page or program sees on the wire."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from portal.api import chat as chat_api
from portal.assistant import loop
from portal.core.clock import now
from portal.providers import anthropic
from tests.api.conftest import Caller, failure
from tests.factories import MadeTenant, Sandbox, TenantFactory

Events = list[tuple[str, dict[str, Any]]]
EVENTS = {"token", "tool", "slots", "proposal", "booking", "handoff", "error", "done"}


@pytest.fixture(autouse=True)
def model(sandbox: Sandbox, runner: asyncio.Runner) -> Iterator[Sandbox]:
    sandbox.post("/_sandbox/anthropic/pace", {"first_token_ms": 0, "per_token_ms": 0})
    yield sandbox
    runner.run(loop.drain())
    runner.run(anthropic.close())


@pytest.fixture
def session(caller: Caller) -> str:
    answer = caller.post("/v1/chat/session")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["session_id"])


def events_of(answer: httpx.Response) -> Events:
    """The server-sent events of an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in answer.text.split("\n\n") if block and not block.startswith(":")]
    events = []
    for block in blocks:
        name, data = block.split("\n")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    assert {name for name, _ in events} <= EVENTS
    assert [name for name, _ in events].count("done") == 1
    assert events[-1][0] == "done"
    return events


def text_of(events: Events) -> str:
    return "".join(data["text"] for name, data in events if name == "token")


def one(events: Events, name: str) -> dict[str, Any]:
    return next(data for kind, data in events if kind == name)


class TestSession:
    def test_greets(self, caller: Caller) -> None:
        answer = caller.post("/v1/chat/session")
        assert set(answer.json()) == {"session_id", "greeting"}
        assert "Shop" in answer.json()["greeting"]

    def test_unknown_host(self, caller: Caller) -> None:
        assert caller.post("/v1/chat/session", host="nobody.localhost").status_code == 404


class TestStream:
    def test_answers(self, caller: Caller, session: str) -> None:
        answer = caller.post("/v1/chat/stream", json={"session_id": session, "message": "Do you take cards?"})
        events = events_of(answer)
        assert text_of(events).startswith("Yes.")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        assert set(events[-1][1]) == {"message_id", "stop_reason"}

    def test_books(self, caller: Caller, session: str, shop: MadeTenant) -> None:
        def say(message: str) -> Events:
            return events_of(caller.post("/v1/chat/stream", json={"session_id": session, "message": message}))

        day = (now() + timedelta(days=2)).strftime("%A")
        slots = one(say(f"I'd like a haircut on {day}"), "slots")
        assert set(slots) >= {"service_id", "timezone", "slots"}
        assert slots["slots"][0]["start"].endswith(("-04:00", "-05:00"))
        say(slots["slots"][0]["label"])
        proposal = one(say("Ann Lee, ann@example.com"), "proposal")
        assert set(proposal) == {"proposal_id", "kind", "summary", "expires_at", "details"}
        body = {"session_id": session, "proposal_id": proposal["proposal_id"]}
        booking = one(events_of(caller.post("/v1/chat/confirm", json=body)), "booking")
        assert {"uid", "status", "start", "end", "manage_url"} <= set(booking)
        assert booking["status"] == "confirmed"
        history = caller.get("/v1/chat/history", params={"session_id": session}).json()["messages"]
        cards = [card["event"] for message in history for card in message["cards"]]
        assert cards == ["slots", "proposal", "booking"]

    def test_corrects_what_waits(self, caller: Caller, session: str, shop: MadeTenant) -> None:
        def say(message: str) -> Events:
            return events_of(caller.post("/v1/chat/stream", json={"session_id": session, "message": message}))

        def correct(proposal_id: str, **fields: Any) -> httpx.Response:
            return caller.ask("PATCH", f"/v1/chat/proposals/{proposal_id}", json={"session_id": session} | fields)

        day = (now() + timedelta(days=2)).strftime("%A")
        say(one(say(f"I'd like a haircut on {day}"), "slots")["slots"][0]["label"])
        proposal = one(say("Ann Lee, ann@example.com"), "proposal")
        number = proposal["proposal_id"]
        answer = correct(number, email="Ann.Lee@example.com", notes="No razor")
        assert answer.status_code == 200, answer.text
        card = answer.json()
        assert set(card) == set(proposal)
        assert set(card["details"]) == set(proposal["details"])
        assert (card["details"]["email"], card["details"]["notes"]) == ("ann.lee@example.com", "No razor")
        assert card["details"]["changes"] == [
            {"field": "email", "old": "ann@example.com", "new": "ann.lee@example.com"},
            {"field": "notes", "old": "", "new": "No razor"},
        ]
        refused = failure(correct(number, email="ann@"))
        assert (refused["code"], refused["details"]["fields"][0]["field"]) == ("INVALID_ARGUMENT", "email")
        assert failure(correct(number, consent_sms=True))["details"]["fields"][0]["field"] == "consent_sms"
        assert correct(number, consent_sms="yes").status_code == 400
        assert correct(number, service_id="x").status_code == 400
        assert failure(correct(str(uuid4()), name="Eve"))["code"] == "CONFLICT"
        assert failure(correct(number, session_id=str(uuid4()), name="Eve"))["code"] == "CONFLICT"
        history = caller.get("/v1/chat/history", params={"session_id": session}).json()["messages"]
        assert history[-1]["cards"][-1]["data"] == card
        booking = one(
            events_of(caller.post("/v1/chat/confirm", json={"session_id": session, "proposal_id": number})), "booking"
        )
        assert booking["status"] == "confirmed"
        assert failure(correct(number, name="Eve"))["code"] == "CONFLICT"

    def test_model_down(self, caller: Caller, session: str, model: Sandbox) -> None:
        model.fault(provider="anthropic", status=529, times=None)
        events = events_of(caller.post("/v1/chat/stream", json={"session_id": session, "message": "Hi"}))
        error = one(events, "error")
        assert error["code"] == "UNAVAILABLE"
        assert "/book" in error["message"]
        assert "Traceback" not in str(events)
        history = caller.get("/v1/chat/history", params={"session_id": session}).json()["messages"]
        assert [message["text"] for message in history][-2:] == ["Hi", error["message"]]

    def test_heartbeat(self, caller: Caller, session: str, model: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chat_api, "HEARTBEAT_SECONDS", 0.05)
        model.post("/_sandbox/anthropic/pace", {"first_token_ms": 300, "per_token_ms": 0})
        answer = caller.post("/v1/chat/stream", json={"session_id": session, "message": "Hi"})
        assert answer.text.count(": waiting\n\n") >= 2
        assert events_of(answer)[-1][0] == "done"


class TestRefused:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"message": "Hi"},
            {"session_id": "1", "message": "Hi"},
            {"session_id": str(uuid4()), "message": 5},
            {"session_id": str(uuid4()), "message": "Hi", "tenant_id": "x"},
            [],
        ],
    )
    def test_bad_bodies(self, caller: Caller, body: Any) -> None:
        answer = caller.post("/v1/chat/stream", json=body)
        assert answer.status_code == 400
        assert failure(answer)["code"] == "INVALID_ARGUMENT"

    @pytest.mark.parametrize("message", ["", "x" * 2001, "  "])
    def test_bad_messages(self, caller: Caller, session: str, message: str) -> None:
        answer = caller.post("/v1/chat/stream", json={"session_id": session, "message": message})
        assert answer.status_code == 400
        assert failure(answer)["code"] == "INVALID_ARGUMENT"

    def test_unknown_session(self, caller: Caller) -> None:
        for answer in (
            caller.post("/v1/chat/stream", json={"session_id": str(uuid4()), "message": "Hi"}),
            caller.get("/v1/chat/history", params={"session_id": str(uuid4())}),
        ):
            assert answer.status_code == 404
            assert failure(answer)["code"] == "NOT_FOUND"

    def test_another_tenants_session(self, caller: Caller, session: str, tenants: TenantFactory) -> None:
        tenants.make("other")
        body = {"session_id": session, "message": "Hi"}
        assert caller.post("/v1/chat/stream", json=body, host="other.localhost").status_code == 404
        answer = caller.get("/v1/chat/history", params={"session_id": session}, host="other.localhost")
        assert answer.status_code == 404

    def test_too_many(self, caller: Caller, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "SESSION_CAPACITY", 1)
        body = {"session_id": session, "message": "Do you take cards?"}
        assert caller.post("/v1/chat/stream", json=body).status_code == 200
        answer = caller.post("/v1/chat/stream", json=body)
        assert answer.status_code == 429
        assert failure(answer)["code"] == "RATE_LIMITED"

    def test_a_proposal_that_is_not_there(self, caller: Caller, session: str) -> None:
        body = {"session_id": session, "proposal_id": str(uuid4())}
        answer = caller.post("/v1/chat/confirm", json=body)
        assert answer.status_code == 409
        assert failure(answer)["details"]["reason"] == "proposal_expired"

    def test_a_conversation_that_is_not_there(self, caller: Caller, capsys: pytest.CaptureFixture[str]) -> None:
        body = {"session_id": str(uuid4()), "proposal_id": str(uuid4()), "message": "Hi"}
        for path, kept in (("confirm", "proposal_id"), ("stream", "message")):
            asked = {name: body[name] for name in ("session_id", kept)}
            assert caller.post(f"/v1/chat/{path}", json=asked).status_code == 404
        assert '"level": "error"' not in capsys.readouterr().err

    def test_wrong_method(self, caller: Caller) -> None:
        assert caller.get("/v1/chat/stream").status_code == 405
