"""The platform's view of its tenants: make, find, rename, suspend and open them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from portal.core import db
from portal.core.auth import Principal
from portal.core.errors import Conflict, Forbidden
from portal.core.settings import get_settings
from portal.domain import onboarding
from portal.domain.admin import edits, fields, launch, paging
from portal.domain.admin.paging import Page
from portal.domain.onboarding import Status
from portal.domain.permissions import Action, Role, find_role, require
from portal.models import Tenant, TenantProfile

LIST: Final = "select * from portal.list_tenants(:term, :status, :after, :most)"


class WrongStatus(Conflict):
    reason = "wrong_status"
    default = "That does not fit the tenant's status."


@dataclass(frozen=True)
class TenantLine:
    """A tenant in the platform's list."""

    id: UUID
    slug: str
    status: str
    vertical: str
    business_name: str
    timezone: str
    created_at: datetime
    url: str
    version: str


@dataclass(frozen=True)
class TenantDetail:
    """One tenant. ``status_reason``: why it is suspended, as the platform wrote it."""

    id: UUID
    slug: str
    status: str
    vertical: str
    business_name: str
    created_at: datetime
    url: str
    status_reason: str | None
    version: str


def list_tenants(
    principal: Principal,
    *,
    search: str | None = None,
    status: str | None = None,
    limit: int = paging.DEFAULT,
    after: str | None = None,
) -> Page[TenantLine]:
    """For the platform: tenants by slug; ``search`` looks into slug and name. Raises Forbidden, InvalidArgument."""
    access = require(principal, None, Action.PLATFORM_TENANTS_VIEW)
    if status is not None:
        fields.one_of(*Status, "deleted")("status", status)
    wanted = {"term": fields.line(100)("search", search), "status": status, "after": paging.decode_text(after)}
    with access.begin() as scope:
        rows = scope.execute(LIST, **wanted, most=paging.size(limit) + 1).all()
    return paging.page(rows, limit, _line, lambda row: (row.slug,))


def create(
    principal: Principal,
    *,
    slug: str,
    name: str,
    vertical: str = onboarding.GENERAL,
    timezone: str = "America/New_York",
) -> TenantDetail:
    """For the platform: a tenant with its vertical's template, not yet open.

    Raises Forbidden, InvalidArgument (with the field), SlugTaken.
    """
    require(principal, None, Action.PLATFORM_TENANTS_MANAGE)
    business = onboarding.checked(slug=slug, name=name, vertical=vertical, timezone=timezone)
    with db.member(principal.user_id, business.id).begin() as scope:
        onboarding.create(scope, business)
        return _detail(scope)


def get(principal: Principal, tenant_id: UUID) -> TenantDetail:
    """Raises NotFound."""
    with require(principal, tenant_id, Action.TENANT_VIEW).begin() as scope:
        return _detail(scope)


def rename(principal: Principal, tenant_id: UUID, slug: str, *, version: str) -> TenantDetail:
    """Give the site another address on our domain: the old one ends at once. Its admin may before it is opened.

    Raises InvalidArgument, SlugTaken, Outdated, Forbidden.
    """
    access = require(principal, tenant_id, Action.TENANT_LAUNCH)
    wanted = fields.slug("slug", slug)
    with access.begin() as scope:
        row = _locked(scope, version)
        if row.status != Status.ONBOARDING and find_role(principal, tenant_id) is not Role.PLATFORM_ADMIN:
            raise Forbidden("Only the platform can change the address of an open site.")
        try:
            edits.change(scope, row, {"slug": wanted}, action="tenant.renamed", target_type="tenant")
        except IntegrityError:
            raise onboarding.SlugTaken(details={"field": "slug"}) from None
        return _detail(scope)


