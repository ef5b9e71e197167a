"""Who did what, when, and how it was before."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from portal.api.admin import deps, sheets
from portal.api.admin.deps import READING, After, FirstDay, LastDay, Limit, ListOut, Shown, TenantId
from portal.api.deps import SignedIn
from portal.core import threads
from portal.domain.admin import audit, csv
from portal.domain.admin.audit import Wanted

router = APIRouter(tags=["admin: audit"])


class EntryOut(Shown):
    id: UUID
    at: datetime
    actor_type: str = Field(examples=["user", "customer", "system", "webhook"])
    actor_id: UUID | None
    actor: str
    action: str = Field(examples=["service.updated"])
    target_type: str | None
    target_id: str | None
    details: dict[str, Any] = Field(examples=[{"changes": {"price_cents": {"before": 3500, "after": 4000}}}])


def wanted(
    action: Annotated[str | None, Query(max_length=60, description="A subject (`service`) or one act.")] = None,
    target_type: Annotated[str | None, Query(max_length=60)] = None,
    target_id: Annotated[str | None, Query(max_length=60)] = None,
    actor_id: UUID | None = None,
    first: FirstDay = None,
    last: LastDay = None,
) -> Wanted:
    return Wanted(action, target_type, target_id, actor_id, first, last)


Asked = Annotated[Wanted, Depends(wanted)]


@router.get("/audit", response_model=ListOut[EntryOut], summary="The audit log", responses=READING)
async def list_entries(
    who: SignedIn, tenant_id: TenantId, asked: Asked, limit: Limit = deps.LIMIT, after: After = None
) -> ListOut[EntryOut]:
    """Newest first."""
    found = await threads.run(audit.list_entries, who, tenant_id, asked, limit=limit, after=after)
    return ListOut(items=[EntryOut.model_validate(entry) for entry in found.items], next=found.next)


@router.get("/audit/export", summary="The audit log as CSV", response_class=Response, responses=sheets.EXPORT)
async def export_entries(who: SignedIn, tenant_id: TenantId, asked: Asked) -> Response:
    """At most 100,000 entries, newest first."""
    return sheets.download(await threads.run(csv.audit_log, who, tenant_id, asked), "audit.csv")
