"""Event streams of the Messages API written out, so that a test can bend them."""

import json
from typing import Any

from tests.factories import Sandbox

Event = dict[str, Any]


def message_start(**usage: Any) -> Event:
    counts = usage or {"input_tokens": 100, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "odd", "content": [], "usage": counts}
    return {"type": "message_start", "message": message}


def text_block(index: int, *pieces: str) -> list[Event]:
    return [
        {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": piece}}
          for piece in pieces),
        {"type": "content_block_stop", "index": index},
    ]  # fmt: skip


def call_block(index: int, name: Any, arguments: str, **block: Any) -> list[Event]:
    """A call whose arguments come as this text, in two pieces."""
    begun = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}} | block
    half = len(arguments) // 2
    return [
        {"type": "content_block_start", "index": index, "content_block": begun},
        *({"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": piece}}
          for piece in (arguments[:half], arguments[half:])),
        {"type": "content_block_stop", "index": index},
    ]  # fmt: skip


def ending(stop_reason: Any = "end_turn", **usage: Any) -> list[Event]:
    counts = usage or {"output_tokens": 20}
    return [
        {"type": "message_delta", "delta": {"stop_reason": stop_reason, "stop_sequence": None}, "usage": counts},
        {"type": "message_stop"},
    ]


def said(*pieces: str) -> list[Event]:
    """A whole good answer in words."""
    return [message_start(), *text_block(0, *pieces), *ending()]


def called(name: Any, arguments: str, **block: Any) -> list[Event]:
    """A whole good answer that asks for a tool."""
    return [message_start(), *call_block(0, name, arguments, **block), *ending("tool_use")]


def as_bytes(events: list[Any]) -> str:
    return "".join(
        f"event: {event.get('type') if isinstance(event, dict) else 'message'}\ndata: {json.dumps(event)}\n\n"
        for event in events
    )


def order(sandbox: Sandbox, *streams: list[Any] | str) -> None:
    """Let the model answer with exactly these streams, one a request."""
    for stream in streams:
        body = stream if isinstance(stream, str) else as_bytes(stream)
        sandbox.fault(
            provider="anthropic", match={"method": "POST"}, status=200, times=1,
            headers={"content-type": "text/event-stream"}, body=body,
        )  # fmt: skip
