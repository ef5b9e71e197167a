"""Misbehaviour to order: a layer around every stand-in that delays, refuses, loses or cuts answers.

A fault is matched by provider, method, path and key; the first that matches and has uses left is applied. The same
layer records every request, because what was lost must show in the record too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.sandbox.state import Exchange, Recorder

FORBID = ConfigDict(extra="forbid")


class FaultMatch(BaseModel):
    """Which requests a fault meets; a field left out matches everything."""

    model_config = FORBID

    method: str | None = None
    path_regex: str | None = None
    """Searched in the path with its query, as in ``/calcom/v2/bookings?take=5``."""
    api_key: str | None = None
    """The key in ``Authorization: Bearer`` or ``x-api-key``, so that one tenant alone can be hit."""

    @field_validator("path_regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as exc:
                raise ValueError(f"not a regular expression: {exc}") from exc
        return value

    def meets(self, exchange: Exchange) -> bool:
        if self.method and self.method.upper() != exchange.method:
            return False
        if self.api_key is not None and self.api_key != exchange.api_key:
            return False
        return self.path_regex is None or re.search(self.path_regex, exchange.target) is not None


class Fault(BaseModel):
    """One ordered misbehaviour. Several effects may be combined, a delay with a status for instance."""

    model_config = FORBID

    id: int = 0
    provider: str | None = None
    match: FaultMatch = Field(default_factory=FaultMatch)
    times: int | None = Field(default=1, ge=1)
    """How often it applies; null is until it is taken back."""
    status: int | None = Field(default=None, ge=200, le=599)
    """Answer this instead of asking the stand-in: nothing takes effect."""
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = None
    """Text as it is, anything else as JSON. Only together with `status`."""
    delay_ms: int = Field(default=0, ge=0)
    """Wait before the request takes effect."""
    delay_reply_ms: int = Field(default=0, ge=0)
    """Let it take effect at once and hold back the answer."""
    lost_reply: bool = False
    """It takes effect, then the connection closes without an answer."""
    drop_before: bool = False
    """The connection closes without an answer and nothing takes effect."""
    break_stream_after: int | None = Field(default=None, ge=0)
    """Cut a server-sent event stream after this many events (0: after the headers)."""
    hits: int = 0

    @property
    def spent(self) -> bool:
        return self.times is not None and self.hits >= self.times


class FaultBook:
    """The ordered faults, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._last_id = 0

    def order(self, fault: Fault) -> Fault:
        self._last_id += 1
        fault.id, fault.hits = self._last_id, 0
        self._faults.append(fault)
        return fault

    def listing(self) -> list[Fault]:
        """All that were ordered, the spent ones too, so that a test can see that its fault was met."""
        return list(self._faults)

    def clear(self) -> None:
        self._faults.clear()

    def take(self, exchange: Exchange) -> Fault | None:
        """The fault that this request meets; counts it as used."""
        for fault in self._faults:
            if not fault.spent and fault.provider in (None, exchange.provider) and fault.match.meets(exchange):
                fault.hits += 1
                return fault
        return None


class FaultLayer:
    """ASGI layer around the providers: records each request and applies the fault it meets."""

    def __init__(self, app: ASGIApp, *, faults: FaultBook, recorder: Recorder, on_change: Callable[[], None]) -> None:
        self._app = app
        self._faults = faults
        self._recorder = recorder
        self._on_change = on_change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._recorder.is_provider(scope["path"]):
            await self._app(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return
        exchange = self._recorder.record(scope, body)
        fault = self._faults.take(exchange)
        if fault is not None:
            exchange.fault = fault.id
        try:
            await _apply(fault or Fault(), self._app, scope, _replay(body, receive), _noting(exchange, send))
        finally:
            if exchange.method != "GET":
                self._on_change()


async def _apply(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / 1000)
    if fault.drop_before:
        await _close(scope, receive)
    elif fault.status is not None:
        await _refuse(fault, send)
    elif fault.lost_reply:
        await app(scope, receive, _swallow)
        await _close(scope, receive)
    elif fault.break_stream_after is not None:
        await _cut_stream(fault.break_stream_after, app, scope, receive, send)
    elif fault.delay_reply_ms:
        await app(scope, receive, _late(fault.delay_reply_ms / 1000, send))
    else:
        await app(scope, receive, send)


async def _refuse(fault: Fault, send: Send) -> None:
    text = isinstance(fault.body, str)
    body = b"" if fault.body is None else (fault.body if text else json.dumps(fault.body)).encode()
    headers = {"content-type": "text/plain; charset=utf-8" if text else "application/json"}
    headers |= {name.lower(): value for name, value in fault.headers.items()}
    headers["content-length"] = str(len(body))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


class _StreamCut(Exception):
    """Stops the stand-in's stream once enough of it was passed on."""


async def _cut_stream(events: int, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Pass on whole events until there were `events` of them, then close in the middle of the answer."""
    remaining, pending = events, b""

    async def counting(message: Message) -> None:
        nonlocal remaining, pending
        if message["type"] == "http.response.body":
            pending += message.get("body", b"")
            while remaining and b"\n\n" in pending:
                event, pending = pending.split(b"\n\n", 1)
                remaining -= 1
                await send({"type": "http.response.body", "body": event + b"\n\n", "more_body": True})
            if message.get("more_body", False) or not remaining:
                message = {"type": "http.response.body", "body": b"", "more_body": True}
            else:
                message = {"type": "http.response.body", "body": pending}
        await send(message)
        if not remaining:
            raise _StreamCut

    try:
        await app(scope, receive, counting)
    except _StreamCut:
        await _close(scope, receive)


async def _close(scope: Scope, receive: Receive) -> None:
    """Close the client's connection after what was written, with no further answer."""
    scope["state"]["close_connection"]()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _swallow(message: Message) -> None:
    del message


def _late(seconds: float, send: Send) -> Send:
    async def late(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(seconds)
        await send(message)

    return late


def _noting(exchange: Exchange, send: Send) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
        await send(message)

    return noting


async def _read_body(receive: Receive) -> bytes | None:
    """None: the caller went away in the middle; half a request is none."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    first: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def replay() -> Message:
        nonlocal first
        if first is not None:
            message, first = first, None
            return message
        return await receive()

    return replay
