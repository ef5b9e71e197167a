"""Plumbing shared by the HTTP clients of providers: connections, time limits, retries of reads, kinds of failure.

A call is a *read* (safe to repeat: repeated here, as is what carries an idempotency key) or a *write* (never repeated
here). A failure is one of three things a caller can act on: surely without effect and worth repeating (``unavailable``,
``busy``), refused (a 4xx answer, returned for the client to read), or unknown (a write was sent, no usable answer came:
``OutcomeUnknown``).
"""

import logging
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import httpx
import tenacity
from pydantic import TypeAdapter, ValidationError

from portal.core.errors import OutcomeUnknown, ProviderUnavailable

CONNECT_SECONDS = 3.0
ATTEMPTS = 3
# No new attempt of a read begins after this, and none but the first goes on beyond it.
READ_DEADLINE_SECONDS = 8.0
MAX_ANSWER_BYTES = 8_000_000
# Below the five seconds after which common servers close idle connections: a write on a connection being closed would
# have an unknown outcome.
KEEPALIVE_SECONDS = 3.0
# A limit that ends this soon is waited for.
BRIEF_SECONDS = 2.0
T = TypeVar("T")

# These loggers write whole addresses (with e-mails in queries) and headers (with keys).
for name in ("httpx", "httpcore"):
    logging.getLogger(name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Call:
    """One request. ``read_seconds`` limits the wait for the whole answer; nothing of it is shown by ``repr``."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    params: Mapping[str, str | int] | None = field(default=None, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    content: str | None = field(default=None, repr=False)
    read_seconds: float = 10.0
    is_write: bool = False


@dataclass(frozen=True)
class Failures:
    """What a client raises when its provider fails or cannot be reached (``unavailable``) or limits us (``busy``)."""

    unavailable: type[ProviderUnavailable]
    busy: type[ProviderUnavailable]


@dataclass(frozen=True)
class Watch:
    """Called around every attempt, repeated ones too: to ask for permission, and to see the answer's headers.

    ``reset_headers`` name, besides Retry-After, where a provider says how many seconds its limit still holds.
    """

    before: Callable[[], None] = lambda: None
    after: Callable[[httpx.Response], None] = lambda _: None
    reset_headers: tuple[str, ...] = ()


class _NotSent(Exception):
    """No connection was made: the provider never saw the request."""


class _NoAnswer(Exception):
    """The request may have been seen; no complete answer came."""


class _Again(Exception):
    """A read worth repeating after ``wait`` seconds; ``error`` is what the caller sees when it is not repeated."""

    def __init__(self, error: ProviderUnavailable, wait: float = 0.0) -> None:
        self.error, self.wait = error, wait
        super().__init__(str(error))


@lru_cache(maxsize=1)
def pool() -> httpx.Client:
    """This process's connections to all providers. It holds no key: each call brings its own."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=KEEPALIVE_SECONDS)
    return httpx.Client(limits=limits, follow_redirects=False)


# A socket shared by two processes mixes their answers.
os.register_at_fork(after_in_child=pool.cache_clear)


def perform(call: Call, *, failures: Failures, watch: Watch) -> httpx.Response:
    """Send a call; returns any answer but 429 and 5xx.

    Raises ``failures.unavailable``, ``failures.busy`` (with ``retry_after_seconds`` in its details) or, for a write
    whose fate is open, OutcomeUnknown. A read is tried up to three times within about eight seconds.
    """
    return _write(call, failures, watch) if call.is_write else _read(call, failures, watch)


def _write(call: Call, failures: Failures, watch: Watch) -> httpx.Response:
    watch.before()
    try:
        answer = _exchange(call, call.read_seconds)
    except _NotSent as error:
        raise failures.unavailable() from error
    except _NoAnswer as error:
        raise OutcomeUnknown() from error
    watch.after(answer)
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise busy(failures.busy, retry_after(answer, *watch.reset_headers))
    if _failed(answer):
        raise OutcomeUnknown()
    return answer


def _read(call: Call, failures: Failures, watch: Watch) -> httpx.Response:
    deadline = time.monotonic() + READ_DEADLINE_SECONDS
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_Again),
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_before_delay(READ_DEADLINE_SECONDS),
        wait=_pause,
        reraise=True,
    )
    try:
        return attempts(_read_once, call, failures, watch, deadline)
    except _Again as error:
        raise error.error from error


