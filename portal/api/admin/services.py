"""Services: list, edit, order, hide, delete and restore; CSV in and out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StrictBool, StrictInt

from portal.api.admin import sheets
from portal.api.admin.deps import (
    READING,
    WRITING,
    OrderedOut,
    OrderIn,
    Shown,
    TenantId,
    Text,
    Versioned,
    VersionQuery,
    file_body,
)
from portal.api.admin.sheets import ReportOut
from portal.api.deps import SignedIn, Strict
from portal.core import threads
from portal.domain.admin import csv, services
from portal.domain.admin.catalog import Listing
from portal.domain.admin.services import ServiceForm

router = APIRouter(tags=["admin: services"])
Deleted = Annotated[bool, Query(description="Those that were deleted and can be restored.")]


class ServiceOut(Shown):
    id: UUID
    name: str
    description: str | None
    category: str | None
    duration_minutes: int
    price_cents: int | None = Field(description="In minor units of `currency`; null: on request.")
    currency: str
    seats: int
    active: bool = Field(description="Whether customers see it.")
    resource: str = Field(description="Services of one resource exclude each other in time.")
    cal_event_type_id: int | None
    deleted_at: datetime | None
    version: str


class ServiceFields(Strict):
    description: Text | None = None
    category: Text | None = None
    price_cents: StrictInt | None = None
    currency: Text = "USD"
    seats: StrictInt = 1
    active: StrictBool = True
    resource: Text = "Main"
    cal_event_type_id: StrictInt | None = None


class ServiceIn(ServiceFields):
    name: Text
    duration_minutes: StrictInt


class ServiceChangeIn(ServiceFields, Versioned):
    name: Text = ""
    duration_minutes: StrictInt = 0


def _listed(found: Listing[ServiceForm]) -> OrderedOut[ServiceOut]:
    return OrderedOut(
        items=[ServiceOut.model_validate(each) for each in found.items], order_version=found.order_version
    )


@router.get("/services", response_model=OrderedOut[ServiceOut], summary="Services", responses=READING)
async def list_services(who: SignedIn, tenant_id: TenantId, deleted: Deleted = False) -> OrderedOut[ServiceOut]:
    """In the business's order, hidden ones too; all on one page."""
    return _listed(await threads.run(services.list_services, who, tenant_id, deleted=deleted))


@router.post("/services", status_code=201, response_model=ServiceOut, summary="Add a service", responses=WRITING)
async def create_service(who: SignedIn, tenant_id: TenantId, body: ServiceIn) -> Any:
    return await threads.run(services.create, who, tenant_id, body.model_dump())


@router.put("/services/order", response_model=OrderedOut[ServiceOut], summary="Order the services", responses=WRITING)
async def order_services(who: SignedIn, tenant_id: TenantId, body: OrderIn) -> OrderedOut[ServiceOut]:
    return _listed(await threads.run(services.reorder, who, tenant_id, body.ids, version=body.version))


@router.get("/services/export", summary="Services as CSV", response_class=Response, responses=sheets.EXPORT)
async def export_services(who: SignedIn, tenant_id: TenantId) -> Response:
    return sheets.download(await threads.run(csv.SERVICES.export, who, tenant_id), "services.csv")


@router.post(
    "/services/import", response_model=ReportOut, summary="Services from CSV", responses=WRITING,
    openapi_extra=dict(file_body("text/csv")),
)  # fmt: skip
async def import_services(
    request: Request, who: SignedIn, tenant_id: TenantId, apply: sheets.Apply = False, version: sheets.Seen = None
) -> Any:
    """The body is the file. First look what it would do; then send it again with `apply` and the report's `version`."""
    return await threads.run(csv.SERVICES.load, who, tenant_id, await request.body(), apply=apply, version=version)


@router.get("/services/{service_id}", response_model=ServiceOut, summary="One service", responses=READING)
async def get_service(who: SignedIn, tenant_id: TenantId, service_id: UUID) -> Any:
    return await threads.run(services.get, who, tenant_id, service_id)


@router.patch("/services/{service_id}", response_model=ServiceOut, summary="Change a service", responses=WRITING)
async def change_service(who: SignedIn, tenant_id: TenantId, service_id: UUID, body: ServiceChangeIn) -> Any:
    """Customers and the assistant see the change at once."""
    return await threads.run(services.update, who, tenant_id, service_id, body.changes(), version=body.version)


@router.delete("/services/{service_id}", response_model=ServiceOut, summary="Delete a service", responses=WRITING)
async def delete_service(who: SignedIn, tenant_id: TenantId, service_id: UUID, version: VersionQuery) -> Any:
    """It is put aside: its bookings stay, and it can be restored."""
    return await threads.run(services.delete, who, tenant_id, service_id, version=version)


@router.post(
    "/services/{service_id}/restore", response_model=ServiceOut, summary="Restore a service", responses=WRITING
)
async def restore_service(who: SignedIn, tenant_id: TenantId, service_id: UUID, body: Versioned) -> Any:
    return await threads.run(services.restore, who, tenant_id, service_id, version=body.version)
