"""The Messages API: one streamed answer, typed, with failures as our errors.

The SDK's own retries are off. We retry ourselves, and only while nothing of the answer was handed on: a sentence that
the customer has begun to read is never said twice.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import structlog

from portal.core import threads
from portal.core.errors import ProviderRefused, ProviderUnavailable
from portal.core.settings import get_settings

if TYPE_CHECKING:  # importing the SDK takes two seconds of a core: see `load`
    import anthropic

CONNECT_SECONDS = 3.0
#: Longest silence within a stream; the API sends pings more often than this.
SILENCE_SECONDS = 20.0
MAX_RETRIES = 2
FIRST_RETRY_SECONDS = 0.2
#: A longer ``retry-after`` is not waited for: somebody is looking at a blinking cursor.
MAX_RETRY_AFTER_SECONDS = 2.0
#: After so long no further attempt is begun.
PATIENCE_SECONDS = 15.0
TRANSIENT_STATUSES = {408, 409, 429}
TRANSIENT_TYPES = {"overloaded_error", "api_error", "rate_limit_error", "timeout_error"}
NO_KEY = "not-configured"

Block = dict[str, Any]
log = structlog.get_logger("portal.providers.anthropic")


class ModelUnavailable(ProviderUnavailable):
    """Overloaded, limited, failing, too slow, or broken off in the middle."""

    reason = "model_unavailable"
    default = "The assistant is not available right now."

    def __init__(self, message: str | None = None, *, kind: str = "", retry_after_seconds: float | None = None) -> None:
        self.kind, self.retry_after_seconds = kind, retry_after_seconds
        super().__init__(message)


class ModelRejected(ProviderRefused):
    """The API refused our request (key, model name, shape, size): asking again does not help."""

    reason = "model_rejected"
    default = "The assistant is not available right now."


@dataclass(frozen=True)
class Usage:
    """Tokens of one or more answers. ``input_tokens`` are those neither read from nor written to the cache."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )

    @property
    def total_input(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens


@dataclass(frozen=True)
class ModelRequest:
    """What one answer is asked with; ``system``, ``messages`` and ``tools`` in the API's own shapes."""

    model: str
    system: list[Block]
    messages: list[Block]
    tools: list[Block]
    max_tokens: int = 1024
    may_use_tools: bool = True


@dataclass(frozen=True)
class TextDelta:
    """Some more text of the answer."""

    text: str


@dataclass(frozen=True)
class Reply:
    """The whole answer, last of a stream.

    ``content`` holds the API's blocks (text, tool_use, thinking); ``malformed`` names the tool_use ids whose arguments
    were not a JSON object (their ``input`` is empty).
    """

    content: list[Block]
    stop_reason: str
    usage: Usage
    model: str
    malformed: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        return "".join(block["text"] for block in self.content if block["type"] == "text")

    @property
    def tool_uses(self) -> list[Block]:
        return [block for block in self.content if block["type"] == "tool_use"]


async def stream(request: ModelRequest) -> AsyncGenerator[TextDelta | Reply]:
    """Yield text as it comes, then one :class:`Reply`. Raises ModelUnavailable or ModelRejected."""
    started, attempt = time.monotonic(), 0
    while True:
        shown = False
        try:
            async with aclosing(_attempt(request)) as parts:
                async for part in parts:
                    shown = True
                    yield part
            return
        except ModelUnavailable as error:
            wait = _wait_before(attempt, error, time.monotonic() - started)
            log.warning("model_attempt_failed", kind=error.kind, attempt=attempt, shown=shown, retry_in=wait)
            if shown or wait is None:
                raise
            attempt += 1
            await asyncio.sleep(wait)


@lru_cache(maxsize=1)
def load() -> None:
    """Import the SDK: seconds, the first time. The server starts without it; async code calls this in a thread."""
    import anthropic  # noqa: F401
    import httpx2  # noqa: F401


def client() -> "anthropic.AsyncAnthropic":
    """The client of this event loop (a connection pool belongs to one loop), made on first use."""
    settings, loop = get_settings(), asyncio.get_running_loop()
    key = settings.anthropic_api_key.get_secret_value() if settings.anthropic_api_key else NO_KEY
    wanted = (settings.anthropic_base_url, key)
    kept = _clients.get(loop)
    if kept is None or kept[0] != wanted:
        kept = _clients[loop] = (wanted, _new_client(*wanted))
    return kept[1]


async def close() -> None:
    """Close this event loop's client, if there is one."""
    if kept := _clients.pop(asyncio.get_running_loop(), None):
        await kept[1].close()


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[tuple[str, str], "anthropic.AsyncAnthropic"]] = (
    WeakKeyDictionary()
)


def _new_client(base_url: str, key: str) -> "anthropic.AsyncAnthropic":
    import anthropic
    import httpx2

    timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    limits = httpx2.Limits(max_connections=500, max_keepalive_connections=200, keepalive_expiry=60)
    return anthropic.AsyncAnthropic(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        timeout=timeout,
        http_client=anthropic.DefaultAsyncHttpxClient(limits=limits, timeout=timeout),
    )


