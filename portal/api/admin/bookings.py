"""Appointments, for staff."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field, StrictBool
from starlette.responses import JSONResponse

from portal.api.admin import deps
from portal.api.admin.audit import EntryOut
from portal.api.admin.deps import (
    CALLING,
    READING,
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
from portal.api.bookings import IdempotencyKey, wait_for_answer
from portal.api.deps import Line, Paragraphs, SignedIn, Strict, TextOnly
from portal.core import threads
from portal.core.auth import Principal
from portal.domain import idempotency
from portal.domain.admin import bookings
from portal.domain.admin.bookings import BookingDetail, Wanted
from portal.domain.booking import BookingRequest, Source, Status
from portal.domain.idempotency import Answer
from portal.domain.permissions import Action, require

router = APIRouter(tags=["admin: bookings"])
PURPOSE = "staff-bookings"


class BookingLineOut(Shown):
    id: UUID
    uid: str | None = Field(description="The booking's reference; null while `pending`.")
    status: str
    service_id: UUID | None
    service_name: str
    start: datetime
    end: datetime
    customer_name: str
    customer_email: str
    customer_phone: str | None
    price_cents: int | None
    currency: str
    source: str = Field(examples=["ai", "admin", "widget", "other"])
    overlapping: bool
    version: str


class DayOut(Shown):
    date: date
    bookings: list[BookingLineOut]


class WeekOut(Shown):
    timezone: str
    days: list[DayOut]


class ProofOut(Shown):
    """How a change came about."""

    proposal_id: UUID
    kind: str = Field(examples=["create", "cancel", "reschedule"])
    state: str = Field(examples=["done"])
    summary: str
    offered_at: datetime | None = Field(description="When a chat showed the time; null outside of one.")
    proposed_at: datetime
    acted_at: datetime
    by: str = Field(description="What consented.", examples=["button", "message", "form", "manage", "staff"])
    session_id: UUID | None
    message_id: UUID | None = Field(description="The customer's message that said yes.")
    card_id: UUID | None = Field(description="The message whose card was confirmed.")


class BookingDetailOut(BookingLineOut):
    notes: str | None
    timezone: str
    manage_url: str
    created_at: datetime
    chat_session_id: UUID | None
    under_way: bool = Field(description="A change was sent to the calendar whose result is not known yet.")
    can_change: bool
    can_mark_absent: bool
    history: list[EntryOut]
    proofs: list[ProofOut]


class BookingIn(Strict):
    service_id: Annotated[UUID, TextOnly]
    start_time: Annotated[AwareDatetime, TextOnly] = Field(examples=["2026-11-24T21:30:00Z"])
    customer_name: Annotated[Line, Field(min_length=1, max_length=120)]
    customer_email: Annotated[Line, Field(min_length=3, max_length=254)]
    customer_phone: Annotated[Line, Field(max_length=40)] | None = None
    notes: Annotated[Paragraphs, Field(max_length=1000)] | None = None
    consent_sms: StrictBool = False


class CancelIn(Versioned):
    reason: Text | None = None


class MoveIn(Versioned):
    start_time: Annotated[AwareDatetime, TextOnly] = Field(examples=["2026-11-24T21:30:00Z"])


class AbsenceIn(Versioned):
    absent: StrictBool = True


CHANGED: dict[int | str, dict[str, Any]] = CALLING | {
    202: {"model": BookingDetailOut, "description": "The calendar has not confirmed yet; it is being checked"}
}


@router.get("/bookings", response_model=ListOut[BookingLineOut], summary="Bookings", responses=READING)
async def list_bookings(
    who: SignedIn,
    tenant_id: TenantId,
    status: Annotated[list[Status] | None, Query(description="May be repeated.")] = None,
    service_id: UUID | None = None,
    first: FirstDay = None,
    last: LastDay = None,
    search: Annotated[str | None, Query(max_length=100, description="Name, e-mail, phone or reference.")] = None,
    newest_first: bool = True,
    limit: Limit = deps.LIMIT,
    after: After = None,
) -> ListOut[BookingLineOut]:
    """By start time."""
    wanted = Wanted(tuple(status or ()), service_id, first, last, search, newest_first)
    found = await threads.run(bookings.list_bookings, who, tenant_id, wanted, limit=limit, after=after)
    return ListOut(items=[BookingLineOut.model_validate(line) for line in found.items], next=found.next)


@router.get("/bookings/week", response_model=WeekOut, summary="A week of bookings", responses=READING)
async def get_week(
    who: SignedIn, tenant_id: TenantId, day: Annotated[date, Query(description="Any day of the week.")]
) -> Any:
    """Monday to Sunday in the tenant's zone, without cancelled ones."""
    return await threads.run(bookings.week, who, tenant_id, day)


