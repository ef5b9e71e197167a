"""The prompt cache: what is written, what is read, for whom and how long."""

from typing import Any

import anthropic
import pytest

from tests.sandbox.anthropic.conftest import Sandbox

LONG = "The shop opens at nine. " * 800  # about 4,800 tokens


def usage(
    client: anthropic.Anthropic,
    system: str,
    *,
    ttl: Any = "5m",
    key: str = "sk-ant-test",
    model: str = "claude-haiku-4-5",
    text: str = "Hi",
) -> tuple[int, int, int]:
    """Tokens written, read and neither, of a request whose system prompt carries a breakpoint."""
    told = (
        client.with_options(api_key=key)
        .messages.create(
            model=model,
            max_tokens=50,
            system=[{"type": "text", "text": system, "cache_control": {"type": "ephemeral", "ttl": ttl}}],
            messages=[{"role": "user", "content": text}],
        )
        .usage
    )
    return told.cache_creation_input_tokens or 0, told.cache_read_input_tokens or 0, told.input_tokens


class TestPrefix:
    def test_written_then_read(self, client: anthropic.Anthropic) -> None:
        written, read, rest = usage(client, LONG)
        assert written > 4096
        assert (read, rest < 40) == (0, True)
        assert usage(client, LONG, text="Something else") == (0, written, rest + 3)

    def test_another_prompt(self, client: anthropic.Anthropic) -> None:
        usage(client, LONG)
        assert usage(client, LONG + "!")[1] == 0

    def test_another_key(self, client: anthropic.Anthropic) -> None:
        usage(client, LONG)
        assert usage(client, LONG, key="sk-ant-other")[1] == 0

    @pytest.mark.parametrize(
        ("model", "repeats", "cached"), [("claude-haiku-4-5", 130, False), ("claude-haiku-5-5", 130, True)]
    )
    def test_minimum(self, client: anthropic.Anthropic, model: str, repeats: int, cached: bool) -> None:
        prompt = "The shop opens at nine. " * repeats  # about 780 tokens
        assert (usage(client, prompt, model=model)[0] > 0) is cached
        assert (usage(client, prompt, model=model)[1] > 0) is cached

    def test_no_breakpoint(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        for _ in range(2):
            told = sandbox.post({**body, "system": LONG}).json()["usage"]
            assert (told["cache_creation_input_tokens"], told["cache_read_input_tokens"]) == (0, 0)
            assert told["input_tokens"] > 4096

    def test_growing_conversation(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        """A breakpoint that moves along with the conversation reads what the one before it wrote."""
        messages: list[dict[str, Any]] = [{"role": "user", "content": LONG}]
        reads = []
        for text in ("one", "two", "three"):
            told = sandbox.post({**body, "messages": messages, "cache_control": {"type": "ephemeral"}}).json()["usage"]
            reads.append(told["cache_read_input_tokens"])
            messages += [{"role": "assistant", "content": text}, {"role": "user", "content": text}]
        assert reads[0] == 0
        assert 4096 < reads[1] < reads[2]

    def test_unused_by_refused_requests(self, client: anthropic.Anthropic, sandbox: Sandbox) -> None:
        sandbox.queue({"error": {"status": 529}})
        with pytest.raises(anthropic.APIStatusError):
            usage(client, LONG)
        assert usage(client, LONG)[1] == 0


class TestTimeToLive:
    @pytest.mark.parametrize(("ttl", "within", "beyond"), [("5m", 290, 310), ("1h", 3500, 3700)])
    def test_expires(self, client: anthropic.Anthropic, sandbox: Sandbox, ttl: str, within: int, beyond: int) -> None:
        usage(client, LONG, ttl=ttl)
        sandbox.order("clock", {"advance_seconds": within})
        assert usage(client, LONG, ttl=ttl)[1] > 0
        sandbox.order("clock", {"advance_seconds": within})
        assert usage(client, LONG, ttl=ttl)[1] > 0, "reading starts the time anew"
        sandbox.order("clock", {"advance_seconds": beyond})
        assert usage(client, LONG, ttl=ttl)[1] == 0

    def test_reported_apart(self, sandbox: Sandbox, body: dict[str, Any]) -> None:
        blocks = [
            {"type": "text", "text": LONG, "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"type": "text", "text": "More of it. " * 100, "cache_control": {"type": "ephemeral"}},
        ]
        told = sandbox.post({**body, "system": blocks}).json()["usage"]["cache_creation"]
        assert told["ephemeral_1h_input_tokens"] > 4096
        assert 250 < told["ephemeral_5m_input_tokens"] < 400
