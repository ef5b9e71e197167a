"""The Messages API: one streamed answer, typed, with failures as our errors.

The SDK's own retries are off. We retry ourselves, and only while nothing of the answer was handed on: a sentence that
the customer has begun to read is never said twice.
"""

import asyncio
import json
import math
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import structlog

from portal.core import threads
from portal.core.errors import ProviderRefused, ProviderUnavailable
from portal.core.settings import get_settings
from portal.providers.message_stream import COUNTS, Assembly, Block, Event, events_of, read_events

if TYPE_CHECKING:  # importing the SDK takes two seconds of a core: see `load`
    import anthropic

CONNECT_SECONDS = 3.0
#: Longest silence within a stream; the API sends pings more often than this.
SILENCE_SECONDS = 20.0
#: The same for a server of one's own, which may have to load its model first, and reads the prompt slowly.
OWN_SILENCE_SECONDS = 90.0
MAX_RETRIES = 2
FIRST_RETRY_SECONDS = 0.2
#: A longer ``retry-after`` is not waited for: somebody is looking at a blinking cursor.
MAX_RETRY_AFTER_SECONDS = 2.0
#: After so long no further attempt is begun.
PATIENCE_SECONDS = 15.0
TRANSIENT_STATUSES = {408, 409, 429}
TRANSIENT_TYPES = {"overloaded_error", "api_error", "rate_limit_error", "timeout_error"}
NO_KEY = "not-configured"
#: Roughly, of English text and JSON.
CHARACTERS_PER_TOKEN = 3.5

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
        return "\n\n".join(block["text"] for block in self.content if block["type"] == "text")

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
    silence = OWN_SILENCE_SECONDS if settings.has_own_model else SILENCE_SECONDS
    wanted = (server_root(settings.anthropic_base_url), key, silence)
    kept = _clients.get(loop)
    if kept is None or kept[0] != wanted:
        kept = _clients[loop] = (wanted, _new_client(*wanted))
    return kept[1]


async def close() -> None:
    """Close this event loop's client, if there is one."""
    if kept := _clients.pop(asyncio.get_running_loop(), None):
        await kept[1].close()


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[tuple[str, str, float], "anthropic.AsyncAnthropic"]] = (
    WeakKeyDictionary()
)


def server_root(base_url: str) -> str:
    """The address without the version, which other protocols' clients want in it."""
    return base_url.rstrip("/").removesuffix("/v1")


def _new_client(base_url: str, key: str, silence: float) -> "anthropic.AsyncAnthropic":
    import anthropic
    import httpx2

    timeout = httpx2.Timeout(silence, connect=CONNECT_SECONDS)
    limits = httpx2.Limits(max_connections=500, max_keepalive_connections=200, keepalive_expiry=60)
    return anthropic.AsyncAnthropic(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        open_telemetry=False,
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

    assembly = Assembly(frozenset(tool["name"] for tool in request.tools))
    try:
        async with client().messages.with_streaming_response.create(**_arguments(request)) as response:
            async for event in _events(response):
                if text := assembly.add(event):
                    yield TextDelta(text)
                if assembly.error:
                    raise _error_of(assembly.error, status=200)
                if assembly.is_over:
                    break
    except anthropic.APIStatusError as error:
        raise _error_of(error.type or "", status=error.status_code, retry_after=_retry_after(error)) from error
    except (anthropic.APIError, httpx2.HTTPError) as error:
        raise ModelUnavailable(kind=type(error).__name__) from error
    except ValueError as error:  # something else than the API's events
        raise ModelUnavailable(kind="unreadable_stream") from error
    if not assembly.is_complete:
        raise ModelUnavailable(kind="stream_ended_early")
    if text := assembly.finish():
        yield TextDelta(text)
    yield _reply(assembly, request)


async def _events(response: Any) -> AsyncIterator[Event]:
    """The events as they come; those of a message that came whole, from a server that does not stream."""
    if response.headers.get("content-type", "").startswith("application/json"):
        for event in events_of(json.loads(await response.read())):
            yield event
        return
    async for event in read_events(response.iter_bytes()):
        yield event


def _reply(assembly: Assembly, request: ModelRequest) -> Reply:
    content = assembly.content()
    counts = assembly.counts
    if not {"input_tokens", "output_tokens"} <= counts.keys():
        counts = _estimated(request, content) | counts
    usage = Usage(*(counts.get(name, 0) for name in COUNTS))
    reason, model = assembly.stop_reason(content), assembly.model or request.model
    return Reply(content, reason, usage, model, frozenset(assembly.malformed))


def _estimated(request: ModelRequest, content: list[Block]) -> dict[str, int]:
    """Tokens where the server counts none: what a business may spend is bounded all the same."""
    sent = (request.system, request.messages, request.tools)
    return {
        name: math.ceil(len(json.dumps(value, ensure_ascii=False)) / CHARACTERS_PER_TOKEN)
        for name, value in (("input_tokens", sent), ("output_tokens", content))
    }


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


def _error_of(kind: str, *, status: int, retry_after: float | None = None) -> ModelUnavailable | ModelRejected:
    """An error inside a stream comes with status 200: then only its type tells what happened."""
    if status >= 500 or status in TRANSIENT_STATUSES or kind in TRANSIENT_TYPES:
        return ModelUnavailable(kind=kind or str(status), retry_after_seconds=retry_after)
    log.error("model_rejected_request", status=status, kind=kind)
    return ModelRejected(provider_status=status, provider_code=kind)


def _retry_after(error: "anthropic.APIStatusError") -> float | None:
    try:
        return float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