@router.post("/bookings", status_code=201, response_model=BookingDetailOut, summary="Book by hand", responses=CHANGED)
async def create_booking(who: SignedIn, tenant_id: TenantId, body: BookingIn, key: IdempotencyKey) -> Response:
    """One of the free times. The same `Idempotency-Key` with the same body gives the same answer."""
    asked = idempotency.fingerprint(body.model_dump(mode="json"))

    def perform() -> Answer:
        access = require(who, tenant_id, Action.BOOKINGS_CHANGE)
        return idempotency.perform(
            access, purpose=PURPOSE, key=key, request_hash=asked, act=lambda: _book(who, tenant_id, body, key)
        )

    answer = await wait_for_answer(perform)
    return JSONResponse(answer.body, answer.status, headers={"Cache-Control": "no-store"})


@router.get("/bookings/{booking_id}", response_model=BookingDetailOut, summary="One booking", responses=READING)
async def get_booking(who: SignedIn, tenant_id: TenantId, booking_id: UUID) -> BookingDetailOut:
    return detail_out(await threads.run(bookings.get, who, tenant_id, booking_id))


@router.post(
    "/bookings/{booking_id}/cancel", response_model=BookingDetailOut, summary="Cancel a booking", responses=CHANGED
)
async def cancel_booking(
    who: SignedIn, tenant_id: TenantId, booking_id: UUID, body: CancelIn, response: Response
) -> BookingDetailOut:
    """Customers' cancel window does not bind staff."""
    done = await threads.run(bookings.cancel, who, tenant_id, booking_id, version=body.version, reason=body.reason)
    return _changed(done, response)


@router.post(
    "/bookings/{booking_id}/reschedule", response_model=BookingDetailOut, summary="Move a booking", responses=CHANGED
)
async def reschedule_booking(
    who: SignedIn, tenant_id: TenantId, booking_id: UUID, body: MoveIn, response: Response
) -> BookingDetailOut:
    """To one of the free times of its service."""
    done = await threads.run(
        bookings.reschedule, who, tenant_id, booking_id, start=body.start_time, version=body.version
    )
    return _changed(done, response)


@router.post(
    "/bookings/{booking_id}/no-show", response_model=BookingDetailOut, summary="The customer did not come",
    responses=CALLING,
)  # fmt: skip
async def mark_absent(who: SignedIn, tenant_id: TenantId, booking_id: UUID, body: AbsenceIn) -> BookingDetailOut:
    """Once it has begun; `absent: false` takes it back."""
    return detail_out(
        await threads.run(bookings.mark_absent, who, tenant_id, booking_id, version=body.version, absent=body.absent)
    )


def _book(who: Principal, tenant_id: UUID, body: BookingIn, key: str) -> Answer:
    wanted = BookingRequest(
        service_id=body.service_id,
        start=body.start_time.astimezone(UTC),
        name=body.customer_name,
        email=body.customer_email,
        phone=body.customer_phone,
        notes=body.notes,
        consent_sms=body.consent_sms,
        source=Source.ADMIN,
    )
    done = bookings.book(who, tenant_id, wanted, idempotency_key=key)
    return Answer(202 if done.under_way else 201, detail_out(done).model_dump(mode="json"), final=not done.under_way)


def _changed(done: BookingDetail, response: Response) -> BookingDetailOut:
    if done.under_way:
        response.status_code = 202
    return detail_out(done)


def detail_out(detail: BookingDetail) -> BookingDetailOut:
    view = detail.view
    return BookingDetailOut(
        id=view.id,
        uid=view.uid,
        status=view.status,
        service_id=view.service_id,
        service_name=view.service_name,
        start=view.start,
        end=view.end,
        timezone=view.timezone,
        customer_name=view.customer_name,
        customer_email=view.customer_email,
        customer_phone=view.customer_phone,
        notes=view.notes,
        price_cents=view.price_cents,
        currency=view.currency,
        source=detail.source,
        overlapping=view.overlapping,
        manage_url=view.manage_url,
        created_at=detail.created_at,
        chat_session_id=detail.chat_session_id,
        under_way=detail.under_way,
        can_change=detail.can_change,
        can_mark_absent=detail.can_mark_absent,
        history=[EntryOut.model_validate(entry) for entry in detail.history],
        proofs=[ProofOut.model_validate(proof) for proof in detail.proofs],
        version=detail.version,
    )
