"""What routes ask of a request: whose site, who asks, how often; and the strictness of what they accept."""

import re
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from portal.api import hosts
from portal.api.errors import FieldError, ForeignOrigin, SiteSuspended, UnknownHost
from portal.core import limits, threads
from portal.core.auth import Principal
from portal.core.db import Access, customer
from portal.core.errors import RateLimited, Unauthenticated
from portal.core.tenant import TenantRef
from portal.core.visitors import address_hash
from portal.domain import accounts

# Controls, marks that reverse the reading direction, and halves of characters.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def current_tenant(request: Request) -> TenantRef:
    """The open tenant of the request's host. Raises UnknownHost, SiteSuspended."""
    found = request.scope.get("state", {}).get("tenant")
    if not isinstance(found, TenantRef):
        raise UnknownHost
    if not found.is_open:
        raise SiteSuspended
    return found


def client_ip(request: Request) -> str:
    """The visitor's address as the edge found it."""
    return str(request.scope.get("state", {}).get("client_ip", ""))


def ip_hash(request: Request) -> str:
    """A stand-in for the visitor's address (or IPv6 network): keyed, so that it cannot be looked up in a table."""
    return address_hash(client_ip(request))


async def limit(request: Request, action: str, *, capacity: int, per_seconds: float) -> None:
    """Count one ``action`` of this visitor on this site. Raises RateLimited."""
    key = f"{action}:{current_tenant(request).tenant_id}:{ip_hash(request)}"
    allowance = await limits.take_async(key, capacity=capacity, per_seconds=per_seconds)
    if not allowance.allowed:
        raise RateLimited(retry_after_seconds=allowance.retry_after_seconds)


async def limit_visitor(request: Request, action: str, *, capacity: int, per_seconds: float) -> None:
    """Count one ``action`` of this visitor, whatever site it is on. Raises RateLimited."""
    allowance = await limits.take_async(f"{action}:{ip_hash(request)}", capacity=capacity, per_seconds=per_seconds)
    if not allowance.allowed:
        raise RateLimited(retry_after_seconds=allowance.retry_after_seconds)


def visitor(tenant: Annotated[TenantRef, Depends(current_tenant)]) -> Access:
    """A visitor of this site, who owns nothing yet."""
    return customer(tenant.tenant_id)


async def find_principal(request: Request) -> Principal | None:
    """Who is signed in, by an access token or else by the session cookie; None: nobody. Asks the server every time.

    Raises ForeignOrigin for a change that a cookie signs and that does not come from a page of this very host.
    """
    if (access_token := bearer_token(request)) is not None:
        return await threads.run(accounts.token_principal, access_token)
    cookie = session_cookie(request)
    if cookie is None:
        return None
    require_own_origin(request)
    return await threads.run(accounts.session_principal, cookie)


async def principal(request: Request) -> Principal:
    """Who is signed in. Raises Unauthenticated, ForeignOrigin."""
    found = await find_principal(request)
    if found is None:
        raise Unauthenticated
    return found


def bearer_token(request: Request) -> str | None:
    """The token of an Authorization header; None without one. One of another kind signs nobody in."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def session_cookie(request: Request) -> str | None:
    return request.cookies.get(accounts.COOKIE_NAME) or None


def require_own_origin(request: Request) -> None:
    """Browsers send a cookie whoever asks: a change must come from a page of this very host. Raises ForeignOrigin."""
    scheme = request.scope.get("state", {}).get("scheme", "https")
    if request.method not in hosts.SAFE_METHODS and not hosts.is_same_origin(dict(request.scope["headers"]), scheme):
        raise ForeignOrigin


SignedIn = Annotated[Principal, Depends(principal)]
CurrentTenant = Annotated[TenantRef, Depends(current_tenant)]
Visitor = Annotated[Access, Depends(visitor)]


class Strict(BaseModel):
    """A request body or query: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise FieldError("must be text")
    return value


def _one_line(value: str) -> str:
    if CONTROLS.search(value):
        raise FieldError("must not hold control characters")
    return value.strip()


def _lines(value: str) -> str:
    return "\n".join(_one_line(line) for line in value.replace("\t", " ").splitlines()).strip()


# Numbers are no texts, dates or ids here, however a parser could read them.
TextOnly = BeforeValidator(_text_only)
# The validators say what is wrong in our words; the patterns say the same in the document.
UNWANTED = r"\u007f-\u009f\u202a-\u202e\u2066-\u2069"
ONE_LINE = Field(json_schema_extra={"pattern": rf"^[^\u0000-\u001f{UNWANTED}]*$"})
LINES = Field(json_schema_extra={"pattern": rf"^[^\u0000-\u0008\u000e-\u001b{UNWANTED}]*$"})
Line = Annotated[str, TextOnly, AfterValidator(_one_line), ONE_LINE]
Paragraphs = Annotated[str, TextOnly, AfterValidator(_lines), LINES]
