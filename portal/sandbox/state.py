"""What all stand-ins share: how a provider is mounted, the record of requests, and the snapshot on disk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import Scope

from portal.sandbox.clock import clock

SECRET_HEADERS = {"authorization", "x-api-key", "apikey", "cookie", "proxy-authorization", "x-cal-secret-key"}
RECORDED_EXCHANGES = 5_000
RECORDED_BYTES = 64 * 1024 * 1024
SAVE_DELAY_SECONDS = 0.5


@dataclass(frozen=True)
class Provider:
    """One stand-in. `routes` are mounted under ``/<name>``; `control_routes` have whole paths (``/_sandbox/<name>/``).

    `seed` takes this provider's part of a seed file, `snapshot` gives JSON-ready state (None: keeps none) and `restore`
    takes that back. `pass_time` lets happen what is due by the clock, and says whether anything did.
    """

    name: str
    routes: Sequence[BaseRoute]
    control_routes: Sequence[BaseRoute] = ()
    reset: Callable[[], None] = lambda: None
    seed: Callable[[Any], None] = lambda data: None
    snapshot: Callable[[], Any] = lambda: None
    restore: Callable[[Any], None] = lambda data: None
    pass_time: Callable[[], Awaitable[bool]] | None = None


@dataclass
class Exchange:
    """A request as it came in. `status` stays None while unanswered and when the reply was lost."""

    id: int
    at: datetime
    provider: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    api_key: str | None
    raw: bytes = field(repr=False)
    status: int | None = None
    fault: int | None = None

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, without the key. `body` is parsed JSON where it is JSON, else text, None when empty."""
        try:
            body = json.loads(self.raw) if self.raw else None
        except ValueError:
            body = self.raw.decode("utf-8", "replace")
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "provider": self.provider,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "body": body,
            "status": self.status,
            "fault": self.fault,
        }


class Recorder:
    """The newest requests to all providers, bounded in number and in bytes."""

    def __init__(self, providers: Sequence[str]) -> None:
        self._providers = frozenset(providers)
        self._exchanges: deque[Exchange] = deque()
        self._bytes = 0
        self._last_id = 0

    def is_provider(self, path: str) -> bool:
        return path.split("/", 2)[1] in self._providers if path.startswith("/") else False

    def record(self, scope: Scope, body: bytes) -> Exchange:
        headers = Headers(scope=scope)
        self._last_id += 1
        exchange = Exchange(
            id=self._last_id,
            at=clock.now(),
            provider=scope["path"].split("/", 2)[1],
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers={name: value for name, value in headers.items() if name not in SECRET_HEADERS},
            api_key=headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ") or None,
            raw=body,
        )
        self._exchanges.append(exchange)
        self._bytes += len(body)
        while len(self._exchanges) > RECORDED_EXCHANGES or self._bytes > RECORDED_BYTES:
            self._bytes -= len(self._exchanges.popleft().raw)
        return exchange

    def listing(self, *, provider: str | None = None, since: int = 0) -> Iterator[Exchange]:
        """Exchanges with an id above `since`, oldest first."""
        return (e for e in self._exchanges if e.id > since and provider in (None, e.provider))

    def clear(self) -> None:
        self._exchanges.clear()
        self._bytes = 0


class StateFile:
    """A JSON snapshot of all providers, written whole and swapped in, at most `SAVE_DELAY_SECONDS` after a change."""

    def __init__(self, path: Path, providers: Sequence[Provider]) -> None:
        self._path = path
        self._providers = providers
        self._changed = asyncio.Event()
        self._writing = threading.Lock()
        self._taken = self._written = 0

    def load(self) -> None:
        """Take the snapshot back. Raises ValueError when the file is not one of ours."""
        if not self._path.exists():
            return
        data = json.loads(self._path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("not a sandbox snapshot")
        for provider in self._providers:
            if data.get(provider.name) is not None:
                provider.restore(data[provider.name])

    def touch(self) -> None:
        self._changed.set()

    async def keep(self) -> None:
        """Write after each burst of changes until cancelled; what is still unwritten then is written at once."""
        try:
            while True:
                await self._changed.wait()
                await asyncio.sleep(SAVE_DELAY_SECONDS)
                self._changed.clear()
                await asyncio.to_thread(self._write, *self._snapshot())
        finally:
            self._write(*self._snapshot())

    def _snapshot(self) -> tuple[int, dict[str, Any]]:
        self._taken += 1
        return self._taken, {p.name: data for p in self._providers if (data := p.snapshot()) is not None}

    def _write(self, number: int, snapshot: dict[str, Any]) -> None:
        # The last write, at exit, may overtake one that a thread has begun: the older one must not win.
        with self._writing:
            if number > self._written:
                self._written = number
                self._swap_in(snapshot)

    def _swap_in(self, snapshot: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            with scratch.open("w", encoding="utf-8") as file:
                json.dump(snapshot, file)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(self._path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                scratch.unlink()
