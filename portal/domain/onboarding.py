"""A new business from its vertical's template, and whether its site is open.

Whoever may create one brings the transaction: a platform admin's scope of the new tenant
(``db.member(admin_id, new_id)``), or ``db.as_owner`` where only the address of the database's owner is at hand: the
command line, the demo.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID, uuid5

from portal.core import tenant
from portal.core.errors import Conflict, InvalidArgument, NotFound
from portal.core.ids import new_id
from portal.domain.admin import fields
from portal.hooks import manager
from portal.hooks.types import VerticalTemplate

GENERAL = "general"  # the vertical without a template


class SlugTaken(Conflict):
    reason = "slug_taken"
    default = "Another business has this name already. Please choose another one."


class Status(StrEnum):
    """Only an active tenant's site answers; a suspended one says so politely."""

    ONBOARDING = "onboarding"
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, kw_only=True)
class Business:
    """What a new one starts from. ``profile`` holds further columns of tenant_profiles.

    With ``first_event_type`` its services' event types are numbered from there, in the template's order.
    """

    slug: str
    name: str
    vertical: str = GENERAL
    timezone: str = "America/New_York"
    status: Status = Status.ONBOARDING
    id: UUID = field(default_factory=new_id)
    profile: Mapping[str, Any] = field(default_factory=dict)
    first_event_type: int | None = None


@dataclass(frozen=True)
class TenantRow:
    """A line of the list of tenants."""

    id: UUID
    slug: str
    status: str
    vertical: str
    business_name: str
    timezone: str


class Rows(Protocol):
    """An open transaction that may write a tenant's rows, as ``db.Scope`` is one."""

    def execute(self, statement: str, **parameters: Any) -> Any: ...

    def after_commit(self, call: Callable[[], None]) -> None: ...


def checked(*, slug: str, name: str, vertical: str, timezone: str) -> Business:
    """A business as somebody asks for it. Raises InvalidArgument with the field."""
    if vertical != GENERAL and manager.vertical_template(vertical) is None:
        raise fields.wrong("vertical", f"There is no vertical called {vertical!r}: it is a plugin's key, or {GENERAL}.")
    business_name = fields.line(120, required=True)("name", name)
    if business_name is None:
        raise InvalidArgument(details={"field": "name"})
    return Business(
        slug=fields.slug("slug", slug),
        name=business_name,
        vertical=vertical,
        timezone=fields.timezone("timezone", timezone),
    )


def create(rows: Rows, business: Business) -> UUID:
    """Store the tenant with all that its template gives. Raises SlugTaken."""
    identity = {"id": business.id, "slug": business.slug, "vertical": business.vertical}
    if not _insert(rows, "tenants", status=business.status.value, **identity):
        raise SlugTaken(details={"field": "slug"})
    template = manager.vertical_template(business.vertical)
    _write_site(rows, business, template)
    if template is not None:
        _write_catalog(rows, business, template)
    _audit(rows, business.id, "tenant.created", identity)
    rows.after_commit(lambda: tenant.forget(business.id))
    return business.id


def change_status(rows: Rows, slug: str, status: Status) -> TenantRow:
    """Open or close a site, in all processes at once. Raises NotFound."""
    found = next((row for row in listing(rows) if row.slug == slug), None)
    if found is None:
        raise NotFound(f"There is no tenant {slug!r}.")
    if found.status != status:
        rows.execute(
            "update portal.tenants set status = :status, updated_at = now() where id = :id", status=status, id=found.id
        )
        _audit(rows, found.id, "tenant.status_changed", {"before": found.status, "after": status.value})
        rows.after_commit(lambda: tenant.forget(found.id))
    return TenantRow(found.id, found.slug, status.value, found.vertical, found.business_name, found.timezone)


def listing(rows: Rows) -> list[TenantRow]:
    """All tenants that were not deleted and that this transaction may see, by slug."""
    found = rows.execute(
        "select t.id, t.slug, t.status, t.vertical, coalesce(p.business_name, t.slug), coalesce(p.timezone, '')"
        " from portal.tenants t left join portal.tenant_profiles p on p.tenant_id = t.id"
        " where t.status <> 'deleted' order by t.slug"
    )
    return [TenantRow(*row) for row in found]


def _write_site(rows: Rows, business: Business, template: VerticalTemplate | None) -> None:
    given = _site_of(template) if template is not None else {}
    profile = {"business_name": business.name, "timezone": business.timezone, **business.profile}
    for table in ("profiles", "branding", "policies", "ai_settings", "integrations"):
        values = given.get(table, {}) | (profile if table == "profiles" else {})
        _insert(rows, f"tenant_{table}", tenant_id=business.id, **values)


def _site_of(template: VerticalTemplate) -> dict[str, dict[str, Any]]:
    primary, accent = template.colors
    return {
        "profiles": {"tagline": template.tagline, "business_hours": template.business_hours},
        "branding": {"primary_color": primary, "accent_color": accent},
        "policies": {
            "cancellation_policy": template.cancellation_policy,
            "late_policy": template.late_policy,
            "no_show_policy": template.no_show_policy,
            "payment_policy": template.payment_policy,
            "cancel_window_minutes": template.cancel_window_minutes,
        },
        "ai_settings": {"tone": template.tone, "dont_do": list(template.dont_do)},
    }


def _write_catalog(rows: Rows, business: Business, template: VerticalTemplate) -> None:
    resources = {service.resource: uuid5(business.id, f"resource:{service.resource}") for service in template.services}
    for name, resource_id in resources.items():
        _insert(rows, "tenant_resources", id=resource_id, tenant_id=business.id, name=name)
    first = business.first_event_type
    for position, service in enumerate(template.services):
        _insert(
            rows, "tenant_services",
            id=uuid5(business.id, f"service:{service.name}"), tenant_id=business.id,
            resource_id=resources[service.resource], name=service.name, description=service.description,
            category=service.category, duration_minutes=service.duration_minutes, price_cents=service.price_cents,
            seats=service.seats, sort_order=position,
            cal_event_type_id=None if first is None else first + position,
        )  # fmt: skip
    for position, (question, answer) in enumerate(template.faqs):
        _insert(
            rows, "tenant_faqs",
            id=uuid5(business.id, f"faq:{question}"), tenant_id=business.id, question=question, answer=answer,
            sort_order=position,
        )  # fmt: skip


def _insert(rows: Rows, table: str, **values: Any) -> bool:
    """One row, unless its key is there already. Table and column names are ours; lists are stored as JSON."""
    marks = ", ".join(f"cast(:{name} as jsonb)" if _is_json(value) else f":{name}" for name, value in values.items())
    statement = f"insert into portal.{table} ({', '.join(values)}) values ({marks}) on conflict do nothing"  # noqa: S608
    stored = {name: json.dumps(value) if _is_json(value) else value for name, value in values.items()}
    return bool(rows.execute(statement, **stored).rowcount)


def _is_json(value: object) -> bool:
    return isinstance(value, dict | list)


def _audit(rows: Rows, tenant_id: UUID, action: str, details: Mapping[str, Any]) -> None:
    """By the signed-in person, or by the system where nobody is."""
    rows.execute(
        "insert into portal.audit_log"
        " (id, tenant_id, actor_user_id, actor_type, action, target_type, target_id, metadata)"
        " values (:id, :tenant, portal.current_user_id(),"
        " case when portal.current_user_id() is null then 'system' else 'user' end,"
        " :action, 'tenant', :target, cast(:details as jsonb))",
        id=new_id(), tenant=tenant_id, action=action, target=str(tenant_id), details=json.dumps(details, default=str),
    )  # fmt: skip
