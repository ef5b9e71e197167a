"""Accounts at providers. Keys go in and never come out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StrictInt

from portal.api.admin.deps import CALLING, READING, WRITING, Shown, TenantId, Text, Versioned, VersionQuery
from portal.api.deps import SignedIn, Strict
from portal.core import limits, threads
from portal.core.errors import RateLimited
from portal.domain.admin import integrations
from portal.domain.admin.integrations import EventTypeMapping

TRIES, TRIES_PER_SECONDS = 30, 300.0
MAX_MAPPINGS = 200


async def limit_calls(who: SignedIn) -> None:
    """Each of these asks a provider: not too often."""
    allowance = await limits.take_async(f"admin-calls:{who.user_id}", capacity=TRIES, per_seconds=TRIES_PER_SECONDS)
    if not allowance.allowed:
        raise RateLimited(retry_after_seconds=allowance.retry_after_seconds)


router = APIRouter(tags=["admin: integrations"])
Limited = [Depends(limit_calls)]


class StoredOut(Shown):
    is_set: bool
    set_at: datetime | None
    set_by: str | None


class IntegrationsOut(Shown):
    calcom: StoredOut
    twilio: StoredOut
    twilio_messaging_service_sid: str | None
    stripe_status: str | None
    version: str


class CalcomIn(Versioned):
    api_key: Text = Field(description="Tried before it is stored.", json_schema_extra={"writeOnly": True})


class TwilioIn(Versioned):
    account_sid: Text = Field(json_schema_extra={"writeOnly": True})
    auth_token: Text = Field(json_schema_extra={"writeOnly": True})
    messaging_service_sid: Text | None = None


class EventTypeOut(Shown):
    id: int
    title: str
    slug: str
    length_in_minutes: int
    seats: int
    requires_confirmation: bool
    hidden: bool


class CalcomAccountOut(Shown):
    username: str
    email: str
    timezone: str
    event_types: list[EventTypeOut]


class MappingIn(Versioned):
    service_id: UUID
    event_type_id: StrictInt | None


class MappingsIn(Strict):
    mappings: Annotated[list[MappingIn], Field(min_length=1, max_length=MAX_MAPPINGS)]


@router.get("/integrations", response_model=IntegrationsOut, summary="What is connected", responses=READING)
async def get_integrations(who: SignedIn, tenant_id: TenantId) -> Any:
    """Only whether a key is there, who stored it and when."""
    return await threads.run(integrations.get, who, tenant_id)


@router.post(
    "/integrations/calcom", response_model=IntegrationsOut, summary="Connect Cal.com", responses=CALLING,
    dependencies=Limited,
)  # fmt: skip
async def set_calcom(who: SignedIn, tenant_id: TenantId, body: CalcomIn) -> Any:
    return await threads.run(integrations.set_calcom_key, who, tenant_id, body.api_key, version=body.version)


@router.get(
    "/integrations/calcom", response_model=CalcomAccountOut, summary="Test Cal.com", responses=CALLING,
    dependencies=Limited,
)  # fmt: skip
async def test_calcom(who: SignedIn, tenant_id: TenantId) -> Any:
    """Asks Cal.com now: whose key it is, and its event types."""
    return await threads.run(integrations.calcom_account, who, tenant_id)


@router.delete("/integrations/calcom", response_model=IntegrationsOut, summary="Disconnect Cal.com", responses=WRITING)
async def remove_calcom(who: SignedIn, tenant_id: TenantId, version: VersionQuery) -> Any:
    return await threads.run(integrations.remove_calcom_key, who, tenant_id, version=version)


@router.put(
    "/integrations/calcom/event-types", status_code=204, summary="Which event type books which service",
    responses=CALLING, dependencies=Limited,
)  # fmt: skip
async def map_event_types(who: SignedIn, tenant_id: TenantId, body: MappingsIn) -> Response:
    """All of them or none; `version` is the service's."""
    wanted = [EventTypeMapping(each.service_id, each.event_type_id, each.version) for each in body.mappings]
    await threads.run(integrations.map_event_types, who, tenant_id, wanted)
    return Response(status_code=204)


@router.post(
    "/integrations/twilio", response_model=IntegrationsOut, summary="Connect Twilio", responses=CALLING,
    dependencies=Limited,
)  # fmt: skip
async def set_twilio(who: SignedIn, tenant_id: TenantId, body: TwilioIn) -> Any:
    """Tried before it is stored. Without `messaging_service_sid` the account's only service is taken."""
    return await threads.run(
        integrations.set_twilio, who, tenant_id, account_sid=body.account_sid, auth_token=body.auth_token,
        messaging_service_sid=body.messaging_service_sid, version=body.version,
    )  # fmt: skip


@router.delete("/integrations/twilio", response_model=IntegrationsOut, summary="Disconnect Twilio", responses=WRITING)
async def remove_twilio(who: SignedIn, tenant_id: TenantId, version: VersionQuery) -> Any:
    return await threads.run(integrations.remove_twilio, who, tenant_id, version=version)
