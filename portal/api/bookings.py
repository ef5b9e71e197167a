"""Booking with a form: no conversation, no account, and no second booking when the request is sent twice."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import UTC
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Request, Response
from pydantic import AfterValidator, AwareDatetime, Field, StrictBool
from starlette.responses import JSONResponse

from portal.api.deps import Line, Paragraphs, Strict, TextOnly, Visitor, ip_hash, limit
from portal.api.errors import FieldError, documented, request_id_of
from portal.api.schemas import BookingOut
from portal.core import threads
from portal.core.db import Access
from portal.core.errors import InvalidArgument
from portal.domain import booking, idempotency
from portal.domain.booking import BookingRequest, BookingView, Source, Status
from portal.domain.idempotency import Answer, StillRunning

router = APIRouter(tags=["bookings"])
PURPOSE = "bookings"
TRIES, TRIES_PER_SECONDS = 20, 600.0
# How long a second request with the same key waits for the first one's answer.
WAIT_SECONDS, POLL_SECONDS = 20.0, 0.15
VISIBLE = re.compile(r"[\x21-\x7e]{8,200}")
CHECKING = "The calendar has not confirmed yet; it is being checked"
OUR_FIELDS = {"name": "customer_name", "email": "customer_email", "phone": "customer_phone", "start": "start_time"}


def _key(value: str) -> str:
    if not VISIBLE.fullmatch(value):
        raise FieldError("must be 8 to 200 visible ASCII characters")
    return value


IdempotencyKey = Annotated[
    str,
    Header(alias="Idempotency-Key", description="8 to 200 visible ASCII characters, new for each booking."),
    AfterValidator(_key),
]


class BookingIn(Strict):
    """What the form sends."""

    service_id: Annotated[UUID, TextOnly]
    start_time: Annotated[AwareDatetime, TextOnly] = Field(examples=["2026-11-24T21:30:00Z"])
    customer_name: Annotated[Line, Field(min_length=1, max_length=120)]
    customer_email: Annotated[Line, Field(min_length=3, max_length=254)]
    customer_phone: Annotated[Line, Field(max_length=40)] | None = None
    notes: Annotated[Paragraphs, Field(max_length=1000)] | None = None
    consent_sms: StrictBool = False


@router.post(
    "/v1/bookings",
    status_code=201,
    summary="Book a time",
    response_model=BookingOut,
    responses=documented(400, 404, 409, 413, 429, 503, _202={"model": BookingOut, "description": CHECKING}),
)
async def create_booking(request: Request, body: BookingIn, key: IdempotencyKey, access: Visitor) -> Response:
    """Book one of the times that `availability` lists.

    The same `Idempotency-Key` with the same body gives the same answer, however often it is sent; with another body it
    is a conflict. A time that somebody else got first is 409 with the reason `slot_taken`.
    """
    await limit(request, "book", capacity=TRIES, per_seconds=TRIES_PER_SECONDS)
    asked, visitor = idempotency.fingerprint(body.model_dump(mode="json")), ip_hash(request)

    def perform() -> Answer:
        return idempotency.perform(
            access, purpose=PURPOSE, key=key, request_hash=asked, act=lambda: _book(access, body, key, visitor)
        )

    return _response(await wait_for_answer(perform), request_id_of(request))


async def wait_for_answer(perform: Callable[[], Answer]) -> Answer:
    """Run keyed work in a thread; while another request does the same, ask again without holding a thread."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return await threads.run(perform)
        except StillRunning:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(POLL_SECONDS)


def _book(access: Access, body: BookingIn, key: str, visitor: str) -> Answer:
    wanted = BookingRequest(
        service_id=body.service_id,
        start=body.start_time.astimezone(UTC),
        name=body.customer_name,
        email=body.customer_email,
        phone=body.customer_phone,
        notes=body.notes,
        consent_sms=body.consent_sms,
        source=Source.WIDGET,
        visitor=visitor,
    )
    try:
        view = booking.book(access, wanted, idempotency_key=key)
    except InvalidArgument as error:
        raise _in_our_words(error) from error
    pending = view.status is Status.PENDING and view.uid is None
    return Answer(202 if pending else 201, booking_out(view).model_dump(mode="json"), final=not pending)


def booking_out(view: BookingView) -> BookingOut:
    """A booking with the tenant's offset."""
    zone = ZoneInfo(view.timezone)
    return BookingOut(
        uid=view.uid,
        status=view.status.value,
        start=view.start.astimezone(zone).isoformat(),
        end=view.end.astimezone(zone).isoformat(),
        manage_url=view.manage_url,
    )


def _in_our_words(error: InvalidArgument) -> InvalidArgument:
    """The domain names its own fields; callers know those of this route."""
    field = error.details.get("field")
    if field in OUR_FIELDS:
        error.details = {"fields": [{"field": OUR_FIELDS[field], "message": error.message}]}
    return error


def _response(answer: Answer, request_id: str) -> Response:
    body: dict[str, Any] = answer.body
    if "error" in body:
        body = {"error": {**body["error"], "request_id": request_id}}
    return JSONResponse(body, answer.status, headers={"Cache-Control": "no-store"})
