"""What was said in a chat: sessions, messages, tokens, and whose turn it is.

A turn begins with one statement that stores the customer's words *and* takes the session for this turn, so that two
messages at once can't interleave; it ends with one transaction that stores everything that followed and gives the
session free. A turn that never ends (its process died) loses the session after ``TURN_SECONDS``.
"""

import json
import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.core.clock import now
from portal.core.db import Access, Scope
from portal.core.errors import Conflict, NotFound
from portal.core.ids import new_id
from portal.domain import budget
from portal.domain.tenants import Site, site
from portal.models.conversation import charged

IDLE_LIMIT = timedelta(hours=24)
TURN_SECONDS = 120
# More than a session's tokens allow, so that what the model gets of it begins at the same place from turn to turn.
HISTORY_ROWS = 240
TRANSCRIPT_ROWS = 500
USER_AGENT_LENGTH = 300

Blocks = list[dict[str, Any]]

log = structlog.get_logger("portal.conversation")


class SessionEnded(NotFound):
    reason = "session_ended"
    default = "This conversation has ended. Please start a new one."


class TurnInProgress(Conflict):
    reason = "turn_in_progress"
    default = "One moment please, I am still answering your last message."


@dataclass(frozen=True)
class SessionView:
    """A conversation just begun."""

    session_id: UUID
    greeting: str


@dataclass(frozen=True)
class MessageView:
    """One bubble as the customer sees it. ``cards``: ``{"event": name, "data": {...}}`` as they were streamed."""

    id: UUID
    role: str
    text: str
    cards: list[dict[str, Any]]
    created_at: datetime


@dataclass(frozen=True)
class StoredMessage:
    """A message as the model needs it: ``role`` user, assistant, tool or system (a note of the backend)."""

    role: str
    content: Blocks
    stop_reason: str | None = None


@dataclass(frozen=True)
class Sight:
    """A proposal's card as the last thing that the last answer showed: all that a "yes" can mean.

    ``alone``: that answer asked for nothing else.
    """

    proposal_id: UUID
    alone: bool


@dataclass(frozen=True)
class WaitingProposal:
    """The change that waits for the customer's yes. Without ``sight`` it sleeps: something else was shown since."""

    id: UUID
    kind: str
    summary: str
    expires_at: datetime
    sight: Sight | None = None


@dataclass(frozen=True)
class Turn:
    """The session, taken for one turn; ``message_id`` is what was said.

    ``history`` ends before it; tokens are counted over session and tenant today. ``reserved`` tokens were taken from
    the visitor's share of the day's budget; 0: nothing of it is left.
    """

    id: UUID
    message_id: UUID
    history: list[StoredMessage]
    has_offers: bool
    proposal: WaitingProposal | None
    session_tokens: int
    tenant_tokens_today: int
    reserved: int


@dataclass(frozen=True)
class NewMessage:
    """A message to store at the end of a turn."""

    role: str
    content: Blocks
    id: UUID = field(default_factory=new_id)
    cards: list[dict[str, Any]] = field(default_factory=list)
    model: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    stop_reason: str | None = None


def start(access: Access, *, ip_hash: str | None, user_agent: str | None, channel: str = "web") -> SessionView:
    """Open a conversation; its greeting is its first message. The id is random: who knows it may read the chat."""
    session_id = uuid4()
    greeting = greeting_of(site(access.tenant))
    message = NewMessage("assistant", [{"type": "text", "text": greeting}], stop_reason="greeting")
    access = replace(access, session_id=session_id)
    with access.begin() as scope:
        scope.execute(
            "insert into portal.chat_sessions"
            " (id, tenant_id, created_at, last_active_at, ip_hash, user_agent, channel)"
            " values (:id, :tenant, :now, :now, :ip_hash, :user_agent, :channel)",
            id=session_id, tenant=access.tenant, now=now(), ip_hash=ip_hash, channel=channel,
            user_agent=(user_agent or "")[:USER_AGENT_LENGTH] or None,
        )  # fmt: skip
    append(access, [message])
    return SessionView(session_id, greeting)


def greeting_of(business: Site) -> str:
    """The business's own greeting, or a plain one."""
    default = (
        f"Hi! I'm the booking assistant of {business.profile.business_name}."
        " I can answer questions and book, move or cancel an appointment. How can I help?"
    )
    return business.assistant.greeting or default


