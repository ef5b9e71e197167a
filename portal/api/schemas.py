"""What the public API answers, as documented in OpenAPI. Money in minor units, times RFC 3339."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from portal.domain.tenants import Service, Site


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ProfileOut(Shown):
    business_name: str
    tagline: str | None
    timezone: str = Field(examples=["America/New_York"])
    phone: str | None
    email: str | None
    website_url: str | None
    address_line1: str | None
    address_line2: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str
    business_hours: dict[str, Any] = Field(examples=[{"mon": [["09:00", "18:00"]]}])


class BrandingOut(Shown):
    logo_url: str | None
    primary_color: str
    accent_color: str


class ServiceOut(Shown):
    id: UUID
    name: str
    description: str | None
    duration_minutes: int
    price_cents: int | None = Field(description="In minor units of `currency`; null: on request.")
    currency: str


class FaqOut(Shown):
    id: UUID
    question: str
    answer: str


class PoliciesOut(Shown):
    cancellation_policy: str | None
    late_policy: str | None
    no_show_policy: str | None
    payment_policy: str | None


class TenantOut(BaseModel):
    """Everything a site shows of its business."""

    slug: str
    status: str
    profile: ProfileOut
    branding: BrandingOut
    services: list[ServiceOut]
    faqs: list[FaqOut]
    policies: PoliciesOut


class ServicesOut(BaseModel):
    services: list[ServiceOut]


class SlotOut(BaseModel):
    start: str = Field(description="With the tenant's offset.", examples=["2026-11-24T16:30:00-05:00"])
    end: str = Field(examples=["2026-11-24T17:00:00-05:00"])


class AvailabilityOut(BaseModel):
    """Bookable times of one day in the tenant's zone; an empty list means that nothing is free."""

    service_id: UUID
    date: str = Field(examples=["2026-11-24"])
    timezone: str
    slots: list[SlotOut]


class BookingOut(BaseModel):
    uid: str | None = Field(description="The booking's reference; null while `pending`.")
    status: str = Field(examples=["confirmed", "pending"])
    start: str
    end: str
    manage_url: str = Field(description="Lets its holder see, move and cancel the booking.")


def tenant_out(site: Site) -> TenantOut:
    return TenantOut(
        slug=site.slug,
        status=site.status,
        profile=ProfileOut.model_validate(site.profile),
        branding=BrandingOut.model_validate(site.branding),
        services=services_out(site.services),
        faqs=[FaqOut.model_validate(faq) for faq in site.faqs],
        policies=PoliciesOut.model_validate(site.policies),
    )


def services_out(services: tuple[Service, ...]) -> list[ServiceOut]:
    return [ServiceOut.model_validate(service) for service in services]
