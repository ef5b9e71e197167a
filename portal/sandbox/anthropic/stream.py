"""A reply on the wire: one JSON message, or server-sent events at the pace that was set."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from portal.sandbox.anthropic.errors import error_body
from portal.sandbox.anthropic.reply import Breakage, Part, Reply, TextPart, ThinkingPart, ToolPart, new_id
from portal.sandbox.anthropic.usage import Usage

_WORD = re.compile(r"\s*\S+(?:\s+$)?|\s+$")
_JSON_PIECES = 4


@dataclass
class Pace:
    """Milliseconds before the first content and between deltas."""

    first_token_ms: float = 120.0
    per_token_ms: float = 8.0


@dataclass(frozen=True)
class Answer:
    """A reply with what its message says about itself."""

    reply: Reply
    model: str
    usage: Usage
    request_id: str
    id: str

    def message(self) -> dict[str, Any]:
        """The whole message, for a request that doesn't stream."""
        return {
            **self._envelope([part.block() for part in self.reply.parts], self.reply.tokens),
            "stop_reason": self.reply.stop_reason,
            "stop_sequence": self.reply.stop_sequence,
            "stop_details": self.reply.stop_details,
        }

    def opening(self) -> dict[str, Any]:
        """The message as `message_start` shows it: no content yet."""
        return {
            **self._envelope([], 1),
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
        }

    def _envelope(self, content: list[dict[str, Any]], output_tokens: int) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "container": None,
            "usage": self.usage.report(output_tokens),
        }


def answer(reply: Reply, *, model: str, usage: Usage, request_id: str) -> Answer:
    """The reply under a new message id."""
    return Answer(reply, model, usage, request_id, new_id("msg"))


def delta_count(reply: Reply) -> int:
    """How many deltas a stream of the reply has."""
    return sum(1 for part in reply.parts for _ in _deltas(part))


async def wait_as_paced(pace: Pace, deltas: int) -> None:
    """The time that an answer of so many deltas takes."""
    milliseconds = pace.first_token_ms + pace.per_token_ms * deltas
    if milliseconds > 0:
        await asyncio.sleep(milliseconds / 1000)


async def events(made: Answer, pace: Pace, breakage: Breakage | None) -> AsyncIterator[bytes]:
    """The events of a stream as bytes. Ends without `message_stop` where a breakage says so."""
    sent = 0
    for event in _events(made):
        if event["type"] == "content_block_delta":
            if breakage is not None and sent >= breakage.after_deltas:
                break
            await _pause(pace.first_token_ms if sent == 0 else pace.per_token_ms)
            sent += 1
        if event["type"] == "message_stop" and breakage is not None:
            break
        yield _encode(event)
    if breakage is not None and breakage.error_type is not None:
        yield _encode(error_body(breakage.error_type, breakage.message, made.request_id))


async def _pause(milliseconds: float) -> None:
    if milliseconds > 0:
        await asyncio.sleep(milliseconds / 1000)


def _encode(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _events(made: Answer) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": made.opening()}
    yield {"type": "ping"}
    for index, part in enumerate(made.reply.parts):
        yield {"type": "content_block_start", "index": index, "content_block": _opened(part)}
        for delta in _deltas(part):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    reply = made.reply
    yield {
        "type": "message_delta",
        "delta": {
            "stop_reason": reply.stop_reason,
            "stop_sequence": reply.stop_sequence,
            "stop_details": reply.stop_details,
        },
        "usage": made.usage.delta(reply.tokens),
    }
    yield {"type": "message_stop"}


def _opened(part: Part) -> dict[str, Any]:
    """The block as it stands at its start: what deltas bring is still empty."""
    block = part.block()
    if isinstance(part, TextPart):
        block["text"] = ""
    elif isinstance(part, ToolPart):
        block["input"] = {}
    elif isinstance(part, ThinkingPart):
        block |= {"thinking": "", "signature": ""}
    return block


def _deltas(part: Part) -> Iterator[dict[str, Any]]:
    if isinstance(part, TextPart):
        for word in _WORD.findall(part.text):
            yield {"type": "text_delta", "text": word}
    elif isinstance(part, ToolPart):
        for piece in _pieces(part.json):
            yield {"type": "input_json_delta", "partial_json": piece}
    elif isinstance(part, ThinkingPart):
        yield {"type": "thinking_delta", "thinking": part.thinking}
        yield {"type": "signature_delta", "signature": part.block()["signature"]}


def _pieces(text: str) -> list[str]:
    """A few pieces of a call's JSON after an empty one, as the real stream opens; nothing more for an empty input."""
    if text == "{}":
        return [""]
    size = max(1, -(-len(text) // _JSON_PIECES))
    return ["", *(text[start : start + size] for start in range(0, len(text), size))]
