"""What the stand-in refuses, as the real API does, and the shape of its refusals."""

from typing import Any

import anthropic
import httpx
import pytest

from tests.sandbox.anthropic.conftest import Sandbox, check
from tests.sandbox.anthropic.office import TOOLS

USE = {"type": "tool_use", "id": "toolu_1", "name": "get_services", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "{}"}
ASK = {"role": "user", "content": "What do you offer?"}


def refusal(answer: httpx.Response, status: int, kind: str) -> str:
    """The message of a refusal whose status, type and envelope are as expected."""
    assert answer.status_code == status, answer.text
    told = answer.json()
    assert told["type"] == "error"
    assert told["error"]["type"] == kind
    assert told["request_id"] == answer.headers["request-id"]
    message: str = told["error"]["message"]
    return message


class TestHeaders:
    def test_no_key(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        refusal(sandbox.post(body, x_api_key=""), 401, "authentication_error")

    def test_bearer(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        assert sandbox.post(body, x_api_key="", authorization="Bearer sk-ant-test").status_code == 200

    def test_basic_is_no_key(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        refusal(sandbox.post(body, x_api_key="", authorization="Basic abc"), 401, "authentication_error")

    def test_revoked_key(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        refusal(sandbox.post(body, x_api_key="sk-ant-revoked-1"), 401, "authentication_error")

    def test_no_version(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        message = refusal(sandbox.post(body, anthropic_version=""), 400, "invalid_request_error")
        assert "anthropic-version" in message

    def test_unknown_version(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        refusal(sandbox.post(body, anthropic_version="2024-01-01"), 400, "invalid_request_error")

    def test_sampling_is_allowed_under_the_old_version_only(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        for field in ("temperature", "top_p", "top_k"):
            sent = {**body, field: 1}
            assert sandbox.post(sent, anthropic_version="2023-06-01").status_code == 200
            assert refusal(sandbox.post(sent), 400, "invalid_request_error").startswith(field)


class TestBody:
    @pytest.mark.parametrize(
        "raw",
        [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000, b"null"],
        ids=["empty", "open", "list", "string", "utf-16", "deep", "null"],
    )
    def test_no_object(self, sandbox: Sandbox, raw: bytes) -> None:
        refusal(sandbox.post(raw), 400, "invalid_request_error")

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"surprise": 1}, "surprise"),
            ({"max_tokens": None}, "max_tokens"),
            ({"max_tokens": 0}, "max_tokens"),
            ({"max_tokens": "100"}, "max_tokens"),
            ({"max_tokens": 64_001}, "max_tokens"),
            ({"messages": []}, "messages"),
            ({"messages": [{"role": "bot", "content": "x"}]}, "messages.0.role"),
            ({"messages": [{"role": "user", "content": [{"type": "riddle"}]}]}, "messages.0.content.0"),
            ({"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "bold": 1}]}]}, "bold"),
            ({"messages": [{"role": "user", "content": ""}]}, "non-empty"),
            ({"messages": [{"role": "user", "content": "  \n"}]}, "non-whitespace"),
            ({"messages": [{"role": "user", "content": []}]}, "non-empty"),
            ({"messages": [{"role": "assistant", "content": "Hi"}]}, "first message"),
            ({"system": ""}, "system"),
            ({"stop_sequences": [""]}, "stop_sequences"),
            ({"metadata": {"user": "x"}}, "metadata"),
            ({"thinking": {"type": "adaptive"}}, "thinking"),
            ({"thinking": {"type": "enabled"}}, "budget_tokens"),
            ({"tool_choice": {"type": "any"}}, "tool_choice"),
            ({"stream": "yes"}, "stream"),
        ],
    )
    def test_field(self, sandbox: Sandbox, body: dict[str, Any], change: dict[str, Any], named: str) -> None:
        sent = {key: value for key, value in {**body, **change}.items() if value is not None}
        assert named in refusal(sandbox.post(sent), 400, "invalid_request_error")

    def test_unknown_model(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        message = refusal(sandbox.post({**body, "model": "claude-nobody-1"}), 404, "not_found_error")
        assert message == "model: claude-nobody-1"

    def test_too_long(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        sent = {**body, "messages": [{"role": "user", "content": "word " * 170_000}]}
        assert "prompt is too long" in refusal(sandbox.post(sent), 400, "invalid_request_error")

    def test_consecutive_user_messages_are_one_turn(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        sent = {**body, "messages": [ASK, {"role": "user", "content": "Hello?"}]}
        assert sandbox.post(sent).status_code == 200

    def test_prefill(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        sent = {**body, "messages": [ASK, {"role": "assistant", "content": "We offer"}]}
        assert sandbox.post(sent).status_code == 200
        assert "prefill" in refusal(sandbox.post({**sent, "model": "claude-haiku-5-5"}), 400, "invalid_request_error")
        sent["messages"][-1]["content"] = "We offer "
        assert "whitespace" in refusal(sandbox.post(sent), 400, "invalid_request_error")


class TestToolPairs:
    def send(self, sandbox: Sandbox, body: dict[str, Any], *messages: dict[str, Any], **more: Any) -> httpx.Response:
        return sandbox.post({**body, "tools": TOOLS, "messages": [ASK, *messages], **more})

    def test_answered(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        after = [{"role": "assistant", "content": [USE]}, {"role": "user", "content": [RESULT]}]
        assert self.send(sandbox, body, *after).status_code == 200

    @pytest.mark.parametrize(
        "after",
        [
            [{"role": "assistant", "content": [USE]}],
            [{"role": "assistant", "content": [USE]}, {"role": "user", "content": "well?"}],
            [
                {"role": "assistant", "content": [USE]},
                {"role": "user", "content": [{"type": "text", "text": "a"}, RESULT]},
            ],
            [{"role": "assistant", "content": [USE]}, ASK, {"role": "user", "content": [RESULT]}],
        ],
        ids=["nothing after", "text instead", "text before", "one message late"],
    )
    def test_unanswered(self, sandbox: Sandbox, body: dict[str, Any], after: list[dict[str, Any]]) -> None:
        message = refusal(self.send(sandbox, body, *after), 400, "invalid_request_error")
        assert "without `tool_result` blocks immediately after: toolu_1" in message

    def test_result_without_use(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        after: list[dict[str, Any]] = [{"role": "assistant", "content": "Hm."}, {"role": "user", "content": [RESULT]}]
        message = refusal(self.send(sandbox, body, *after), 400, "invalid_request_error")
        assert "unexpected `tool_use_id`" in message

    def test_two_results_for_one_use(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        after = [{"role": "assistant", "content": [USE]}, {"role": "user", "content": [RESULT, RESULT]}]
        assert "single result" in refusal(self.send(sandbox, body, *after), 400, "invalid_request_error")

    def test_id_used_twice(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        round_trip = [{"role": "assistant", "content": [USE]}, {"role": "user", "content": [RESULT]}]
        assert "unique" in refusal(self.send(sandbox, body, *round_trip, *round_trip), 400, "invalid_request_error")

    def test_calls_need_tools(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        after = [{"role": "assistant", "content": [USE]}, {"role": "user", "content": [RESULT]}]
        refusal(self.send(sandbox, body, *after, tools=[]), 400, "invalid_request_error")

    def test_call_by_the_customer(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        message = {"role": "user", "content": [USE]}
        refusal(self.send(sandbox, body, message), 400, "invalid_request_error")


class TestTools:
    @pytest.mark.parametrize(
        "change",
        [
            {"name": "has space"},
            {"name": "x" * 129},
            {"input_schema": {}},
            {"input_schema": {"type": "array"}},
            {"input_schema": {"type": "object", "properties": {"a": {"type": "text"}}}},
            {"input_schema": {"type": "object", "properties": {"a": 5}}},
            {"input_schema": {"type": "object", "properties": {"no spaces": {}}}},
            {"input_schema": {"type": "object", "required": "a"}},
            {"input_schema": {"type": "object", "oneOf": []}},
            {"input_schema": {"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}}},
            {"input_schema": {"type": "object"}, "strict": True},
            {"surprise": True},
            {"type": "web_search_20250305"},
        ],
    )
    def test_refused(self, sandbox: Sandbox, body: dict[str, Any], change: dict[str, Any]) -> None:
        tool = {"name": "look", "input_schema": {"type": "object", "properties": {}}, **change}
        assert "tools" in refusal(sandbox.post({**body, "tools": [tool]}), 400, "invalid_request_error")

    def test_same_name_twice(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        assert "unique" in refusal(sandbox.post({**body, "tools": [TOOLS[0]] * 2}), 400, "invalid_request_error")

    def test_strict_and_closed(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        assert sandbox.post({**body, "tools": [{**TOOLS[2], "strict": True}]}).status_code == 200

    def test_choice_of_an_unknown_tool(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        sent = {**body, "tools": TOOLS, "tool_choice": {"type": "tool", "name": "fly"}}
        assert "fly" in refusal(sandbox.post(sent), 400, "invalid_request_error")

    def test_choice_is_obeyed(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        sent = {**body, "tools": TOOLS, "tool_choice": {"type": "tool", "name": "get_services"}}
        assert sandbox.post(sent).json()["stop_reason"] == "tool_use"
        human = {**sent, "messages": [{"role": "user", "content": "a human please"}], "tool_choice": {"type": "none"}}
        assert sandbox.post(human).json()["stop_reason"] == "end_turn"


class TestBreakpoints:
    def test_five_are_too_many(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        block = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
        message = refusal(sandbox.post({**body, "system": [block] * 5}), 400, "invalid_request_error")
        assert "maximum of 4" in message

    def test_an_hour_after_five_minutes(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        blocks = [
            {"type": "text", "text": ttl, "cache_control": {"type": "ephemeral", "ttl": ttl}} for ttl in ("5m", "1h")
        ]
        refusal(sandbox.post({**body, "system": blocks}), 400, "invalid_request_error")
        assert sandbox.post({**body, "system": blocks[::-1]}).status_code == 200

    def test_unknown_ttl(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        refusal(
            sandbox.post({**body, "cache_control": {"type": "ephemeral", "ttl": "1d"}}), 400, "invalid_request_error"
        )


class TestRoutes:
    def test_unknown_path(self, sandbox: Sandbox) -> None:
        refusal(sandbox.post({}, "/v1/complete"), 404, "not_found_error")

    def test_wrong_method(self, sandbox: Sandbox) -> None:
        headers = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
        answer = sandbox.http.get(f"{sandbox.base_url}/v1/messages", headers=headers)
        refusal(answer, 405, "invalid_request_error")
        assert answer.headers["allow"] == "POST"

    def test_models(self, client: anthropic.Anthropic, schemas: dict[str, Any]) -> None:
        listed = list(client.models.list())
        assert {model.id for model in listed} >= {"claude-haiku-5-5", "claude-haiku-4-5-20251001"}
        for model in listed:
            check(model.model_dump(mode="json"), "ModelInfoObject", schemas)
        assert client.models.retrieve("claude-haiku-4-5").display_name == "Claude Haiku 4.5"
        with pytest.raises(anthropic.NotFoundError):
            client.models.retrieve("claude-nobody-1")

    def test_count_tokens(self, client: anthropic.Anthropic, schemas: dict[str, Any]) -> None:
        short = client.messages.count_tokens(model="claude-haiku-4-5", messages=[{"role": "user", "content": "Hi"}])
        long = client.messages.count_tokens(
            model="claude-haiku-4-5", messages=[{"role": "user", "content": "Hi" * 400}]
        )
        assert 190 <= long.input_tokens - short.input_tokens <= 210
        check(short.model_dump(mode="json"), "TokensCount", schemas)

    def test_count_tokens_takes_no_max_tokens(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        refusal(sandbox.post(body, "/v1/messages/count_tokens"), 400, "invalid_request_error")
