"""How the API takes any call: key, version, form, and idempotency keys."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from portal.sandbox.clock import clock
from portal.sandbox.stripe.accounts import AccountSpec
from portal.sandbox.stripe.errors import StripeError
from portal.sandbox.stripe.forms import nested
from portal.sandbox.stripe.store import Answered, Store, new_id

API_VERSION = "2026-10-28.endive"
FORM_TYPE = "application/x-www-form-urlencoded"
NOT_A_FORM = (
    "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any "
    "questions, we can help at https://support.stripe.com/."
)
OTHER_PARAMETERS = (
    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a "
    "key other than '{key}' if you meant to execute a different request."
)


@dataclass(frozen=True)
class Call:
    """A call that was let in. ``given`` are its parameters, of query or form; ``origin`` is where we are served."""

    account: AccountSpec
    path: dict[str, str]
    given: dict[str, Any]
    origin: str


Handler = Callable[[Call], Awaitable[dict[str, Any]]]


class Api(Protocol):
    def paths(self) -> Mapping[str, Mapping[str, Handler]]:
        """Handlers by path and method."""


def routes_of(store: Store, apis: Iterable[Api]) -> list[BaseRoute]:
    paths = {path: handlers for api in apis for path, handlers in api.paths().items()}
    return [Route(path, Resource(store, handlers), include_in_schema=False) for path, handlers in paths.items()]


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer for a path that is none."""
    error = StripeError(404, f"Unrecognized request URL ({scope['method']}: {scope['path']}).")
    await JSONResponse(error.body(), error.status)(scope, receive, send)


@dataclass(frozen=True)
class Resource:
    """ASGI endpoint of one path."""

    store: Store
    handlers: Mapping[str, Handler]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        headers = {"Request-Id": new_id("req"), "Stripe-Version": API_VERSION}
        try:
            body = await self._answer(request, headers)
            response: Response = JSONResponse(body, headers=headers)
        except StripeError as error:
            response = JSONResponse(error.body(), error.status, headers)
        await response(scope, receive, send)

    async def _answer(self, request: Request, headers: dict[str, str]) -> dict[str, Any]:
        account = self._account(request)
        _check_version(request)
        handler = self.handlers.get(request.method)
        if handler is None:
            raise StripeError(404, f"Unrecognized request URL ({request.method}: {request.url.path}).")
        encoded = await _parameters(request)
        call = Call(account, request.path_params, nested(encoded), _origin(request))
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key is None:
            return await handler(call)
        return await self._once(key, f"{request.url.path}?{encoded}", handler, call, headers)

    async def _once(
        self, key: str, asked: str, handler: Handler, call: Call, headers: dict[str, str]
    ) -> dict[str, Any]:
        """What was answered to this key before, or now. Refusals are not kept: they had no effect."""
        headers["Idempotency-Key"] = key
        fingerprint = hashlib.sha256(asked.encode()).hexdigest()
        known = self.store.answered(call.account, key)
        if known is None:
            body = await handler(call)
            self.store.remember(
                Answered(
                    account=call.account.api_key,
                    key=key,
                    fingerprint=fingerprint,
                    body=body,
                    created_at=clock.now(),
                )
            )
            return body
        if known.fingerprint != fingerprint:
            raise StripeError(400, OTHER_PARAMETERS.format(key=key), kind="idempotency_error")
        headers["Idempotent-Replayed"] = "true"
        return known.body

    def _account(self, request: Request) -> AccountSpec:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise StripeError(401, "You did not provide an API key.")
        account = self.store.accounts.get(key)
        if account is None:
            raise StripeError(401, f"Invalid API Key provided: {key[:7]}****{key[-4:]}")
        return account


def _origin(request: Request) -> str:
    """Where this stand-in is served, its mount included."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def _check_version(request: Request) -> None:
    """A client says which version it was written for: one that says nothing gets what the account had long ago."""
    version = request.headers.get("stripe-version")
    if version != API_VERSION:
        raise StripeError(400, f"Invalid Stripe API version: {version}")


async def _parameters(request: Request) -> str:
    if request.method == "GET":
        return request.url.query
    body = await request.body()
    if body and request.headers.get("content-type", "").partition(";")[0] != FORM_TYPE:
        raise StripeError(400, NOT_A_FORM)
    return body.decode("utf-8", "replace")
