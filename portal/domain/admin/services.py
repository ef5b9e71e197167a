"""The services a business offers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import select

from portal.core import db
from portal.core.ids import new_id
from portal.domain.admin import edits, fields
from portal.domain.admin.catalog import Catalog
from portal.domain.permissions import Action
from portal.models import TenantResource, TenantService

MOST: Final = 200
DEFAULT_RESOURCE: Final = "Main"
RULES: Final[fields.Rules] = {
    "name": fields.line(120, required=True),
    "description": fields.paragraphs(1000),
    "category": fields.line(60),
    "duration_minutes": fields.whole(5, 1440),
    "price_cents": fields.whole(0, 100_000_000, required=False),
    "currency": fields.currency,
    "seats": fields.whole(1, 500),
    "active": fields.flag,
    "cal_event_type_id": fields.whole(1, 2**31 - 1, required=False),
    "resource": fields.line(80),
}


@dataclass(frozen=True)
class ServiceForm:
    """A service as it is edited. Price in minor units of ``currency``; None: on request.

    Services of one ``resource`` (a person, a room) exclude each other in time. Customers do not see one that is not
    ``active``.
    """

    id: UUID
    name: str
    description: str | None
    category: str | None
    duration_minutes: int
    price_cents: int | None
    currency: str
    seats: int
    active: bool
    cal_event_type_id: int | None
    resource: str
    deleted_at: datetime | None
    version: str


def _stored(scope: db.Scope, values: dict[str, Any]) -> dict[str, Any]:
    """The resource by its id; one of a new name is made."""
    if "resource" not in values:
        return values
    name = values.pop("resource") or DEFAULT_RESOURCE
    return values | {"resource_id": resource_id(scope, name)}


def resource_id(scope: db.Scope, name: str) -> UUID:
    """The resource of this name, made where it is missing."""
    scope.execute(
        "insert into portal.tenant_resources (id, tenant_id, name) values (:id, :tenant, :name)"
        " on conflict (tenant_id, name) do nothing",
        id=new_id(), tenant=scope.tenant_id, name=name,
    )  # fmt: skip
    wanted = select(TenantResource.id).where(TenantResource.tenant_id == scope.tenant_id, TenantResource.name == name)
    return scope.session.exec(wanted).one()


def _shown(scope: db.Scope, row: TenantService) -> ServiceForm:
    resource = scope.session.get(TenantResource, row.resource_id)
    columns = {name: getattr(row, name) for name in RULES if name != "resource"}
    return ServiceForm(
        id=row.id,
        resource=resource.name if resource else DEFAULT_RESOURCE,
        deleted_at=row.deleted_at,
        version=edits.version_of(row),
        **columns,
    )


CATALOG: Final = Catalog[TenantService, ServiceForm](
    table=TenantService,
    target="service",
    rules=RULES,
    required=("name", "duration_minutes"),
    defaults={"resource": DEFAULT_RESOURCE},
    most=MOST,
    view=Action.SERVICES_VIEW,
    edit=Action.SERVICES_EDIT,
    stored=_stored,
    shown=_shown,
)
list_services = CATALOG.entries
get = CATALOG.get
create = CATALOG.create
update = CATALOG.update
delete = CATALOG.delete
restore = CATALOG.restore
reorder = CATALOG.reorder
