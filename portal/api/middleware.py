"""The outermost layer: whose site a request is for, who asks, what may pass, and one log line about it.

Pure ASGI around everything, pages and websockets too. It leaves in ``scope["state"]``: ``tenant`` (a TenantRef, also
of a suspended tenant; None on hosts of nobody), ``request_id``, ``client_ip`` and ``scheme``.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
import uuid_utils
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.api import bodies, client, errors, hosts, security, templates
from portal.core import observe, tenant, threads
from portal.core.errors import InvalidArgument, PortalError
from portal.core.tenant import TenantRef

SuspendedPage = Callable[[TenantRef], str]
UnknownPage = Callable[[], str]
SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._\-]{8,64}")
PAGE_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
UNCACHED = {"Cache-Control": "no-store"}
UNREADABLE = (ValueError, LookupError, TypeError, RecursionError)
CLIENT_GONE, POLICY_VIOLATION = 499, 1008
log = structlog.get_logger("portal.edge")


def wrap(
    inner: ASGIApp, *, suspended_page: SuspendedPage | None = None, unknown_page: UnknownPage | None = None
) -> ASGIApp:
    """The app behind the edge.

    ``suspended_page`` makes the HTML for a suspended tenant (called in a thread, it may ask the database);
    ``unknown_page`` the text for hosts of nobody. Both have plain defaults.
    """
    return Edge(inner, suspended_page or _plain_suspended_page, unknown_page or _plain_unknown_page)


def _plain_suspended_page(_tenant: TenantRef) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Not available</title>'
        "<h1>This site is taking a break</h1><p>Please come back later, or contact the business directly.</p></html>"
    )


def _plain_unknown_page() -> str:
    return errors.UnknownHost.default + "\n"


class Exchange:
    """One HTTP request and what is known of it; calling it sends a message of the answer, with our headers added."""

    __slots__ = (
        "complete",
        "headers",
        "request_id",
        "scheme",
        "scope",
        "send",
        "served",
        "started_at",
        "state",
        "status",
    )

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self.send = scope, send
        self.started_at = time.perf_counter()
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"])
        self.request_id = _request_id(self.headers)
        self.served = observe.Served(self.request_id)
        self.scheme = client.scheme(scope, self.headers)
        self.status, self.complete = 0, False
        self.state: dict[str, Any] = scope.setdefault("state", {})
        self.state["request_id"] = self.request_id
        self.state["client_ip"] = client.address(scope, self.headers)
        self.state["scheme"] = self.scheme
        self.state["tenant"] = None

    def __call__(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = security.secure(message, request_id=self.request_id.encode(), https=self.scheme == "https")
        elif message["type"] == "http.response.body":
            self.complete = not message.get("more_body", False)
        return self.send(message)

    @property
    def is_broken(self) -> bool:
        """Whether an answer was begun and not ended: only an error tells the server to cut the connection."""
        return self.status != 0 and not self.complete

    def belongs_to(self, found: TenantRef | None) -> None:
        self.state["tenant"] = found
        self.served.tenant = found.slug if found is not None else None

    def finish(self) -> None:
        """Count and log. Probes are counted only: they come every few seconds."""
        seconds = time.perf_counter() - self.started_at
        status = self.status or CLIENT_GONE
        route, method = templates.route(self.scope, status), templates.method(self.scope["method"])
        observe.count_request(method, route, status, seconds)
        if route not in hosts.HEALTH:
            observe.log_access(self.served, method, route, status, seconds)


class Edge:
    """See :func:`wrap`."""

    def __init__(self, inner: ASGIApp, suspended_page: SuspendedPage, unknown_page: UnknownPage) -> None:
        self.inner, self.suspended_page, self.unknown_page = inner, suspended_page, unknown_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(Exchange(scope, send), receive)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.inner(scope, receive, send)

    async def _http(self, exchange: Exchange, receive: Receive) -> None:
        token = observe.enter_request(exchange.served)
        try:
            await self._answer(exchange, exchange.scope, receive)
        except bodies.ClientGone:
            pass
        except PortalError as error:
            await _send_error(exchange, error)
        except Exception as error:
            log.exception("request_failed")
            if exchange.is_broken:
                raise
            await _send_error(exchange, errors.from_exception(error))
        finally:
            exchange.finish()
            observe.leave_request(token)

    async def _answer(self, exchange: Exchange, scope: Scope, receive: Receive) -> None:
        path, headers = scope["path"], exchange.headers
        if path not in hosts.HEALTH:
            _refuse_ambiguous_host(scope, headers)
            host = _host(headers)
            found = tenant.peek(host) or await threads.run(tenant.resolve, host)
            ref = found if isinstance(found, TenantRef) else None
            exchange.belongs_to(ref)
            if (ref is None or not ref.is_open) and not hosts.needs_no_tenant(path):
                await self._closed(exchange, ref)
                return
        if b"origin" in headers and hosts.is_foreign(scope["method"], path, headers, exchange.scheme):
            raise errors.ForeignOrigin
        if bodies.is_expected(scope, headers):
            receive = await bodies.read(scope, headers, receive)
        await self.inner(scope, receive, exchange)

    async def _closed(self, exchange: Exchange, found: TenantRef | None) -> None:
        """The answer on a host of nobody, or of a suspended tenant."""
        error = errors.UnknownHost() if found is None else errors.SiteSuspended()
        if hosts.is_api(exchange.scope["path"]):
            raise error
        if found is None:
            page: Response = PlainTextResponse(self.unknown_page(), error.status, headers=UNCACHED)
        else:
            html = await threads.run(self.suspended_page, found)
            page = HTMLResponse(html, error.status, headers=UNCACHED | PAGE_POLICY)
        await page(exchange.scope, _nothing, exchange)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        request_id, scheme = _request_id(headers), client.scheme(scope, headers)
        with observe.request(request_id) as served:
            found, allowed = await _admit(scope, headers, scheme)
            served.tenant = found.slug if found else None
            if not allowed:
                log.info("websocket_refused")
                await receive()
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                return
            address = client.address(scope, headers)
            scope.setdefault("state", {}).update(tenant=found, request_id=request_id, client_ip=address, scheme=scheme)
            # The pages' handlers are told the connection's address only: behind a proxy that must be the visitor's.
            if scope.get("client"):
                scope["client"] = (address, scope["client"][1])
            try:
                await self.inner(scope, receive, send)
            except UNREADABLE as error:
                # A frame that is none: the protocol's parser gives up the connection, and tells the server so.
                log.warning("websocket_unreadable", kind=type(error).__name__)


async def _admit(scope: Scope, headers: Mapping[bytes, bytes], scheme: str) -> tuple[TenantRef | None, bool]:
    """Whether a websocket may open: its page must be of the very host it asks, and the host somebody's.

    A suspended tenant's owner still signs in there; the pages' own handlers refuse its visitors.
    """
    try:
        _refuse_ambiguous_host(scope, headers)
        found = await threads.run(tenant.resolve, _host(headers))
    except (PortalError, *errors.STORAGE_AWAY):
        return None, False
    known = found is not None or hosts.is_platform(tenant.normalise(_host(headers)))
    return found, known and hosts.is_same_origin(headers, scheme)


def _host(headers: Mapping[bytes, bytes]) -> str | None:
    try:
        return headers[b"host"].decode()
    except (KeyError, UnicodeDecodeError):
        return None


def _refuse_ambiguous_host(scope: Scope, headers: Mapping[bytes, bytes]) -> None:
    # Two Host headers: whoever reads the other one would see another tenant.
    if len(headers) < len(scope["headers"]) and sum(name == b"host" for name, _ in scope["headers"]) > 1:
        raise InvalidArgument("The request names more than one host.")


def _request_id(headers: Mapping[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id")
    return given.decode() if given and SANE_REQUEST_ID.fullmatch(given) else str(uuid_utils.uuid7())


async def _send_error(exchange: Exchange, error: PortalError) -> None:
    """Answer with the error, unless there is an answer already."""
    if exchange.status:
        return
    if hosts.is_api(exchange.scope["path"]):
        answer = errors.respond(error, exchange.request_id)
    else:
        answer = PlainTextResponse(error.message + "\n", error.status, headers=UNCACHED)
    await answer(exchange.scope, _nothing, exchange)


async def _nothing() -> Message:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")
