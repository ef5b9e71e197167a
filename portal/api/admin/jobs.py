"""The queue: what waits and what failed, of one business or of the whole platform."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from portal.api.admin import deps
from portal.api.admin.deps import READING, WRITING, After, Limit, ListOut, Shown, TenantId
from portal.api.deps import SignedIn
from portal.core import threads
from portal.domain.admin import jobs

router = APIRouter(tags=["admin: jobs"])
of_platform = APIRouter(prefix="/platform", tags=["admin: jobs"])
OpenOnly = Annotated[bool, Query(description="Only those nobody dealt with.")]


class QueueLineOut(Shown):
    name: str
    waiting: int
    delayed: int
    running: int
    failed: int
    lag_seconds: float = Field(description="Since when the oldest of the waiting ones could have run.")


class QueueOut(Shown):
    lines: list[QueueLineOut]


class FailureOut(Shown):
    id: UUID
    tenant_id: UUID | None
    slug: str | None
    job_id: UUID
    name: str
    arguments: dict[str, str]
    attempts: int
    error: str
    failed_at: datetime
    resolution: str | None = Field(examples=["retried", "discarded"])
    resolved_at: datetime | None


@router.get("/jobs", response_model=QueueOut, summary="The queue", responses=READING)
async def get_queue(who: SignedIn, tenant_id: TenantId) -> QueueOut:
    """Jobs of this business, by name."""
    return await _queue(who, tenant_id)


@router.get("/jobs/failures", response_model=ListOut[FailureOut], summary="Jobs given up", responses=READING)
async def list_failures(
    who: SignedIn, tenant_id: TenantId, open_only: OpenOnly = True, limit: Limit = deps.LIMIT, after: After = None
) -> ListOut[FailureOut]:
    """Newest first."""
    return await _failures(who, tenant_id, open_only, limit, after)


@router.post("/jobs/failures/{failure_id}/retry", status_code=204, summary="Try a job again", responses=WRITING)
async def retry(who: SignedIn, tenant_id: TenantId, failure_id: UUID) -> Response:
    """It starts anew, with all its attempts before it."""
    await threads.run(jobs.retry, who, tenant_id, failure_id)
    return Response(status_code=204)


@router.post("/jobs/failures/{failure_id}/discard", status_code=204, summary="Put a failure away", responses=WRITING)
async def discard(who: SignedIn, tenant_id: TenantId, failure_id: UUID) -> Response:
    """Nothing more is done about it; it stays in the log."""
    await threads.run(jobs.discard, who, tenant_id, failure_id)
    return Response(status_code=204)


@of_platform.get("/jobs", response_model=QueueOut, summary="The whole queue", responses=READING)
async def get_whole_queue(who: SignedIn) -> QueueOut:
    """Jobs of all businesses and of the platform, by name."""
    return await _queue(who, None)


@of_platform.get(
    "/jobs/failures", response_model=ListOut[FailureOut], summary="All jobs given up", responses=READING
)  # fmt: skip
async def list_all_failures(
    who: SignedIn, open_only: OpenOnly = True, limit: Limit = deps.LIMIT, after: After = None
) -> ListOut[FailureOut]:
    """Newest first."""
    return await _failures(who, None, open_only, limit, after)


@of_platform.post(
    "/jobs/failures/{failure_id}/retry", status_code=204, summary="Try any job again", responses=WRITING
)  # fmt: skip
async def retry_any(who: SignedIn, failure_id: UUID) -> Response:
    await threads.run(jobs.retry, who, None, failure_id)
    return Response(status_code=204)


@of_platform.post(
    "/jobs/failures/{failure_id}/discard", status_code=204, summary="Put any failure away", responses=WRITING
)  # fmt: skip
async def discard_any(who: SignedIn, failure_id: UUID) -> Response:
    await threads.run(jobs.discard, who, None, failure_id)
    return Response(status_code=204)


async def _queue(who: SignedIn, tenant_id: UUID | None) -> QueueOut:
    lines = await threads.run(jobs.overview, who, tenant_id)
    return QueueOut(lines=[QueueLineOut.model_validate(line) for line in lines])


async def _failures(
    who: SignedIn, tenant_id: UUID | None, open_only: bool, limit: int, after: str | None
) -> ListOut[FailureOut]:
    found = await threads.run(jobs.list_failures, who, tenant_id, open_only=open_only, limit=limit, after=after)
    return ListOut(items=[FailureOut.model_validate(each) for each in found.items], next=found.next)
