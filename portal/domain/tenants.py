"""A tenant's site as one value: profile, branding, services, FAQs, policies and assistant settings."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel, col, select

from portal.core import db
from portal.core.cache import cache
from portal.core.errors import NotFound, ServiceNotFound
from portal.core.settings import get_settings
from portal.models import (
    Tenant,
    TenantAiSettings,
    TenantBranding,
    TenantDomain,
    TenantFaq,
    TenantPolicies,
    TenantProfile,
    TenantService,
)

KEPT_SECONDS = 600
T = TypeVar("T")


@dataclass(frozen=True)
class Profile:
    """``business_hours`` maps mon…sun to opening spans ``[["09:00", "18:00"], …]`` in ``timezone``."""

    business_name: str
    tagline: str | None
    timezone: str
    phone: str | None
    email: str | None
    website_url: str | None
    address_line1: str | None
    address_line2: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str
    business_hours: dict[str, list[list[str]]]


@dataclass(frozen=True)
class Branding:
    logo_url: str | None
    primary_color: str
    accent_color: str


@dataclass(frozen=True)
class Service:
    """Price in minor units of ``currency``; None: on request."""

    id: UUID
    name: str
    description: str | None
    category: str | None
    duration_minutes: int
    price_cents: int | None
    currency: str
    seats: int
    resource_id: UUID
    cal_event_type_id: int | None


@dataclass(frozen=True)
class Faq:
    id: UUID
    question: str
    answer: str


@dataclass(frozen=True)
class Policies:
    cancellation_policy: str | None
    late_policy: str | None
    no_show_policy: str | None
    payment_policy: str | None
    privacy_text: str | None
    terms_text: str | None
    cancel_window_minutes: int


@dataclass(frozen=True)
class AssistantSettings:
    tone: str
    greeting: str | None
    escalation: str
    dont_do: tuple[str, ...]
    model: str | None
    daily_token_budget: int


@dataclass(frozen=True)
class Site:
    """Everything a tenant shows of itself; active services and FAQs in the tenant's order."""

    tenant_id: UUID
    slug: str
    status: str
    vertical: str
    host: str
    profile: Profile
    branding: Branding
    services: tuple[Service, ...]
    faqs: tuple[Faq, ...]
    policies: Policies
    assistant: AssistantSettings

    @property
    def url(self) -> str:
        """The site's address without a trailing slash."""
        return get_settings().public_url(self.host)

    def service(self, service_id: UUID) -> Service:
        """An active service of this tenant. Raises ServiceNotFound, also for another tenant's."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise ServiceNotFound


def site(tenant_id: UUID) -> Site:
    """The tenant's site, kept in this process until the tenant changes. Raises NotFound."""

    def load() -> Site:
        with db.customer(tenant_id).begin() as scope:
            return load_site(scope)

    return cache.load(tenant_id, "site", KEPT_SECONDS, load)


def load_site(scope: db.Scope) -> Site:
    """The tenant's site as this transaction sees it. Raises NotFound."""
    tenant = scope.session.get(Tenant, scope.tenant_id)
    if tenant is None:
        raise NotFound
    return Site(
        tenant_id=tenant.id,
        slug=tenant.slug,
        status=tenant.status,
        vertical=tenant.vertical,
        host=_host(scope, tenant.slug),
        profile=_one(scope, TenantProfile, Profile),
        branding=_one(scope, TenantBranding, Branding),
        services=_all(scope, TenantService, Service),
        faqs=_all(scope, TenantFaq, Faq),
        policies=_one(scope, TenantPolicies, Policies),
        assistant=_one(scope, TenantAiSettings, AssistantSettings),
    )


def _host(scope: db.Scope, slug: str) -> str:
    """The tenant's own domain once its certificate is there, else its subdomain of ours."""
    own = select(TenantDomain.hostname).where(
        TenantDomain.tenant_id == scope.tenant_id,
        TenantDomain.domain_type == "custom",
        TenantDomain.tls_status == "active",
        col(TenantDomain.verified_at).is_not(None),
    )
    return scope.session.exec(own.order_by(TenantDomain.hostname)).first() or f"{slug}.{get_settings().base_domain}"


def _one(scope: db.Scope, table: type[SQLModel], value: type[T]) -> T:
    row = scope.session.get(table, scope.tenant_id)
    if row is None:
        raise NotFound("This site is not complete yet.")
    return _value(row, value)


def _all(scope: db.Scope, table: type[TenantService] | type[TenantFaq], value: type[T]) -> tuple[T, ...]:
    found = (
        select(table)
        .where(table.tenant_id == scope.tenant_id, col(table.active), col(table.deleted_at).is_(None))
        .order_by(col(table.sort_order), col(table.created_at), col(table.id))
    )
    return tuple(_value(row, value) for row in scope.session.exec(found).all())


def _value(row: Any, value: type[T]) -> T:
    """The frozen value with the row's columns of the same names; lists become tuples."""
    columns = {field.name: getattr(row, field.name) for field in fields(value)}  # type: ignore[arg-type]
    return value(**{name: tuple(each) if isinstance(each, list) else each for name, each in columns.items()})
