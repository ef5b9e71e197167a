"""What customers agree to: cancelling, being late, not coming, paying, and the legal texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from portal.core.auth import Principal
from portal.domain.admin import edits, fields
from portal.domain.permissions import Action, require
from portal.models import TenantPolicies

RULES: Final[fields.Rules] = {
    "cancellation_policy": fields.paragraphs(4000),
    "late_policy": fields.paragraphs(4000),
    "no_show_policy": fields.paragraphs(4000),
    "payment_policy": fields.paragraphs(4000),
    "privacy_text": fields.paragraphs(50_000),
    "terms_text": fields.paragraphs(50_000),
    "cancel_window_minutes": fields.whole(0, 43_200),
}


@dataclass(frozen=True)
class PoliciesForm:
    """Within ``cancel_window_minutes`` before an appointment customers can no longer change it by themselves."""

    cancellation_policy: str | None
    late_policy: str | None
    no_show_policy: str | None
    payment_policy: str | None
    privacy_text: str | None
    terms_text: str | None
    cancel_window_minutes: int
    version: str


def get(principal: Principal, tenant_id: UUID) -> PoliciesForm:
    """Raises NotFound."""
    with require(principal, tenant_id, Action.POLICIES_VIEW).begin() as scope:
        return _form(edits.existing(scope.session.get(TenantPolicies, tenant_id)))


def update(principal: Principal, tenant_id: UUID, changes: Mapping[str, Any], *, version: str) -> PoliciesForm:
    """Change the given fields only. Raises InvalidArgument (with the field), Outdated."""
    with require(principal, tenant_id, Action.POLICIES_EDIT).begin() as scope:
        row = edits.lock(scope, TenantPolicies, tenant_id)
        edits.require_version(version, edits.version_of(row), _values(row))
        values = fields.clean(RULES, changes)
        edits.change(scope, row, values, action="policies.updated", target_type="policies")
        return _form(row)


def _values(row: TenantPolicies) -> dict[str, Any]:
    return {name: getattr(row, name) for name in RULES}


def _form(row: TenantPolicies) -> PoliciesForm:
    return PoliciesForm(**_values(row), version=edits.version_of(row))
