"""The stand-in answers as the real server was recorded to: every exchange, in the order it happened."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import SPECS, WEEKDAYS, Calcom, Program, make_account

RECORDING = SPECS / "calcom-recorded.json"
SECOND = SPECS / "calcom-recorded-2.json"
NOT_ALIKE = {
    "slots_lord_howe_half_hour_change": "the first slots of the day of the change lie on another grid there",
    "booking_without_version": "the far older shape is not built here: a missing version is always refused",
}
"""Exchanges of the second recording that the stand-in does not repeat, and why."""
VOLATILE = {"timestamp", "createdAt", "updatedAt", "reservationUntil", "totalItems", "remainingItems", "totalPages"}
NEWER = {"displayEmail", "bookingUrl"}
"""Fields of today's description that the recorded server did not have yet."""
NAMES = {"uid", "reservationUid", "rescheduledToUid"}
PENDING = {"eventTypeId": 3, "attendee": {"name": "Eve", "email": "eve@example.com", "timeZone": "Europe/Berlin"}}


def exchanges(path: Path = RECORDING) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text())["exchanges"]
    return found


class Replay:
    """Sends the recorded requests, with the ids of this run in place of the recorded ones, and compares the answers."""

    def __init__(self, calcom: Calcom) -> None:
        self.calcom = calcom
        self.names: dict[str, str] = {}

    def prepare(self, name: str) -> None:
        """Make what the recording does not show being made."""
        if name == "me":
            hook = {"active": True, "subscriberUrl": "http://127.0.0.1:5777/hook", "secret": "whsecret"}
            triggers = ["BOOKING_CREATED", "BOOKING_CANCELLED", "BOOKING_RESCHEDULED"]
            made = self.calcom.send("POST", "/webhooks", json=hook | {"triggers": triggers}).json()["data"]
            self.names["f642c7f6-e460-4f6d-bf32-af405f0141e6"] = made["id"]
        elif name == "booking_decline":
            self._pend("5stFy8THJDwGdLYKoUqYN6", "2026-12-08T14:30:00Z")
        elif name == "reschedule_without_key":
            self._pend("q81bXkMqcmDEDVsEPFDvTh", "2027-04-13T14:30:00Z")
        elif name == "slots_after_booking_reserved":
            make_recorded_account(self.calcom.program, slots_lag_seconds=5)

    def _pend(self, recorded_uid: str, start: str) -> None:
        headers = {"cal-api-version": "2024-08-13"}
        made = self.calcom.send("POST", "/bookings", headers=headers, json=PENDING | {"start": start})
        self.names[recorded_uid] = made.json()["data"]["uid"]

    def send(self, name: str, request: dict[str, Any]) -> httpx.Response:
        headers = dict(request.get("headers", {}))
        if "Authorization" in headers:
            headers["Authorization"] = f"Bearer {self.key_of(name)}"
        url = f"{self.calcom.program.url}/calcom{self.renamed(request['path'])}"
        body = json.dumps(request["body"]).encode() if "body" in request else None
        return self.calcom.program.client.request(request["method"], url, headers=headers, content=body)

    def key_of(self, name: str) -> str:
        return "cal_wrong" if name.endswith(("bad_key", "never_valid_key")) else self.calcom.key

    def renamed(self, text: str) -> str:
        for recorded, ours in self.names.items():
            text = text.replace(recorded, ours)
        return text

    def learn(self, recorded: Any, ours: Any) -> None:
        """Remember which of our ids stands for which recorded one."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for key, value in recorded.items():
                if isinstance(value, str) and (key in NAMES or (key == "id" and "triggers" in recorded)):
                    self.names.setdefault(value, str(ours.get(key)))
                self.learn(value, ours.get(key))
        elif isinstance(recorded, list) and isinstance(ours, list):
            for left, right in zip(recorded, ours, strict=False):
                self.learn(left, right)

    def check(self, response: dict[str, Any], answer: httpx.Response) -> None:
        assert answer.status_code == response["status"], answer.text
        self.learn(response["body"], answer.json())
        assert scrubbed(answer.json()) == scrubbed(json.loads(self.renamed(json.dumps(response["body"]))))
        for header, value in response["headers"].items():
            if header.startswith(("X-RateLimit-Remaining", "X-RateLimit-Reset")):
                assert 0 <= int(answer.headers[header]) <= 120
            else:
                assert answer.headers[header] == value
        assert "X-RateLimit-Limit-Default" in response["headers"] or "x-ratelimit-limit-default" not in answer.headers
        assert "retry-after" not in answer.headers


def scrubbed(value: Any) -> Any:
    """Without what differs from run to run: moments of the call, running numbers."""
    if isinstance(value, dict):
        kept = {key: scrubbed(item) for key, item in value.items() if key not in VOLATILE | NEWER}
        if "uid" in kept:
            kept.pop("id")
        return kept
    if isinstance(value, list):
        return [scrubbed(item) for item in value]
    if isinstance(value, str):
        return re.sub(r"Current time in UTC\+0: [^,]+", "Current time in UTC+0: now", value)
    return value


def make_recorded_account(program: Program, **changes: Any) -> Calcom:
    base = {"length_minutes": 30, "minimum_notice_minutes": 120}
    return make_account(
        program,
        schedule=WEEKDAYS,
        event_types=[
            base | {"id": 1, "slug": "consult", "title": "Consult"},
            base | {"id": 2, "slug": "room", "title": "Room", "location": "Street 1"},
            base
            | {"id": 3, "slug": "confirm", "title": "Confirm", "location": "Street 1", "requires_confirmation": True},
        ],
        rate_limit_per_minute=120,
        booking_latency_ms=150,
        **changes,
    )


@pytest.mark.skipif(not RECORDING.exists(), reason="the recorded exchanges are not in ../shared/specs")
class TestReplay:
    def test_every_recorded_exchange(self, program: Program) -> None:
        program.set_clock("2026-11-22T07:12:45Z")
        replay = Replay(make_recorded_account(program))
        for exchange in exchanges():
            name = exchange["name"]
            replay.prepare(name)
            try:
                if "responses" in exchange:
                    self.race(replay, exchange)
                elif name == "rate_limited":
                    replay.check(exchange["response"], self.exhaust(replay, exchange["request"]))
                else:
                    replay.check(exchange["response"], replay.send(name, exchange["request"]))
            except AssertionError as problem:
                raise AssertionError(f"exchange {name}: {problem}") from problem

    def race(self, replay: Replay, exchange: dict[str, Any]) -> None:
        request = exchange["request"] | {"headers": {"cal-api-version": "2024-08-13"}}
        with ThreadPoolExecutor(len(exchange["responses"])) as pool:
            answers = list(pool.map(lambda _: replay.send("race", request), exchange["responses"]))
        assert sorted(answer.status_code for answer in answers) == sorted(r["status"] for r in exchange["responses"])
        assert [a.json() for a in answers if a.status_code == 409] == [r["body"] for r in exchange["responses"][1:]]

    def exhaust(self, replay: Replay, request: dict[str, Any]) -> httpx.Response:
        for _ in range(121):
            answer = replay.send("rate_limited", request)
            if answer.status_code == 429:
                return answer
        raise AssertionError("121 requests in a minute were all let through")

    def test_recording_is_complete(self) -> None:
        assert len(exchanges()) == 62


def make_shops(program: Program) -> tuple[Calcom, Calcom]:
    """The two accounts of the second recording: in New York, and on an island whose clocks change by half an hour."""
    hours = [
        {"days": [0, 1, 2, 3, 4], "start": "09:00", "end": "12:30"},
        {"days": [0, 1, 2, 3, 4], "start": "14:30", "end": "19:00"},
        {"days": [5, 6], "start": "00:00", "end": "06:00"},
    ]
    shop = make_account(
        program,
        api_key="cal_nyshop", name="nyshop", email="nyshop@example.com", username="nyshop",
        timezone="America/New_York", schedule=hours, rate_limit_per_minute=120,
        event_types=[
            {"id": 1, "slug": "haircut", "title": "Haircut", "length_minutes": 30},
            {"id": 5, "slug": "sixty", "title": "Sixty", "length_minutes": 60},
        ],
    )  # fmt: skip
    island = make_account(
        program,
        api_key="cal_island", name="island", email="island@example.com", username="island",
        timezone="Australia/Lord_Howe", rate_limit_per_minute=120,
        schedule=[
            {"days": [0, 1, 2, 3, 4], "start": "09:00", "end": "12:00"},
            {"days": [0, 1, 2, 3, 4], "start": "15:00", "end": "19:00"},
            {"days": [5, 6], "start": "00:00", "end": "06:00"},
        ],
        event_types=[{"id": 4, "slug": "hour", "title": "Hour", "length_minutes": 60}],
    )  # fmt: skip
    return shop, island


class SecondReplay(Replay):
    """The second recording has three keys: the shop's, one that was revoked, and one that never was."""

    def __init__(self, shop: Calcom, island: Calcom) -> None:
        super().__init__(shop)
        self.island = island

    def prepare(self, name: str) -> None:
        if name == "slots_revoked_key":
            self.island.send("GET", "/me")  # used before
            self.calcom.program.post(f"/calcom/accounts/{self.island.key}/revoke")
        elif name == "webhooks_list":
            triggers = [
                "BOOKING_CREATED",
                "BOOKING_REQUESTED",
                "BOOKING_REJECTED",
                "BOOKING_RESCHEDULED",
                "BOOKING_CANCELLED",
                "BOOKING_NO_SHOW_UPDATED",
                "BOOKING_PAYMENT_INITIATED",
                "BOOKING_PAID",
                "MEETING_ENDED",
            ]
            ours = "http://bobs-barbershop.localhost:8140/v1/webhooks/calcom"
            self._subscribe("eac154d6-94df-411b-9ca6-8f9e7a62fdf6", "nope", triggers[:1], active=True)
            self._subscribe("ac70aed7-db33-4078-9b6c-e5bed5b9850c", ours, triggers, active=False)

    def _subscribe(self, recorded_id: str, url: str, triggers: list[str], *, active: bool) -> None:
        hook = {"active": active, "subscriberUrl": url, "secret": "whsecret", "triggers": triggers}
        self.names[recorded_id] = self.calcom.send("POST", "/webhooks", json=hook).json()["data"]["id"]

    def key_of(self, name: str) -> str:
        return self.island.key if name.endswith("revoked_key") else super().key_of(name)


@pytest.mark.skipif(not SECOND.exists(), reason="the second recording is not in ../shared/specs")
class TestSecondReplay:
    def test_every_recorded_exchange(self, program: Program) -> None:
        program.set_clock("2026-11-27T12:13:38Z")
        replay = SecondReplay(*make_shops(program))
        for exchange in exchanges(SECOND):
            name = exchange["name"]
            if name in NOT_ALIKE:
                continue
            replay.prepare(name)
            try:
                replay.check(exchange["response"], replay.send(name, exchange["request"]))
            except AssertionError as problem:
                raise AssertionError(f"exchange {name}: {problem}") from problem

    def test_recording_is_complete(self) -> None:
        assert len(exchanges(SECOND)) == 28
