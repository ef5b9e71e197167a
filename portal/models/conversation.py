"""Conversations, what they used, and the times they were offered."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from portal.core.ids import new_id
from portal.models.base import SCHEMA, json_column, of_tenant, text_column, timestamp
from portal.models.tenancy import TENANT, tenant_id_column


def counter(*, big: bool = False) -> Any:
    kwargs: dict[str, Any] = {"sa_type": BigInteger} if big else {}
    return Field(default=0, sa_column_kwargs={"server_default": "0"}, **kwargs)


class ChatSession(SQLModel, table=True):
    __tablename__ = "chat_sessions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        of_tenant("converted_booking_id", "bookings"),
        Index("chat_sessions_created", "tenant_id", "created_at"),
        Index(
            "chat_sessions_booking",
            "tenant_id",
            "converted_booking_id",
            postgresql_where=text("converted_booking_id is not null"),
        ),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    created_at: datetime = timestamp(default_now=True)
    last_active_at: datetime = timestamp(default_now=True)
    ip_hash: str | None = text_column(nullable=True)
    user_agent: str | None = text_column(nullable=True)
    channel: str = text_column("web")
    state: dict[str, Any] = json_column("{}")
    input_tokens: int = counter(big=True)
    output_tokens: int = counter(big=True)
    outcome: str | None = text_column(nullable=True)
    converted_booking_id: UUID | None = None
    summary: str | None = text_column(nullable=True)


class ChatMessage(SQLModel, table=True):
    """``content`` is a list of the model's content blocks; ``cards`` what was shown beside the text."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        of_tenant("session_id", "chat_sessions", ondelete="CASCADE"),
        Index("chat_messages_session", "tenant_id", "session_id", "seq"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    session_id: UUID
    seq: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    role: str = text_column()
    content: list[dict[str, Any]] = json_column("[]")
    cards: list[dict[str, Any]] = json_column("[]")
    model: str | None = text_column(nullable=True)
    input_tokens: int = counter()
    output_tokens: int = counter()
    cache_read_tokens: int = counter()
    cache_write_tokens: int = counter()
    stop_reason: str | None = text_column(nullable=True)
    created_at: datetime = timestamp(default_now=True)


#: As many tokens read from the cache count as one against a budget: they cost so much less.
CACHE_READS_FOR_ONE = 10


def charged(input_only: int, output: int, cache_read: int, cache_write: int) -> int:
    """Tokens as they count against a budget; ``usage_today`` in ``sql/conversation.sql`` counts alike."""
    return input_only + output + cache_write + cache_read // CACHE_READS_FOR_ONE


class TenantUsage(SQLModel, table=True):
    __tablename__ = "tenant_usage"
    __table_args__ = {"schema": SCHEMA}

    tenant_id: UUID = Field(foreign_key=TENANT, primary_key=True, ondelete="CASCADE")
    day: date = Field(primary_key=True)
    turns: int = counter()
    input_tokens: int = counter(big=True)
    output_tokens: int = counter(big=True)
    cache_read_tokens: int = counter(big=True)
    cache_write_tokens: int = counter(big=True)
    told_percent: int = counter()

    @property
    def tokens(self) -> int:
        """All of them, as they count against the day's budget."""
        return charged(self.input_tokens, self.output_tokens, self.cache_read_tokens, self.cache_write_tokens)


class VisitorUsage(SQLModel, table=True):
    """What one visitor's conversations used on a day; only functions of the database touch it."""

    __tablename__ = "visitor_usage"
    __table_args__ = {"schema": SCHEMA}

    tenant_id: UUID = Field(foreign_key=TENANT, primary_key=True, ondelete="CASCADE")
    day: date = Field(primary_key=True)
    visitor: str = Field(sa_type=Text, primary_key=True)
    tokens: int = counter(big=True)


class SlotOffer(SQLModel, table=True):
    """A time the provider really offered in a conversation."""

    __tablename__ = "slot_offers"
    __table_args__ = (
        UniqueConstraint("session_id", "service_id", "start_time"),
        of_tenant("session_id", "chat_sessions", ondelete="CASCADE"),
        of_tenant("service_id", "tenant_services"),
        Index("slot_offers_expiry", "expires_at"),
        Index("slot_offers_session", "tenant_id", "session_id"),
        Index("slot_offers_service", "tenant_id", "service_id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    session_id: UUID
    service_id: UUID
    start_time: datetime = timestamp()
    end_time: datetime = timestamp()
    expires_at: datetime = timestamp()
