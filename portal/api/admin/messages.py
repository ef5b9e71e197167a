"""Text messages: what was sent and why not, who wants none, and how the business texts."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool, StrictInt

from portal.api.admin import deps
from portal.api.admin.deps import (
    READING,
    WRITING,
    After,
    FirstDay,
    LastDay,
    Limit,
    ListOut,
    Shown,
    TenantId,
    Text,
    Versioned,
)
from portal.api.deps import SignedIn, Strict
from portal.core import threads
from portal.domain.admin import messages, sms_settings
from portal.domain.admin.messages import Wanted
from portal.domain.notifications.types import Kind, State

router = APIRouter(tags=["admin: messages"])
REMINDERS = [[24, 2]]
WORDS = [{"reminder_24h": "{business}: see you on {date} at {time}."}]


class MessageOut(Shown):
    id: UUID
    booking_id: UUID
    kind: Kind
    state: State
    reason: str | None = Field(examples=["too_late", "quiet_hours", "opted_out"])
    why: str | None = Field(description="The reason as a sentence.")
    customer_name: str
    service_name: str
    phone: str
    body: str | None = Field(description="null until it is sent.")
    segments: int | None
    start: datetime = Field(description="The appointment's time that it speaks of.")
    due: datetime
    created_at: datetime
    sent_at: datetime | None
    error_code: int | None = Field(description="Twilio's.")
    price_micros: int | None = Field(description="In millionths of the currency; null until Twilio knows it.")
    price_currency: str | None
    from_account: str | None = Field(examples=["tenant", "platform"])


class CostOut(Shown):
    currency: str
    micros: int


class SummaryOut(Shown):
    days: int
    states: dict[str, int] = Field(examples=[{"delivered": 120, "dropped": 3}])
    segments: int
    costs: list[CostOut]
    suppressed: int = Field(description="Numbers that may not be texted.")


class SuppressionOut(Shown):
    phone: str
    reason: str = Field(examples=["stop", "provider", "business", "unsure"])
    said: str | None = Field(description="An answer that waits to be read: `unsure` until lifted or kept.")
    since: datetime
    lifted_at: datetime | None


class NumberIn(Strict):
    phone: Text = Field(examples=["+12125550142"])


class SmsSettingsOut(Shown):
    enabled: bool
    send_confirmation: bool
    send_reminders: bool
    reminder_hours: list[int] = Field(examples=REMINDERS)
    quiet_hours_enabled: bool
    quiet_start: str
    quiet_end: str
    templates: dict[str, str] = Field(examples=WORDS)
    defaults: dict[str, str]
    placeholders: dict[str, str]
    account: str | None = Field(description="Whose Twilio account sends: `tenant`, `platform`, or null: none.")
    a2p_status: str = Field(description="Registration for US numbers, without which they get nothing.")
    a2p_checked_at: datetime | None
    version: str


class SmsSettingsChangeIn(Versioned):
    enabled: StrictBool = True
    send_confirmation: StrictBool = Field(default=True, description="Notices of bookings, moves and cancellations.")
    send_reminders: StrictBool = True
    reminder_hours: list[StrictInt] = Field(default=[], description="One or two, 1 to 168.", examples=REMINDERS)
    quiet_hours_enabled: StrictBool = True
    quiet_start: Text = Field(default="", examples=["21:00"])
    quiet_end: Text = Field(default="", examples=["08:00"])
    templates: dict[str, Text] = Field(default={}, description="By kind; one left out gets our words.", examples=WORDS)


class PreviewIn(Strict):
    kind: Kind
    text: Text | None = Field(default=None, description="By default the words in use.")


class PreviewOut(Shown):
    text: str
    encoding: str = Field(examples=["GSM-7", "UCS-2"])
    units: int
    segments: int = Field(description="What it is billed as.")
    others: list[str] = Field(description="For customers with less plain names, where the words speak of a name.")


@router.get("/messages", response_model=ListOut[MessageOut], summary="Text messages", responses=READING)
async def list_messages(
    who: SignedIn,
    tenant_id: TenantId,
    state: Annotated[list[State] | None, Query(description="May be repeated.")] = None,
    kind: Annotated[list[Kind] | None, Query(description="May be repeated.")] = None,
    booking_id: UUID | None = None,
    first: FirstDay = None,
    last: LastDay = None,
    limit: Limit = deps.LIMIT,
    after: After = None,
) -> ListOut[MessageOut]:
    """Newest first."""
    wanted = Wanted(tuple(state or ()), tuple(kind or ()), booking_id, first, last)
    found = await threads.run(messages.list_messages, who, tenant_id, wanted, limit=limit, after=after)
    return ListOut(items=[MessageOut.model_validate(each) for each in found.items], next=found.next)


@router.get("/messages/summary", response_model=SummaryOut, summary="Messages in figures", responses=READING)
async def get_summary(who: SignedIn, tenant_id: TenantId) -> Any:
    """Of the last thirty days."""
    return await threads.run(messages.summary, who, tenant_id)


@router.get(
    "/messages/suppressions", response_model=ListOut[SuppressionOut], summary="Who wants no messages",
    responses=READING,
)  # fmt: skip
async def list_suppressions(
    who: SignedIn, tenant_id: TenantId, limit: Limit = deps.LIMIT, after: After = None
) -> ListOut[SuppressionOut]:
    found = await threads.run(messages.list_suppressions, who, tenant_id, limit=limit, after=after)
    return ListOut(items=[SuppressionOut.model_validate(each) for each in found.items], next=found.next)


@router.post(
    "/messages/suppressions/lift", response_model=SuppressionOut, summary="Text a number again", responses=WRITING
)
async def lift_suppression(who: SignedIn, tenant_id: TenantId, body: NumberIn) -> Any:
    """Only because its owner asked for it. Where Twilio keeps a STOP of its own, only their START lifts that."""
    return await threads.run(messages.lift_suppression, who, tenant_id, body.phone)


@router.post(
    "/messages/suppressions/keep", response_model=SuppressionOut, summary="Send a number no more messages",
    responses=WRITING,
)  # fmt: skip
async def keep_suppression(who: SignedIn, tenant_id: TenantId, body: NumberIn) -> Any:
    """Because what its owner answered asked for that (`reason` was `unsure`)."""
    return await threads.run(messages.keep_suppression, who, tenant_id, body.phone)


@router.get("/sms-settings", response_model=SmsSettingsOut, summary="How the business texts", responses=READING)
async def get_settings(who: SignedIn, tenant_id: TenantId) -> Any:
    return await threads.run(sms_settings.get, who, tenant_id)


@router.patch("/sms-settings", response_model=SmsSettingsOut, summary="Change how it texts", responses=WRITING)
async def change_settings(who: SignedIn, tenant_id: TenantId, body: SmsSettingsChangeIn) -> Any:
    """Coming reminders follow the change. Texts may not ask for words such as CANCEL or YES, which opt out or in."""
    return await threads.run(sms_settings.update, who, tenant_id, body.changes(), version=body.version)


@router.post("/sms-settings/preview", response_model=PreviewOut, summary="Preview a message", responses=READING)
async def preview_message(who: SignedIn, tenant_id: TenantId, body: PreviewIn) -> Any:
    """As a customer would get it, with what it is billed as."""
    return await threads.run(sms_settings.preview, who, tenant_id, body.kind, body.text)
