"""Tool calls that a model writes into its text, as small models do instead of asking properly.

Such text is never handed on; a call in it that names a tool we sent is carried out like a proper one.
"""

import json
import re
from typing import Any

_OPENING = r"<(?:tool_calls?|function_calls?|tool_use|invoke|function|\|tool_calls?\|?|\|python_tag\|)\b|\[TOOL_CALLS\]"
_KEYS = "name|tool|tool_name|tool_calls|function|action|arguments|parameters|input|type"
_JSON = rf'(?:```[a-z_]*\s*)?(?:\[\s*)?\{{\s*"(?:{_KEYS})"\s*:'
_START = re.compile(f"{_OPENING}|{_JSON}")
#: The end of a text with which a call may have begun: a mark, a fence, or an object up to its first key.
_BEGUN = re.compile(
    r"(?:<\|?[a-z_]{0,14}\|?|\[[A-Z_]{0,10}|(?:`{1,3}|```[a-z_]*\s*)?(?:\[\s*)?(?:\{\s*(?:\"[a-z_]{0,12}(?:\"\s*)?)?)?)$"
)
_CLOSING = re.compile(r"</(?:tool_calls?|function_calls?|tool_use|invoke|function)>|<\|/?tool_calls?_?(?:end)?\|>")
_AFTER = re.compile(r"\s*(?:```)?\s*")
_AFTER_BEGUN = re.compile(r"\s*`{0,3}\s*")
_MARKS = "<[{`"
_decoder = json.JSONDecoder()


class WrittenCalls:
    """Feed it the deltas of one block of text, hand on what it returns; ``found`` are the calls: (name, arguments)."""

    def __init__(self, names: frozenset[str]) -> None:
        self._held = ""
        self._names = names
        self.found: list[tuple[str, str]] = []

    def feed(self, text: str) -> str:
        """Returns what is surely no call."""
        if not self._held and not any(mark in text for mark in _MARKS):
            return text
        self._held += text
        return self._read(is_end=False)

    def finish(self) -> str:
        """Returns what was held; a call that was begun and not ended is dropped."""
        return self._read(is_end=True)

    def _read(self, *, is_end: bool) -> str:
        given = ""
        while match := _START.search(self._held):
            end = _end_of(self._held, match.start(), is_end=is_end)
            if end is None:
                return given + self._give(match.start())
            self._take(self._held[match.start() : end])
            given += self._held[: match.start()]
            self._held = self._held[end:]
        begun = None if is_end else _BEGUN.search(self._held)
        return given + self._give(begun.start() if begun else len(self._held))

    def _give(self, length: int) -> str:
        given, self._held = self._held[:length], self._held[length:]
        return given

    def _take(self, written: str) -> None:
        """Keep the calls of a passage that is not handed on."""
        for value in _objects(written):
            name, arguments = _call_of(value)
            if name in self._names:
                self.found.append((name, arguments))


def _end_of(text: str, start: int, *, is_end: bool) -> int | None:
    """Where the passage that begins at ``start`` is over; None while it goes on."""
    if text[start] in "<[" and not re.match(_JSON, text[start:]):
        closing = _CLOSING.search(text, start)
        return closing.end() if closing else len(text) if is_end else None
    end = _balanced(text, start)
    if end is None:
        return len(text) if is_end else None
    if not is_end and _AFTER_BEGUN.fullmatch(text, end):
        return None
    after = _AFTER.match(text, end)
    return after.end() if after else end


def _balanced(text: str, start: int) -> int | None:
    """The end of the first bracket's contents, brackets in strings not counted."""
    depth, in_string, escaped = 0, False, False
    for position in range(start, len(text)):
        character = text[position]
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "{[(":
            depth += 1
        elif character in "}])":
            depth -= 1
            if depth <= 0:
                return position + 1
    return None


def _objects(written: str) -> list[Any]:
    """The JSON objects in a passage, those in a list one by one."""
    found: list[Any] = []
    position = 0
    while (position := written.find("{", position)) >= 0:
        try:
            value, position = _decoder.raw_decode(written, position)
        except (ValueError, RecursionError):
            position += 1
            continue
        calls = value.get("tool_calls") if isinstance(value, dict) else None
        found += calls if isinstance(calls, list) else [value]
    return found


def _call_of(value: Any) -> tuple[str, str]:
    """Name and arguments (as JSON) of an object that is shaped like a call; empty for any other."""
    if not isinstance(value, dict):
        return "", ""
    inner = value.get("function")
    if isinstance(inner, dict):
        return _call_of(inner)
    name = next((value[key] for key in ("name", "tool", "tool_name", "function", "action") if key in value), "")
    arguments: Any = next((value[key] for key in ("arguments", "parameters", "input") if key in value), {})
    if not isinstance(name, str):
        return "", ""
    return name, arguments if isinstance(arguments, str) else json.dumps(arguments)
