"""The model's client against the stand-in: typed parts, usage, failures and retries."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from portal.providers import anthropic
from portal.providers.anthropic import ModelRejected, ModelRequest, ModelUnavailable, Reply, TextDelta, Usage
from tests.factories import Sandbox

TOOL = {"name": "look", "description": "Look.", "input_schema": {"type": "object", "properties": {}}}


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner
        runner.run(anthropic.close())


@pytest.fixture
def model(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    sandbox.post("/_sandbox/anthropic/pace", {"first_token_ms": 0, "per_token_ms": 0})
    monkeypatch.setattr(anthropic, "FIRST_RETRY_SECONDS", 0.01)
    return sandbox


def request(**changes: Any) -> ModelRequest:
    values: dict[str, Any] = {
        "model": "claude-haiku-4-5",
        "system": [{"type": "text", "text": "You help."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        "tools": [TOOL],
    }
    return ModelRequest(**values | changes)


async def parts_of(asked: ModelRequest) -> list[TextDelta | Reply]:
    return [part async for part in anthropic.stream(asked)]


def queue(model: Sandbox, *turns: dict[str, Any]) -> None:
    model.post("/_sandbox/anthropic/turns", list(turns))


def attempts(model: Sandbox) -> int:
    return len(model.get("/_sandbox/requests", provider="anthropic")["requests"])


class TestStream:
    def test_text_then_the_whole(self, runner: asyncio.Runner, model: Sandbox) -> None:
        queue(model, {"text": "Good morning to you."})
        *deltas, reply = runner.run(parts_of(request()))
        assert isinstance(reply, Reply)
        assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == "Good morning to you."
        assert len(deltas) > 1
        assert reply.text == "Good morning to you."
        assert reply.stop_reason == "end_turn"
        assert reply.usage.input_tokens > 0
        assert reply.usage.output_tokens > 0
        assert reply.model.startswith("claude-haiku-4-5")

    def test_blocks_are_selected_by_type(self, runner: asyncio.Runner, model: Sandbox) -> None:
        call = {"name": "look", "input": {"far": True, "deep": [1, {"a": "ü"}]}}
        queue(model, {"thinking": "Hm.", "text": "Let me look.", "tool_use": [call]})
        *_, reply = runner.run(parts_of(request(model="claude-haiku-5-5")))
        assert isinstance(reply, Reply)
        assert [block["type"] for block in reply.content] == ["thinking", "text", "tool_use"]
        assert reply.content[0]["signature"]
        assert reply.tool_uses[0]["input"] == call["input"]
        assert reply.stop_reason == "tool_use"
        assert reply.malformed == frozenset()

    def test_broken_arguments_are_named(self, runner: asyncio.Runner, model: Sandbox) -> None:
        queue(model, {"bad_json": True})
        *_, reply = runner.run(parts_of(request()))
        assert isinstance(reply, Reply)
        assert reply.tool_uses[0]["input"] == {}
        assert reply.malformed == {reply.tool_uses[0]["id"]}

    def test_tools_may_be_forbidden(self, runner: asyncio.Runner, model: Sandbox) -> None:
        queue(model, {"text": "No."})
        runner.run(parts_of(request(may_use_tools=False)))
        body = model.get("/_sandbox/requests", provider="anthropic")["requests"][-1]["body"]
        assert body["tool_choice"] == {"type": "none"}
        assert "temperature" not in body

    def test_version(self, runner: asyncio.Runner, model: Sandbox) -> None:
        queue(model, {"text": "Yes."})
        runner.run(parts_of(request()))
        seen = model.get("/_sandbox/requests", provider="anthropic")["requests"][-1]
        assert seen["headers"]["anthropic-version"] == "2026-10-21"

    def test_many_at_once_share_one_client(self, runner: asyncio.Runner, model: Sandbox) -> None:
        queue(model, {"text": "Yes.", "times": 20})

        async def all_at_once() -> list[Any]:
            return list(await asyncio.gather(*(parts_of(request()) for _ in range(20))))

        assert [parts[-1].text for parts in runner.run(all_at_once())] == ["Yes."] * 20


class TestRetries:
    @pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
    def test_transient(self, runner: asyncio.Runner, model: Sandbox, status: int) -> None:
        queue(model, *[{"error": {"status": status}}] * anthropic.MAX_RETRIES, {"text": "Yes."})
        assert isinstance(runner.run(parts_of(request()))[-1], Reply)
        assert attempts(model) == anthropic.MAX_RETRIES + 1

    def test_gives_up(self, runner: asyncio.Runner, model: Sandbox) -> None:
        queue(model, {"error": {"status": 529}, "times": 9})
        with pytest.raises(ModelUnavailable) as raised:
            runner.run(parts_of(request()))
        assert raised.value.kind == "overloaded_error"
        assert attempts(model) == anthropic.MAX_RETRIES + 1

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413])
    def test_permanent(self, runner: asyncio.Runner, model: Sandbox, status: int) -> None:
        queue(model, {"error": {"status": status}, "times": 3})
        with pytest.raises(ModelRejected) as raised:
            runner.run(parts_of(request()))
        assert raised.value.provider_status == status
        assert attempts(model) == 1

    def test_revoked_key(self, runner: asyncio.Runner, model: Sandbox, configure: Any) -> None:
        configure(ANTHROPIC_API_KEY="sk-ant-revoked-1")
        with pytest.raises(ModelRejected) as raised:
            runner.run(parts_of(request()))
        assert raised.value.provider_code == "authentication_error"
        assert "revoked" not in str(raised.value)

    def test_nothing_is_said_twice(self, runner: asyncio.Runner, model: Sandbox) -> None:
        queue(model, {"text": "One two three four.", "cut_after": 2}, {"text": "Never."})

        async def collect() -> list[str]:
            heard = []
            try:
                async for part in anthropic.stream(request()):
                    heard.append(part.text)
            except ModelUnavailable:
                return heard
            raise AssertionError("it did not break")

        assert "".join(runner.run(collect())) == "One two"
        assert attempts(model) == 1

    def test_a_broken_tool_call_is_tried_again(self, runner: asyncio.Runner, model: Sandbox) -> None:
        call = {"name": "look", "input": {"a": "a long enough value", "b": 2}}
        queue(model, {"tool_use": [call], "cut_after": 1}, {"tool_use": [call]})
        [reply] = runner.run(parts_of(request()))
        assert isinstance(reply, Reply)
        assert reply.tool_uses[0]["input"] == call["input"]

    def test_connection_closed_without_an_answer(self, runner: asyncio.Runner, model: Sandbox) -> None:
        model.fault(provider="anthropic", drop_before=True, times=1)
        queue(model, {"text": "Yes."})
        assert isinstance(runner.run(parts_of(request()))[-1], Reply)

    def test_html_of_a_proxy(self, runner: asyncio.Runner, model: Sandbox) -> None:
        model.fault(provider="anthropic", status=502, body="<html>Bad gateway</html>", times=9)
        with pytest.raises(ModelUnavailable) as raised:
            runner.run(parts_of(request()))
        assert "html" not in raised.value.message

    def test_garbage_in_the_stream(self, runner: asyncio.Runner, model: Sandbox) -> None:
        model.fault(
            provider="anthropic", status=200, headers={"content-type": "text/event-stream"},
            body="event: message_start\ndata: {not json\n\n", times=9,
        )  # fmt: skip
        with pytest.raises(ModelUnavailable) as raised:
            runner.run(parts_of(request()))
        assert raised.value.kind == "unreadable_stream"


class TestUsage:
    def test_adds_up(self) -> None:
        total = Usage(1, 2, 3, 4) + Usage(10, 20, 30, 40)
        assert total == Usage(11, 22, 33, 44)
        assert total.total_input == 88