def suspend(principal: Principal, tenant_id: UUID, *, reason: str, version: str) -> TenantDetail:
    """For the platform: close a site; its visitors see a polite page. Raises InvalidArgument, Outdated, WrongStatus."""
    access = require(principal, tenant_id, Action.PLATFORM_TENANTS_MANAGE)
    why = fields.line(300, required=True)("reason", reason)
    with access.begin() as scope:
        row = _locked(scope, version)
        if row.status == Status.SUSPENDED:
            raise WrongStatus("This tenant is suspended already.")
        _set_status(scope, row, Status.SUSPENDED, "tenant.suspended", why)
        return _detail(scope)


def activate(principal: Principal, tenant_id: UUID, *, version: str, reason: str | None = None) -> TenantDetail:
    """For the platform: open a suspended site again, or a new one that is complete.

    Raises Outdated, WrongStatus, NotReady.
    """
    access = require(principal, tenant_id, Action.PLATFORM_TENANTS_MANAGE)
    why = fields.line(300)("reason", reason)
    with access.begin() as scope:
        row = _locked(scope, version)
        if row.status == Status.ACTIVE:
            raise WrongStatus("This tenant's site is open already.")
        if row.status == Status.ONBOARDING:
            launch.require_ready(scope)
        _set_status(scope, row, Status.ACTIVE, "tenant.activated", why)
        return _detail(scope)


def go_live(principal: Principal, tenant_id: UUID, *, version: str) -> TenantDetail:
    """Open a new site once nothing required is missing. Raises Outdated, WrongStatus, NotReady."""
    with require(principal, tenant_id, Action.TENANT_LAUNCH).begin() as scope:
        row = _locked(scope, version)
        if row.status != Status.ONBOARDING:
            raise WrongStatus("Only a site that is being set up can go live.")
        launch.require_ready(scope)
        _set_status(scope, row, Status.ACTIVE, "tenant.launched", None)
        return _detail(scope)


def _set_status(scope: db.Scope, row: Tenant, status: Status, action: str, reason: str | None) -> None:
    note = {"reason": reason} if reason else {}
    edits.change(scope, row, {"status": status.value}, action=action, target_type="tenant", note=note)


def _locked(scope: db.Scope, version: str) -> Tenant:
    """The row, held where the wall lets this person change it; else only read."""
    row = scope.session.get(Tenant, scope.tenant_id, with_for_update=True, populate_existing=True)
    row = edits.existing(row or scope.session.get(Tenant, scope.tenant_id))
    edits.require_version(version, edits.version_of(row), {"slug": row.slug, "status": row.status})
    return row


def _detail(scope: db.Scope) -> TenantDetail:
    row = edits.existing(scope.session.get(Tenant, scope.tenant_id))
    profile = scope.session.get(TenantProfile, scope.tenant_id)
    return TenantDetail(
        id=row.id,
        slug=row.slug,
        status=row.status,
        vertical=row.vertical,
        business_name=profile.business_name if profile else row.slug,
        created_at=row.created_at,
        url=_url(row.slug),
        status_reason=_reason(scope) if row.status == Status.SUSPENDED else None,
        version=edits.version_of(row),
    )


def _reason(scope: db.Scope) -> str | None:
    """Of the latest suspension; staff do not see it."""
    found = scope.execute(
        "select metadata ->> 'reason' from portal.audit_log where tenant_id = :tenant and target_type = 'tenant'"
        " and target_id = :target and action = 'tenant.suspended' order by created_at desc limit 1",
        tenant=scope.tenant_id, target=str(scope.tenant_id),
    ).scalar()  # fmt: skip
    return str(found) if found else None


def _line(row: Any) -> TenantLine:
    return TenantLine(
        id=row.id,
        slug=row.slug,
        status=row.status,
        vertical=row.vertical,
        business_name=row.business_name or row.slug,
        timezone=row.timezone or "",
        created_at=row.created_at,
        url=_url(row.slug),
        version=edits.version_of(row),
    )


def _url(slug: str) -> str:
    settings = get_settings()
    return settings.public_url(f"{slug}.{settings.base_domain}")
