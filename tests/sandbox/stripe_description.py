"""What Stripe's own description says of a call: where a request or an answer breaks it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from portal.sandbox.stripe.forms import nested
from tests.sandbox.conftest import SPECS

FILE = SPECS / "stripe.trim.json"
NO_FILE = "Stripe's description of its API is not in ../shared/specs"


@cache
def description() -> Any:
    return json.loads(FILE.read_text())


def wrong_answer(method: str, path: str, status: int, body: Any) -> list[str]:
    responses = _operation(method, path)["responses"]
    schema = responses.get(str(status), responses["default"])["content"]["application/json"]["schema"]
    return _faults(schema, body) + [f"{name} is not described" for name in _unknown(schema, body)]


def wrong_request(method: str, path: str, encoded: str) -> list[str]:
    operation, given = _operation(method, path), nested(encoded)
    if method == "GET":
        schema = {"properties": {each["name"]: each["schema"] for each in operation["parameters"]}, "type": "object"}
    else:
        schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    return _faults(schema, _typed(schema, given)) + [f"{name} is not described" for name in _unknown(schema, given)]


def _operation(method: str, path: str) -> Any:
    for template in sorted(description()["paths"], key=lambda text: text.count("{")):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return description()["paths"][template][method.lower()]
    raise LookupError(f"{method} {path} is not described")


def _faults(schema: Any, body: Any) -> list[str]:
    schema = json.loads(json.dumps(schema).replace('"#/components', '"urn:stripe#/components'))
    return [f"{error.json_path}: {error.message}" for error in _validator(schema).iter_errors(body)]


def _validator(schema: Any) -> Draft202012Validator:
    resource: Resource[Any] = Resource.from_contents(description(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:stripe", resource)
    return Draft202012Validator(schema, registry=registry)


def _whole(schema: Any) -> list[Any]:
    """A schema as those that it may be: references followed."""
    if "$ref" in schema:
        return _whole(description()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in schema:
        return [each for option in schema["anyOf"] for each in _whole(option)]
    return [schema]


def _unknown(schema: Any, value: Any, path: str = "") -> list[str]:
    """Fields that no schema of an object names, at any depth; objects without named fields may hold anything."""
    options = _whole(schema)
    if isinstance(value, list):
        inner = {"anyOf": [each["items"] for each in options if "items" in each] or [{}]}
        return [fault for each in value for fault in _unknown(inner, each, f"{path}[]")]
    named = [each["properties"] for each in options if "properties" in each]
    if not isinstance(value, dict) or not named:
        return []
    found = []
    for name, each in value.items():
        inner_options = [properties[name] for properties in named if name in properties]
        where = f"{path}.{name}".strip(".")
        found += _unknown({"anyOf": inner_options}, each, where) if inner_options else [where]
    return found


def _typed(schema: Any, value: Any) -> Any:
    """A form's text as the number or truth that the description wants."""
    options = _whole(schema)
    if isinstance(value, dict):
        inner = {name: each for option in options for name, each in option.get("properties", {}).items()}
        return {name: _typed(inner.get(name, {}), each) for name, each in value.items()}
    if isinstance(value, list):
        items = [each["items"] for each in options if "items" in each]
        return [_typed(items[0] if items else {}, each) for each in value]
    kinds = {str(each.get("type")) for each in options}
    if "integer" in kinds and value.isdigit():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if "boolean" in kinds else value
