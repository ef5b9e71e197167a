"""The Twilio stand-in's answers fit the vendor's own description."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.sandbox.conftest import SPECS, Program
from tests.sandbox.test_calcom_schema import as_json_schema
from tests.sandbox.test_twilio import PHONE, SENDER, SERVICE, SID, Twilio, make_account

FILES = [SPECS / "twilio-messages.trim.json", SPECS / "twilio-messaging-v1.trim.json"]
pytestmark = pytest.mark.skipif(
    not all(file.exists() for file in FILES), reason="Twilio's descriptions of its API are not in ../shared/specs"
)


@cache
def descriptions() -> list[Any]:
    return [as_json_schema(json.loads(file.read_text())) for file in FILES]


def faults(method: str, path: str, status: int, body: Any) -> list[str]:
    """Where an answer breaks the description; a field that is not described is a fault too."""
    for number, description in enumerate(descriptions()):
        for template, operations in description["paths"].items():
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) and method.lower() in operations:
                return _faults(number, operations[method.lower()]["responses"][str(status)], body)
    raise LookupError(f"{method} {path} is not described")


def _faults(number: int, response: Any, body: Any) -> list[str]:
    resource: Resource[Any] = Resource.from_contents(descriptions()[number], default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:twilio", resource)
    schema = response["content"]["application/json"]["schema"]
    schema = json.loads(json.dumps(schema).replace('"#/components', '"urn:twilio#/components'))
    validator = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]
    return found + [f"{name} is not described" for name in set(body) - _named(schema, number)]


def _named(schema: Any, number: int) -> set[str]:
    if "$ref" in schema:
        return _named(descriptions()[number]["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], number)
    return set(schema["properties"])


def check(answer: httpx.Response, *, status: int) -> None:
    assert answer.status_code == status, answer.text
    path = answer.request.url.path.removeprefix("/twilio")
    assert faults(answer.request.method, path, status, answer.json()) == []


class TestAnswers:
    def test_messages(self, program: Program) -> None:
        twilio = make_account(program)
        created = twilio.create()
        check(created, status=201)
        twilio.program.post("/twilio/numbers", {"to": PHONE, "final": "undelivered", "error_code": 30003})
        twilio.create()
        twilio.inbound("HELP")
        twilio.settled()
        messages = f"/2010-04-01/Accounts/{SID}/Messages"
        check(twilio.send("GET", f"{messages}/{created.json()['sid']}.json"), status=200)
        check(twilio.send("GET", f"{messages}.json"), status=200)
        check(twilio.send("GET", f"{messages}.json", params={"PageSize": "1", "To": PHONE}), status=200)

    def test_services(self, program: Program) -> None:
        twilio, service = make_account(program), f"/v1/Services/{SERVICE}"
        check(twilio.send("GET", "/v1/Services"), status=200)
        check(twilio.send("GET", service), status=200)
        check(twilio.send("POST", service, data={"InboundRequestUrl": "https://shop.example/in"}), status=200)
        check(twilio.send("GET", f"{service}/PhoneNumbers"), status=200)
        check(twilio.send("GET", f"{service}/Compliance/Usa2p"), status=200)

    def test_the_check_itself_finds_faults(self, program: Program) -> None:
        body = make_account(program).created() | {"status": "gone", "sid": "x", "colour": "red"}
        found = faults("POST", f"/2010-04-01/Accounts/{SID}/Messages.json", 201, body)
        assert {fault.split(":")[0] for fault in found} == {"$.status", "$.sid", "colour is not described"}

    def test_it_knows_the_senders(self, program: Program) -> None:
        twilio: Twilio = make_account(program)
        [number] = twilio.send("GET", f"/v1/Services/{SERVICE}/PhoneNumbers").json()["phone_numbers"]
        assert (number["phone_number"], number["country_code"]) == (SENDER, "US")
