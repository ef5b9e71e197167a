"""Every route of the OpenAPI document against what no client should send: a 4xx with a code, never a 500."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.api import bodies
from portal.api.app import Api
from portal.core import redis
from portal.domain import accounts
from tests.api.conftest import Caller, RawAnswer
from tests.factories import MadeTenant
from tests.people import person

CODES = {"INVALID_ARGUMENT", "UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "RATE_LIMITED"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FROBNICATE")
ANY_ID = "0193f0aa-0000-7000-8000-000000000000"
KEY = (b"idempotency-key", b"fuzz-key-0001")
SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
BROKEN_BODIES = (
    b"", b"{", b"[1,", b"nul", b"\xff\xfe{}", b'{"a":"\xc3\x28"}', b'"text"', b"[]", b"7", b"null", b"NaN",
    b'{"message":' + b"9" * 5000 + b"}", b'{"session_id":"\\ud800","customer_name":"\\ud800"}', b'{"\\ud800":1}',
    b'{"notes":"\\u0000","message":"\\u0000"}', b"[" * 100_000, b'{"a":' * 20_000, b'{"service_id":1e999}',
)  # fmt: skip


def operations(api: Api, *, with_body: bool = False) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of the document."""
    return [
        (method.upper(), path, operation)
        for path, methods in api.openapi()["paths"].items()
        for method, operation in methods.items()
        if not with_body or "requestBody" in operation
    ]


def _query_names(operation: dict[str, Any]) -> list[str]:
    return [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]


def concrete(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", path)


def _also_means(template: str, path: str) -> bool:
    """Whether the path of one route can be read as another's, as ``/services/export`` as ``/services/{service_id}``."""
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), concrete(path)) is not None


def refused(answer: RawAnswer, what: Any) -> None:
    redis.client().flushall()
    assert 400 <= answer.status < 500, (what, answer.status, answer.body[:300])
    error = json.loads(answer.body)["error"]
    assert error["code"] in CODES, what
    assert error["message"]


class TestEveryRoute:
    authorization: tuple[bytes, bytes]

    @pytest.fixture(autouse=True)
    def _signed_in(self, shop: MadeTenant, database: str) -> None:
        """As somebody who has an account and may do nothing: what is wrong with a request is told before that."""
        person(database, "nobody@shop.example", password="a password of theirs")
        device = accounts.Device("ip-hash")
        opened = accounts.sign_in(
            "nobody@shop.example", "a password of theirs", device=device, kind=accounts.Kind.TOKEN
        )
        assert isinstance(opened, accounts.SignedIn)
        assert opened.tokens is not None
        self.authorization = (b"authorization", f"Bearer {opened.tokens.access_token}".encode())

    def test_wrong_method(self, caller: Caller, api: Api) -> None:
        known = {(method, path) for method, path, _ in operations(api)}
        for path in {path for _, path in known}:
            for method in METHODS:
                if (method, path) in known:
                    continue
                answer = self.send(caller, method, path, b"")
                refused(answer, (method, path))
                if any(known_method == method and _also_means(known_path, path) for known_method, known_path in known):
                    continue
                assert answer.status == 405, (method, path)
                allowed = set(answer.headers["allow"].split(", "))
                assert {known_method for known_method, known_path in known if known_path == path} <= allowed

    def test_broken_bodies(self, caller: Caller, api: Api) -> None:
        for method, path, _ in operations(api, with_body=True):
            for body in BROKEN_BODIES:
                answer = self.send(caller, method, path, body)
                refused(answer, (method, path, body[:40]))

    def test_other_content_types(self, caller: Caller, api: Api) -> None:
        kinds = (
            b"text/plain",
            b"application/x-www-form-urlencoded",
            b"multipart/form-data",
            b"\xff",
            b"",
            b"application/",
        )
        for method, path, _ in operations(api, with_body=True):
            for kind in kinds:
                answer = self.send(caller, method, path, b'{"a": 1}', kind)
                refused(answer, (method, path, kind))
                # 404: a route for files takes any type, but the business of this host is not this person's.
                # What is signed is refused for its signature, whatever its type.
                assert answer.status in ((401, 404) if path.startswith("/v1/webhooks/") else (400, 404))

    def test_huge_body(self, caller: Caller, api: Api) -> None:
        for method, path, _ in operations(api, with_body=True):
            most = next(most for prefix, most in bodies.LIMITS if path.startswith(prefix))
            answer = self.send(caller, method, path, b'{"notes":"' + b"x" * most + b'"}')
            refused(answer, path)
            assert answer.status == 413

    def test_unknown_field(self, caller: Caller, api: Api) -> None:
        for method, path, operation in operations(api, with_body=True):
            if not example(api, operation):
                continue
            for name in ("unknown", "tenant_id", "__proto__", "ключ", "a" * 200):
                body = example(api, operation) | {name: "secret-value"}
                answer = self.send(caller, method, path, json.dumps(body).encode())
                refused(answer, (path, name))
                assert b"secret-value" not in answer.body
                fields = json.loads(answer.body)["error"]["details"]["fields"]
                assert any("known field" in field["message"] for field in fields)

    def test_wrong_types(self, caller: Caller, api: Api) -> None:
        @SETTINGS
        @given(st.data())
        def one_field_off(data: st.DataObject) -> None:
            method, path, operation = data.draw(st.sampled_from(operations(api, with_body=True)))
            sample = example(api, operation)
            body = sample | {data.draw(st.sampled_from(sorted(sample) or ["a"])): data.draw(ANYTHING)}
            # The value may happen to fit; the ids in the sample are nobody's all the same.
            refused(self.send(caller, method, path, json.dumps(body).encode()), (path, body))

        one_field_off()

    def test_whole_bodies(self, caller: Caller, api: Api) -> None:
        @SETTINGS
        @given(st.sampled_from(operations(api, with_body=True)), ANYTHING | st.binary(max_size=200))
        def any_body(operation: tuple[str, str, Any], body: Any) -> None:
            sent = body if isinstance(body, bytes) else json.dumps(body).encode()
            refused(self.send(caller, operation[0], operation[1], sent), (operation[1], body))

        any_body()

    def test_queries_and_paths(self, caller: Caller, api: Api) -> None:
        varied = [
            (path, named)
            for method, path, operation in operations(api)
            if (named := _query_names(operation)) or ("{" in path and method == "GET")
        ]

        @SETTINGS
        @given(st.sampled_from(varied), st.binary(max_size=60), st.lists(st.text(max_size=20), min_size=3, max_size=3))
        def odd(route: tuple[str, list[str]], query: bytes, values: list[str]) -> None:
            path, named = route
            pairs = "&".join(f"{name}={value}" for name, value in zip(named, values, strict=False))
            for asked in (query, pairs.encode("utf-8", "surrogatepass")):
                text = re.sub(r"\{\w+\}", lambda _: values[0].replace("/", "") or "x", path)
                refused(caller.raw(text, query_string=asked, raw_path=b"/x"), (path, asked, values))

        odd()

    def send(self, caller: Caller, method: str, path: str, body: bytes, kind: bytes = b"application/json") -> RawAnswer:
        headers = [(b"host", caller.host.encode()), (b"content-type", kind), KEY, self.authorization]
        return caller.raw(concrete(path), method=method, headers=headers, body=[body])


