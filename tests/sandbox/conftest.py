"""The sandbox as a running program, and clients that speak to it as to the real providers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
SPECS = ROOT.parent / "shared" / "specs"
WEEKDAYS = [{"days": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}]

SLOTS = {"cal-api-version": "2024-09-04"}
BOOKINGS = {"cal-api-version": "2026-02-25"}
EVENT_TYPES = {"cal-api-version": "2024-06-14"}
SCHEDULES = {"cal-api-version": "2024-06-11"}


@dataclass(frozen=True)
class Program:
    """A running sandbox and its control API."""

    url: str
    process: subprocess.Popen[str]
    client: httpx.Client

    def post(self, path: str, body: Any = None, *, expect: int | None = None) -> Any:
        answer = self.client.post(f"{self.url}/_sandbox{path}", json=body)
        assert answer.status_code == expect or (expect is None and answer.is_success), answer.text
        return answer.json()

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(f"{self.url}/_sandbox{path}", params=params)
        answer.raise_for_status()
        return answer.json()

    def delete(self, path: str) -> None:
        self.client.delete(f"{self.url}/_sandbox{path}").raise_for_status()

    def fault(self, **order: Any) -> int:
        """Order a fault for Cal.com; returns its id."""
        return int(self.post("/faults", {"provider": "calcom", **order})["id"])

    def set_clock(self, now: str, *, frozen: bool = True) -> None:
        self.post("/clock", {"now": now, "frozen": frozen})

    def bookings(self, key: str) -> list[dict[str, Any]]:
        """All bookings of a key as they really are."""
        found: list[dict[str, Any]] = self.get("/calcom/bookings", api_key=key)["bookings"]
        return found

    def stop(self, *, kill: bool = False) -> int:
        self.process.kill() if kill else self.process.terminate()
        self.client.close()
        code = self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def start_program(*arguments: str) -> Program:
    """Start a sandbox on a free port; its first line says where it listens."""
    command = [sys.executable, "-m", "portal.sandbox", "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "listening on" in line, f"the sandbox did not start: {line!r}"
    return Program(line.split()[-1], process, httpx.Client(timeout=30, trust_env=False))


@pytest.fixture(scope="session")
def running_program() -> Iterator[Program]:
    program = start_program()
    yield program
    program.stop()


@pytest.fixture
def program(running_program: Program) -> Program:
    """A sandbox that has forgotten everything before."""
    running_program.post("/reset")
    return running_program


@dataclass(frozen=True)
class Calcom:
    """One account of the stand-in, asked over HTTP with its key."""

    program: Program
    key: str
    ids: dict[str, Any]

    @property
    def event_type(self) -> int:
        return int(next(iter(self.ids["event_types"].values())))

    def send(
        self, method: str, path: str, *, keyless: bool = False, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        key = {} if keyless else {"Authorization": f"Bearer {self.key}"}
        url = f"{self.program.url}/calcom/v2{path}"
        return self.program.client.request(method, url, headers=key | (headers or {}), **more)

    def slots(self, start: str, end: str, *, event_type: int | None = None, **params: str) -> dict[str, Any]:
        query = {"eventTypeId": str(event_type or self.event_type), "start": start, "end": end, **params}
        answer = self.send("GET", "/slots", headers=SLOTS, params=query)
        assert answer.status_code == 200, answer.text
        days: dict[str, Any] = answer.json()["data"]
        return days

    def starts(self, start: str, end: str, *, event_type: int | None = None, **params: str) -> list[str]:
        return [
            slot["start"] for day in self.slots(start, end, event_type=event_type, **params).values() for slot in day
        ]

    def book(self, start: str, *, event_type: int | None = None, **more: Any) -> httpx.Response:
        keyless = more.pop("keyless", False)
        return self.send(
            "POST",
            "/bookings",
            keyless=keyless,
            headers=BOOKINGS,
            json=booking_body(event_type or self.event_type, start, **more),
        )

    def booked(self, start: str, **more: Any) -> dict[str, Any]:
        answer = self.book(start, **more)
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def read(self, uid: str) -> dict[str, Any]:
        data: dict[str, Any] = self.send("GET", f"/bookings/{uid}", headers=BOOKINGS).json()["data"]
        return data

    def act(self, uid: str, action: str, body: dict[str, Any], **more: Any) -> httpx.Response:
        return self.send("POST", f"/bookings/{uid}/{action}", headers=BOOKINGS, json=body, **more)


def booking_body(event_type: int, start: str, **more: Any) -> dict[str, Any]:
    attendee = {"name": "Ana Guest", "email": more.pop("email", "ana@example.com"), "timeZone": "Europe/Berlin"}
    return {"start": start, "eventTypeId": event_type, "attendee": attendee | more.pop("attendee", {}), **more}


def make_account(program: Program, **changes: Any) -> Calcom:
    """An account with one half-hour event type, unlimited and quick unless told otherwise."""
    spec = {
        "api_key": "cal_test_key",
        "name": "Rig Host",
        "email": "host@example.com",
        "username": "rig",
        "timezone": "Europe/Berlin",
        "schedule": WEEKDAYS,
        "event_types": [{"slug": "room", "title": "Room", "length_minutes": 30, "location": "Street 1"}],
        "rate_limit_per_minute": 0,
        "booking_latency_ms": 5,
    }
    ids = program.post("/calcom/accounts", spec | changes)
    return Calcom(program, ids["api_key"], ids)


@pytest.fixture
def calcom(program: Program) -> Calcom:
    """An account in Berlin on Sunday 2026-11-22, the day of the recordings."""
    program.set_clock("2026-11-22T07:12:45Z")
    return make_account(program)


def error(answer: httpx.Response) -> str:
    """The message of an error in the API's envelope."""
    body = answer.json()
    assert body["status"] == "error", body
    message: str = body["error"]["message"]
    return message