def _wait_before(attempt: int, error: ModelUnavailable, elapsed: float) -> float | None:
    """Seconds until the next attempt, or None when there should be none."""
    if attempt >= MAX_RETRIES or elapsed > PATIENCE_SECONDS:
        return None
    if (asked := error.retry_after_seconds) is not None:
        return asked if asked <= MAX_RETRY_AFTER_SECONDS else None
    return FIRST_RETRY_SECONDS * 2.0**attempt * random.uniform(0.75, 1.25)  # noqa: S311 - spreads retries, no secret


async def _attempt(request: ModelRequest) -> AsyncGenerator[TextDelta | Reply]:
    if not load.cache_info().currsize:
        await threads.run(load)
    import anthropic
    import httpx2

    assembly = _Assembly()
    try:
        events = await client().messages.create(**_arguments(request))
        try:
            async for event in events:
                if text := assembly.add(event):
                    yield TextDelta(text)
        finally:
            await events.close()
    except anthropic.APIStatusError as error:
        raise _status_error(error) from error
    except (anthropic.APIError, httpx2.HTTPError) as error:
        raise ModelUnavailable(kind=type(error).__name__) from error
    except ValueError as error:  # a line of the stream that is not JSON or not UTF-8
        raise ModelUnavailable(kind="unreadable_stream") from error
    if not assembly.stop_reason:
        raise ModelUnavailable(kind="stream_ended_early")
    yield assembly.reply(request.model)


def _arguments(request: ModelRequest) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "system": request.system,
        "messages": request.messages,
        "stream": True,
    }
    if request.tools:
        arguments["tools"] = request.tools
        if not request.may_use_tools:
            arguments["tool_choice"] = {"type": "none"}
    return arguments


def _status_error(error: "anthropic.APIStatusError") -> ModelUnavailable | ModelRejected:
    """An ``error`` event inside a stream arrives with status 200: then only its type tells what happened."""
    kind, status = error.type or "", error.status_code
    if status >= 500 or status in TRANSIENT_STATUSES or kind in TRANSIENT_TYPES:
        return ModelUnavailable(kind=kind or str(status), retry_after_seconds=_retry_after(error))
    log.error("model_rejected_request", status=status, kind=kind)
    return ModelRejected(provider_status=status, provider_code=kind)


def _retry_after(error: "anthropic.APIStatusError") -> float | None:
    try:
        return float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None


@dataclass
class _Assembly:
    """Puts the content blocks of one stream together, by type; what is unknown is left out."""

    stop_reason: str = ""
    model: str = ""
    _blocks: dict[int, Block] = field(default_factory=dict)
    _json: dict[int, list[str]] = field(default_factory=dict)
    _usage: dict[str, int] = field(default_factory=dict)

    def add(self, event: Any) -> str:
        """Take one event; returns the text to show, if any."""
        if event.type == "content_block_delta":
            return self._add_delta(event.index, event.delta)
        if event.type == "content_block_start":
            self._start_block(event.index, event.content_block)
            return str(event.content_block.text) if event.content_block.type == "text" else ""
        if event.type == "message_start":
            self.model = event.message.model
            self._count(event.message.usage)
        elif event.type == "message_delta":
            self.stop_reason = event.delta.stop_reason or self.stop_reason
            self._count(event.usage)
        return ""

    def reply(self, model: str) -> Reply:
        malformed = {self._blocks[index]["id"] for index in self._json if not self._parse_input(index)}
        content = [block for block in self._blocks.values() if block["type"] != "text" or block["text"]]
        usage = Usage(
            self._usage.get("input_tokens", 0),
            self._usage.get("output_tokens", 0),
            self._usage.get("cache_read_input_tokens", 0),
            self._usage.get("cache_creation_input_tokens", 0),
        )
        return Reply(content, self.stop_reason, usage, self.model or model, frozenset(malformed))

    def _start_block(self, index: int, block: Any) -> None:
        if block.type == "text":
            self._blocks[index] = {"type": "text", "text": block.text}
        elif block.type == "tool_use":
            self._blocks[index] = {"type": "tool_use", "id": block.id, "name": block.name, "input": {}}
            self._json[index] = []
        elif block.type == "thinking":
            self._blocks[index] = {"type": "thinking", "thinking": block.thinking, "signature": block.signature or ""}
        elif block.type == "redacted_thinking":
            self._blocks[index] = {"type": "redacted_thinking", "data": block.data}

    def _add_delta(self, index: int, delta: Any) -> str:
        block = self._blocks.get(index)
        if block is None:
            return ""
        if delta.type == "text_delta":
            block["text"] += delta.text
            return str(delta.text)
        if delta.type == "input_json_delta":
            self._json[index].append(delta.partial_json)
        elif delta.type == "thinking_delta":
            block["thinking"] += delta.thinking
        elif delta.type == "signature_delta":
            block["signature"] += delta.signature
        return ""

    def _count(self, usage: Any) -> None:
        """Counts in a stream are cumulative: the last one given holds."""
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
            if (value := getattr(usage, name, None)) is not None:
                self._usage[name] = value

    def _parse_input(self, index: int) -> bool:
        text = "".join(self._json[index])
        try:
            arguments = json.loads(text) if text.strip() else {}
        except ValueError:
            return False
        if not isinstance(arguments, dict):
            return False
        self._blocks[index]["input"] = arguments
        return True
