"""Events from outside, jobs, idempotency keys and the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from portal.core.ids import new_id
from portal.models.base import SCHEMA, json_column, of_tenant, text_column, timestamp
from portal.models.tenancy import TENANT


def optional_tenant() -> Any:
    return Field(default=None, foreign_key=TENANT, ondelete="CASCADE")


class BookingEvent(SQLModel, table=True):
    """A webhook as it was received. ``result`` says in a word what processing it did."""

    __tablename__ = "booking_events"
    __table_args__ = (
        UniqueConstraint("tenant_id", "provider", "body_hash", postgresql_nulls_not_distinct=True),
        of_tenant("booking_id", "bookings"),
        Index("booking_events_received", "tenant_id", "received_at"),
        Index(
            "booking_events_open",
            "tenant_id",
            "received_at",
            postgresql_where=text("processing_status <> 'processed'"),
        ),
        Index("booking_events_booking", "tenant_id", "booking_id", postgresql_where=text("booking_id is not null")),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID | None = optional_tenant()
    provider: str = text_column()
    event_type: str = text_column()
    provider_event_id: str | None = text_column(nullable=True)
    body_hash: str = text_column()
    received_at: datetime = timestamp(default_now=True)
    processed_at: datetime | None = timestamp(nullable=True)
    processing_status: str = text_column("pending")
    error: str | None = text_column(nullable=True)
    result: str | None = text_column(nullable=True)
    booking_id: UUID | None = None
    raw_payload: dict[str, Any] = json_column("{}")


class RequestIdempotency(SQLModel, table=True):
    __tablename__ = "request_idempotency"
    __table_args__ = (Index("request_idempotency_age", "created_at"), {"schema": SCHEMA})

    tenant_id: UUID = Field(foreign_key=TENANT, primary_key=True, ondelete="CASCADE")
    scope: str = Field(primary_key=True, sa_type=Text)
    key: str = Field(primary_key=True, sa_type=Text)
    request_hash: str = text_column()
    status_code: int | None = None
    response: dict[str, Any] | None = json_column()
    locked_until: datetime | None = timestamp(nullable=True)
    created_at: datetime = timestamp(default_now=True)


class Job(SQLModel, table=True):
    __tablename__ = "jobs"
    __table_args__ = (
        Index("jobs_due", "run_at", postgresql_where=text("state in ('ready', 'running')")),
        Index("jobs_finished", "finished_at", postgresql_where=text("state = 'done'")),
        Index("jobs_tenant", "tenant_id", "created_at"),
        Index(
            "jobs_dedup",
            "tenant_id",
            "name",
            "dedup_key",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state in ('ready', 'running') and dedup_key is not null"),
        ),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID | None = optional_tenant()
    name: str = text_column()
    args: dict[str, Any] = json_column("{}")
    state: str = text_column("ready")
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    max_attempts: int = Field(default=10, sa_column_kwargs={"server_default": "10"})
    run_at: datetime = timestamp(default_now=True)
    lease_until: datetime | None = timestamp(nullable=True)
    dedup_key: str | None = text_column(nullable=True)
    last_error: str | None = text_column(nullable=True)
    created_at: datetime = timestamp(default_now=True)
    finished_at: datetime | None = timestamp(nullable=True)


class JobFailure(SQLModel, table=True):
    __tablename__ = "job_failures"
    __table_args__ = (
        Index("job_failures_time", "tenant_id", "failed_at"),
        Index("job_failures_open", "failed_at", postgresql_where=text("resolved_at is null")),
        Index("job_failures_untold", "failed_at", postgresql_where=text("told_at is null")),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID | None = optional_tenant()
    job_id: UUID
    name: str = text_column()
    payload: dict[str, Any] = json_column("{}")
    attempts: int
    last_error: str = text_column()
    failed_at: datetime = timestamp(default_now=True)
    resolution: str | None = text_column(nullable=True)
    resolved_at: datetime | None = timestamp(nullable=True)
    resolved_by: UUID | None = None
    told_at: datetime | None = timestamp(nullable=True)


class PeriodicRun(SQLModel, table=True):
    __tablename__ = "periodic_runs"
    __table_args__ = {"schema": SCHEMA}

    name: str = Field(primary_key=True, sa_type=Text)
    last_slot: datetime = timestamp()


class AuditEntry(SQLModel, table=True):
    __tablename__ = "audit_log"
    __table_args__ = (
        Index("audit_log_time", "tenant_id", "created_at"),
        Index("audit_log_target", "tenant_id", "target_type", "target_id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID | None = optional_tenant()
    actor_user_id: UUID | None = None
    actor_type: str = text_column()
    action: str = text_column()
    target_type: str | None = text_column(nullable=True)
    target_id: str | None = text_column(nullable=True)
    # SQLModel reserves the attribute name "metadata".
    details: dict[str, Any] | None = Field(default=None, sa_column=Column("metadata", JSONB))
    created_at: datetime = timestamp(default_now=True)
