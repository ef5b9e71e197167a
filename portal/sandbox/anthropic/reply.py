"""What the model answers, before it is put on the wire: parts, stop reason, and how the stream is to break."""

import json
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from portal.sandbox.anthropic.caching import CHARACTERS_PER_TOKEN, estimate_tokens
from portal.sandbox.anthropic.signatures import sign


def new_id(prefix: str) -> str:
    """An identifier that looks like the real ones, e.g. `msg_01…`."""
    return f"{prefix}_01{uuid.uuid4().hex[:22]}"


@dataclass(frozen=True)
class TextPart:
    """A text block."""

    text: str

    @property
    def tokens(self) -> int:
        return estimate_tokens(self.text)

    def block(self) -> dict[str, Any]:
        return {"type": "text", "text": self.text, "citations": None}


@dataclass(frozen=True)
class ToolPart:
    """A `tool_use` block; `raw_json` replaces what is streamed as its input, for tests of broken JSON."""

    name: str
    input: dict[str, Any]
    id: str = field(default_factory=lambda: new_id("toolu"))
    raw_json: str | None = None

    @property
    def json(self) -> str:
        return json.dumps(self.input, ensure_ascii=False) if self.raw_json is None else self.raw_json

    @property
    def tokens(self) -> int:
        return 12 + estimate_tokens(self.name + self.json)

    def block(self) -> dict[str, Any]:
        return {"type": "tool_use", "id": self.id, "name": self.name, "input": self.input}


@dataclass(frozen=True)
class ThinkingPart:
    """A thinking block; models that think show it before anything else."""

    thinking: str

    @property
    def tokens(self) -> int:
        return estimate_tokens(self.thinking)

    def block(self) -> dict[str, Any]:
        return {"type": "thinking", "thinking": self.thinking, "signature": sign(self.thinking)}


@dataclass(frozen=True)
class RawPart:
    """Any block that a test wants to see, sent whole at its start."""

    value: dict[str, Any]

    @property
    def tokens(self) -> int:
        return estimate_tokens(json.dumps(self.value))

    def block(self) -> dict[str, Any]:
        return dict(self.value)


Part = TextPart | ToolPart | ThinkingPart | RawPart


@dataclass(frozen=True)
class Reply:
    """An answer; `stop_reason` follows from the parts unless it is given."""

    parts: tuple[Part, ...]
    stop_reason: str = "end_turn"
    stop_sequence: str | None = None
    stop_details: dict[str, Any] | None = None

    @property
    def tokens(self) -> int:
        return max(1, sum(part.tokens for part in self.parts))


@dataclass(frozen=True)
class Breakage:
    """How a stream ends early: after so many deltas, with an `error` event or, without a type, just cut off."""

    after_deltas: int
    error_type: str | None = None
    message: str = "Overloaded"


def reply_of(*parts: Part) -> Reply:
    """A reply whose stop reason is `tool_use` when it calls a tool."""
    calls = any(isinstance(part, ToolPart) for part in parts)
    return Reply(parts, stop_reason="tool_use" if calls else "end_turn")


def limited(reply: Reply, max_tokens: int, stop_sequences: list[str]) -> Reply:
    """The reply cut at the first stop sequence in its text, or where the token budget ends."""
    parts: list[Part] = []
    left = max_tokens
    for part in reply.parts:
        sequence = _first_stop(part, stop_sequences)
        if isinstance(part, TextPart) and sequence is not None:
            part = TextPart(part.text[: part.text.index(sequence)])
        if part.tokens > left:
            parts += _shortened(part, left)
            return replace(reply, parts=tuple(parts), stop_reason="max_tokens", stop_details=None)
        left -= part.tokens
        parts.append(part)
        if sequence is not None:
            return replace(reply, parts=tuple(parts), stop_reason="stop_sequence", stop_sequence=sequence)
    return replace(reply, parts=tuple(parts))


def _first_stop(part: Part, stop_sequences: list[str]) -> str | None:
    if not isinstance(part, TextPart):
        return None
    present = [(part.text.index(stop), stop) for stop in stop_sequences if stop in part.text]
    return min(present)[1] if present else None


def _shortened(part: Part, tokens: int) -> list[Part]:
    """As much of a part as so many tokens hold; a call keeps the beginning of its JSON, as the real one does."""
    characters = tokens * CHARACTERS_PER_TOKEN
    if characters <= 0:
        return []
    if isinstance(part, TextPart):
        return [TextPart(part.text[:characters])]
    if isinstance(part, ToolPart):
        return [replace(part, input={}, raw_json=part.json[:characters])]
    return []
