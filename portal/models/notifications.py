"""Text messages, who asked for none, and how a business sends them."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, Index, Integer, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from portal.core.ids import new_id
from portal.models.base import SCHEMA, Timestamps, json_column, of_tenant, text_column, timestamp
from portal.models.tenancy import TENANT, tenant_id_column, tenant_key


class Notification(Timestamps, table=True):
    """One message about a booking at one time; ``body`` is empty until it is to be sent. Price in millionths."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("tenant_id", "booking_id", "kind", "start_time"),
        of_tenant("booking_id", "bookings"),
        Index("notifications_sid", "provider_sid", unique=True, postgresql_where=text("provider_sid is not null")),
        Index("notifications_due", "due_at", postgresql_where=text("state = 'planned'")),
        Index("notifications_under_way", "start_time", postgresql_where=text("state in ('queued', 'sending')")),
        Index("notifications_created", "tenant_id", "created_at"),
        Index("notifications_state", "tenant_id", "state", "created_at"),
        Index("notifications_phone", "to_phone"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    booking_id: UUID
    kind: str = text_column()
    start_time: datetime = timestamp()
    to_phone: str = text_column()
    due_at: datetime = timestamp()
    state: str = text_column("planned")
    reason: str | None = text_column(nullable=True)
    body: str | None = text_column(nullable=True)
    segments: int | None = None
    provider_sid: str | None = text_column(nullable=True)
    from_account: str | None = text_column(nullable=True)
    error_code: int | None = None
    price_micros: int | None = Field(default=None, sa_type=BigInteger)
    price_currency: str | None = text_column(nullable=True)
    attempted_at: datetime | None = timestamp(nullable=True)
    sent_at: datetime | None = timestamp(nullable=True)


class SmsSuppression(SQLModel, table=True):
    """This business may not text this number, until ``lifted_at``. ``said``: an answer that it has yet to read."""

    __tablename__ = "sms_suppressions"
    __table_args__ = {"schema": SCHEMA}

    tenant_id: UUID = Field(foreign_key=TENANT, primary_key=True, ondelete="CASCADE")
    phone: str = Field(primary_key=True, sa_type=Text)
    reason: str = text_column()
    said: str | None = text_column(nullable=True)
    source_event_id: UUID | None = None
    created_at: datetime = timestamp(default_now=True)
    lifted_at: datetime | None = timestamp(nullable=True)


class TenantSmsSettings(Timestamps, table=True):
    """A business without a row has the defaults. Quiet hours are in its own time zone."""

    __tablename__ = "tenant_sms_settings"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 - read by SQLAlchemy

    tenant_id: UUID = tenant_key()
    enabled: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    send_confirmation: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    send_reminders: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    reminder_hours: list[int] = Field(
        default_factory=lambda: [24, 2],
        sa_column=Column(ARRAY(Integer), nullable=False, server_default="{24,2}"),
    )
    quiet_hours_enabled: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    quiet_start: time = Field(default=time(21), sa_column_kwargs={"server_default": "21:00"})
    quiet_end: time = Field(default=time(8), sa_column_kwargs={"server_default": "08:00"})
    templates: dict[str, Any] = json_column("{}")
    a2p_status: str = text_column("unknown")
    a2p_checked_at: datetime | None = timestamp(nullable=True)
