"""What a business offers and says about itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from portal.core.ids import new_id
from portal.models.base import SCHEMA, Timestamps, of_tenant, text_column, timestamp
from portal.models.tenancy import tenant_id_column


class TenantResource(SQLModel, table=True):
    """Whatever can do one thing at a time: a person, a room, a class."""

    __tablename__ = "tenant_resources"
    __table_args__ = (UniqueConstraint("tenant_id", "id"), UniqueConstraint("tenant_id", "name"), {"schema": SCHEMA})

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    name: str = text_column()
    created_at: datetime = timestamp(default_now=True)


class TenantService(Timestamps, table=True):
    """Price in minor units; ``seats`` customers fit in one time."""

    __tablename__ = "tenant_services"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        of_tenant("resource_id", "tenant_resources"),
        Index("tenant_services_active", "tenant_id", "active"),
        Index("tenant_services_order", "tenant_id", "sort_order"),
        Index("tenant_services_resource", "tenant_id", "resource_id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    resource_id: UUID
    name: str = text_column()
    description: str | None = text_column(nullable=True)
    category: str | None = text_column(nullable=True)
    duration_minutes: int
    price_cents: int | None = None
    currency: str = text_column("USD")
    seats: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    active: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    sort_order: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    cal_event_type_id: int | None = None
    deleted_at: datetime | None = timestamp(nullable=True)


class TenantFaq(Timestamps, table=True):
    __tablename__ = "tenant_faqs"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("tenant_faqs_active", "tenant_id", "active"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    question: str = text_column()
    answer: str = text_column()
    active: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    sort_order: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    deleted_at: datetime | None = timestamp(nullable=True)
