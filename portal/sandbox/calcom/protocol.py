"""How the API takes any call: version header, key, rate limit, JSON, in the order of the real server."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from portal.sandbox.calcom.accounts import Account
from portal.sandbox.calcom.errors import CalcomError
from portal.sandbox.calcom.limits import ANONYMOUS_LIMIT, RateLimiter
from portal.sandbox.calcom.store import Store
from portal.sandbox.clock import clock

NO_KEY = (
    "ApiAuthStrategy - No authentication method provided. Either pass an API key as 'Bearer' header or OAuth client "
    "credentials as 'x-cal-secret-key' and 'x-cal-client-id' headers"
)
BAD_KEY = "CustomThrottlerGuard - Invalid API Key"
REVOKED_KEY = "ApiAuthStrategy - api key - Your api key is not valid"
TOO_MANY = "CustomThrottlerGuard - Too many requests. Please try again later."


@dataclass(frozen=True)
class Call:
    """A call that was let in. `account` is None when it showed no key."""

    account: Account | None
    query: dict[str, str]
    path: dict[str, str]
    body: Any

    @property
    def owner(self) -> Account:
        """The account, for operations that are refused without a key."""
        if self.account is None:
            raise CalcomError(401, NO_KEY)
        return self.account

    @property
    def fields(self) -> dict[str, Any]:
        """The body as an object; anything else counts as empty, so that what is required is reported missing."""
        return self.body if isinstance(self.body, dict) else {}


@dataclass(frozen=True)
class Reply:
    """What an operation answers; `body` is sent as it is."""

    body: dict[str, Any]
    status: int = 200


Handler = Callable[[Call], Awaitable[Reply]]


def success(data: Any, *, status: int = 200) -> Reply:
    return Reply({"status": "success", "data": data}, status)


@dataclass(frozen=True)
class Operation:
    """One method of one path. Without `versions` the version header is not looked at.

    The real server serves a much older shape where the header is missing or unknown; here that is always the 404 it
    gives for slots, since a client that forgets the header is wrong everywhere.
    """

    handler: Handler
    versions: frozenset[str] = frozenset()
    needs_key: bool = False
    ignores_key: bool = False
    """A key is only counted: one that was revoked lately still passes."""


@dataclass(frozen=True)
class Resource:
    """ASGI endpoint of one path: its operations by method. Anything else is 404, as the real router has it."""

    store: Store
    limiter: RateLimiter
    operations: dict[str, Operation] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = public_path(scope)
        headers: dict[str, str] = {}
        try:
            operation = self._operation(request, path)
            account = self._account(request)
            self._limit(request, account, headers)
            if account is not None and account.key in self.store.revoked:
                if not operation.ignores_key:
                    raise CalcomError(401, REVOKED_KEY)
                account = None
            if operation.needs_key and account is None:
                raise CalcomError(401, NO_KEY)
            body = _parse(await request.body())
            call = Call(account=account, query=dict(request.query_params), path=request.path_params, body=body)
            reply = await operation.handler(call)
        except CalcomError as error:
            reply = Reply(error.body(path), error.status)
        await _answer(reply.body, reply.status, headers)(scope, receive, send)

    def _operation(self, request: Request, path: str) -> Operation:
        operation = self.operations.get(request.method)
        version = request.headers.get("cal-api-version")
        if operation is None or (operation.versions and version not in operation.versions):
            raise CalcomError(404, f"Cannot {request.method} {path}")
        return operation

    def _account(self, request: Request) -> Account | None:
        authorization = request.headers.get("authorization")
        if authorization is None:
            return None
        account = self.store.accounts.get(authorization.removeprefix("Bearer "))
        if account is None or not self.store.counts(account.key, clock.now()):
            raise CalcomError(401, BAD_KEY)
        return account

    def _limit(self, request: Request, account: Account | None, headers: dict[str, str]) -> None:
        address = request.client.host if request.client else "nowhere"
        tracker, limit = (
            (f"key {account.key}", account.spec.rate_limit_per_minute) if account else (address, ANONYMOUS_LIMIT)
        )
        if not limit:
            return
        allowance = self.limiter.hit(tracker, limit)
        headers |= allowance.headers()
        if not allowance.allowed:
            raise CalcomError(429, TOO_MANY, details=TOO_MANY)


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer for a path that is none."""
    error = CalcomError(404, f"Cannot {scope['method']} {public_path(scope)}")
    await _answer(error.body(public_path(scope)), error.status, {})(scope, receive, send)


def public_path(scope: Scope) -> str:
    """The path and query as the provider sees them, without the stand-in's own mount."""
    raw = scope.get("raw_path", scope["path"].encode()).decode("latin-1").removeprefix(scope.get("root_path", ""))
    query = scope["query_string"].decode("latin-1")
    return f"{raw}?{query}" if query else raw


def _answer(body: dict[str, Any], status: int, headers: dict[str, str]) -> JSONResponse:
    return JSONResponse(body, status, headers, media_type="application/json; charset=utf-8")


def _parse(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except (ValueError, UnicodeDecodeError) as error:
        raise CalcomError(400, "Unexpected token in JSON") from error
