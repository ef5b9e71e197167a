"""The conversation over HTTP: sessions, streamed answers, the Confirm button, and what was said so far."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StrictBool

from portal.api.deps import Line, Paragraphs, Strict, TextOnly, Visitor, ip_hash, limit
from portal.api.errors import documented
from portal.assistant import correcting, loop
from portal.assistant.turn import Outlet
from portal.core import threads
from portal.core.errors import InvalidArgument
from portal.domain import conversation
from portal.domain.booking import Correction

HEARTBEAT_SECONDS = 10.0
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
MAX_RAW_LENGTH = 20_000

router = APIRouter(prefix="/v1/chat", tags=["chat"])


class SessionStarted(BaseModel):
    """A conversation, and the words it begins with."""

    session_id: UUID
    greeting: str


class StreamRequest(Strict):
    session_id: UUID
    message: Annotated[str, TextOnly, Field(max_length=MAX_RAW_LENGTH, description="At most 2,000 characters.")]


class ConfirmRequest(Strict):
    session_id: UUID
    proposal_id: UUID


class CorrectionIn(Strict):
    """What to change; a field that is left out stays, an empty phone or notes removes it."""

    session_id: UUID
    name: Annotated[Line, Field(max_length=120)] | None = None
    email: Annotated[Line, Field(max_length=254)] | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None
    notes: Annotated[Paragraphs, Field(max_length=1000)] | None = None
    consent_sms: StrictBool | None = Field(
        None, description="Whether the customer wants text messages. A new phone number takes an earlier yes back."
    )


class ChangeOut(BaseModel):
    """A field that the last correction changed, in the words of the card."""

    field: str
    old: str
    new: str


class DetailsOut(BaseModel):
    """Everything that a request will store, in words; texts are empty where there is nothing to say."""

    service: str
    when: str
    previous_when: str
    price: str
    name: str
    email: str
    phone: str
    notes: str
    consent_sms: bool | None = Field(description="null: not to be asked (no phone number, or no texts are sent here).")
    is_editable: bool
    changes: list[ChangeOut]


class ProposalOut(BaseModel):
    """A request that waits for the customer's yes: the data of the event `proposal`."""

    proposal_id: UUID
    kind: str
    summary: str
    expires_at: str
    details: DetailsOut


class HistoryMessage(BaseModel):
    """One bubble; ``cards`` are events as they were streamed."""

    id: UUID
    role: str
    text: str
    cards: list[dict[str, Any]]
    created_at: str


class History(BaseModel):
    session_id: UUID
    messages: list[HistoryMessage]


@router.post("/session")
async def start_session(request: Request, visitor: Visitor) -> SessionStarted:
    """Begin a conversation on this site."""
    await limit(request, "chat-session", capacity=20, per_seconds=600)
    agent = request.headers.get("user-agent")
    started = await threads.run(conversation.start, visitor, ip_hash=ip_hash(request), user_agent=agent, channel="api")
    return SessionStarted(session_id=started.session_id, greeting=started.greeting)


STREAMED = documented(400, 404, 409, 429, _200={"content": {"text/event-stream": {}}})


@router.post("/stream", response_class=StreamingResponse, responses=STREAMED)
async def stream_answer(request: Request, visitor: Visitor, asked: StreamRequest) -> StreamingResponse:
    """Send a message; the answer streams as events: token, tool, slots, proposal, booking, handoff, error, done."""
    access = replace(visitor, session_id=asked.session_id)
    return _streamed(await loop.open_turn(access, asked.message, visitor=ip_hash(request)))


@router.post("/confirm", response_class=StreamingResponse, responses=STREAMED)
async def confirm_proposal(request: Request, visitor: Visitor, asked: ConfirmRequest) -> StreamingResponse:
    """Press Confirm on a proposal; what follows streams like an answer."""
    access = replace(visitor, session_id=asked.session_id)
    return _streamed(await loop.open_confirm(access, asked.proposal_id, visitor=ip_hash(request)))


@router.patch("/proposals/{proposal_id}", responses=documented(400, 404, 409, 429))
async def correct_proposal(request: Request, visitor: Visitor, proposal_id: UUID, asked: CorrectionIn) -> ProposalOut:
    """Correct a booking that waits for its yes, on its card: name, e-mail, phone, notes, consent to texts.

    Only the conversation's own, while it waits; 409 (`proposal_expired`) otherwise. The answer is its new card.
    """
    await limit(request, "chat-correct", capacity=40, per_seconds=60)
    access = replace(visitor, session_id=asked.session_id)
    correction = Correction(asked.name, asked.email, asked.phone, asked.notes, asked.consent_sms)
    try:
        card = await threads.run(correcting.correct, access, proposal_id, correction)
    except InvalidArgument as error:
        error.details = {"fields": [{"field": error.details.get("field", "body"), "message": error.message}]}
        raise
    return ProposalOut.model_validate(card.data())


@router.get("/history")
async def read_history(request: Request, visitor: Visitor, session_id: UUID) -> History:
    """What was said so far, for a page that was reloaded."""
    await limit(request, "chat-history", capacity=60, per_seconds=60)
    messages = await threads.run(conversation.history, replace(visitor, session_id=session_id))
    shown = [
        HistoryMessage(
            id=message.id, role=message.role, text=message.text, cards=message.cards,
            created_at=message.created_at.isoformat(),
        )
        for message in messages
    ]  # fmt: skip
    return History(session_id=session_id, messages=shown)


def _streamed(events: Outlet) -> StreamingResponse:
    return StreamingResponse(_lines(events), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _lines(events: Outlet) -> AsyncIterator[str]:
    """Events on the wire; a comment whenever it was silent for a while, so that no proxy closes the stream."""
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                event = await anext(events, None)
        except TimeoutError:
            yield ": waiting\n\n"
            continue
        if event is None:
            return
        yield f"event: {event.name}\ndata: {json.dumps(event.data(), ensure_ascii=False)}\n\n"
