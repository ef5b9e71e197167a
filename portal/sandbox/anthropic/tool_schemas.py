"""Checks of a tool's `input_schema`: an object schema of JSON Schema 2020-12, as far as a tool needs it."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from portal.sandbox.anthropic.errors import ApiError, invalid
from portal.sandbox.anthropic.protocol import JsonObject, Tool

TOOL_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,128}$")
PROPERTY_NAME = re.compile(r"^[a-zA-Z0-9_.-]{1,64}$")
TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
COMBINATIONS = ("oneOf", "allOf", "anyOf")


def check_tools(tools: list[Tool]) -> None:
    """Raises `ApiError` (400) for a bad or repeated name, or a schema that a tool can't have."""
    names = [tool.name for tool in tools]
    if len(set(names)) != len(names):
        raise invalid("tools: Tool names must be unique.")
    for index, tool in enumerate(tools):
        where = f"tools.{index}.custom"
        if not TOOL_NAME.match(tool.name):
            raise invalid(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        _check_top(tool.input_schema, where)
        for problem in _problems(tool.input_schema):
            raise _draft_error(where, problem)
        if tool.strict:
            _check_closed(tool.input_schema, where)


def _check_top(schema: JsonObject, where: str) -> None:
    if "type" not in schema:
        raise invalid(f"{where}.input_schema.type: Field required")
    if schema["type"] != "object":
        raise invalid(f"{where}.input_schema.type: Input should be 'object'")
    if any(word in schema for word in COMBINATIONS):
        raise invalid(f"{where}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level")
    properties = schema.get("properties")
    for name in properties if isinstance(properties, dict) else ():
        if not PROPERTY_NAME.match(name):
            raise invalid(
                f"{where}.input_schema.properties: Property keys should match pattern '{PROPERTY_NAME.pattern}'"
            )


def _draft_error(where: str, problem: str) -> ApiError:
    return invalid(
        f"{where}.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
        f"(https://json-schema.org/draft/2020-12): {problem}"
    )


def _problems(schema: JsonValue) -> Iterator[str]:
    """What is wrong with a schema or one of its sub-schemas, in words."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        yield "a schema is an object or a boolean"
        return
    yield from _keyword_problems(schema)
    for child in _children(schema):
        yield from _problems(child)


def _keyword_problems(schema: JsonObject) -> Iterator[str]:
    kinds = schema.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in TYPES:
            yield f"unknown type {kind!r}"
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        yield "required is a list of names"
    if not isinstance(schema.get("properties") or {}, dict):
        yield "properties is an object"
    if not isinstance(schema.get("enum", []), list):
        yield "enum is a list"
    pattern = schema.get("pattern", "")
    if not isinstance(pattern, str) or not _compiles(pattern):
        yield "pattern is a regular expression"


def _children(schema: JsonObject) -> Iterator[JsonValue]:
    for word in ("properties", "$defs", "patternProperties"):
        group = schema.get(word)
        if isinstance(group, dict):
            yield from group.values()
    for word in COMBINATIONS:
        group = schema.get(word)
        if isinstance(group, list):
            yield from group
    for word in ("items", "additionalProperties", "not"):
        if word in schema:
            yield schema[word]


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _check_closed(schema: JsonValue, where: str) -> None:
    """A strict tool names every property: open objects are refused at any depth."""
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise invalid(f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    for child in _children(schema):
        _check_closed(child, where)
