"""Logo and colours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from portal.core import clock, db
from portal.core.auth import Principal
from portal.domain.admin import edits, fields, logos
from portal.domain.admin.logos import Logo
from portal.domain.permissions import Action, require
from portal.models import TenantBranding, TenantLogo

RULES: Final[fields.Rules] = {
    "logo_url": fields.web_address,
    "primary_color": fields.color,
    "accent_color": fields.color,
}


@dataclass(frozen=True)
class BrandingForm:
    """``logo_url`` is a path on every host of ours for an uploaded logo, else an address on the web, or None."""

    logo_url: str | None
    primary_color: str
    accent_color: str
    version: str


def get(principal: Principal, tenant_id: UUID) -> BrandingForm:
    """Raises NotFound."""
    with require(principal, tenant_id, Action.BRANDING_VIEW).begin() as scope:
        return _form(edits.existing(scope.session.get(TenantBranding, tenant_id)))


def update(principal: Principal, tenant_id: UUID, changes: Mapping[str, Any], *, version: str) -> BrandingForm:
    """Change the given fields only; ``logo_url`` None takes the logo away. Raises InvalidArgument, Outdated."""
    with require(principal, tenant_id, Action.BRANDING_EDIT).begin() as scope:
        row = _locked(scope, version)
        if changes.get("logo_url") == row.logo_url:
            changes = {name: value for name, value in changes.items() if name != "logo_url"}
        values = fields.clean(RULES, changes)
        if "logo_url" in values:
            scope.execute("delete from portal.tenant_logos where tenant_id = :tenant", tenant=tenant_id)
        edits.change(scope, row, values, action="branding.updated", target_type="branding")
        return _form(row)


def upload_logo(principal: Principal, tenant_id: UUID, uploaded: bytes, *, version: str) -> BrandingForm:
    """Use an uploaded picture as the logo. Raises InvalidArgument when it is none we can use, Outdated."""
    access = require(principal, tenant_id, Action.BRANDING_EDIT)
    logo = logos.read(uploaded)
    with access.begin() as scope:
        row = _locked(scope, version)
        _store(scope, logo)
        edits.change(scope, row, {"logo_url": logo.path}, action="branding.logo_uploaded", target_type="branding")
        return _form(row)


def _store(scope: db.Scope, logo: Logo) -> None:
    stored = TenantLogo(
        tenant_id=scope.tenant_id,
        content=logo.content,
        content_type=logo.content_type,
        sha256=logo.sha256,
        updated_at=clock.now(),
    )
    scope.session.merge(stored)
    scope.session.flush()


def _locked(scope: db.Scope, version: str) -> TenantBranding:
    row = edits.lock(scope, TenantBranding, scope.tenant_id)
    edits.require_version(version, edits.version_of(row), _values(row))
    return row


def _values(row: TenantBranding) -> dict[str, Any]:
    return {name: getattr(row, name) for name in RULES}


def _form(row: TenantBranding) -> BrandingForm:
    return BrandingForm(**_values(row), version=edits.version_of(row))
