"""Customers, bookings, proposals and our holds on seats."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from portal.core.ids import new_id
from portal.models.base import SCHEMA, Timestamps, json_column, of_tenant, text_column, timestamp
from portal.models.tenancy import tenant_id_column

# What the search looks through, as the database writes the expression of its index.
SEARCHED = (
    "((((((((attendee_name || ' ') || attendee_email) || ' ') || coalesce(attendee_phone, ''))"
    " || ' ') || coalesce(cal_booking_uid, '')) || ' ') || coalesce(cal_seat_uid, ''))"
)


class Customer(SQLModel, table=True):
    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("tenant_id", "email"), UniqueConstraint("tenant_id", "id"), {"schema": SCHEMA})

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    email: str | None = text_column(nullable=True)
    phone: str | None = text_column(nullable=True)
    name: str | None = text_column(nullable=True)
    created_at: datetime = timestamp(default_now=True)


class Booking(Timestamps, table=True):
    """``cal_booking_uid`` is empty until the provider answered; service name, price and attendee are as at booking."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        of_tenant("service_id", "tenant_services"),
        of_tenant("customer_id", "customers"),
        Index(
            "bookings_uid",
            "tenant_id",
            "cal_booking_uid",
            "cal_seat_uid",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("cal_booking_uid is not null"),
        ),
        Index("bookings_start", "tenant_id", "start_time"),
        Index("bookings_status", "tenant_id", "status", "start_time"),
        Index("bookings_service", "tenant_id", "service_id", "start_time"),
        Index("bookings_customer", "tenant_id", "customer_id"),
        Index("bookings_seat", "tenant_id", "cal_seat_uid", postgresql_where=text("cal_seat_uid is not null")),
        Index("bookings_previous_uids", "cal_previous_uids", postgresql_using="gin"),
        Index("bookings_search", text(SEARCHED), postgresql_using="gin"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    cal_booking_uid: str | None = text_column(nullable=True)
    cal_seat_uid: str | None = text_column(nullable=True)
    cal_previous_uids: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'"))
    )
    cal_event_type_id: int | None = None
    service_id: UUID | None = None
    service_name: str = text_column()
    price_cents: int | None = None
    currency: str = text_column("USD")
    customer_id: UUID | None = None
    attendee_name: str = text_column()
    attendee_email: str = text_column()
    attendee_phone: str | None = text_column(nullable=True)
    notes: str | None = text_column(nullable=True)
    consent_sms: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    consent_sms_at: datetime | None = timestamp(nullable=True)
    start_time: datetime = timestamp()
    end_time: datetime = timestamp()
    status: str = text_column("confirmed")
    source: str = text_column("ai")
    overlapping: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    sequence: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    raw_cal_payload: dict[str, Any] | None = json_column()


class Proposal(SQLModel, table=True):
    """A change somebody asked for; ``booking_id`` names the booking it makes or changes.

    ``visitor``: the keyed hash of the address it was asked from, where no signed-in person asked. ``changes``: what its
    last correction changed, each ``{"field", "old", "new"}`` in the words of its card. ``offered_at``: when the
    conversation was shown its time. ``act_…``: what consented (see ``domain.booking.acts``).
    """

    __tablename__ = "proposals"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "request_key"),
        of_tenant("session_id", "chat_sessions", ondelete="SET NULL (session_id)"),
        of_tenant("service_id", "tenant_services"),
        of_tenant("act_message_id", "chat_messages", ondelete="SET NULL (act_message_id)"),
        of_tenant("act_card_id", "chat_messages", ondelete="SET NULL (act_card_id)"),
        Index(
            "proposals_act_message",
            "tenant_id",
            "act_message_id",
            postgresql_where=text("act_message_id is not null"),
        ),
        Index("proposals_act_card", "tenant_id", "act_card_id", postgresql_where=text("act_card_id is not null")),
        Index("proposals_session", "tenant_id", "session_id", "created_at"),
        Index("proposals_service", "tenant_id", "service_id"),
        Index("proposals_booking", "booking_id"),
        Index("proposals_visitor", "tenant_id", "visitor", "created_at", postgresql_where=text("visitor is not null")),
        Index("proposals_open", "expires_at", postgresql_where=text("state in ('waiting', 'executing')")),
        Index(
            "proposals_one_change", "tenant_id", "booking_id", unique=True, postgresql_where=text("state = 'executing'")
        ),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    session_id: UUID | None = None
    booking_id: UUID
    kind: str = text_column()
    state: str = text_column("waiting")
    source: str = text_column("ai")
    service_id: UUID | None = None
    start_time: datetime | None = timestamp(nullable=True)
    end_time: datetime | None = timestamp(nullable=True)
    previous_start: datetime | None = timestamp(nullable=True)
    attendee_name: str | None = text_column(nullable=True)
    attendee_email: str | None = text_column(nullable=True)
    attendee_phone: str | None = text_column(nullable=True)
    notes: str | None = text_column(nullable=True)
    reason: str | None = text_column(nullable=True)
    consent_sms: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    consent_sms_at: datetime | None = timestamp(nullable=True)
    summary: str = text_column()
    changes: list[dict[str, str]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'"))
    )
    reservation_uid: str | None = text_column(nullable=True)
    request_key: str | None = text_column(nullable=True)
    visitor: str | None = text_column(nullable=True)
    failure: str | None = text_column(nullable=True)
    lease_until: datetime | None = timestamp(nullable=True)
    expires_at: datetime = timestamp()
    created_at: datetime = timestamp(default_now=True)
    decided_at: datetime | None = timestamp(nullable=True)
    offered_at: datetime | None = timestamp(nullable=True)
    act_by: str | None = text_column(nullable=True)
    act_at: datetime | None = timestamp(nullable=True)
    act_message_id: UUID | None = None
    act_card_id: UUID | None = None


class SlotClaim(SQLModel, table=True):
    """Our own hold on a seat; without ``expires_at`` it stands as long as its booking."""

    __tablename__ = "slot_claims"
    __table_args__ = (
        of_tenant("resource_id", "tenant_resources"),
        of_tenant("service_id", "tenant_services"),
        of_tenant("proposal_id", "proposals"),
        Index("slot_claims_booking", "booking_id"),
        Index("slot_claims_service_id", "tenant_id", "service_id"),
        Index("slot_claims_proposal", "tenant_id", "proposal_id", postgresql_where=text("proposal_id is not null")),
        Index("slot_claims_time", "tenant_id", "resource_id", "start_time"),
        Index("slot_claims_expiry", "expires_at", postgresql_where=text("expires_at is not null")),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    resource_id: UUID
    service_id: UUID
    booking_id: UUID
    proposal_id: UUID | None = None
    seat: int
    start_time: datetime = timestamp()
    end_time: datetime = timestamp()
    expires_at: datetime | None = timestamp(nullable=True)
    created_at: datetime = timestamp(default_now=True)
