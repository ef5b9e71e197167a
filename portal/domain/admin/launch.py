"""What is missing before a site can go live."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from portal.core import db
from portal.core.auth import Principal
from portal.core.errors import Conflict
from portal.domain.admin import edits
from portal.domain.permissions import Action, require
from portal.models import Tenant, TenantBranding, TenantIntegrations, TenantProfile, TenantService

DEFAULT_COLORS: Final = ("#2563eb", "#1e40af")


class NotReady(Conflict):
    """``details.missing``: keys of the steps that are not done."""

    reason = "not_ready"
    default = "This site is not complete yet."


@dataclass(frozen=True)
class Step:
    """One thing to do. Those that are not ``required`` are good to have."""

    key: str
    title: str
    hint: str
    done: bool
    required: bool = True


@dataclass(frozen=True)
class Checklist:
    """``version`` is the tenant's, for going live."""

    status: str
    ready: bool
    steps: tuple[Step, ...]
    version: str


def checklist(principal: Principal, tenant_id: UUID) -> Checklist:
    """Raises NotFound, Forbidden."""
    with require(principal, tenant_id, Action.TENANT_LAUNCH).begin() as scope:
        row = edits.existing(scope.session.get(Tenant, tenant_id))
        steps = _steps(scope)
        return Checklist(row.status, not _missing(steps), steps, edits.version_of(row))


def require_ready(scope: db.Scope) -> None:
    """Raises NotReady."""
    if missing := _missing(_steps(scope)):
        raise NotReady(details={"missing": missing})


def _missing(steps: tuple[Step, ...]) -> list[str]:
    return [step.key for step in steps if step.required and not step.done]


def _steps(scope: db.Scope) -> tuple[Step, ...]:
    profile = edits.existing(scope.session.get(TenantProfile, scope.tenant_id))
    branding = edits.existing(scope.session.get(TenantBranding, scope.tenant_id))
    integrations = scope.session.get(TenantIntegrations, scope.tenant_id)
    mapped = _event_types(scope)
    return (
        Step("profile", "Business profile", "A phone number or an e-mail address.", _is_reachable(profile)),
        Step("hours", "Opening hours", "At least one day.", any(profile.business_hours.values())),
        Step("services", "Services", "At least one that customers can see.", bool(mapped)),
        Step("calendar", "Calendar", "The Cal.com API key.", _has_key(integrations)),
        Step(
            "event_types", "Event types", "Each visible service has its Cal.com event type.",
            bool(mapped) and None not in mapped,
        ),
        Step("branding", "Logo and colours", "A logo, or colours of your own.", _is_branded(branding), required=False),
    )  # fmt: skip


def _event_types(scope: db.Scope) -> list[int | None]:
    """Of the services that customers see."""
    services = select(TenantService.cal_event_type_id).where(
        TenantService.tenant_id == scope.tenant_id, col(TenantService.active), col(TenantService.deleted_at).is_(None)
    )
    return list(scope.session.exec(services).all())


def _is_reachable(profile: TenantProfile) -> bool:
    return bool(profile.business_name and profile.timezone and (profile.phone or profile.email))


def _has_key(integrations: TenantIntegrations | None) -> bool:
    if integrations is None or integrations.cal_key_refused_at is not None:
        return False
    return integrations.cal_api_key_secret_id is not None


def _is_branded(branding: TenantBranding) -> bool:
    return bool(branding.logo_url) or (branding.primary_color, branding.accent_color) != DEFAULT_COLORS
