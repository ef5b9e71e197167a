"""Profile, branding, policies and how the assistant behaves. Each PATCH changes the given fields only."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field, StrictInt

from portal.api.admin.deps import READING, WRITING, Shown, TenantId, Text, Versioned
from portal.api.deps import SignedIn
from portal.core import threads
from portal.domain.admin import assistant, branding, policies, profile

router = APIRouter(tags=["admin: settings"])
HOURS = [{"mon": [["09:00", "12:00"], ["13:00", "18:00"]], "sat": [["10:00", "16:00"]]}]


class ProfileOut(Shown):
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
    business_hours: dict[str, list[list[str]]] = Field(examples=HOURS)
    version: str


class ProfileChangeIn(Versioned):
    business_name: Text | None = None
    tagline: Text | None = None
    timezone: Text | None = Field(default=None, examples=["America/New_York"])
    phone: Text | None = Field(default=None, description="Stored as E.164.")
    email: Text | None = None
    website_url: Text | None = Field(default=None, description="http or https.")
    address_line1: Text | None = None
    address_line2: Text | None = None
    city: Text | None = None
    region: Text | None = None
    postal_code: Text | None = None
    country: Text | None = Field(default=None, description="ISO 3166, two letters.")
    business_hours: dict[str, list[list[Text]]] | None = Field(default=None, examples=HOURS)


class BrandingOut(Shown):
    logo_url: str | None
    primary_color: str
    accent_color: str
    version: str


class BrandingChangeIn(Versioned):
    logo_url: Text | None = Field(default=None, description="An https address, or null to take the logo away.")
    primary_color: Text | None = Field(default=None, examples=["#2563eb"])
    accent_color: Text | None = Field(default=None, examples=["#1e40af"])


class PoliciesOut(Shown):
    cancellation_policy: str | None
    late_policy: str | None
    no_show_policy: str | None
    payment_policy: str | None
    privacy_text: str | None
    terms_text: str | None
    cancel_window_minutes: int
    version: str


class PoliciesChangeIn(Versioned):
    cancellation_policy: Text | None = None
    late_policy: Text | None = None
    no_show_policy: Text | None = None
    payment_policy: Text | None = None
    privacy_text: Text | None = None
    terms_text: Text | None = None
    cancel_window_minutes: StrictInt | None = None


class AssistantOut(Shown):
    tone: str
    greeting: str | None
    escalation: str
    dont_do: list[str]
    model: str | None = Field(description="null: the deployment's own.")
    daily_token_budget: int
    tokens_today: int
    version: str


class AssistantChangeIn(Versioned):
    tone: Text | None = None
    greeting: Text | None = None
    escalation: Text | None = None
    dont_do: list[Text] | None = None
    model: Text | None = None
    daily_token_budget: StrictInt | None = None


@router.get("/profile", response_model=ProfileOut, summary="Business profile and hours", responses=READING)
async def get_profile(who: SignedIn, tenant_id: TenantId) -> Any:
    return await threads.run(profile.get, who, tenant_id)


@router.patch("/profile", response_model=ProfileOut, summary="Change profile and hours", responses=WRITING)
async def change_profile(who: SignedIn, tenant_id: TenantId, body: ProfileChangeIn) -> Any:
    return await threads.run(profile.update, who, tenant_id, body.changes(), version=body.version)


@router.get("/branding", response_model=BrandingOut, summary="Logo and colours", responses=READING)
async def get_branding(who: SignedIn, tenant_id: TenantId) -> Any:
    return await threads.run(branding.get, who, tenant_id)


@router.patch("/branding", response_model=BrandingOut, summary="Change logo address and colours", responses=WRITING)
async def change_branding(who: SignedIn, tenant_id: TenantId, body: BrandingChangeIn) -> Any:
    return await threads.run(branding.update, who, tenant_id, body.changes(), version=body.version)


@router.get("/policies", response_model=PoliciesOut, summary="Policies", responses=READING)
async def get_policies(who: SignedIn, tenant_id: TenantId) -> Any:
    return await threads.run(policies.get, who, tenant_id)


@router.patch("/policies", response_model=PoliciesOut, summary="Change policies", responses=WRITING)
async def change_policies(who: SignedIn, tenant_id: TenantId, body: PoliciesChangeIn) -> Any:
    return await threads.run(policies.update, who, tenant_id, body.changes(), version=body.version)


@router.get("/assistant", response_model=AssistantOut, summary="How the assistant behaves", responses=READING)
async def get_assistant(who: SignedIn, tenant_id: TenantId) -> Any:
    return await threads.run(assistant.get, who, tenant_id)


@router.patch("/assistant", response_model=AssistantOut, summary="Change the assistant", responses=WRITING)
async def change_assistant(who: SignedIn, tenant_id: TenantId, body: AssistantChangeIn) -> Any:
    return await threads.run(assistant.update, who, tenant_id, body.changes(), version=body.version)
