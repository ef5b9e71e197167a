"""Whole and streamed answers, read by the SDK and checked against the reference description."""

import asyncio
import json
import time
from typing import Any

import anthropic
import pytest

from tests.sandbox.anthropic.conftest import Sandbox, check
from tests.sandbox.anthropic.office import NOW, PROMPT, TOOLS

SYSTEM: Any = [{"type": "text", "text": PROMPT}, {"type": "text", "text": NOW}]
CALL = {
    "name": "check_availability",
    "input": {"service_id": "abc", "start_date": "2026-11-24", "end_date": "2026-11-24"},
}
ASK: Any = [{"role": "user", "content": "A classic haircut next Tuesday after 4, please"}]


def raw_events(sandbox: Sandbox, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a stream as they are on the wire; their names must agree with their types."""
    answer = sandbox.post({**body, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = []
    for chunk in answer.text.strip().split("\n\n"):
        name, data = chunk.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


class TestWhole:
    def test_message(self, client: anthropic.Anthropic, schemas: dict[str, Any]) -> None:
        request: Any = {
            "model": "claude-haiku-4-5",
            "max_tokens": 500,
            "system": SYSTEM,
            "tools": TOOLS,
            "messages": ASK,
        }
        message = client.messages.create(**request)
        assert message.stop_reason == "tool_use"
        assert message.model == "claude-haiku-4-5-20251001"
        assert [block.type for block in message.content] == ["text", "tool_use"]
        assert message._request_id
        check(message.model_dump(mode="json"), "MessageObject", schemas)

    def test_raw_body(self, sandbox: Sandbox, body: dict[str, Any], schemas: dict[str, Any]) -> None:
        check(sandbox.post(body).json(), "MessageObject", schemas)

    def test_refusals_match_the_description(
        self, sandbox: Sandbox, body: dict[str, Any], schemas: dict[str, Any]
    ) -> None:
        check(sandbox.post({**body, "max_tokens": 0}).json(), "ErrorResponse", schemas)

    def test_max_tokens(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        sandbox.queue({"text": "word " * 100})
        message = sandbox.post({**body, "max_tokens": 5}).json()
        assert message["stop_reason"] == "max_tokens"
        assert message["content"][0]["text"] == "word word word word "
        assert message["usage"]["output_tokens"] == 5

    def test_stop_sequence(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        sandbox.queue({"text": "one, two, STOP three"})
        message = sandbox.post({**body, "stop_sequences": ["three", "STOP"]}).json()
        assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "STOP")
        assert message["content"][0]["text"] == "one, two, "


class TestStreamed:
    def test_order(self, sandbox: Sandbox, body: dict[str, Any], schemas: dict[str, Any]) -> None:
        sandbox.queue({"text": "Let me look.", "tool_use": [CALL]})
        events = raw_events(sandbox, {**body, "tools": TOOLS})
        for event in events:
            check(event, "PingEvent" if event["type"] == "ping" else "StreamEvent", schemas)
        kinds = [event["type"] for event in events]
        assert kinds[:3] == ["message_start", "ping", "content_block_start"]
        assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
        words = [e["delta"]["text"] for e in events if e.get("delta", {}).get("type") == "text_delta"]
        assert words == ["Let", " me", " look."]
        pieces = [e["delta"]["partial_json"] for e in events if e.get("delta", {}).get("type") == "input_json_delta"]
        assert len(pieces) > 2
        assert json.loads("".join(pieces)) == CALL["input"]
        assert events[-2]["delta"]["stop_reason"] == "tool_use"
        assert events[-2]["usage"]["output_tokens"] > 10

    def test_empty_input(self, client: anthropic.Anthropic, sandbox: Sandbox) -> None:
        sandbox.queue({"tool_use": [{"name": "get_services", "input": {}}]})
        with client.messages.stream(model="claude-haiku-4-5", max_tokens=99, messages=ASK) as stream:
            final = stream.get_final_message()
        assert [(block.type, block.input) for block in final.content if block.type == "tool_use"] == [("tool_use", {})]

    @pytest.mark.parametrize("text", ["plain", "  spaces  kept \n\n- and lines\n", "ünïcode 💇 “quotes”", " "])
    def test_text_survives(self, client: anthropic.Anthropic, sandbox: Sandbox, text: str) -> None:
        sandbox.queue({"text": text})
        with client.messages.stream(model="claude-haiku-4-5", max_tokens=99, messages=ASK) as stream:
            assert "".join(stream.text_stream) == text

    def test_same_as_whole(self, client: anthropic.Anthropic) -> None:
        request: Any = {
            "model": "claude-haiku-4-5",
            "max_tokens": 500,
            "system": SYSTEM,
            "tools": TOOLS,
            "messages": ASK,
        }
        whole = client.messages.create(**request)
        with client.messages.stream(**request) as stream:
            streamed = stream.get_final_message()
        assert streamed.usage.output_tokens == whole.usage.output_tokens
        assert streamed.usage.input_tokens == whole.usage.input_tokens
        parts = {"type", "text", "name", "input"}
        assert [block.model_dump(include=parts) for block in streamed.content] == [
            block.model_dump(include=parts) for block in whole.content
        ]

    def test_async(self, sandbox: Sandbox) -> None:
        async def talk() -> tuple[str, str, str]:
            async with anthropic.AsyncAnthropic(base_url=sandbox.base_url, api_key="k", max_retries=0) as client:

                async def one(text: str) -> str:
                    messages: Any = [{"role": "user", "content": text}]
                    async with client.messages.stream(
                        model="claude-haiku-4-5", max_tokens=500, system=SYSTEM, messages=messages
                    ) as stream:
                        return "".join([part async for part in stream.text_stream])

                return await asyncio.gather(one("where can I park?"), one("hello"), one("tell me a joke"))

        parking, hello, joke = asyncio.run(talk())
        assert "behind the shop" in parking
        assert "Bob's Barbershop" in hello
        assert "calendars" in joke

    def test_thinking_on_the_newer_model(self, client: anthropic.Anthropic) -> None:
        request: Any = {"model": "claude-haiku-5-5", "max_tokens": 500, "system": SYSTEM, "tools": TOOLS}
        with client.messages.stream(**request, messages=ASK) as stream:
            first = stream.get_final_message()
        assert [block.type for block in first.content] == ["thinking", "text", "tool_use"]
        content = [
            block.model_dump(include={"type", "thinking", "signature", "text", "id", "name", "input"})
            for block in first.content
        ]
        result = {"type": "tool_result", "tool_use_id": content[2]["id"], "content": '{"slots": []}'}
        after = [*ASK, {"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
        assert client.messages.create(**request, messages=after).stop_reason in ("end_turn", "tool_use")
        content[0]["signature"] = "forged"
        with pytest.raises(anthropic.BadRequestError, match="signature"):
            client.messages.create(**request, messages=after)
        off = client.messages.create(**request, messages=ASK, thinking={"type": "disabled"})
        assert off.content[0].type == "text"


class TestPace:
    def test_is_kept(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        assert sandbox.order("anthropic/pace", {"first_token_ms": 80, "per_token_ms": 10})["per_token_ms"] == 10
        sandbox.queue({"text": "one two three four five six"})
        started = time.perf_counter()
        with client.messages.stream(model="claude-haiku-4-5", max_tokens=99, messages=ASK) as stream:
            arrivals = [time.perf_counter() - started for _ in stream.text_stream]
        assert arrivals[0] >= 0.08
        # From the start: how late the first one is noticed says nothing about the pace.
        assert arrivals[-1] >= 0.08 + 0.04

    def test_default(self, sandbox: Sandbox) -> None:
        sandbox.order("anthropic/reset")
        assert sandbox.order("anthropic/pace", method="GET") == {"first_token_ms": 120, "per_token_ms": 8}

    @pytest.mark.parametrize("order", [{"first_token_ms": -1}, {"speed": 1}, []])
    def test_nonsense(self, sandbox: Sandbox, order: Any) -> None:
        assert sandbox.http.post(f"{sandbox.url}/_sandbox/anthropic/pace", json=order).status_code == 400
