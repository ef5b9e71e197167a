"""The stream of one Messages API answer: bytes to events, events to content blocks.

The SDK sends the request and knows the errors; its typed events cost more processor time than everything else in a turn
together, and of an answer we need the text and the blocks, so its stream is read here as plain JSON.

Servers other than Anthropic's speak a part of the protocol, and models break off: what can't be read of an event is
passed over, and whatever is kept has been made harmless (:mod:`portal.providers.message_values`).
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from portal.providers.message_values import arguments_of, readable, token_count, tool_name
from portal.providers.written_calls import WrittenCalls

Block = dict[str, Any]
Event = dict[str, Any]
COUNTS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
MAX_EVENT_BYTES = 1_000_000
#: An answer that goes on after so many characters or parts is taken for one that reached its limit of tokens.
MAX_CHARACTERS = 500_000
MAX_PARTS = 64
#: Calls beyond these were not asked for at all: with their results they would only fill the conversation.
MAX_CALLS = 32
#: An answer that ends so has no calls to carry out, whatever it holds.
ENDED_BADLY = frozenset(("max_tokens", "refusal", "model_context_window_exceeded"))
ENDED_WELL = frozenset(("end_turn", "stop_sequence", "pause_turn"))
#: The types of a block's deltas, the delta's text, and the type of block they belong to.
DELTAS = {
    "text_delta": ("text", "text"),
    "input_json_delta": ("partial_json", "tool_use"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "thinking"),
}


async def read_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """The JSON of each server-sent event. Raises ValueError for data that is not a JSON object."""
    pending = b""
    async for chunk in chunks:
        pending += chunk
        if b"\r" in pending:
            pending = pending.replace(b"\r\n", b"\n")
        *whole, pending = pending.split(b"\n\n")
        for lines in whole:
            if (event := _event(lines)) is not None:
                yield event
        if len(pending) > MAX_EVENT_BYTES:
            raise ValueError("an event without an end")
    if (event := _event(pending)) is not None:
        yield event


def _event(lines: bytes) -> Event | None:
    data = b"\n".join(line[5:] for line in lines.split(b"\n") if line.startswith(b"data:"))
    if not data or data.strip() == b"[DONE]":  # how other protocols end
        return None
    try:
        event = json.loads(data)
    except RecursionError as error:
        raise ValueError("an event nested too deep") from error
    if not isinstance(event, dict):
        raise ValueError("an event is a JSON object")
    return event


def events_of(message: Any) -> list[Event]:
    """The events of an answer that came whole, from a server that does not stream. Raises ValueError for no message."""
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        raise ValueError("an answer is a message with content")
    events: list[Event] = [{"type": "message_start", "message": message}]
    for index, block in enumerate(message["content"]):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
    events.append({"type": "message_delta", "delta": message})
    return [*events, {"type": "message_stop"}]


@dataclass
class _Part:
    """A content block as it comes; ``pieces`` by the field that they add to."""

    kind: str
    begun: Block
    written: WrittenCalls
    pieces: dict[str, list[str]] = field(default_factory=dict)
    half: str = ""
    has_shown: bool = False

    def joined(self, name: str) -> str:
        return "".join(self.pieces.get(name, ()))


@dataclass
class Assembly:
    """Puts the content blocks of one stream together, by type; what is unknown is left out.

    ``tools`` are the names of the tools that the model was told of. ``error`` is the type of an error event, which may
    come at any time in a stream that began with status 200. ``malformed`` names the calls whose arguments were not a
    JSON object. Ids of calls are ours: some servers give none, or the same ones again.
    """

    tools: frozenset[str] = frozenset()
    model: str = ""
    error: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    malformed: set[str] = field(default_factory=set)
    is_over: bool = False
    _said_reason: str = ""
    _size: int = 0
    _parts: list[_Part] = field(default_factory=list)
    _open: dict[int, _Part] = field(default_factory=dict)

    def add(self, event: Event) -> str:
        """Take one event; returns the text to show, if any."""
        if self.is_over:
            return ""
        match event.get("type"):
            case "content_block_delta":
                return self._add_delta(event.get("index"), _object(event.get("delta")))
            case "content_block_start":
                return self._start_part(event.get("index"), _object(event.get("content_block")))
            case "message_start":
                message = _object(event.get("message"))
                self.model = readable(message.get("model"))[:100]
                self._count(message.get("usage"))
            case "message_delta":
                self._said_reason = readable(_object(event.get("delta")).get("stop_reason")) or self._said_reason
                self._count(event.get("usage"))
            case "message_stop":
                self.is_over = True
            case "error":
                self.error = readable(_object(event.get("error")).get("type")) or "api_error"
        return ""

    def finish(self) -> str:
        """No more events come; returns the text that was still held back."""
        return "".join(self._end_text(part) for part in self._parts if part.kind == "text")

    @property
    def is_complete(self) -> bool:
        """Whether the answer came to its end."""
        return self.is_over or bool(self._said_reason)

    def content(self) -> list[Block]:
        """The finished blocks, calls written as text last."""
        blocks = [block for part in self._parts if (block := self._block_of(part)) is not None]
        written = [call for part in self._parts for call in part.written.found]
        blocks += [self._call(name, arguments) for name, arguments in written]
        calls = [block for block in blocks if block["type"] == "tool_use"]
        return [block for block in blocks if block["type"] != "tool_use" or block in calls[:MAX_CALLS]]

    def stop_reason(self, content: list[Block]) -> str:
        """Why the answer ended, fitting to its content whatever the server said."""
        if self._said_reason in ENDED_BADLY:
            return self._said_reason
        if any(block["type"] == "tool_use" for block in content):
            return "tool_use"
        return self._said_reason if self._said_reason in ENDED_WELL else "end_turn"

    def _start_part(self, index: Any, block: Block) -> str:
        kind = block.get("type")
        if kind not in ("text", "tool_use", "thinking", "redacted_thinking") or len(self._parts) >= MAX_PARTS:
            return ""
        part = _Part(kind, block, WrittenCalls(self.tools if kind == "text" else frozenset()))
        self._parts.append(part)
        if isinstance(index, int):
            self._open[index] = part
        return self._add_text(part, block.get("text")) if kind == "text" else ""

    def _add_delta(self, index: Any, delta: Block) -> str:
        known = DELTAS.get(delta["type"]) if isinstance(delta.get("type"), str) else None
        if known is None:
            return ""
        name, kind = known
        part = self._open.get(index) if isinstance(index, int) else self._parts[-1] if self._parts else None
        if part is None and kind == "text":  # a server that does not say where a block begins
            self._start_part(index, {"type": "text"})
            part = self._parts[-1] if self._parts else None
        if part is None or part.kind != kind:
            return ""
        if kind == "text":
            return self._add_text(part, delta.get(name))
        self._add_piece(part, name, delta.get(name))
        return ""

    def _add_piece(self, part: _Part, name: str, piece: Any) -> None:
        if isinstance(piece, str):
            part.pieces.setdefault(name, []).append(piece)
            self._size += len(piece)
        if self._size > MAX_CHARACTERS:
            self.is_over, self._said_reason = True, "max_tokens"

    def _add_text(self, part: _Part, piece: Any) -> str:
        if not isinstance(piece, str) or not piece:
            return ""
        piece, part.half = part.half + piece, ""
        if "\ud800" <= piece[-1] <= "\udbff":  # the other half may come with the next delta
            piece, part.half = piece[:-1], piece[-1]
        return self._shown(part, part.written.feed(readable(piece)))

    def _end_text(self, part: _Part) -> str:
        half, part.half = part.half, ""
        return self._shown(part, part.written.feed(readable(half)) + part.written.finish())

    def _shown(self, part: _Part, text: str) -> str:
        """The text as it follows what was shown before: a block is a paragraph, and begins with a word."""
        if part.has_shown:
            self._add_piece(part, "text", text)
            return text
        if not (text := text.lstrip()):
            return ""
        follows = any(other.has_shown for other in self._parts)
        part.has_shown = True
        self._add_piece(part, "text", text)
        return f"\n\n{text}" if follows else text

    def _block_of(self, part: _Part) -> Block | None:
        """The block as the API would take it back; None for one that it would not."""
        match part.kind:
            case "text":
                text = part.joined("text")
                return {"type": "text", "text": text} if text else None
            case "tool_use":
                given = part.begun.get("input")  # in one piece, from a server that does not stream it
                whole = given if isinstance(given, str) else json.dumps(given) if isinstance(given, dict) else ""
                return self._call(tool_name(part.begun.get("name")), part.joined("partial_json") or whole)
            case "redacted_thinking":
                data = readable(part.begun.get("data"))
                return {"type": "redacted_thinking", "data": data} if data else None
        signature = readable(part.begun.get("signature")) + readable(part.joined("signature"))
        thinking = readable(readable(part.begun.get("thinking")) + part.joined("thinking"))
        return {"type": "thinking", "thinking": thinking, "signature": signature} if signature else None

    def _call(self, name: str, arguments: str) -> Block:
        call_id = f"toolu_{uuid4().hex}"
        given = arguments_of(arguments)
        if given is None:
            self.malformed.add(call_id)
        return {"type": "tool_use", "id": call_id, "name": name, "input": given or {}}

    def _count(self, usage: Any) -> None:
        """Counts in a stream are cumulative: the last one given holds."""
        for name in COUNTS:
            if (value := token_count(_object(usage).get(name))) is not None:
                self.counts[name] = value


def _object(value: Any) -> Block:
    return value if isinstance(value, dict) else {}
