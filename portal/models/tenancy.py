"""Tenants, their sites, members and integrations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from portal.core.ids import new_id
from portal.models.base import SCHEMA, Timestamps, json_column, text_column, timestamp

TENANT = f"{SCHEMA}.tenants.id"


def tenant_key() -> Any:
    return Field(foreign_key=TENANT, primary_key=True, ondelete="CASCADE")


def tenant_id_column() -> Any:
    return Field(foreign_key=TENANT, nullable=False, ondelete="CASCADE")


class Tenant(Timestamps, table=True):
    __tablename__ = "tenants"
    __table_args__ = (UniqueConstraint("slug"), {"schema": SCHEMA})

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = text_column()
    status: str = text_column("active")
    vertical: str = text_column("general")


class TenantProfile(Timestamps, table=True):
    __tablename__ = "tenant_profiles"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 - read by SQLAlchemy

    tenant_id: UUID = tenant_key()
    business_name: str = text_column()
    tagline: str | None = text_column(nullable=True)
    timezone: str = text_column("America/New_York")
    phone: str | None = text_column(nullable=True)
    email: str | None = text_column(nullable=True)
    website_url: str | None = text_column(nullable=True)
    address_line1: str | None = text_column(nullable=True)
    address_line2: str | None = text_column(nullable=True)
    city: str | None = text_column(nullable=True)
    region: str | None = text_column(nullable=True)
    postal_code: str | None = text_column(nullable=True)
    country: str = text_column("US")
    business_hours: dict[str, Any] = json_column("{}")


class TenantBranding(Timestamps, table=True):
    __tablename__ = "tenant_branding"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    tenant_id: UUID = tenant_key()
    logo_url: str | None = text_column(nullable=True)
    primary_color: str = text_column("#2563eb")
    accent_color: str = text_column("#1e40af")


class TenantLogo(SQLModel, table=True):
    """An uploaded logo, as we encoded it; every web process serves it from here."""

    __tablename__ = "tenant_logos"
    __table_args__ = (Index("tenant_logos_sha256", "sha256"), {"schema": SCHEMA})

    tenant_id: UUID = tenant_key()
    content: bytes
    content_type: str = text_column()
    sha256: str = text_column()
    updated_at: datetime = timestamp(default_now=True)


class TenantDomain(SQLModel, table=True):
    __tablename__ = "tenant_domains"
    __table_args__ = (
        UniqueConstraint("hostname"),
        Index("tenant_domains_tenant", "tenant_id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    hostname: str = text_column()
    domain_type: str = text_column()
    verified_at: datetime | None = timestamp(nullable=True)
    tls_status: str | None = text_column(nullable=True)
    cf_custom_hostname_id: str | None = text_column(nullable=True)
    created_at: datetime = timestamp(default_now=True)


class TenantMembership(SQLModel, table=True):
    __tablename__ = "tenant_memberships"
    __table_args__ = (
        UniqueConstraint("tenant_id", "user_id"),
        Index("tenant_memberships_user", "user_id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = tenant_id_column()
    user_id: UUID
    role: str = text_column()
    status: str = text_column("active")
    created_at: datetime = timestamp(default_now=True)


class PlatformAdmin(SQLModel, table=True):
    __tablename__ = "platform_admins"
    __table_args__ = {"schema": SCHEMA}

    user_id: UUID = Field(primary_key=True)
    created_at: datetime = timestamp(default_now=True)


class TenantPolicies(Timestamps, table=True):
    __tablename__ = "tenant_policies"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    tenant_id: UUID = tenant_key()
    cancellation_policy: str | None = text_column(nullable=True)
    late_policy: str | None = text_column(nullable=True)
    no_show_policy: str | None = text_column(nullable=True)
    payment_policy: str | None = text_column(nullable=True)
    privacy_text: str | None = text_column(nullable=True)
    terms_text: str | None = text_column(nullable=True)
    cancel_window_minutes: int = Field(default=1440, sa_column_kwargs={"server_default": "1440"})


class TenantAiSettings(Timestamps, table=True):
    __tablename__ = "tenant_ai_settings"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    tenant_id: UUID = tenant_key()
    tone: str = text_column("Warm, brief and professional.")
    greeting: str | None = text_column(nullable=True)
    escalation: str = text_column("Hand over to a person when you are not sure, or when the customer asks for one.")
    dont_do: list[str] = json_column("[]")
    model: str | None = text_column(nullable=True)
    daily_token_budget: int = Field(
        default=2_000_000, sa_type=BigInteger, sa_column_kwargs={"server_default": "2000000"}
    )


class TenantIntegrations(SQLModel, table=True):
    """Secrets are ids into the vault; the sealed texts are never here."""

    __tablename__ = "tenant_integrations"
    __table_args__ = (
        Index(
            "tenant_integrations_stripe_customer",
            "stripe_customer_id",
            unique=True,
            postgresql_where=text("stripe_customer_id is not null"),
        ),
        {"schema": SCHEMA},
    )

    tenant_id: UUID = tenant_key()
    cal_api_key_secret_id: UUID | None = None
    cal_api_key_set_at: datetime | None = timestamp(nullable=True)
    cal_api_key_set_by: UUID | None = None
    cal_api_version: str | None = text_column("2024-08-13", nullable=True)
    cal_default_event_type_id: int | None = None
    cal_webhook_secret_id: UUID | None = None
    cal_webhook_id: str | None = text_column(nullable=True)
    cal_webhook_url: str | None = text_column(nullable=True)
    cal_webhook_checked_at: datetime | None = timestamp(nullable=True)
    cal_reconciled_at: datetime | None = timestamp(nullable=True)
    cal_key_refused_at: datetime | None = timestamp(nullable=True)
    cal_event_types: dict[str, int] | None = json_column()
    cal_event_types_at: datetime | None = timestamp(nullable=True)
    stripe_customer_id: str | None = text_column(nullable=True)
    stripe_customer_begun_at: datetime | None = timestamp(nullable=True)
    stripe_subscription_id: str | None = text_column(nullable=True)
    stripe_status: str | None = text_column(nullable=True)
    stripe_plan: str | None = text_column(nullable=True)
    stripe_period_end: datetime | None = timestamp(nullable=True)
    stripe_ends_at: datetime | None = timestamp(nullable=True)
    stripe_synced_at: datetime | None = timestamp(nullable=True)
    twilio_account_sid_secret_id: UUID | None = None
    twilio_auth_token_secret_id: UUID | None = None
    twilio_messaging_service_sid: str | None = text_column(nullable=True)
    twilio_set_at: datetime | None = timestamp(nullable=True)
    twilio_set_by: UUID | None = None
    updated_at: datetime = timestamp(default_now=True)
