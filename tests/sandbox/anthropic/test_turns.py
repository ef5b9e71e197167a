"""Queued turns: exact answers and failures to order."""

import json
import time
from typing import Any

import anthropic
import pytest

from tests.sandbox.anthropic.conftest import Sandbox
from tests.sandbox.anthropic.test_stream import raw_events

ASK: Any = [{"role": "user", "content": "Hello there"}]
REQUEST: Any = {"model": "claude-haiku-4-5", "max_tokens": 200, "messages": ASK}


def said(message: anthropic.types.Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


class TestQueue:
    def test_first_in_first_out_then_the_receptionist(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"text": "one"}, {"text": "two"})
        answers = [said(client.messages.create(**REQUEST)) for _ in range(3)]
        assert answers[:2] == ["one", "two"]
        assert "welcome" in answers[2]

    def test_times(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"text": "again", "times": 2})
        assert [said(client.messages.create(**REQUEST)) for _ in range(2)] == ["again", "again"]
        assert sandbox.order("anthropic/turns", method="GET")["remaining"] == 0

    def test_match(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"text": "for Ana", "match": "I am Ana"}, {"text": "for anyone"})
        assert said(client.messages.create(**REQUEST)) == "for anyone"
        ana: Any = {**REQUEST, "messages": [{"role": "user", "content": "Hi, I am Ana"}]}
        assert said(client.messages.create(**ana)) == "for Ana"

    def test_match_holds_through_tool_rounds(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue(
            {"tool_use": [{"name": "look", "input": {}}], "match": "there"}, {"text": "done", "match": "there"}
        )
        tools: Any = [{"name": "look", "input_schema": {"type": "object"}}]
        call = client.messages.create(**REQUEST, tools=tools).content[0]
        assert call.type == "tool_use"
        rounds: Any = [
            *ASK,
            {"role": "assistant", "content": [{"type": "tool_use", "id": call.id, "name": "look", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "ok"}]},
        ]
        assert said(client.messages.create(**{**REQUEST, "messages": rounds}, tools=tools)) == "done"

    def test_list_and_clear(self, sandbox: Sandbox) -> None:
        sandbox.queue({"text": "one"}, {"error": {"status": 529}})
        listed = sandbox.order("anthropic/turns", method="GET")
        assert listed["remaining"] == 2
        assert listed["turns"][0] == {"text": "one"}
        assert sandbox.order("anthropic/turns", method="DELETE") == {"removed": 2}

    @pytest.mark.parametrize("order", [[{"txt": "x"}], [{"error": {"status": 200}}], ["x"], [{"times": 0}]])
    def test_nonsense(self, sandbox: Sandbox, order: Any) -> None:
        assert sandbox.http.post(f"{sandbox.url}/_sandbox/anthropic/turns", json=order).status_code == 400
        assert sandbox.order("anthropic/turns", method="GET")["remaining"] == 0

    def test_exact_blocks(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        blocks = [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "toolu_x", "name": "t", "input": {"n": 1}}]
        sandbox.queue({"blocks": blocks, "stop_reason": "pause_turn"})
        message = client.messages.create(**REQUEST)
        assert message.stop_reason == "pause_turn"
        assert message.content[1].model_dump(include={"id", "input"}) == {"id": "toolu_x", "input": {"n": 1}}


class TestFailures:
    def test_overloaded(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"error": {"status": 529}})
        with pytest.raises(anthropic.APIStatusError) as caught:
            client.messages.create(**REQUEST)
        assert caught.value.status_code == 529
        assert caught.value.type == "overloaded_error"

    def test_rate_limit_says_when(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"error": {"status": 429, "message": "slow down", "retry_after": 7}})
        with pytest.raises(anthropic.RateLimitError, match="slow down") as caught:
            client.messages.create(**REQUEST)
        assert caught.value.response.headers["retry-after"] == "7"

    def test_the_sdk_retries(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"error": {"status": 529, "retry_after": 0.01}, "times": 2}, {"text": "third time lucky"})
        assert said(client.with_options(max_retries=2).messages.create(**REQUEST)) == "third time lucky"

    def test_error_in_the_stream(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"text": "one two three", "stream_error_after": 2})
        seen: list[str] = []
        with pytest.raises(anthropic.APIStatusError) as caught, client.messages.stream(**REQUEST) as stream:
            seen += stream.text_stream
        assert seen in ([], ["one", " two"])
        assert caught.value.status_code == 200
        assert caught.value.type == "overloaded_error"

    def test_error_in_the_stream_of_the_receptionist(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"stream_error_after": 1, "error_type": "api_error"})
        with pytest.raises(anthropic.APIStatusError) as caught, client.messages.stream(**REQUEST) as stream:
            stream.get_final_message()
        assert caught.value.type == "api_error"

    def test_stream_cut_off(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"text": "one two three", "cut_after": 1})
        with client.messages.stream(**REQUEST) as stream:
            kinds = [event.type for event in stream]
        assert "message_stop" not in kinds
        assert kinds.count("content_block_delta") == 1

    def test_refusal(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"refusal": True})
        with client.messages.stream(**REQUEST) as stream:
            message = stream.get_final_message()
        assert message.stop_reason == "refusal"
        assert message.stop_details is not None
        assert message.content == []

    def test_bad_json(self, sandbox: Sandbox) -> None:
        sandbox.queue({"bad_json": True, "name": "check_availability"})
        events = raw_events(sandbox, REQUEST)
        pieces = [e["delta"]["partial_json"] for e in events if e.get("delta", {}).get("type") == "input_json_delta"]
        assert next(e["content_block"]["name"] for e in events if "content_block" in e) == "check_availability"
        with pytest.raises(json.JSONDecodeError):
            json.loads("".join(pieces))

    def test_hang(self, sandbox: Sandbox, client: anthropic.Anthropic) -> None:
        sandbox.queue({"hang_ms": 700, "text": "late"}, {"hang_ms": 100, "text": "in time"})
        with pytest.raises(anthropic.APITimeoutError):
            client.with_options(timeout=0.2).messages.create(**REQUEST)
        started = time.perf_counter()
        assert said(client.messages.create(**REQUEST)) == "in time"
        assert time.perf_counter() - started >= 0.1
