"""Who may do what: one table, and the check that every page, handler and route goes through.

The database holds the same rules for rows (migration 0005): this table decides what people are told, the wall what
can happen.
"""

from enum import StrEnum
from uuid import UUID

from portal.core import db
from portal.core.auth import Principal
from portal.core.cache import cache, invalidate
from portal.core.errors import Forbidden, NotFound

# How long a process may go on believing in a membership. Changes drop it everywhere at once; the database asks anew in
# every statement all the same.
KEPT_SECONDS = 5
NAMESPACE = "memberships"
NONE = ""


class Role(StrEnum):
    """What somebody is to a tenant, or to the platform."""

    PLATFORM_ADMIN = "platform_admin"
    TENANT_ADMIN = "tenant_admin"
    TENANT_STAFF = "tenant_staff"


class Action(StrEnum):
    """What somebody may want to do: ``<subject>.<verb>``. Those of ``platform.`` concern no single tenant."""

    TENANT_VIEW = "tenant.view"
    TENANT_LAUNCH = "tenant.launch"
    PROFILE_VIEW = "profile.view"
    PROFILE_EDIT = "profile.edit"
    BRANDING_VIEW = "branding.view"
    BRANDING_EDIT = "branding.edit"
    SERVICES_VIEW = "services.view"
    SERVICES_EDIT = "services.edit"
    FAQS_VIEW = "faqs.view"
    FAQS_EDIT = "faqs.edit"
    POLICIES_VIEW = "policies.view"
    POLICIES_EDIT = "policies.edit"
    INTEGRATIONS_VIEW = "integrations.view"
    INTEGRATIONS_EDIT = "integrations.edit"
    ASSISTANT_VIEW = "assistant.view"
    ASSISTANT_EDIT = "assistant.edit"
    DOMAINS_VIEW = "domains.view"
    DOMAINS_EDIT = "domains.edit"
    MEMBERS_VIEW = "members.view"
    MEMBERS_MANAGE = "members.manage"
    BOOKINGS_VIEW = "bookings.view"
    BOOKINGS_CHANGE = "bookings.change"
    CHATS_VIEW = "chats.view"
    MESSAGES_VIEW = "messages.view"
    MESSAGES_EDIT = "messages.edit"
    EVENTS_VIEW = "events.view"
    EVENTS_RERUN = "events.rerun"
    JOBS_VIEW = "jobs.view"
    JOBS_MANAGE = "jobs.manage"
    AUDIT_VIEW = "audit.view"
    BILLING_VIEW = "billing.view"
    BILLING_MANAGE = "billing.manage"
    PLATFORM_TENANTS_VIEW = "platform.tenants.view"
    PLATFORM_TENANTS_MANAGE = "platform.tenants.manage"
    PLATFORM_ADMINS_MANAGE = "platform.admins.manage"
    PLATFORM_BILLING_VIEW = "platform.billing.view"
    PLATFORM_EVENTS_VIEW = "platform.events.view"
    PLATFORM_EVENTS_RERUN = "platform.events.rerun"
    PLATFORM_JOBS_VIEW = "platform.jobs.view"
    PLATFORM_JOBS_MANAGE = "platform.jobs.manage"

    @property
    def is_platform(self) -> bool:
        return self.startswith("platform.")


_STAFF = frozenset(
    {
        Action.TENANT_VIEW,
        Action.SERVICES_VIEW,
        Action.FAQS_VIEW,
        Action.BOOKINGS_VIEW,
        Action.BOOKINGS_CHANGE,
        Action.CHATS_VIEW,
        Action.MESSAGES_VIEW,
    }
)
ALLOWED: dict[Role, frozenset[Action]] = {
    Role.PLATFORM_ADMIN: frozenset(Action),
    Role.TENANT_ADMIN: frozenset(action for action in Action if not action.is_platform),
    Role.TENANT_STAFF: _STAFF,
}


def is_allowed(role: Role, action: Action) -> bool:
    """The matrix, cell by cell."""
    return action in ALLOWED[role]


def require(principal: Principal, tenant_id: UUID | None, action: Action) -> db.Access:
    """The database scope in which this person may do this, for this tenant (None: for the platform).

    Raises NotFound where they are no member (which tenants exist is nobody's business), Forbidden where their role may
    not do it.
    """
    role = find_role(principal, tenant_id)
    if role is None:
        raise Forbidden if tenant_id is None else NotFound
    if not is_allowed(role, action):
        raise Forbidden
    return db.platform(principal.user_id) if tenant_id is None else db.member(principal.user_id, tenant_id)


def find_role(principal: Principal, tenant_id: UUID | None) -> Role | None:
    """What this person is to this tenant (None: to the platform), as the database says; None: nothing."""
    key = f"{principal.user_id}:{tenant_id or ''}"
    found = cache.load(NAMESPACE, key, KEPT_SECONDS, lambda: _ask(principal.user_id, tenant_id))
    return Role(found) if found != NONE else None


def actions_of(role: Role) -> frozenset[Action]:
    """What a role may do: for showing only what can be used."""
    return ALLOWED[role]


def forget_memberships() -> None:
    """Drop every kept membership, in all processes. Call it after commit of any change to one."""
    invalidate(NAMESPACE)


def _ask(user_id: UUID, tenant_id: UUID | None) -> str:
    access = db.platform(user_id) if tenant_id is None else db.member(user_id, tenant_id)
    with access.begin() as scope:
        role = scope.execute("select portal.member_role()").scalar()
        if tenant_id is not None and role is not None and not _exists(scope, tenant_id):
            return NONE
    return role or NONE


def _exists(scope: db.Scope, tenant_id: UUID) -> bool:
    found = scope.execute("select 1 from portal.tenants where id = :id and status <> 'deleted'", id=tenant_id)
    return found.scalar() is not None
