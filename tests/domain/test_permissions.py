"""Who may do what, cell by cell, written down here once more by hand."""

from uuid import uuid4

import pytest

from portal.core import db
from portal.core.auth import Principal
from portal.core.errors import Forbidden, NotFound
from portal.domain import permissions
from portal.domain.permissions import Action, Role
from tests.domain.accounts.conftest import Business, business

__all__ = ["business"]

P, A, S = Role.PLATFORM_ADMIN, Role.TENANT_ADMIN, Role.TENANT_STAFF
EVERYBODY, ADMINS, PLATFORM = {P, A, S}, {P, A}, {P}
MATRIX = {
    "tenant.view": EVERYBODY, "tenant.launch": ADMINS,
    "profile.view": ADMINS, "profile.edit": ADMINS,
    "branding.view": ADMINS, "branding.edit": ADMINS,
    "services.view": EVERYBODY, "services.edit": ADMINS,
    "faqs.view": EVERYBODY, "faqs.edit": ADMINS,
    "policies.view": ADMINS, "policies.edit": ADMINS,
    "integrations.view": ADMINS, "integrations.edit": ADMINS,
    "assistant.view": ADMINS, "assistant.edit": ADMINS,
    "domains.view": ADMINS, "domains.edit": ADMINS,
    "members.view": ADMINS, "members.manage": ADMINS,
    "bookings.view": EVERYBODY, "bookings.change": EVERYBODY,
    "chats.view": EVERYBODY,
    "messages.view": EVERYBODY, "messages.edit": ADMINS,
    "events.view": ADMINS, "events.rerun": ADMINS,
    "jobs.view": ADMINS, "jobs.manage": ADMINS,
    "audit.view": ADMINS,
    "billing.view": ADMINS, "billing.manage": ADMINS,
    "platform.tenants.view": PLATFORM, "platform.tenants.manage": PLATFORM,
    "platform.admins.manage": PLATFORM, "platform.billing.view": PLATFORM,
    "platform.events.view": PLATFORM, "platform.events.rerun": PLATFORM,
    "platform.jobs.view": PLATFORM, "platform.jobs.manage": PLATFORM,
}  # fmt: skip


class TestMatrix:
    def test_is_complete(self) -> None:
        assert set(MATRIX) == {action.value for action in Action}
        assert set(permissions.ALLOWED) == set(Role)

    @pytest.mark.parametrize("action", list(Action))
    @pytest.mark.parametrize("role", list(Role))
    def test_cell(self, role: Role, action: Action) -> None:
        assert permissions.is_allowed(role, action) is (role in MATRIX[action.value])
        assert (action in permissions.actions_of(role)) is (role in MATRIX[action.value])


class TestRequire:
    def test_every_cell_through_the_database(self, business: Business) -> None:
        people = {P: business.operator, A: business.owner, S: business.staff}
        for role, who in people.items():
            for action in (action for action in Action if not action.is_platform):
                allowed = role in MATRIX[action.value]
                try:
                    access = permissions.require(who.principal, business.id, action)
                except Forbidden:
                    assert not allowed, (role, action)
                else:
                    assert allowed, (role, action)
                    assert access == db.member(who.id, business.id)

    @pytest.mark.parametrize("action", [action for action in Action if action.is_platform])
    def test_platform_cells(self, business: Business, action: Action) -> None:
        assert permissions.require(business.operator.principal, None, action) == db.platform(business.operator.id)
        for who in (business.owner, business.staff, business.stranger):
            for tenant in (None, business.id):
                with pytest.raises((Forbidden, NotFound)):
                    permissions.require(who.principal, tenant, action)

    def test_strangers_learn_nothing_of_a_tenant(self, business: Business) -> None:
        for tenant in (business.id, uuid4()):
            with pytest.raises(NotFound):
                permissions.require(business.stranger.principal, tenant, Action.TENANT_VIEW)

    def test_the_principal_is_not_believed(self, business: Business) -> None:
        """Rights come from the database, not from what a session said a moment ago."""
        claimed = Principal(business.owner.id, business.owner.email, True, uuid4())
        with pytest.raises(Forbidden):
            permissions.require(claimed, None, Action.PLATFORM_TENANTS_VIEW)
        with pytest.raises(NotFound):
            permissions.require(claimed, business.other, Action.TENANT_VIEW)

    def test_deleted_and_unknown_tenants(self, business: Business) -> None:
        business.run("update portal.tenants set status = 'deleted' where id = %s", business.id)
        for who in (business.operator, business.owner):
            for tenant in (business.id, uuid4()):
                with pytest.raises(NotFound):
                    permissions.require(who.principal, tenant, Action.TENANT_VIEW)

    def test_a_change_is_heard_at_once(self, business: Business) -> None:
        permissions.require(business.owner.principal, business.id, Action.PROFILE_EDIT)
        business.run("update portal.tenant_memberships set role = 'tenant_staff' where user_id = %s", business.owner.id)
        permissions.forget_memberships()
        with pytest.raises(Forbidden):
            permissions.require(business.owner.principal, business.id, Action.PROFILE_EDIT)
