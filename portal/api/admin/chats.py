"""Conversations, to read."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from portal.api.admin import deps
from portal.api.admin.deps import READING, After, FirstDay, LastDay, Limit, ListOut, Shown, TenantId
from portal.api.deps import SignedIn
from portal.core import threads
from portal.domain.admin import chats
from portal.domain.admin.chats import Wanted

router = APIRouter(tags=["admin: chats"])


class ChatLineOut(Shown):
    id: UUID
    created_at: datetime
    last_active_at: datetime
    channel: str
    outcome: str | None
    booking_id: UUID | None
    messages: int
    tokens: int
    preview: str


class ToolCallOut(Shown):
    id: str
    name: str
    input: dict[str, Any]
    result: str | None
    failed: bool


class MessageOut(Shown):
    id: UUID
    role: str
    text: str
    tools: list[ToolCallOut]
    cards: list[dict[str, Any]]
    created_at: datetime
    model: str | None
    tokens: int
    stop_reason: str | None


class TranscriptOut(Shown):
    id: UUID
    created_at: datetime
    last_active_at: datetime
    channel: str
    outcome: str | None
    booking_id: UUID | None
    booking_uid: str | None
    input_tokens: int
    output_tokens: int
    cache_percent: int = Field(description="Of the input tokens, how many came from the model's cache.")
    cost_usd: float | None = Field(description="Null where the price of a model is not known.")
    messages: list[MessageOut]


@router.get("/chats", response_model=ListOut[ChatLineOut], summary="Conversations", responses=READING)
async def list_chats(
    who: SignedIn,
    tenant_id: TenantId,
    outcome: Annotated[str | None, Query(max_length=40)] = None,
    booked: Annotated[bool | None, Query(description="Whether a booking came of it.")] = None,
    first: FirstDay = None,
    last: LastDay = None,
    limit: Limit = deps.LIMIT,
    after: After = None,
) -> ListOut[ChatLineOut]:
    """Those in which a customer said something, newest first."""
    wanted = Wanted(outcome, booked, first, last)
    found = await threads.run(chats.list_chats, who, tenant_id, wanted, limit=limit, after=after)
    return ListOut(items=[ChatLineOut.model_validate(line) for line in found.items], next=found.next)


@router.get("/chats/{session_id}", response_model=TranscriptOut, summary="A transcript", responses=READING)
async def get_chat(who: SignedIn, tenant_id: TenantId, session_id: UUID) -> Any:
    """What was said, which tools were called and what they answered, and what it used."""
    return await threads.run(chats.transcript, who, tenant_id, session_id)