def _read_once(call: Call, failures: Failures, watch: Watch, deadline: float) -> httpx.Response:
    watch.before()
    try:
        answer = _exchange(call, min(call.read_seconds, max(1.0, deadline - time.monotonic())))
    except (_NotSent, _NoAnswer) as error:
        raise _Again(failures.unavailable()) from error
    watch.after(answer)
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        wait = retry_after(answer, *watch.reset_headers)
        limited = busy(failures.busy, wait)
        raise limited if wait > BRIEF_SECONDS else _Again(limited, wait)
    if _failed(answer):
        raise _Again(failures.unavailable())
    return answer


def _failed(answer: httpx.Response) -> bool:
    return answer.is_server_error or answer.status_code == httpx.codes.REQUEST_TIMEOUT


def _pause(state: tenacity.RetryCallState) -> float:
    """Random and growing, so that many processes do not return together; never sooner than the provider said."""
    error = state.outcome.exception() if state.outcome else None
    named = error.wait if isinstance(error, _Again) else 0.0
    return max(named, random.uniform(0.1, 0.3 * 2**state.attempt_number))  # noqa: S311 - not a secret


def busy(kind: type[ProviderUnavailable], seconds: float) -> ProviderUnavailable:
    """An error that says in its details how long to wait."""
    return kind(details={"retry_after_seconds": round(seconds, 1)})


def retry_after(answer: httpx.Response, *names: str) -> float:
    """Seconds to wait that an answer names in Retry-After or another header, within 1..120; 1 when it names none."""
    for name in ("Retry-After", *names):
        if (seconds := number(answer, name)) is not None:
            return min(max(seconds, 1.0), 120.0)
    return 1.0


def json_headers(authorization: str) -> dict[str, str]:
    """Those of every call of a client that speaks JSON."""
    return {"Authorization": authorization, "Accept": "application/json", "User-Agent": "booking-portal"}


def fields(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object; none of its fields where it is anything else."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def parsed(shape: TypeAdapter[T], data: Any, failure: type[ProviderUnavailable] | type[OutcomeUnknown]) -> T:
    """``data`` in the shape that was promised. Raises ``failure``."""
    try:
        return shape.validate_python(data)
    except ValidationError:
        # Not chained: the validation error knows the customer's data.
        raise failure from None


def number(answer: httpx.Response, header: str) -> float | None:
    """A header's number, or None when it is absent or none."""
    try:
        return float(answer.headers[header])
    except (KeyError, ValueError):
        return None


def _exchange(call: Call, seconds: float) -> httpx.Response:
    """Send and read the whole answer within ``seconds``, even from a server that drips."""
    deadline = time.monotonic() + seconds
    timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
    content: dict[str, Any] = {"json": call.json} if call.json is not None else {}
    if call.form is not None:
        content["data"] = call.form
    if call.content is not None:
        content["content"] = call.content
    request = pool().build_request(
        call.method, call.url, params=call.params, headers=call.headers, timeout=timeout, **content
    )
    try:
        answer = pool().send(request, stream=True)
        try:
            return httpx.Response(answer.status_code, headers=_plain(answer), content=_body(answer, deadline))
        finally:
            answer.close()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise _NotSent(type(error).__name__) from error
    except httpx.RequestError as error:
        raise _NoAnswer(type(error).__name__) from error


def _body(answer: httpx.Response, deadline: float) -> bytes:
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
            raise _NoAnswer("too long or too slow")
    return bytes(body)


def _plain(answer: httpx.Response) -> list[tuple[str, str]]:
    """The headers without those that describe the body's encoding, which is undone already."""
    described = {"content-encoding", "content-length", "transfer-encoding"}
    return [(key, value) for key, value in answer.headers.multi_items() if key not in described]
