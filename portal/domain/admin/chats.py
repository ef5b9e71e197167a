"""Conversations, to read: what was said, which tools were called, what came of it and what it used."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select

from portal.core import db
from portal.core.auth import Principal
from portal.domain.admin import days, edits, fields, paging
from portal.domain.admin.paging import Page
from portal.domain.permissions import Action, require
from portal.domain.spending import Spent, spent, usage_of
from portal.models import Booking, ChatMessage, ChatSession

MESSAGES_MOST: Final = 1000
PREVIEW: Final = 140
# Says something of the customer; the greeting alone is no conversation.
LIST: Final = """
select s.id, s.created_at, s.last_active_at, s.channel, s.outcome, s.converted_booking_id, s.input_tokens,
       s.output_tokens, said.messages, said.first
from portal.chat_sessions s, lateral (
    select count(*) as messages,
           (array_agg(m.content order by m.seq))[1] as first
    from portal.chat_messages m where m.tenant_id = :tenant and m.session_id = s.id and m.role = 'user') said
where s.tenant_id = :tenant and said.messages > 0
  and (cast(:outcome as text) is null or s.outcome = :outcome)
  and (cast(:booked as boolean) is null or (s.converted_booking_id is not null) = :booked)
  and (cast(:first as timestamptz) is null or s.created_at >= :first)
  and (cast(:last as timestamptz) is null or s.created_at < :last)
  and (cast(:after_time as timestamptz) is null or (s.created_at, s.id) < (:after_time, cast(:after_id as uuid)))
order by s.created_at desc, s.id desc limit :most
"""


@dataclass(frozen=True)
class Wanted:
    """Which conversations. Days are the tenant's, both included; ``booked``: whether a booking came of it."""

    outcome: str | None = None
    booked: bool | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class ChatLine:
    """A conversation in the list. ``outcome``: booked, moved, cancelled, handed_off …, or None while open."""

    id: UUID
    created_at: datetime
    last_active_at: datetime
    channel: str
    outcome: str | None
    booking_id: UUID | None
    messages: int
    tokens: int
    preview: str


@dataclass(frozen=True)
class ToolCall:
    """``result`` is what the tool told the model, as text; None when it never answered."""

    id: str
    name: str
    input: dict[str, Any]
    result: str | None
    failed: bool


@dataclass(frozen=True)
class Message:
    """``role``: user, assistant or system (a note of the backend). ``cards`` as they were shown."""

    id: UUID
    role: str
    text: str
    tools: tuple[ToolCall, ...]
    cards: tuple[dict[str, Any], ...]
    created_at: datetime
    model: str | None
    tokens: int
    stop_reason: str | None


@dataclass(frozen=True)
class Transcript:
    """A conversation, oldest message first."""

    id: UUID
    created_at: datetime
    last_active_at: datetime
    channel: str
    outcome: str | None
    booking_id: UUID | None
    booking_uid: str | None
    input_tokens: int
    output_tokens: int
    spent: Spent
    messages: tuple[Message, ...]

    @property
    def cache_percent(self) -> int:
        return self.spent.cache_percent

    @property
    def cost_usd(self) -> float | None:
        """None where a model's price is not known."""
        return self.spent.cost_usd


def list_chats(
    principal: Principal,
    tenant_id: UUID,
    wanted: Wanted | None = None,
    *,
    limit: int = paging.DEFAULT,
    after: str | None = None,
) -> Page[ChatLine]:
    """Conversations in which a customer said something, newest first. Raises InvalidArgument, NotFound."""
    access = require(principal, tenant_id, Action.CHATS_VIEW)
    asked = wanted or Wanted()
    first, last = days.bounds(tenant_id, asked.first, asked.last)
    after_time, after_id = paging.decode_time_and_id(after) or (None, None)
    values = {
        "tenant": tenant_id, "outcome": fields.line(40)("outcome", asked.outcome), "booked": asked.booked,
        "first": first, "last": last,
        "after_time": after_time, "after_id": after_id, "most": paging.size(limit) + 1,
    }  # fmt: skip
    with access.begin() as scope:
        rows = scope.execute(LIST, **values).all()
    return paging.page(rows, limit, _line, lambda row: (row.created_at.astimezone(UTC), row.id))


def transcript(principal: Principal, tenant_id: UUID, session_id: UUID) -> Transcript:
    """Raises NotFound."""
    with require(principal, tenant_id, Action.CHATS_VIEW).begin() as scope:
        found = scope.session.exec(
            select(ChatSession).where(ChatSession.tenant_id == tenant_id, ChatSession.id == session_id)
        ).first()
        row = edits.existing(found)
        query = select(ChatMessage).where(ChatMessage.tenant_id == tenant_id, ChatMessage.session_id == session_id)
        rows = scope.session.exec(query.order_by(col(ChatMessage.seq)).limit(MESSAGES_MOST)).all()
        return Transcript(
            id=row.id,
            created_at=row.created_at,
            last_active_at=row.last_active_at,
            channel=row.channel,
            outcome=row.outcome,
            booking_id=row.converted_booking_id,
            booking_uid=_booking_uid(scope, row.converted_booking_id),
            input_tokens=row.input_tokens,
            output_tokens=row.output_tokens,
            spent=spent((each.model, usage_of(each)) for each in rows),
            messages=_messages(rows),
        )


def _booking_uid(scope: db.Scope, booking_id: UUID | None) -> str | None:
    row = scope.session.get(Booking, booking_id) if booking_id else None
    return (row.cal_seat_uid or row.cal_booking_uid) if row else None


def _messages(rows: Iterable[ChatMessage]) -> tuple[Message, ...]:
    """Rows of role ``tool`` only answer calls: their results stand beside the calls."""
    results: dict[str, tuple[str, bool]] = {}
    shown: list[Message] = []
    for row in rows:
        for block in row.content:
            if block.get("type") == "tool_result":
                result = (_result_text(block.get("content")), bool(block.get("is_error")))
                results[str(block.get("tool_use_id"))] = result
        if row.role != "tool":
            shown.append(_message(row))
    return tuple(replace(message, tools=tuple(_answered(call, results) for call in message.tools)) for message in shown)


def _message(row: ChatMessage) -> Message:
    blocks = row.content
    tokens = row.input_tokens + row.output_tokens + row.cache_read_tokens + row.cache_write_tokens
    return Message(
        id=row.id,
        role=row.role,
        text=_text(blocks),
        tools=tuple(
            ToolCall(str(block.get("id")), str(block.get("name")), _object(block.get("input")), None, False)
            for block in blocks
            if block.get("type") == "tool_use"
        ),
        cards=tuple(row.cards),
        created_at=row.created_at,
        model=row.model,
        tokens=tokens,
        stop_reason=row.stop_reason,
    )


def _answered(call: ToolCall, results: dict[str, tuple[str, bool]]) -> ToolCall:
    result, failed = results.get(call.id, (None, False))
    return replace(call, result=result, failed=failed)


def _text(blocks: Iterable[dict[str, Any]]) -> str:
    return "\n\n".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text").strip()


def _result_text(content: Any) -> str:
    if isinstance(content, list):
        return _text(each for each in content if isinstance(each, dict))
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _line(row: Any) -> ChatLine:
    return ChatLine(
        id=row.id,
        created_at=row.created_at.astimezone(UTC),
        last_active_at=row.last_active_at.astimezone(UTC),
        channel=row.channel,
        outcome=row.outcome,
        booking_id=row.converted_booking_id,
        messages=row.messages,
        tokens=row.input_tokens + row.output_tokens,
        preview=" ".join(_text(row.first or ()).split())[:PREVIEW],
    )
