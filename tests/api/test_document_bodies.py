"""What the OpenAPI document allows, the routes' validation accepts: bodies made from the document alone."""

import json
import re
import sys
from collections import Counter
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from portal.api.app import Api
from portal.core import redis
from portal.domain import accounts
from tests.api.conftest import Caller
from tests.api.test_fuzz import KEY, concrete, operations
from tests.factories import MadeTenant
from tests.people import person

BODIES = 15
SHARE = 0.9
SETTINGS = settings(
    max_examples=BODIES, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
FORMATS = {
    "uuid": st.uuids().map(str),
    "date-time": st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
    "date": st.dates().map(str),
    "time": st.times().map(lambda time: f"{time:%H:%M}"),
    "email": st.from_regex(r"[a-z]{1,12}@[a-z]{1,12}\.com", fullmatch=True),
}
CHARACTERS = st.characters(codec="utf-8")
ANY = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=20)


def bodies(spec: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema of the document allows."""
    if "$ref" in spec:
        return bodies(schemas[spec["$ref"].rpartition("/")[2]], schemas)
    for name in ("anyOf", "oneOf"):
        if name in spec:
            return st.one_of(*(bodies(choice, schemas) for choice in spec[name]))
    if "const" in spec:
        return st.just(spec["const"])
    if "enum" in spec:
        return st.sampled_from(spec["enum"])
    return {
        "string": _texts, "integer": _numbers, "number": _numbers, "array": _lists, "object": _objects,
        "boolean": lambda *_: st.booleans(), "null": lambda *_: st.none(),
    }.get(spec.get("type", ""), lambda *_: ANY)(spec, schemas)  # fmt: skip


def _texts(spec: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[str]:
    if (found := FORMATS.get(spec.get("format", ""))) is not None:
        return found
    least, most = spec.get("minLength", 0), spec.get("maxLength", 60)
    if "pattern" in spec:
        return _matching(spec["pattern"], least, most)
    return st.text(CHARACTERS, min_size=least, max_size=max(least, min(most, 200)))


def _matching(pattern: str, least: int, most: int) -> st.SearchStrategy[str]:
    """Texts of this form; one class of characters repeated, as most forms are, also of the right length."""
    if (repeated := re.fullmatch(r"\^(\[\^?.+\])\*\$", pattern)) is not None:
        one = st.from_regex(repeated[1], fullmatch=True, alphabet=CHARACTERS)
        return st.text(one, min_size=least, max_size=max(least, min(most, 200)))
    whole = st.from_regex(pattern.removeprefix("^").removesuffix("$"), fullmatch=True, alphabet=CHARACTERS)
    return whole.filter(lambda text: least <= len(text) <= most)


def _numbers(spec: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[Any]:
    least, most = spec.get("minimum", -(10**12)), spec.get("maximum", 10**12)
    return st.integers(int(least), int(most)) if spec["type"] == "integer" else st.floats(least, most)


def _lists(spec: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[Any]:
    least = spec.get("minItems", 0)
    most = max(least, min(spec.get("maxItems", 4), 4))
    items = bodies(spec.get("items", {}), schemas)
    return st.lists(items, min_size=least, max_size=most, unique=spec.get("uniqueItems", False))


def _objects(spec: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[Any]:
    values = {name: bodies(value, schemas) for name, value in spec.get("properties", {}).items()}
    must = set(spec.get("required", ()))
    known = st.fixed_dictionaries(
        {name: value for name, value in values.items() if name in must},
        optional={name: value for name, value in values.items() if name not in must},
    )
    more = spec.get("additionalProperties")
    if not isinstance(more, dict):
        return known
    keys = bodies(spec.get("propertyNames", {"type": "string"}), schemas)
    return st.builds(lambda extra, own: extra | own, st.dictionaries(keys, bodies(more, schemas), max_size=3), known)


class TestBodies:
    @pytest.fixture
    def authorization(self, shop: MadeTenant, database: str) -> tuple[bytes, bytes]:
        """Somebody who may do nothing: what is wrong with a body is told before that, and nothing happens."""
        person(database, "nobody@shop.example", password="a password of theirs")
        opened = accounts.sign_in(
            "nobody@shop.example", "a password of theirs", device=accounts.Device("ip"), kind=accounts.Kind.TOKEN
        )
        assert isinstance(opened, accounts.SignedIn)
        assert opened.tokens is not None
        return (b"authorization", f"Bearer {opened.tokens.access_token}".encode())

    def test_are_accepted(self, caller: Caller, api: Api, authorization: tuple[bytes, bytes]) -> None:
        schemas = api.openapi()["components"]["schemas"]
        shares = {
            f"{method} {path}": self.share(caller, method, path, schema, schemas, authorization)
            for method, path, operation in operations(api, with_body=True)
            if (schema := operation["requestBody"]["content"].get("application/json", {}).get("schema"))
        }
        poor = {route: found for route, found in sorted(shares.items()) if found[0] < SHARE}
        good = len(shares) - len(poor)
        sys.stdout.write(f"{good} of {len(shares)} routes accept at least {SHARE:.0%} of what the document allows\n")
        assert not poor

    def share(
        self, caller: Caller, method: str, path: str, schema: Any, schemas: Any, authorization: tuple[bytes, bytes]
    ) -> tuple[float, Counter[str]]:
        """The share that the validation accepts, and what it says of the rest."""
        outcomes: list[bool] = []
        why: Counter[str] = Counter()
        headers = [(b"host", caller.host.encode()), (b"content-type", b"application/json"), KEY, authorization]

        @seed(1)
        @SETTINGS
        @given(bodies(schema, schemas))
        def send(body: Any) -> None:
            sent = json.dumps(body).encode()
            answer = caller.raw(_named(path), method=method, headers=headers, body=[sent])
            redis.client().flushall()
            said = json.loads(answer.body)["error"] if answer.status == 400 else {}
            fields = (said.get("details") or {}).get("fields") or []
            outcomes.append(not fields)
            why.update(f"{field['field']} {field['message']}" for field in fields)

        send()
        return sum(outcomes) / len(outcomes), why


def _named(path: str) -> str:
    return concrete(path).replace("/x", "/0193f0aa-0000-7000-8000-000000000000")
