"""A tenant's members: who they are, what they may, and shutting somebody out at once."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.core import db
from portal.core.auth import Principal
from portal.core.errors import Conflict, Forbidden, InvalidArgument, NotFound
from portal.domain.accounts.sessions import forget_sessions
from portal.domain.permissions import Action, Role, forget_memberships, require


class Status(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


class LastAdmin(Conflict):
    reason = "last_admin"
    default = "This is the last admin of the business: make somebody else an admin first."


@dataclass(frozen=True)
class Member:
    """Somebody who belongs to a tenant."""

    user_id: UUID
    email: str = field(repr=False)
    display_name: str | None = field(repr=False)
    role: Role
    status: str
    has_totp: bool
    joined_at: datetime
    last_seen_at: datetime | None


@dataclass(frozen=True)
class Invitation:
    """Somebody who was asked to join and has not yet."""

    id: UUID
    email: str = field(repr=False)
    role: Role
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Membership:
    """A tenant that somebody belongs to."""

    tenant_id: UUID
    slug: str
    status: str
    business_name: str
    role: Role


@dataclass(frozen=True)
class Account:
    """Somebody signed in, as they see themselves."""

    user_id: UUID
    email: str = field(repr=False)
    display_name: str | None = field(repr=False)
    is_platform_admin: bool
    has_totp: bool
    tenants: tuple[Membership, ...]


def me(principal: Principal) -> Account:
    """Who is signed in, and where they belong."""
    with db.identity().begin() as scope:
        row = scope.execute("select * from portal.account_of(:user)", user=principal.user_id).one_or_none()
    if row is None:
        raise NotFound
    tenants = _memberships(principal)
    return Account(principal.user_id, row.email, row.display_name, row.is_platform_admin, row.has_totp, tenants)


def only_tenant(principal: Principal) -> UUID | None:
    """The tenant of somebody who belongs to one; None for everybody else."""
    found = _memberships(principal)
    return found[0].tenant_id if len(found) == 1 else None


def list_members(principal: Principal, tenant_id: UUID) -> tuple[Member, ...]:
    """All members, disabled ones too, by address."""
    with require(principal, tenant_id, Action.MEMBERS_VIEW).begin() as scope:
        rows = scope.execute("select * from portal.list_members()").mappings().all()
    return tuple(Member(**{**row, "role": Role(row["role"])}) for row in rows)


def list_invites(principal: Principal, tenant_id: UUID) -> tuple[Invitation, ...]:
    """Open invitations, the newest first."""
    with require(principal, tenant_id, Action.MEMBERS_VIEW).begin() as scope:
        rows = scope.execute("select * from portal.list_invites()").mappings().all()
    return tuple(Invitation(**{**row, "role": Role(row["role"])}) for row in rows)


def change_member(
    principal: Principal, tenant_id: UUID, user_id: UUID, *, role: Role | None = None, status: Status | None = None
) -> None:
    """Give a member another role, or shut them out (or in again), at once and in every process.

    Raises Forbidden, NotFound, InvalidArgument, LastAdmin.
    """
    access = require(principal, tenant_id, Action.MEMBERS_MANAGE)
    if role is Role.PLATFORM_ADMIN or (role is None and status is None):
        raise InvalidArgument("This role cannot be given here.", details={"field": "role"})
    with access.begin() as scope:
        row = scope.execute(
            "select * from portal.change_member(:user, :role, :status)", user=user_id, role=role, status=status
        ).one()
        if row.outcome == "missing":
            raise NotFound
        if row.outcome == "last_admin":
            raise LastAdmin
        _audit_change(scope, user_id, row, role, status)
        scope.after_commit(forget_memberships)


def set_user_disabled(principal: Principal, user_id: UUID, *, disabled: bool) -> None:
    """Shut somebody out of the whole platform and end their sessions, or let them in again. Not oneself."""
    access = require(principal, None, Action.PLATFORM_ADMINS_MANAGE)
    if user_id == principal.user_id:
        raise Forbidden("You cannot shut yourself out.")
    with access.begin() as scope:
        if not scope.execute("select portal.disable_user(:user, :disabled)", user=user_id, disabled=disabled).scalar():
            raise NotFound
        action = "account.disabled" if disabled else "account.enabled"
        scope.audit(action, actor_type="user", target_type="user", target_id=str(user_id), details={})
        scope.after_commit(forget_sessions)
        scope.after_commit(forget_memberships)


def _memberships(principal: Principal) -> tuple[Membership, ...]:
    with db.platform(principal.user_id).begin() as scope:
        found = scope.execute("select * from portal.my_tenants()").all()
    return tuple(Membership(t.tenant_id, t.slug, t.status, t.business_name or t.slug, Role(t.role)) for t in found)


def _audit_change(scope: db.Scope, user_id: UUID, row: Any, role: Role | None, status: Status | None) -> None:
    before = {"role": row.old_role, "status": row.old_status}
    after = {"role": role or row.old_role, "status": status or row.old_status}
    scope.audit(
        "member.changed", actor_type="user", target_type="user", target_id=str(user_id),
        details={"before": before, "after": after},
    )  # fmt: skip
