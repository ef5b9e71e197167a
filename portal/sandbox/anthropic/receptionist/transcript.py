"""The conversation as a list of happenings, told from the request's messages."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portal.sandbox.anthropic.protocol import Message, TextBlock, ToolResultBlock, ToolUseBlock

#: A note of the program in which the model works: in square brackets, or an operator's system message.
_NOTE = re.compile(r"\[([^\[\]]{6,})\]")
#: Of a longer message only the beginning is read.
LONGEST_TEXT = 2000
_CONTEXT = re.compile(
    r"<(context|now|state|system-reminder)>.*?</\1>|^(?:current local )?date and time:.*$", re.I | re.S | re.M
)
#: The program's note of the moment: no part of what was said.
_MOMENT = re.compile(r"\[current local date and time:[^\[\]]*\]", re.I)


@dataclass(frozen=True)
class Said:
    """What the customer wrote, without notes."""

    text: str


@dataclass(frozen=True)
class Noted:
    """A note of the surrounding program."""

    text: str


@dataclass(frozen=True)
class Answered:
    """What the receptionist wrote."""

    text: str


@dataclass(frozen=True)
class ToolRun:
    """A tool call with what came back."""

    name: str
    input: dict[str, Any]
    result: dict[str, Any]

    @property
    def error(self) -> tuple[str, str] | None:
        """Code and message of a failed call."""
        error = self.result.get("error")
        if error is None:
            return None
        if not isinstance(error, dict):
            return "ERROR", str(error)
        return str(error.get("code", "ERROR")), str(error.get("message", ""))


Happening = Said | Noted | Answered | ToolRun


def happenings(messages: Sequence[Message]) -> list[Happening]:
    """Everything that happened, oldest first. A call without a result yet is left out."""
    calls: dict[str, ToolUseBlock] = {}
    return [happening for message in messages for happening in _of_message(message, calls)]


def _of_message(message: Message, calls: dict[str, ToolUseBlock]) -> Iterator[Happening]:
    texts: list[str] = []
    runs: list[ToolRun] = []
    for block in message.content:
        if isinstance(block, TextBlock):
            texts.append(block.text)
        elif isinstance(block, ToolUseBlock):
            calls[block.id] = block
        elif isinstance(block, ToolResultBlock) and block.tool_use_id in calls:
            call = calls[block.tool_use_id]
            runs.append(ToolRun(call.name, dict(call.input), _result(block)))
    text = "\n".join(texts)
    yield from runs
    if message.role == "user":
        yield from _of_user(text, begins_turn=not runs)
    elif text.strip():
        yield Answered(text) if message.role == "assistant" else Noted(text)


def _of_user(text: str, *, begins_turn: bool) -> Iterator[Happening]:
    """What was said, then the notes; a message that is all notes still begins a turn."""
    plain = _CONTEXT.sub(" ", _MOMENT.sub(" ", text)[:LONGEST_TEXT]).strip()
    said = _NOTE.sub(" ", plain).strip()
    notes = [Noted(note) for note in _NOTE.findall(plain)]
    if notes and said and plain.startswith("["):
        # The note came first, so the customer already speaks with it in view.
        yield from notes
        yield Said(said)
        return
    if said or begins_turn:
        yield Said(said)
    yield from notes


def last_customer_text(messages: Sequence[Message]) -> str:
    """The text of the last user message that has one (tool results alone don't count)."""
    for message in reversed(messages):
        texts = [block.text for block in message.content if isinstance(block, TextBlock)]
        if message.role == "user" and texts:
            return _MOMENT.sub("", "\n".join(texts)).rstrip("\n")
    return ""


def _result(block: ToolResultBlock) -> dict[str, Any]:
    """The result as an object; a plain text is kept under `text`, or as an error where the call failed."""
    text = "\n".join(part.text for part in block.content if isinstance(part, TextBlock))
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        value = {"text": text} if value is None else {"value": value}
    if block.is_error and "error" not in value:
        return {"error": {"code": "TOOL_ERROR", "message": value.get("text", "")}}
    return value
