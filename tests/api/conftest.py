"""The API behind its edge, called in-process over ASGI, with real servers behind it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Scope

from portal.api.app import Api, create_api
from portal.api.dispatch import beside
from portal.api.middleware import wrap
from portal.core import cache, observe, redis
from tests.factories import MadeTenant, TenantFactory


@dataclass
class RawAnswer:
    """What an app sent for a hand-made scope."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


class Caller:
    """Asks an ASGI app from one event loop, as a visitor of ``host``."""

    def __init__(self, runner: asyncio.Runner, app: ASGIApp, host: str = "shop.localhost") -> None:
        self.runner, self.app, self.host = runner, app, host

    def ask(self, method: str, path: str, *, host: str | None = None, **options: Any) -> httpx.Response:
        return self.runner.run(self.request(method, path, host=host, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("POST", path, **options)

    async def request(self, method: str, path: str, *, host: str | None = None, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=("203.0.113.9", 4711))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host or self.host}:8000") as client:
            return await client.request(method, path, **options)

    def raw(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: list[tuple[bytes, bytes]] | None = None,
        body: list[bytes] | None = None,
        kind: str = "http",
        **extra: Any,
    ) -> RawAnswer:
        """Call the app with a scope as a server makes it; ``body`` arrives in these pieces."""
        scope: Scope = {
            "type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": headers if headers is not None else [(b"host", self.host.encode())],
            "client": ("203.0.113.9", 4711), "server": ("127.0.0.1", 8000), **extra,
        }  # fmt: skip
        return self.runner.run(exchange(self.app, scope, body or [b""]))


async def exchange(app: ASGIApp, scope: Scope, pieces: list[bytes]) -> RawAnswer:
    answer = RawAnswer()
    waiting = [
        {"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1}
        for index, piece in enumerate(pieces)
    ]

    async def receive() -> Message:
        if scope["type"] == "websocket":
            return {"type": "websocket.connect"}
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answer.messages.append(message)

    await app(scope, receive, send)
    return answer


@pytest.fixture(autouse=True, scope="session")
def logs() -> None:
    """Logs as in production: structlog's own rendering would print local variables."""
    observe.configure()


@pytest.fixture
def api() -> Api:
    return create_api()


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    """An open tenant with a calendar, at shop.localhost."""
    return tenants.make("shop", faqs=(("Do you take cards?", "Yes."),))


async def pages(scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """Stands where the pages would be."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    await PlainTextResponse("a page")(scope, receive, send)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """The one event loop of a test: the asynchronous Redis client belongs to it."""
    with asyncio.Runner() as loop:
        yield loop
        loop.run(redis.async_client().aclose())


@pytest.fixture
def visit(runner: asyncio.Runner) -> Callable[..., Caller]:
    """Visitors of any app: ``visit(app, host)``."""
    return lambda app, host="shop.localhost": Caller(runner, app, host)


@pytest.fixture
def caller(api: Api, shop: MadeTenant, visit: Callable[..., Caller]) -> Caller:
    """A visitor of the shop."""
    assert cache.cache.wait_until_live()
    return visit(wrap(beside(pages, api)), shop.host)


def failure(answer: httpx.Response) -> Mapping[str, Any]:
    """The error of an answer, after checking its shape."""
    assert answer.headers["content-type"] == "application/json", answer.text
    body = answer.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) <= {"code", "message", "details", "request_id"}
    assert error["request_id"] == answer.headers["x-request-id"]
    assert error["message"]
    return error
