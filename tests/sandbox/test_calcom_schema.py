"""Answers fit the vendor's own description, and break it nowhere that the real server does not break it itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.sandbox.conftest import BOOKINGS, EVENT_TYPES, SCHEDULES, SLOTS, SPECS, Calcom, Program, make_account

DESCRIPTION = SPECS / "calcom-v2.trim.json"
RECORDING = SPECS / "calcom-recorded.json"
pytestmark = pytest.mark.skipif(
    not (DESCRIPTION.exists() and RECORDING.exists()),
    reason="Cal.com's description of its API is not in ../shared/specs",
)
TEN = "2026-12-08T10:00:00Z"

Slip = tuple[str, str, str, str]
"""Kind of resource, place in the answer (one or in a list is the same), rule and what it concerns."""


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema: `nullable` is the one difference that matters here."""
    if isinstance(node, list):
        return [as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: as_json_schema(value) for key, value in node.items() if key not in ("nullable", "example")}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


@cache
def description() -> Any:
    return as_json_schema(json.loads(DESCRIPTION.read_text()))


@cache
def registry() -> Registry[Any]:
    resource: Resource[Any] = Resource.from_contents(description(), default_specification=DRAFT202012)
    found: Registry[Any] = Registry().with_resource("urn:calcom", resource)
    return found


def operation_of(method: str, path: str) -> Any:
    """The described operation that a request meets; a path without parameters wins."""
    bare = path.split("?")[0]
    for template in sorted(description()["paths"], key=lambda text: text.count("{")):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), bare):
            return description()["paths"][template][method.lower()]
    raise LookupError(f"{method} {bare} is not described")


def slips(method: str, path: str, status: int, body: Any) -> set[Slip]:
    """Where an answer breaks the description."""
    operation = operation_of(method, path)
    resource = path.split("?")[0].split("/")[2]
    response = operation["responses"].get(str(status)) or operation["responses"]["default"]
    schema = response["content"]["application/json"]["schema"]
    schema = json.loads(json.dumps(schema).replace('"#/components', '"urn:calcom#/components'))
    validator = Draft202012Validator(schema, registry=registry())
    return {
        (resource, re.sub(r"\[\d+\]", "", error.json_path), str(error.validator), concerned(error))
        for top in validator.iter_errors(body)
        for error in leaves(top)
    }


def leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Of alternatives that all fail, the faults of the one that comes nearest."""
    if not error.context:
        yield error
        return
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)

    def distance(found: list[ValidationError]) -> tuple[bool, int]:
        other_kind = any(item.validator == "type" and not item.relative_path for item in found)
        return other_kind, sum(len(list(leaves(item))) for item in found)

    nearest = min(branches.values(), key=distance)
    for inner in nearest:
        yield from leaves(inner)


def concerned(error: ValidationError) -> str:
    if error.validator == "required":
        return error.message.split("'")[1]
    return str(type(error.instance).__name__)


@cache
def slips_of_the_real_server() -> frozenset[Slip]:
    found: set[Slip] = set()
    for exchange in json.loads(RECORDING.read_text())["exchanges"]:
        if "response" in exchange:
            request, response = exchange["request"], exchange["response"]
            found |= slips(request["method"], request["path"], response["status"], response["body"])
    return frozenset(found)


def check(answer: httpx.Response, *, status: int) -> None:
    assert answer.status_code == status, answer.text
    path = answer.request.url.path.removeprefix("/calcom")
    assert slips(answer.request.method, path, answer.status_code, answer.json()) - slips_of_the_real_server() == set()


class TestAnswers:
    def test_accounts(self, calcom: Calcom) -> None:
        check(calcom.send("GET", "/me"), status=200)
        check(calcom.send("GET", "/schedules", headers=SCHEDULES), status=200)
        check(calcom.send("GET", "/schedules/default", headers=SCHEDULES), status=200)
        check(calcom.send("GET", "/schedules/1", headers=SCHEDULES), status=200)
        check(calcom.send("GET", "/event-types", headers=EVENT_TYPES), status=200)
        check(calcom.send("GET", f"/event-types/{calcom.event_type}", headers=EVENT_TYPES), status=200)
        check(calcom.send("GET", "/event-types/99", headers=EVENT_TYPES), status=404)

    def test_slots(self, calcom: Calcom) -> None:
        query = {"eventTypeId": str(calcom.event_type), "start": "2026-12-08", "end": "2026-12-09"}
        check(calcom.send("GET", "/slots", headers=SLOTS, params=query), status=200)
        check(calcom.send("GET", "/slots", headers=SLOTS, params=query | {"format": "range"}), status=200)
        check(calcom.send("GET", "/slots", headers=SLOTS, params=query | {"start": "x"}), status=400)
        held = calcom.send(
            "POST", "/slots/reservations", headers=SLOTS, json={"eventTypeId": calcom.event_type, "slotStart": TEN}
        )
        check(held, status=201)
        check(
            calcom.send("GET", f"/slots/reservations/{held.json()['data']['reservationUid']}", headers=SLOTS),
            status=200,
        )

    def test_a_booking_and_its_life(self, calcom: Calcom) -> None:
        created = calcom.book(
            TEN,
            attendee={"phoneNumber": "+14155550123"},
            guests=["ben@example.com"],
            metadata={"k": "v"},
            bookingFieldsResponses={"notes": "left side"},
        )
        check(created, status=201)
        uid = created.json()["data"]["uid"]
        check(calcom.book(TEN), status=400)
        check(calcom.send("GET", f"/bookings/{uid}", headers=BOOKINGS), status=200)
        check(calcom.send("GET", "/bookings", headers=BOOKINGS), status=200)
        moved = calcom.act(uid, "reschedule", {"start": "2026-12-08T11:00:00Z", "reschedulingReason": "traffic"})
        check(moved, status=201)
        check(calcom.send("GET", f"/bookings/{uid}", headers=BOOKINGS), status=200)
        check(calcom.act(moved.json()["data"]["uid"], "cancel", {"cancellationReason": "ill"}), status=200)
        check(calcom.act("nothing", "cancel", {"cancellationReason": "ill"}), status=404)

    def test_a_group_booking(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        kinds = [{"slug": "yoga", "title": "Yoga", "length_minutes": 60, "seats": 4, "location": "Hall"}]
        calcom = make_account(program, event_types=kinds)
        created = calcom.book(TEN)
        check(created, status=201)
        uid = created.json()["data"]["uid"]
        check(calcom.send("GET", f"/bookings/{uid}", headers=BOOKINGS), status=200)
        query = {"eventTypeId": str(calcom.event_type), "start": "2026-12-08", "end": "2026-12-08"}
        check(calcom.send("GET", "/slots", headers=SLOTS, params=query), status=200)

    def test_decisions(self, program: Program) -> None:
        program.set_clock("2026-11-22T00:00:00Z")
        ask = {"slug": "ask", "title": "Ask", "length_minutes": 30, "requires_confirmation": True, "location": "Hall"}
        calcom = make_account(program, event_types=[ask])
        check(calcom.act(calcom.booked(TEN)["uid"], "confirm", {}), status=200)
        later = calcom.booked("2026-12-08T11:00:00Z")["uid"]
        check(calcom.act(later, "decline", {"reason": "full"}), status=200)
        check(calcom.act(later, "mark-absent", {"host": True}), status=400)

    def test_webhooks(self, calcom: Calcom) -> None:
        hook = {"active": True, "subscriberUrl": "http://127.0.0.1:9/x", "triggers": ["BOOKING_CREATED"], "secret": "s"}
        created = calcom.send("POST", "/webhooks", json=hook)
        check(created, status=201)
        check(calcom.send("GET", "/webhooks"), status=200)
        one = f"/webhooks/{created.json()['data']['id']}"
        check(calcom.send("GET", one), status=200)
        check(calcom.send("PATCH", one, json={"active": False}), status=200)
        check(calcom.send("DELETE", one), status=200)
        check(calcom.send("GET", one), status=404)

    def test_the_check_itself_finds_faults(self, calcom: Calcom) -> None:
        broken = calcom.book(TEN).json()
        broken["data"]["status"] = "confirmed"
        del broken["data"]["end"]
        found = slips("POST", "/v2/bookings", 201, broken) - slips_of_the_real_server()
        assert {(place, concern) for _, place, _, concern in found} == {("$.data.status", "str"), ("$.data", "end")}

    def test_a_wrong_type_is_a_fault(self) -> None:
        answer = {"status": "success", "data": {"id": "1"}}
        assert ("me", "$.data.id", "type", "str") in slips("GET", "/v2/me", 200, answer)
