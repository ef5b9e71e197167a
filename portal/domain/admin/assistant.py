"""How the assistant speaks, when it hands over, what it never does, and what it may cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from portal.core import clock
from portal.core.auth import Principal
from portal.domain.admin import edits, fields
from portal.domain.permissions import Action, require
from portal.models import TenantAiSettings, TenantUsage

RULES: Final[fields.Rules] = {
    "tone": fields.paragraphs(500, required=True),
    "greeting": fields.paragraphs(500),
    "escalation": fields.paragraphs(2000, required=True),
    "dont_do": fields.lines(30, 300),
    "model": fields.model,
    "daily_token_budget": fields.whole(0, 1_000_000_000),
}


@dataclass(frozen=True)
class AssistantForm:
    """``model`` None: the deployment's own. ``tokens_today`` counts against ``daily_token_budget`` (days are UTC)."""

    tone: str
    greeting: str | None
    escalation: str
    dont_do: list[str]
    model: str | None
    daily_token_budget: int
    tokens_today: int
    version: str


def get(principal: Principal, tenant_id: UUID) -> AssistantForm:
    """Raises NotFound."""
    with require(principal, tenant_id, Action.ASSISTANT_VIEW).begin() as scope:
        row = edits.existing(scope.session.get(TenantAiSettings, tenant_id))
        return _form(row, scope.session.get(TenantUsage, (tenant_id, clock.now().date())))


def update(principal: Principal, tenant_id: UUID, changes: Mapping[str, Any], *, version: str) -> AssistantForm:
    """Change the given fields only. Raises InvalidArgument (with the field), Outdated."""
    with require(principal, tenant_id, Action.ASSISTANT_EDIT).begin() as scope:
        row = edits.lock(scope, TenantAiSettings, tenant_id)
        edits.require_version(version, edits.version_of(row), _values(row))
        values = fields.clean(RULES, changes)
        edits.change(scope, row, values, action="assistant.updated", target_type="assistant")
        return _form(row, scope.session.get(TenantUsage, (tenant_id, clock.now().date())))


def _values(row: TenantAiSettings) -> dict[str, Any]:
    return {name: getattr(row, name) for name in RULES}


def _form(row: TenantAiSettings, usage: TenantUsage | None) -> AssistantForm:
    return AssistantForm(**_values(row), tokens_today=usage.tokens if usage else 0, version=edits.version_of(row))
