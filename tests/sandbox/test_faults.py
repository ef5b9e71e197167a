"""Ordered misbehaviour as a client meets it, the record of requests, and the clock."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import BOOKINGS, Calcom, Program, booking_body

TEN = "2026-12-08T10:00:00Z"
CREATE = {"method": "POST", "path_regex": "/v2/bookings$"}
TURN = {
    "model": "claude-haiku-4-5",
    "max_tokens": 200,
    "stream": True,
    "messages": [{"role": "user", "content": "Hello"}],
}
ANTHROPIC = {"anthropic-version": "2026-10-21", "x-api-key": "sk-sandbox"}


def events(program: Program) -> tuple[list[str], bool]:
    """Names of the events of one streamed answer, and whether it was cut."""
    names = []
    url = f"{program.url}/anthropic/v1/messages"
    try:
        with program.client.stream("POST", url, headers=ANTHROPIC, json=TURN) as answer:
            assert answer.status_code == 200, answer.read()
            for line in answer.iter_lines():
                if line.startswith("event:"):
                    names.append(line.removeprefix("event:").strip())
    except httpx.RemoteProtocolError:
        return names, True
    return names, False


class TestLostReply:
    def test_the_booking_is_made_and_nobody_hears_of_it(self, calcom: Calcom) -> None:
        calcom.program.fault(match=CREATE, lost_reply=True)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            calcom.book(TEN, metadata={"idempotency_key": "k-1"})
        (booking,) = calcom.program.bookings(calcom.key)
        assert booking["metadata"] == {"idempotency_key": "k-1"}
        assert calcom.book(TEN).status_code == 400

    def test_dropped_before(self, calcom: Calcom) -> None:
        calcom.program.fault(match=CREATE, drop_before=True)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            calcom.book(TEN)
        assert calcom.program.bookings(calcom.key) == []
        assert calcom.book(TEN).status_code == 201


class TestRefusal:
    def test_status_body_and_headers(self, calcom: Calcom) -> None:
        calcom.program.fault(match=CREATE, status=503, body={"down": True}, headers={"Retry-After": "3"}, times=2)
        answers = [calcom.book(TEN) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [503, 503, 201]
        assert (answers[0].json(), answers[0].headers["retry-after"]) == ({"down": True}, "3")

    def test_text_body(self, calcom: Calcom) -> None:
        calcom.program.fault(status=502, body="<html>bad gateway</html>")
        answer = calcom.send("GET", "/me")
        assert (answer.text, answer.headers["content-type"][:10]) == ("<html>bad gateway</html>", "text/plain")

    def test_only_what_it_matches(self, calcom: Calcom) -> None:
        calcom.program.fault(match={"api_key": "cal_other"}, status=500, times=None)
        calcom.program.fault(match={"path_regex": r"take=5"}, status=500, times=None)
        calcom.program.post("/faults", {"provider": "anthropic", "status": 500, "times": None})
        assert calcom.send("GET", "/me").status_code == 200

    def test_until_taken_back(self, calcom: Calcom) -> None:
        calcom.program.fault(status=500, times=None)
        assert [calcom.send("GET", "/me").status_code for _ in range(5)] == [500] * 5
        (fault,) = calcom.program.get("/faults")["faults"]
        assert fault["hits"] == 5
        calcom.program.delete("/faults")
        assert calcom.send("GET", "/me").status_code == 200

    @pytest.mark.parametrize("order", [{"status": 99}, {"times": 0}, {"match": {"path_regex": "("}}, {"colour": "red"}])
    def test_an_order_that_makes_no_sense(self, program: Program, order: dict[str, Any]) -> None:
        assert program.post("/faults", order, expect=422)["error"]["details"]


class TestDelay:
    def test_before_the_effect(self, calcom: Calcom) -> None:
        calcom.program.fault(match=CREATE, delay_ms=400)
        with pytest.raises(httpx.ReadTimeout):
            calcom.send("POST", "/bookings", headers=BOOKINGS, json=booking_body(calcom.event_type, TEN), timeout=0.1)
        assert calcom.program.bookings(calcom.key) == []
        time.sleep(0.6)
        assert len(calcom.program.bookings(calcom.key)) == 1

    def test_of_the_reply_alone(self, calcom: Calcom) -> None:
        calcom.program.fault(match=CREATE, delay_reply_ms=400)
        began = time.monotonic()
        assert calcom.book(TEN).status_code == 201
        assert time.monotonic() - began >= 0.4


class TestBrokenStream:
    def test_after_so_many_events(self, program: Program) -> None:
        whole, cut = events(program)
        assert not cut
        assert whole[-1] == "message_stop"
        program.post("/faults", {"provider": "anthropic", "break_stream_after": 3})
        assert events(program) == (whole[:3], True)
        assert events(program) == (whole, False)

    def test_after_the_headers(self, program: Program) -> None:
        program.post("/faults", {"provider": "anthropic", "break_stream_after": 0})
        assert events(program) == ([], True)

    def test_a_shorter_stream_stays_whole(self, program: Program) -> None:
        program.post("/faults", {"provider": "anthropic", "break_stream_after": 10_000})
        names, cut = events(program)
        assert (names[-1], cut) == ("message_stop", False)


class TestRecord:
    def test_what_was_asked(self, calcom: Calcom) -> None:
        calcom.program.delete("/requests")
        calcom.book(TEN)
        fault = calcom.program.fault(status=500)
        calcom.send("GET", "/bookings", params={"take": 1})
        created, listed = calcom.program.get("/requests", provider="calcom")["requests"]
        assert (created["method"], created["path"], created["status"]) == ("POST", "/calcom/v2/bookings", 201)
        assert created["body"]["attendee"]["email"] == "ana@example.com"
        assert created["headers"]["cal-api-version"] == "2026-02-25"
        assert calcom.key not in json.dumps([created, listed])
        assert (listed["query"], listed["status"], listed["fault"]) == ("take=1", 500, fault)
        assert calcom.program.get("/requests", since=created["id"])["requests"] == [listed]
        assert calcom.program.get("/requests", provider="anthropic")["requests"] == []

    def test_a_lost_reply_has_no_status(self, calcom: Calcom) -> None:
        calcom.program.fault(lost_reply=True)
        with pytest.raises(httpx.RemoteProtocolError):
            calcom.send("GET", "/me")
        assert calcom.program.get("/requests")["requests"][-1]["status"] is None

    def test_control_calls_are_not_in_it(self, program: Program) -> None:
        program.client.get(f"{program.url}/healthz").raise_for_status()
        assert program.get("/requests")["requests"] == []


class TestClock:
    def test_set_advance_and_freeze(self, program: Program) -> None:
        program.set_clock("2027-01-01T12:00:00+01:00")
        assert program.get("/clock") == {"now": "2027-01-01T11:00:00+00:00", "frozen": True}
        program.post("/clock", {"advance_seconds": 90.5})
        assert program.get("/clock")["now"] == "2027-01-01T11:01:30.500000+00:00"
        released = program.post("/clock", {"frozen": False})
        assert (released["now"][:16], released["frozen"]) == ("2027-01-01T11:01", False)
        assert program.get("/clock")["now"] > released["now"]

    def test_a_time_without_a_zone_is_refused(self, program: Program) -> None:
        program.post("/clock", {"now": "2027-01-01T12:00:00"}, expect=422)


class TestReset:
    def test_everything_is_forgotten(self, calcom: Calcom) -> None:
        program = calcom.program
        calcom.booked(TEN)
        program.fault(status=500)
        program.post("/reset")
        assert program.get("/faults")["faults"] == []
        assert program.get("/requests")["requests"] == []
        assert program.get("/calcom/accounts")["accounts"] == []
        assert program.get("/calcom/bookings")["bookings"] == []
        assert program.get("/clock")["frozen"] is False
        assert calcom.send("GET", "/me").status_code == 401


class TestHalfARequest:
    def test_is_none(self, program: Program) -> None:
        program.client.delete(f"{program.url}/_sandbox/requests").raise_for_status()
        address = httpx.URL(program.url)
        head = "POST /anthropic/v1/messages HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 100\r\n\r\n{"
        with socket.create_connection((address.host, address.port or 80), timeout=5) as connection:
            connection.sendall(head.encode())
            time.sleep(0.1)
        time.sleep(0.2)
        assert program.client.get(f"{program.url}/_sandbox/requests").json()["requests"] == []