def begin_turn(access: Access, said: str, *, role: str = "user") -> Turn:
    """Store what was said and take the session for one turn.

    ``role`` is ``system`` for a note of the backend. Raises SessionEnded for an unknown or long idle session and
    TurnInProgress while another turn runs; then nothing is stored.
    """
    at, turn_id, message_id = now(), uuid4(), new_id()
    shares = budget.shares(site(access.tenant).assistant.daily_token_budget)
    found = access.run_once(
        BEGIN_TURN,
        session=access.session_id, now=at, today=at.date(), turn=str(turn_id),
        idle_since=at - IDLE_LIMIT, until=at.timestamp() + TURN_SECONDS,
        message=message_id, role=role, content=_json([{"type": "text", "text": said}]), rows=HISTORY_ROWS,
        reserve=budget.TURN_RESERVE, share=shares.visitor, newcomer_share=shares.newcomer,
        newcomers_from=shares.newcomers_from,
    )  # fmt: skip
    if not found or found[0].last_active_at <= at - IDLE_LIMIT:
        raise SessionEnded
    row = found[0]
    if not row.taken:
        raise TurnInProgress
    return Turn(
        turn_id,
        message_id,
        [StoredMessage(*message) for message in row.history],
        row.has_offers,
        _waiting(row.proposal, row.state.get("asked")),
        row.session_tokens,
        row.tokens_today,
        budget.TURN_RESERVE if row.charged else 0,
    )


def finish_turn(
    access: Access, turn_id: UUID, messages: list[NewMessage], *, asked: Sight | None, reserved: int = 0
) -> None:
    """Store what followed, give the session free, and have the owner told where much of the day's budget is used.

    ``asked``: the card that the answer left in sight. ``reserved``: as the turn says. What the database refuses is
    stored once more as its words alone; if they can't be stored either, the session is free all the same and the error
    is raised. Nothing is stored twice: a message keeps its id.
    """
    try:
        _finish_turn(access, turn_id, messages, asked, reserved)
    except DBAPIError as error:
        log.error("turn_refused_by_database", kind=type(error.orig).__name__)  # its text may hold a customer's words
        is_away = isinstance(error, OperationalError)
        try:
            again = messages if is_away else [_words_of(message) for message in messages]
            _finish_turn(access, turn_id, again, asked, reserved)
        except DBAPIError:
            _free(access, turn_id)
            raise


def _finish_turn(access: Access, turn_id: UUID, messages: list[NewMessage], asked: Sight | None, reserved: int) -> None:
    spent = {kind: sum(getattr(message, f"{kind}_tokens") for message in messages) for kind in TOKEN_KINDS}
    used = charged(spent["input"], spent["output"], spent["cache_read"], spent["cache_write"])
    [done] = access.run_once(
        FINISH_TURN,
        session=access.session_id, now=now(), today=now().date(), turn=str(turn_id),
        asked=_json(_sight_row(asked)) if asked else None, messages=_rows(messages), input_only=spent["input"],
        input=spent["input"] + spent["cache_read"] + spent["cache_write"], output=spent["output"],
        cache_read=spent["cache_read"], cache_write=spent["cache_write"], difference=used - reserved,
    )  # fmt: skip
    budget.tell(access, done.tokens_before + used)


def _words_of(message: NewMessage) -> NewMessage:
    """The message as a customer reads it, and nothing that a model made up."""
    texts = [block for block in message.content if block.get("type") == "text"]
    return NewMessage(message.role, texts, message.id, message.cards, stop_reason=message.stop_reason)


def _free(access: Access, turn_id: UUID) -> None:
    """Give the session free without storing anything."""
    with access.begin() as scope:
        scope.execute(
            "update portal.chat_sessions set state = state - 'turn' - 'until'"
            " where tenant_id = :tenant and id = :session and state ->> 'turn' = :turn",
            tenant=access.tenant, session=access.session_id, turn=str(turn_id),
        )  # fmt: skip


def append(access: Access, messages: list[NewMessage]) -> None:
    """Store messages outside a turn."""
    access.run_once(APPEND_MESSAGES, session=access.session_id, now=now(), messages=_rows(messages))


def note_handed_off(access: Access) -> None:
    """Record that the customer was shown how to reach the business, unless the chat led to something before."""
    with access.begin() as scope:
        scope.execute(
            "update portal.chat_sessions set outcome = 'handed_off'"
            " where tenant_id = :tenant and id = :session and outcome is null",
            tenant=access.tenant, session=access.session_id,
        )  # fmt: skip


def require_open(access: Access) -> None:
    """Raises SessionEnded for an unknown or long idle session."""
    with access.begin() as scope:
        _require_open(scope, access)


def _require_open(scope: Scope, access: Access) -> None:
    alive = scope.execute(
        "select 1 from portal.chat_sessions"
        " where tenant_id = :tenant and id = :session and last_active_at > :since",
        tenant=access.tenant, session=access.session_id, since=now() - IDLE_LIMIT,
    ).one_or_none()  # fmt: skip
    if alive is None:
        raise SessionEnded


