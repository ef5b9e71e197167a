"""Which tenant an admin's request is about, and the shapes of its parts."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from portal.api.deps import SignedIn, Strict, TextOnly
from portal.api.errors import FieldError, documented
from portal.core import threads
from portal.core.errors import InvalidArgument
from portal.core.tenant import TenantRef
from portal.domain import accounts
from portal.domain.admin.paging import DEFAULT, MOST

T = TypeVar("T")
NOBODY = UUID(int=0)
READING = documented(400, 401, 403, 404)
WRITING = documented(400, 401, 403, 404, 409)
CALLING = documented(400, 401, 403, 404, 409, 429, 503)
BY_DEFAULT = "The tenant; by default the one of this host, or the only one that the caller belongs to."


async def by_path(request: Request, who: SignedIn, tenant_id: Annotated[UUID, Path()]) -> None:
    """The tenant that the address names."""
    request.state.chosen_tenant = tenant_id


async def by_header_or_host(
    request: Request,
    who: SignedIn,
    x_tenant_id: Annotated[UUID | None, Header(description=BY_DEFAULT)] = None,
) -> None:
    """The tenant that ``X-Tenant-Id`` names, else the host's, else the only one that the caller belongs to.

    Raises InvalidArgument when there is none of these.
    """
    found = request.scope.get("state", {}).get("tenant")
    of_host = found.tenant_id if isinstance(found, TenantRef) else None
    chosen = x_tenant_id or of_host or await threads.run(accounts.only_tenant, who)
    if chosen is None:
        raise InvalidArgument("Name the tenant with X-Tenant-Id.", details={"field": "X-Tenant-Id"})
    request.state.chosen_tenant = chosen


def chosen_tenant(request: Request) -> UUID:
    """Nobody's id where the address named none: that is refused already, and no route of ours runs."""
    tenant_id: UUID = getattr(request.state, "chosen_tenant", NOBODY)
    return tenant_id


TenantId = Annotated[UUID, Depends(chosen_tenant)]


def _version(value: str) -> str:
    if not 1 <= len(value) <= 80:
        raise FieldError("must be a version as it was read")
    return value


Version = Annotated[
    str,
    TextOnly,
    AfterValidator(_version),
    Field(description="As it was read with the entry.", json_schema_extra={"minLength": 1, "maxLength": 80}),
]
Text = Annotated[str, TextOnly]


class Versioned(Strict):
    """A change of something that was read before; refused with 409 when somebody else was faster."""

    version: Version

    def changes(self) -> dict[str, Any]:
        """The given fields only."""
        return self.model_dump(exclude_unset=True, exclude={"version"})


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ListOut(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(default=None, description="Pass it as `after` for the next page; null on the last one.")


class OrderedOut(ListOut[T], Generic[T]):
    """A whole list that is ordered by hand."""

    order_version: str = Field(description="For changing the order.")


class OrderIn(Strict):
    ids: Annotated[
        list[Annotated[UUID, TextOnly]], Field(max_length=1000, description="Every entry, in the new order.")
    ]
    version: Version


Limit = Annotated[int, Query(ge=1, le=MOST, description="Entries on a page.")]
After = Annotated[str | None, Query(max_length=300, description="`next` of the page before.")]
FirstDay = Annotated[date | None, Query(alias="from", description="First day, in the tenant's zone.")]
LastDay = Annotated[date | None, Query(alias="to", description="Last day, in the tenant's zone.")]
VersionQuery = Annotated[Version, Query()]
LIMIT: int = DEFAULT


def file_body(*media_types: str) -> Mapping[str, Any]:
    """OpenAPI of a request whose body is the file itself."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, schema)}}
