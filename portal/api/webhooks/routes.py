"""The routes. A request is checked, stored and answered; who was told once already is answered the same."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from portal.api.errors import UnknownHost, documented
from portal.api.webhooks import readings, signatures
from portal.api.webhooks.inbox import Inbox
from portal.core import db, tenant, threads
from portal.core.errors import NotConnected, Unauthenticated
from portal.core.settings import get_settings
from portal.core.tenant import TenantRef
from portal.domain import billing, integrations
from portal.providers.twilio.signature import is_signed

if TYPE_CHECKING:
    from portal.api.app import Api

UNCACHED: Final = {"Cache-Control": "no-store"}
ACCEPTED: Final = Response(b'{"status":"received"}', media_type="application/json", headers=UNCACHED)
# No message in answer: Twilio itself answers STOP and its kin.
SILENCE: Final = Response(
    b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>', media_type="text/xml", headers=UNCACHED
)
TENANT_PARAMETER: Final = {
    "name": "tenant",
    "in": "path",
    "required": True,
    "description": "Its slug or id, for a host that serves several.",
    "schema": {"type": "string", "maxLength": 63},
}


class BadSignature(Unauthenticated):
    reason = "bad_signature"
    default = "The signature does not fit."


class ReceivedOut(BaseModel):
    status: str = "received"


class Receiver:
    """The handlers, and the inbox they share."""

    def __init__(self) -> None:
        self.inbox = Inbox()

    async def calcom(self, request: Request) -> Response:
        """An event of the tenant's Cal.com account, signed with the secret we gave it."""
        tenant_id, body = await _tenant(request), await request.body()
        if tenant_id is None:
            raise UnknownHost
        if not signatures.calcom(await _calcom_secret(tenant_id), body, _header(request, b"x-cal-signature-256")):
            raise BadSignature
        await self.inbox.store(readings.calcom(tenant_id, body))
        return ACCEPTED

    async def stripe(self, request: Request) -> Response:
        """An event of the platform's Stripe account."""
        secret, body = get_settings().stripe_webhook_secret, await request.body()
        given = _header(request, b"stripe-signature")
        if secret is None or not signatures.stripe(secret.get_secret_value(), body, given, now=time.time()):
            raise BadSignature
        received, customer = readings.stripe(body)
        if customer is not None:
            received = replace(received, tenant_id=await threads.run(billing.tenant_of, customer))
        await self.inbox.store(received)
        return ACCEPTED

    async def twilio_status(self, request: Request) -> Response:
        """What became of a text message."""
        return await self._twilio(request, "status")

    async def twilio_inbound(self, request: Request) -> Response:
        """A text message to us."""
        return await self._twilio(request, "inbound")

    async def _twilio(self, request: Request, kind: str) -> Response:
        tenant_id, pairs = await _tenant(request), readings.form(await request.body())
        fields = dict(pairs)
        token = await threads.run(_twilio_token, tenant_id, fields.get("AccountSid", ""))
        signature = _header(request, b"x-twilio-signature").decode("latin-1")
        if token is None or not is_signed(token, _public_url(request), pairs, signature):
            raise BadSignature
        await self.inbox.store(readings.twilio(tenant_id, kind, fields, dict(request.query_params)))
        return SILENCE


async def _calcom_secret(tenant_id: UUID) -> str:
    kept = integrations.kept_webhook_secret(tenant_id)
    if kept is not None:
        return kept
    try:
        return await threads.run(integrations.calcom_webhook_secret, tenant_id)
    except NotConnected:
        raise BadSignature from None


def _twilio_token(tenant_id: UUID | None, account_sid: str) -> str | None:
    """The token of the account that says it sent this: the platform's, or the tenant's own."""
    settings = get_settings()
    if settings.twilio_auth_token is not None and account_sid == settings.twilio_account_sid:
        return settings.twilio_auth_token.get_secret_value()
    own = integrations.twilio_account(tenant_id) if tenant_id is not None else None
    return own.auth_token if own is not None and own.sid == account_sid else None


async def _tenant(request: Request) -> UUID | None:
    """The tenant that the address names, else the host's; None on a host of nobody. Raises UnknownHost."""
    named = request.path_params.get("tenant")
    if named is None:
        found = request.scope.get("state", {}).get("tenant")
        return found.tenant_id if isinstance(found, TenantRef) else None
    tenant_id = await threads.run(_named_tenant, named)
    if tenant_id is None:
        raise UnknownHost
    return tenant_id


def _named_tenant(named: str) -> UUID | None:
    try:
        tenant_id = UUID(named)
    except ValueError:
        # A name is looked for as the host it would have.
        found = tenant.resolve(f"{named}.{get_settings().base_domain}") if "." not in named else None
        return found.tenant_id if found else None
    with db.worker(tenant_id).begin() as scope:
        exists = scope.execute("select 1 from portal.tenants where id = :id and status <> 'deleted'", id=tenant_id)
        return tenant_id if exists.scalar() else None


def _header(request: Request, name: bytes) -> bytes:
    """A header's value; empty where it is absent, or there more than once."""
    values = [value for each, value in request.scope["headers"] if each == name]
    return values[0] if len(values) == 1 else b""


def _public_url(request: Request) -> str:
    """The address as it was asked from outside, as Twilio signs it."""
    scope = request.scope
    scheme = scope.get("state", {}).get("scheme", scope["scheme"])
    path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{scheme}://{_header(request, b'host').decode('latin-1')}{path}{'?' + query if query else ''}"


def add_to(api: "Api") -> None:
    """Add the routes, each also with the tenant named in its path."""
    receiver = Receiver()
    as_json: dict[str, Any] = {"response_model": ReceivedOut, "openapi_extra": _body("application/json")}
    as_xml: dict[str, Any] = {
        "response_class": Response,
        "openapi_extra": _body("application/x-www-form-urlencoded"),
    }
    for path, handler, summary, documentation in (
        ("/v1/webhooks/calcom", receiver.calcom, "Cal.com tells of a booking", as_json),
        ("/v1/webhooks/twilio/status", receiver.twilio_status, "Twilio tells what became of a message", as_xml),
        ("/v1/webhooks/twilio/inbound", receiver.twilio_inbound, "Twilio tells of a message to us", as_xml),
        ("/v1/webhooks/stripe", receiver.stripe, "Stripe tells of a payment", as_json),
    ):
        more: dict[str, Any] = {"summary": summary, "tags": ["webhooks"], "responses": _answers(documentation)}
        api.add_hot_route(path, handler, method="POST", **documentation | more)
        if handler != receiver.stripe:
            extra = documentation["openapi_extra"] | {"parameters": [TENANT_PARAMETER]}
            api.add_hot_route(
                path + "/{tenant}", handler, method="POST", **documentation | more | {"openapi_extra": extra}
            )


def _answers(documentation: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    failures = documented(400, 401, 404, 413, 503)
    silence: dict[int | str, dict[str, Any]] = {
        200: {"description": "Stored", "content": {"text/xml": {"schema": {"type": "string"}}}}
    }
    return failures if "response_model" in documentation else silence | failures


def _body(media_type: str) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": {"type": "object"}}}}}
