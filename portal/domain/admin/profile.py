"""Who the business is, where, and when it is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from portal.core.auth import Principal
from portal.domain.admin import edits, fields
from portal.domain.permissions import Action, require
from portal.models import TenantProfile

RULES: Final[fields.Rules] = {
    "business_name": fields.line(120, required=True),
    "tagline": fields.line(160),
    "timezone": fields.timezone,
    "email": fields.email,
    "website_url": fields.web_address,
    "address_line1": fields.line(120),
    "address_line2": fields.line(120),
    "city": fields.line(80),
    "region": fields.line(80),
    "postal_code": fields.line(20),
    "country": fields.country,
    "business_hours": fields.hours,
}
NAMES: Final = (*RULES, "phone")


@dataclass(frozen=True)
class ProfileForm:
    """The profile as it is edited. ``business_hours`` maps mon…sun to spans ``[["09:00", "18:00"], …]``."""

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
    version: str


def get(principal: Principal, tenant_id: UUID) -> ProfileForm:
    """Raises NotFound."""
    with require(principal, tenant_id, Action.PROFILE_VIEW).begin() as scope:
        row = scope.session.get(TenantProfile, tenant_id)
        return _form(edits.existing(row))


def update(principal: Principal, tenant_id: UUID, changes: Mapping[str, Any], *, version: str) -> ProfileForm:
    """Change the given fields only. Raises InvalidArgument (with the field), Outdated."""
    with require(principal, tenant_id, Action.PROFILE_EDIT).begin() as scope:
        row = edits.lock(scope, TenantProfile, tenant_id)
        edits.require_version(version, edits.version_of(row), _values(row))
        edits.change(scope, row, _cleaned(changes, row.country), action="profile.updated", target_type="profile")
        return _form(row)


def _cleaned(changes: Mapping[str, Any], country: str) -> dict[str, Any]:
    """A phone number without a prefix is read as one of the business's (new) country."""
    values = fields.clean(RULES, {name: value for name, value in changes.items() if name != "phone"})
    if "phone" in changes:
        values["phone"] = fields.phone(values.get("country", country))("phone", changes["phone"])
    return values


def _values(row: TenantProfile) -> dict[str, Any]:
    return {name: getattr(row, name) for name in NAMES}


def _form(row: TenantProfile) -> ProfileForm:
    return ProfileForm(**_values(row), version=edits.version_of(row))
