"""Members: listed for admins, changed with an audit row, out at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core.errors import Forbidden, InvalidArgument, NotFound, PortalError
from portal.domain import accounts, permissions
from portal.domain.accounts import LastAdmin, Status
from portal.domain.permissions import Action, Role
from tests.domain.accounts.conftest import Business
from tests.people import person


class TestList:
    def test_own_members_only(self, business: Business) -> None:
        found = accounts.list_members(business.owner.principal, business.id)
        assert [(m.email, m.role) for m in found] == [
            ("owner@shop.example", Role.TENANT_ADMIN),
            ("staff@shop.example", Role.TENANT_STAFF),
        ]

    def test_not_for_staff_or_strangers(self, business: Business) -> None:
        with pytest.raises(Forbidden):
            accounts.list_members(business.staff.principal, business.id)
        with pytest.raises(NotFound):
            accounts.list_members(business.stranger.principal, business.id)
        assert len(accounts.list_members(business.operator.principal, business.id)) == 2


class TestChange:
    def test_disabled_member_is_out_at_once(self, business: Business) -> None:
        staff, owner = business.staff.principal, business.owner.principal
        permissions.require(staff, business.id, Action.BOOKINGS_VIEW)
        accounts.change_member(owner, business.id, staff.user_id, status=Status.DISABLED)
        with pytest.raises(NotFound):
            permissions.require(staff, business.id, Action.BOOKINGS_VIEW)
        assert accounts.me(staff).tenants == ()
        accounts.change_member(owner, business.id, staff.user_id, status=Status.ACTIVE)
        permissions.require(staff, business.id, Action.BOOKINGS_VIEW)

    def test_role_and_audit(self, business: Business) -> None:
        accounts.change_member(business.owner.principal, business.id, business.staff.id, role=Role.TENANT_ADMIN)
        permissions.require(business.staff.principal, business.id, Action.MEMBERS_MANAGE)
        rows = business.run("select action, actor_user_id, target_id, metadata from portal.audit_log")
        assert rows == [
            (
                "member.changed", business.owner.id, str(business.staff.id),
                {
                    "before": {"role": "tenant_staff", "status": "active"},
                    "after": {"role": "tenant_admin", "status": "active"},
                },
            )
        ]  # fmt: skip

    @pytest.mark.parametrize("change", [{"role": Role.TENANT_STAFF}, {"status": Status.DISABLED}])
    def test_last_admin_stays(self, business: Business, change: dict[str, object]) -> None:
        for who in (business.owner, business.operator):
            with pytest.raises(LastAdmin):
                accounts.change_member(who.principal, business.id, business.owner.id, **change)  # type: ignore[arg-type]
        assert business.audit() == []

    def test_two_admins_cannot_remove_each_other(self, business: Business) -> None:
        second = person(business.url, "second@shop.example", roles={business.id: "tenant_admin"})
        start = threading.Barrier(2)

        def remove(pair: tuple[permissions.Principal, object]) -> str:
            start.wait()
            try:
                accounts.change_member(pair[0], business.id, pair[1], status=Status.DISABLED)  # type: ignore[arg-type]
            except (PortalError, Exception) as error:  # noqa: BLE001 - the loser's exact end depends on the moment
                return type(error).__name__
            return "done"

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(
                pool.map(remove, [(business.owner.principal, second.id), (second.principal, business.owner.id)])
            )
        left = business.run(
            "select count(*) from portal.tenant_memberships where tenant_id = %s and role = 'tenant_admin'"
            " and status = 'active'",
            business.id,
        )
        assert left == [(1,)], outcomes

    def test_refusals(self, business: Business) -> None:
        with pytest.raises(Forbidden):
            accounts.change_member(business.staff.principal, business.id, business.staff.id, role=Role.TENANT_ADMIN)
        with pytest.raises(NotFound):
            accounts.change_member(business.owner.principal, business.id, business.stranger.id, role=Role.TENANT_ADMIN)
        with pytest.raises(InvalidArgument):
            accounts.change_member(business.owner.principal, business.id, business.staff.id, role=Role.PLATFORM_ADMIN)
        with pytest.raises(Forbidden):
            accounts.set_user_disabled(business.owner.principal, business.stranger.id, disabled=True)
        with pytest.raises(Forbidden):
            accounts.set_user_disabled(business.operator.principal, business.operator.id, disabled=True)
