"""How the APIs take any call: account and token, rate limit, form fields."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from portal.sandbox.twilio.accounts import AccountSpec
from portal.sandbox.twilio.errors import TwilioError
from portal.sandbox.twilio.limits import RateLimiter
from portal.sandbox.twilio.store import Store


@dataclass(frozen=True)
class Call:
    """A call that was let in. `uri` is its path and query as the provider sees them."""

    account: AccountSpec
    path: dict[str, str]
    query: dict[str, str]
    form: dict[str, str]
    uri: str


@dataclass(frozen=True)
class Reply:
    body: dict[str, Any]
    status: int = 200


Handler = Callable[[Call], Awaitable[Reply]]


class Api(Protocol):
    def paths(self) -> Mapping[str, Mapping[str, Handler]]:
        """Handlers by path and method."""


def routes_of(store: Store, limiter: RateLimiter, apis: Iterable[Api]) -> list[BaseRoute]:
    paths = {path: handlers for api in apis for path, handlers in api.paths().items()}
    routes: list[BaseRoute] = [
        Route(path, Resource(store, limiter, handlers), include_in_schema=False) for path, handlers in paths.items()
    ]
    return [*routes, Mount("/", app=_nothing)]


@dataclass(frozen=True)
class Resource:
    """ASGI endpoint of one path."""

    store: Store
    limiter: RateLimiter
    handlers: Mapping[str, Handler]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        uri = public_path(request.scope)
        try:
            account = self._account(request)
            if not self.limiter.allows(account.sid, account.requests_per_second):
                raise TwilioError(20429)
            handler = self.handlers.get(request.method)
            if handler is None or request.path_params.get("account_sid", account.sid) != account.sid:
                raise TwilioError(20404, uri)
            form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
            reply = await handler(Call(account, request.path_params, dict(request.query_params), form, uri))
        except TwilioError as error:
            return JSONResponse(error.body(), error.status)
        return JSONResponse(reply.body, reply.status)

    def _account(self, request: Request) -> AccountSpec:
        sid, token = _credentials(request.headers.get("authorization", ""))
        account = self.store.accounts.get(sid)
        if account is None or account.auth_token != token:
            raise TwilioError(20003)
        return account


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    error = TwilioError(20404, public_path(scope))
    await JSONResponse(error.body(), error.status)(scope, receive, send)


def public_path(scope: Scope) -> str:
    """The path and query as the provider sees them, without the stand-in's own mount."""
    raw = scope.get("raw_path", scope["path"].encode()).decode("latin-1").removeprefix(scope.get("root_path", ""))
    query = scope["query_string"].decode("latin-1")
    return f"{raw}?{query}" if query else raw


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        sid, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return sid, token
