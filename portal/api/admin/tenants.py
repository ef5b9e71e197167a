"""Tenants: the platform's list, and one tenant's status, checklist and domains."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from portal.api.admin import deps
from portal.api.admin.deps import READING, WRITING, After, Limit, ListOut, Shown, TenantId, Text, Version, Versioned
from portal.api.deps import SignedIn, Strict
from portal.core import threads
from portal.core.errors import InvalidArgument
from portal.domain.admin import domains, launch, tenants
from portal.domain.admin.tenants import TenantDetail

router = APIRouter(tags=["admin: tenants"])
of_tenant = APIRouter(tags=["admin: tenants"])


class TenantLineOut(Shown):
    id: UUID
    slug: str
    status: str = Field(examples=["onboarding", "active", "suspended"])
    vertical: str
    business_name: str
    timezone: str
    created_at: datetime
    url: str
    version: str


class TenantDetailOut(Shown):
    id: UUID
    slug: str
    status: str = Field(examples=["onboarding", "active", "suspended"])
    vertical: str
    business_name: str
    created_at: datetime
    url: str
    status_reason: str | None
    version: str


class TenantIn(Strict):
    slug: Text = Field(examples=["bobs-barbershop"])
    name: Text
    vertical: Text = "general"
    timezone: Text = "America/New_York"


class TenantChangeIn(Versioned):
    """Either a new slug, or a new status."""

    slug: Text | None = None
    status: Text | None = Field(default=None, description="active or suspended: the platform's decision.")
    reason: Text | None = Field(default=None, description="Required to suspend.")


class StepOut(Shown):
    key: str = Field(examples=["profile", "hours", "services", "calendar", "event_types", "branding"])
    title: str
    hint: str
    done: bool
    required: bool


class ChecklistOut(Shown):
    status: str
    ready: bool
    steps: list[StepOut]
    version: str = Field(description="For going live.")


class LaunchIn(Strict):
    version: Version


class DomainIn(Strict):
    hostname: Text = Field(examples=["book.example.com"])


class DomainOut(Shown):
    id: UUID
    hostname: str
    domain_type: str
    verified_at: datetime | None
    tls_status: str | None
    created_at: datetime


@router.get("/tenants", response_model=ListOut[TenantLineOut], summary="All tenants", responses=READING)
async def list_tenants(
    who: SignedIn,
    search: Annotated[str | None, Query(max_length=100, description="In slug and name.")] = None,
    status: Annotated[str | None, Query(max_length=20)] = None,
    limit: Limit = deps.LIMIT,
    after: After = None,
) -> ListOut[TenantLineOut]:
    """For the platform: by slug."""
    found = await threads.run(tenants.list_tenants, who, search=search, status=status, limit=limit, after=after)
    return ListOut(items=[TenantLineOut.model_validate(line) for line in found.items], next=found.next)


@router.post("/tenants", status_code=201, response_model=TenantDetailOut, summary="Make a tenant", responses=WRITING)
async def create_tenant(who: SignedIn, body: TenantIn) -> TenantDetail:
    """For the platform: a business with its vertical's template, not yet open."""
    return await threads.run(tenants.create, who, **body.model_dump())


@of_tenant.get("", response_model=TenantDetailOut, summary="One tenant", responses=READING)
async def get_tenant(who: SignedIn, tenant_id: TenantId) -> TenantDetail:
    return await threads.run(tenants.get, who, tenant_id)


@of_tenant.patch("", response_model=TenantDetailOut, summary="Rename, suspend or open a tenant", responses=WRITING)
async def change_tenant(who: SignedIn, tenant_id: TenantId, body: TenantChangeIn) -> TenantDetail:
    """Its visitors see the change at once."""
    if (body.slug is None) == (body.status is None):
        raise InvalidArgument("Give either a slug or a status.", details={"field": "status"})
    if body.slug is not None:
        return await threads.run(tenants.rename, who, tenant_id, body.slug, version=body.version)
    if body.status == "suspended":
        return await threads.run(tenants.suspend, who, tenant_id, reason=body.reason or "", version=body.version)
    if body.status == "active":
        return await threads.run(tenants.activate, who, tenant_id, version=body.version, reason=body.reason)
    raise InvalidArgument("A tenant can become active or suspended.", details={"field": "status"})


@of_tenant.get("/checklist", response_model=ChecklistOut, summary="What is missing to go live", responses=READING)
async def get_checklist(who: SignedIn, tenant_id: TenantId) -> launch.Checklist:
    return await threads.run(launch.checklist, who, tenant_id)


@of_tenant.post("/launch", response_model=TenantDetailOut, summary="Go live", responses=WRITING)
async def go_live(who: SignedIn, tenant_id: TenantId, body: LaunchIn) -> TenantDetail:
    """Opens the site. 409 `not_ready` with `details.missing` while something required is not done."""
    return await threads.run(tenants.go_live, who, tenant_id, version=body.version)


@of_tenant.get("/domains", response_model=ListOut[DomainOut], summary="Its domains", responses=READING)
async def list_domains(who: SignedIn, tenant_id: TenantId) -> ListOut[DomainOut]:
    found = await threads.run(domains.list_domains, who, tenant_id)
    return ListOut(items=[DomainOut.model_validate(each) for each in found])


@of_tenant.post("/domains", status_code=201, response_model=DomainOut, summary="Ask for a domain", responses=WRITING)
async def add_domain(who: SignedIn, tenant_id: TenantId, body: DomainIn) -> domains.Domain:
    """It serves the site once it was verified."""
    return await threads.run(domains.add, who, tenant_id, body.hostname)


@of_tenant.delete("/domains/{domain_id}", status_code=204, summary="Give a domain up", responses=WRITING)
async def remove_domain(who: SignedIn, tenant_id: TenantId, domain_id: UUID) -> Response:
    await threads.run(domains.remove, who, tenant_id, domain_id)
    return Response(status_code=204)