def history(access: Access) -> list[MessageView]:
    """What customer and assistant said, oldest first. Raises SessionEnded for an unknown or long idle session."""
    with access.begin() as scope:
        _require_open(scope, access)
        rows = scope.execute(
            "select id, role, content, cards, created_at from portal.chat_messages"
            " where tenant_id = :tenant and session_id = :session order by seq desc limit :rows",
            tenant=access.tenant, session=access.session_id, rows=TRANSCRIPT_ROWS,
        ).all()  # fmt: skip
    return _bubbles(rows[::-1])


def customers_words(access: Access) -> list[str]:
    """Everything the customer wrote in this conversation, oldest first."""
    with access.begin() as scope:
        rows = scope.execute(
            "select content from portal.chat_messages"
            " where tenant_id = :tenant and session_id = :session and role = 'user' order by seq",
            tenant=access.tenant, session=access.session_id,
        ).all()  # fmt: skip
    return [block["text"] for row in rows for block in row.content if block["type"] == "text"]


def usage_today(access: Access) -> int:
    """Tokens the tenant's conversations have used today (UTC)."""
    with access.begin() as scope:
        return int(scope.execute("select portal.usage_today(:today)", today=now().date()).scalar_one())


def _waiting(row: dict[str, Any] | None, asked: str | None) -> WaitingProposal | None:
    if row is None:
        return None
    expires_at = datetime.fromisoformat(row["expires_at"]).astimezone(UTC)
    sight = _sight_of(asked)
    in_sight = sight if sight is not None and str(sight.proposal_id) == row["id"] else None
    return WaitingProposal(UUID(row["id"]), row["kind"], row["summary"], expires_at, in_sight)


def _sight_row(sight: Sight) -> dict[str, Any]:
    return {"proposal": str(sight.proposal_id), "alone": sight.alone}


def _sight_of(asked: str | None) -> Sight | None:
    """As stored; nothing for what another version of this program stored."""
    try:
        row = json.loads(asked or "null")
        return Sight(UUID(row["proposal"]), row["alone"] is True)
    except (ValueError, TypeError, KeyError):
        return None


def _bubbles(rows: list[Any]) -> list[MessageView]:
    """One bubble per speaker's turn: an answer that paused for a tool is one answer."""
    bubbles: list[MessageView] = []
    for row in rows:
        if row.role not in ("user", "assistant"):
            continue
        said = "\n\n".join(block["text"] for block in row.content if block["type"] == "text")
        if not said.strip() and not row.cards:
            continue
        created_at = row.created_at.astimezone(UTC)
        if row.role == "assistant" and bubbles and bubbles[-1].role == "assistant":
            earlier = bubbles.pop()
            said = "\n\n".join(part for part in (earlier.text, said) if part)
            bubbles.append(MessageView(row.id, "assistant", said, earlier.cards + row.cards, created_at))
        else:
            bubbles.append(MessageView(row.id, row.role, said, row.cards, created_at))
    return bubbles


def _rows(messages: list[NewMessage]) -> str:
    """As ``portal.append_messages`` reads them."""
    return _json([vars(message) | {"id": str(message.id)} for message in messages])


def _json(value: Any) -> str:
    return json.dumps(_storable(value), ensure_ascii=False)


def _storable(value: Any) -> Any:
    """PostgreSQL's jsonb holds no NUL and no NaN, and a lone surrogate is no text."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value


TOKEN_KINDS = ("input", "output", "cache_read", "cache_write")

# A chat's visitor is who began it, whatever address it goes on from.
VISITOR = (
    "(select s.ip_hash from portal.chat_sessions s where s.tenant_id = portal.current_tenant() and s.id = %(session)s)"
)
BEGIN_TURN = f"""
select t.*, case when t.taken then portal.charge_visitor(
    {VISITOR}, %(today)s, %(reserve)s, %(share)s, %(newcomer_share)s, %(newcomers_from)s) end as charged
from portal.begin_turn(
    %(session)s, %(now)s, %(today)s, %(turn)s, %(until)s, %(idle_since)s, %(message)s, %(role)s, %(content)s::jsonb,
    %(rows)s) t
"""  # noqa: S608
APPEND_MESSAGES = "select portal.append_messages(%(session)s, %(now)s, %(messages)s::jsonb)"
# ``usage_today`` sees the day as it was before this statement.
FINISH_TURN = f"""
select portal.finish_turn(
    %(session)s, %(now)s, %(today)s, %(turn)s, %(asked)s, %(messages)s::jsonb,
    %(input_only)s, %(input)s, %(output)s, %(cache_read)s, %(cache_write)s),
    portal.settle_visitor({VISITOR}, %(today)s, %(difference)s), portal.usage_today(%(today)s) as tokens_before
"""