def example(api: Api, operation: dict[str, Any]) -> dict[str, Any]:
    """A body of the right shape that names nothing that exists; empty where the body is no JSON object."""
    content = operation["requestBody"]["content"]
    if "application/json" not in content:
        return {}
    schemas = api.openapi()["components"]["schemas"]
    shape = _resolved(content["application/json"]["schema"], schemas)
    return {name: _value(spec, schemas) for name, spec in shape.get("properties", {}).items()}


def _value(spec: dict[str, Any], schemas: dict[str, Any]) -> Any:
    spec = next((choice for choice in spec.get("anyOf", []) if choice.get("type") != "null"), spec)
    spec = _resolved(spec, schemas)
    if "enum" in spec:
        return spec["enum"][0]
    by_format = {"uuid": ANY_ID, "date-time": "2030-01-01T10:00:00Z", "date": "2030-01-01"}
    by_type = {"boolean": False, "integer": 1, "number": 1, "string": "text", "array": [], "object": {}}
    return by_format.get(spec.get("format", ""), by_type[spec.get("type", "string")])


def _resolved(spec: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schemas[spec["$ref"].rpartition("/")[2]] if "$ref" in spec else spec
    return found


class TestDocument:
    def test_errors_are_documented(self, api: Api) -> None:
        document = api.openapi()
        assert "HTTPValidationError" not in document["components"]["schemas"]
        for method, path, operation in operations(api):
            assert "422" not in operation["responses"], path
            assert operation["summary"], path
            assert any("ErrorBody" in json.dumps(response) for response in operation["responses"].values()), (
                method,
                path,
            )

    def test_served(self, caller: Caller, api: Api) -> None:
        assert caller.get("/v1/openapi.json").json() == json.loads(json.dumps(api.openapi()))

    def test_every_route_is_in_it(self, api: Api) -> None:
        paths = set(api.openapi()["paths"])
        assert {"/v1/public/tenant", "/v1/public/services", "/v1/public/availability", "/v1/bookings"} <= paths
        assert {"/v1/chat/session", "/v1/chat/stream", "/v1/chat/confirm", "/healthz", "/readyz"} <= paths
