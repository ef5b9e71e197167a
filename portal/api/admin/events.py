"""What providers told us, and having it processed again."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from portal.api.admin import deps
from portal.api.admin.deps import READING, After, FirstDay, LastDay, Limit, ListOut, Shown, TenantId
from portal.api.deps import SignedIn
from portal.core import threads
from portal.domain.admin import events
from portal.domain.admin.events import EventDetail, EventLine, Wanted

router = APIRouter(tags=["admin: events"])
of_platform = APIRouter(prefix="/platform", tags=["admin: events"])


class EventOut(Shown):
    id: UUID
    provider: str = Field(examples=["calcom"])
    kind: str = Field(examples=["BOOKING_CREATED"])
    reference: str | None = Field(description="The provider's id of what it is about.")
    received_at: datetime
    processed_at: datetime | None
    status: str = Field(
        description="pending, processed, retrying (failed, and tried again by itself) or failed.",
        examples=["processed"],
    )
    next_attempt_at: datetime | None = Field(description="When it is tried again, while it is `retrying`.")
    result: str | None = Field(description="What processing did.", examples=["updated"])
    error: str | None = Field(description="Why processing failed.", examples=["calendar_unavailable"])
    booking_id: UUID | None


class EventDetailOut(EventOut):
    payload: dict[str, Any] = Field(description="As it was received.")


def wanted(
    provider: Annotated[str | None, Query(max_length=20, description="calcom, twilio or stripe.")] = None,
    status: Annotated[str | None, Query(max_length=20, description="pending, processed, retrying or failed.")] = None,
    kind: Annotated[str | None, Query(max_length=80)] = None,
    booking_id: UUID | None = None,
    first: FirstDay = None,
    last: LastDay = None,
) -> Wanted:
    return Wanted(provider, status, kind, booking_id, first, last)


Asked = Annotated[Wanted, Depends(wanted)]


@router.get("/events", response_model=ListOut[EventOut], summary="Events from providers", responses=READING)
async def list_events(
    who: SignedIn, tenant_id: TenantId, asked: Asked, limit: Limit = deps.LIMIT, after: After = None
) -> ListOut[EventOut]:
    """Newest first."""
    return await _page(who, tenant_id, asked, limit, after)


@router.get("/events/{event_id}", response_model=EventDetailOut, summary="An event", responses=READING)
async def get_event(who: SignedIn, tenant_id: TenantId, event_id: UUID) -> EventDetailOut:
    return _detail(await threads.run(events.get, who, tenant_id, event_id))


@router.post(
    "/events/{event_id}/rerun", status_code=202, response_model=EventDetailOut, summary="Process an event again",
    responses=READING,
)  # fmt: skip
async def rerun_event(who: SignedIn, tenant_id: TenantId, event_id: UUID) -> EventDetailOut:
    """Harmless at any time: processing asks the provider for the state of now."""
    return _detail(await threads.run(events.rerun, who, tenant_id, event_id))


@of_platform.get(
    "/events", response_model=ListOut[EventOut], summary="Events that name no business", responses=READING
)  # fmt: skip
async def list_unattributed_events(
    who: SignedIn, asked: Asked, limit: Limit = deps.LIMIT, after: After = None
) -> ListOut[EventOut]:
    """Newest first; days are UTC's."""
    return await _page(who, None, asked, limit, after)


@of_platform.get(
    "/events/{event_id}", response_model=EventDetailOut, summary="An event that names no business", responses=READING
)  # fmt: skip
async def get_unattributed_event(who: SignedIn, event_id: UUID) -> EventDetailOut:
    return _detail(await threads.run(events.get, who, None, event_id))


@of_platform.post(
    "/events/{event_id}/rerun", status_code=202, response_model=EventDetailOut, responses=READING,
    summary="Process an event that names no business again",
)  # fmt: skip
async def rerun_unattributed_event(who: SignedIn, event_id: UUID) -> EventDetailOut:
    """Whose it is is looked for again."""
    return _detail(await threads.run(events.rerun, who, None, event_id))


async def _page(
    who: SignedIn, tenant_id: UUID | None, asked: Wanted, limit: int, after: str | None
) -> ListOut[EventOut]:
    found = await threads.run(events.list_events, who, tenant_id, asked, limit=limit, after=after)
    return ListOut(items=[_line(line) for line in found.items], next=found.next)


def _line(line: EventLine) -> EventOut:
    return EventOut.model_validate(line)


def _detail(detail: EventDetail) -> EventDetailOut:
    return EventDetailOut(**_line(detail.line).model_dump(), payload=dict(detail.payload))
