"""The stream of one Messages API answer: bytes to events, events to content blocks.

The SDK sends the request and knows the errors; its typed events cost more processor time than everything else in a turn
together, and of an answer we need the text and the blocks, so its stream is read here as plain JSON.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]
Event = dict[str, Any]
COUNTS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


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


def _event(lines: bytes) -> Event | None:
    data = b"\n".join(line[5:] for line in lines.split(b"\n") if line.startswith(b"data:"))
    if not data:
        return None
    event = json.loads(data)
    if not isinstance(event, dict):
        raise ValueError("an event is a JSON object")
    return event


@dataclass
class Assembly:
    """Puts the content blocks of one stream together, by type; what is unknown is left out.

    ``error`` is the type of an error event, which may come at any time in a stream that began with status 200.
    """

    stop_reason: str = ""
    model: str = ""
    error: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    malformed: set[str] = field(default_factory=set)
    _blocks: dict[int, Block] = field(default_factory=dict)
    _arguments: dict[int, list[str]] = field(default_factory=dict)

    def add(self, event: Event) -> str:
        """Take one event; returns the text to show, if any. Raises KeyError for an event without its parts."""
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._add_delta(event["index"], event["delta"])
        if kind == "content_block_start":
            return self._start_block(event["index"], event["content_block"])
        if kind == "message_start":
            self.model = event["message"].get("model", "")
            self._count(event["message"].get("usage"))
        elif kind == "message_delta":
            self.stop_reason = event["delta"].get("stop_reason") or self.stop_reason
            self._count(event.get("usage"))
        elif kind == "error":
            self.error = str((event.get("error") or {}).get("type") or "api_error")
        return ""

    def content(self) -> list[Block]:
        """The finished blocks; ``malformed`` then names the calls whose arguments were not a JSON object."""
        for index, pieces in self._arguments.items():
            self._parse_arguments(self._blocks[index], "".join(pieces))
        return [block for block in self._blocks.values() if block["type"] != "text" or block["text"]]

    def _start_block(self, index: int, block: Block) -> str:
        match block["type"]:
            case "text":
                self._blocks[index] = {"type": "text", "text": block.get("text", "")}
                return str(block.get("text", ""))
            case "tool_use":
                self._blocks[index] = {"type": "tool_use", "id": block["id"], "name": block["name"], "input": {}}
                self._arguments[index] = []
            case "thinking":
                begun = {"thinking": block.get("thinking", ""), "signature": block.get("signature") or ""}
                self._blocks[index] = {"type": "thinking"} | begun
            case "redacted_thinking":
                self._blocks[index] = {"type": "redacted_thinking", "data": block["data"]}
        return ""

    def _add_delta(self, index: int, delta: Block) -> str:
        block = self._blocks.get(index)
        if block is None:
            return ""
        match delta["type"]:
            case "text_delta":
                block["text"] += delta["text"]
                return str(delta["text"])
            case "input_json_delta":
                self._arguments[index].append(delta["partial_json"])
            case "thinking_delta":
                block["thinking"] += delta["thinking"]
            case "signature_delta":
                block["signature"] += delta["signature"]
        return ""

    def _count(self, usage: dict[str, Any] | None) -> None:
        """Counts in a stream are cumulative: the last one given holds."""
        for name in COUNTS:
            if usage and (value := usage.get(name)) is not None:
                self.counts[name] = value

    def _parse_arguments(self, block: Block, text: str) -> None:
        try:
            arguments = json.loads(text) if text.strip() else {}
        except ValueError:
            arguments = None
        if isinstance(arguments, dict):
            block["input"] = arguments
        else:
            self.malformed.add(block["id"])
