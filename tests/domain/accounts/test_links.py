"""Invitations and password resets: single use, expiring, and never a way to become somebody else."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core import queue
from portal.core.errors import Forbidden, InvalidArgument, NotFound, PortalError
from portal.domain import accounts
from portal.domain.accounts import AlreadyMember, LinkInvalid, SignedIn
from portal.domain.permissions import Role, find_role
from portal.providers.identity import AccountExists, WeakPassword, WrongCredentials
from tests.domain.accounts.conftest import DEVICE, PASSWORD, Business
from tests.mailbox import Mailbox, mailbox

__all__ = ["mailbox"]
NEW = "a password of theirs"
TokenOf = Callable[[str], str]


def invite(business: Business, email: str = "new@shop.example", role: Role = Role.TENANT_STAFF) -> str:
    return accounts.invite(business.owner.principal, business.id, email=email, role=role).url


def enter(email: str, password: str = PASSWORD) -> SignedIn:
    result = accounts.sign_in(email, password, device=DEVICE)
    assert isinstance(result, SignedIn)
    return result


class TestInvite:
    def test_newcomer_joins(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business, "New@Shop.example", Role.TENANT_ADMIN))
        view = accounts.find_link(token)
        assert (view.email, view.has_account, view.business_name) == ("new@shop.example", False, "Shop")
        accounts.accept_invite(token, password=NEW, display_name="  Ann  ")
        joined = enter("new@shop.example", NEW).principal
        assert find_role(joined, business.id) is Role.TENANT_ADMIN
        assert [t.business_name for t in accounts.me(joined).tenants] == ["Shop"]
        assert accounts.me(joined).display_name == "Ann"
        assert business.audit() == ["member.invited", "member.joined"]

    def test_token_is_stored_as_a_hash(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business))
        assert token not in str(business.run("select row_to_json(l)::text from portal.user_links l"))

    def test_works_once(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business))
        accounts.accept_invite(token, password=NEW)
        for call in (accounts.find_link, lambda t: accounts.accept_invite(t, password="yet another one")):
            with pytest.raises(LinkInvalid):
                call(token)
        enter("new@shop.example", NEW)

    def test_works_once_among_racers(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business))
        start = threading.Barrier(8)

        def race(number: int) -> str:
            start.wait()
            try:
                accounts.accept_invite(token, password=f"password of racer {number}")
            except PortalError as error:
                return error.reason
            return "joined"

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(race, range(8)))
        assert outcomes.count("joined") == 1
        assert set(outcomes) <= {"joined", "link_invalid", "account_exists"}
        winner = outcomes.index("joined")
        enter("new@shop.example", f"password of racer {winner}")
        assert business.run("select count(*) from portal.users where email = 'new@shop.example'") == [(1,)]

    def test_expires(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business))
        business.run("update portal.user_links set expires_at = now() - interval '1 second'")
        with pytest.raises(LinkInvalid):
            accounts.accept_invite(token, password=NEW)

    def test_refused_password_leaves_the_link_usable(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business))
        with pytest.raises(WeakPassword):
            accounts.accept_invite(token, password="short")
        accounts.accept_invite(token, password=NEW)

    def test_inviter_cannot_become_somebody_with_an_account(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business, business.stranger.email))
        assert accounts.find_link(token).has_account
        for signed_in in (None, business.owner.principal):
            with pytest.raises(AccountExists):
                accounts.accept_invite(token, signed_in=signed_in, password=NEW)
        with pytest.raises(WrongCredentials):
            enter(business.stranger.email, NEW)
        accounts.accept_invite(token, signed_in=business.stranger.principal)
        assert find_role(business.stranger.principal, business.id) is Role.TENANT_STAFF
        enter(business.stranger.email)

    def test_members_are_not_invited_again(self, business: Business) -> None:
        with pytest.raises(AlreadyMember):
            invite(business, business.staff.email)

    def test_never_lowers_an_active_member(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business, business.stranger.email))
        business.run(
            "insert into portal.tenant_memberships (tenant_id, user_id, role) values (%s, %s, 'tenant_admin')",
            business.id, business.stranger.id,
        )  # fmt: skip
        accounts.accept_invite(token, signed_in=business.stranger.principal)
        assert find_role(business.stranger.principal, business.id) is Role.TENANT_ADMIN

    def test_newer_replaces_older(self, business: Business, token_of: TokenOf) -> None:
        older, newer = token_of(invite(business)), token_of(invite(business))
        with pytest.raises(LinkInvalid):
            accounts.find_link(older)
        assert accounts.find_link(newer)
        assert len(accounts.list_invites(business.owner.principal, business.id)) == 1

    def test_revoked(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business))
        (found,) = accounts.list_invites(business.owner.principal, business.id)
        with pytest.raises(NotFound):
            accounts.revoke_invite(business.stranger.principal, business.other, found.id)
        accounts.revoke_invite(business.owner.principal, business.id, found.id)
        with pytest.raises(LinkInvalid):
            accounts.accept_invite(token, password=NEW)

    def test_links_of_a_disabled_member_are_worth_nothing(self, business: Business, token_of: TokenOf) -> None:
        token = token_of(invite(business))
        second = token_of(
            accounts.invite(
                business.operator.principal, business.id, email="two@shop.example", role=Role.TENANT_ADMIN
            ).url
        )
        accounts.accept_invite(second, password=NEW)
        other_admin = enter("two@shop.example", NEW).principal
        accounts.change_member(other_admin, business.id, business.owner.id, status=accounts.Status.DISABLED)
        with pytest.raises(LinkInvalid):
            accounts.accept_invite(token, password=NEW)

    def test_who_may_invite(self, business: Business) -> None:
        with pytest.raises(Forbidden):
            accounts.invite(business.staff.principal, business.id, email="x@y.example", role=Role.TENANT_STAFF)
        with pytest.raises(NotFound):
            accounts.invite(business.stranger.principal, business.id, email="x@y.example", role=Role.TENANT_STAFF)
        with pytest.raises(Forbidden):
            accounts.invite(business.owner.principal, None, email="x@y.example", role=Role.PLATFORM_ADMIN)
        for tenant, role in ((business.id, Role.PLATFORM_ADMIN), (None, Role.TENANT_ADMIN)):
            with pytest.raises(InvalidArgument):
                accounts.invite(business.operator.principal, tenant, email="x@y.example", role=role)

    def test_platform_admin_joins(self, business: Business, token_of: TokenOf) -> None:
        link = accounts.invite(business.operator.principal, None, email="ops@x.example", role=Role.PLATFORM_ADMIN)
        accounts.accept_invite(token_of(link.url), password=NEW)
        assert enter("ops@x.example", NEW).principal.is_platform_admin

    def test_refuses_what_is_no_address(self, business: Business) -> None:
        for email in ("nobody", "a@b", "a b@c.example", "a@c.example\r\nBcc: d@e.example"):
            with pytest.raises(InvalidArgument):
                invite(business, email)


class TestReset:
    def test_by_an_admin(self, business: Business, token_of: TokenOf) -> None:
        old = enter(business.staff.email)
        link = accounts.create_reset_link(business.owner.principal, business.id, business.staff.id)
        token = token_of(link.url)
        with pytest.raises(LinkInvalid):
            accounts.accept_invite(token, password=NEW)
        accounts.reset_password(token, NEW)
        assert accounts.session_principal(old.cookie) is None
        enter(business.staff.email, NEW)
        with pytest.raises(LinkInvalid):
            accounts.reset_password(token, "yet another one")

    def test_not_for_people_who_are_somebody_elsewhere(self, business: Business, token_of: TokenOf) -> None:
        link = accounts.create_reset_link(business.owner.principal, business.id, business.staff.id)
        business.run(
            "insert into portal.tenant_memberships (tenant_id, user_id, role) values (%s, %s, 'tenant_staff')",
            business.other, business.staff.id,
        )  # fmt: skip
        with pytest.raises(Forbidden):
            accounts.create_reset_link(business.owner.principal, business.id, business.staff.id)
        with pytest.raises(LinkInvalid):
            accounts.reset_password(token_of(link.url), NEW)
        allowed = accounts.create_reset_link(business.operator.principal, business.id, business.staff.id)
        accounts.reset_password(token_of(allowed.url), NEW)

    def test_not_for_other_tenants_people(self, business: Business) -> None:
        with pytest.raises(NotFound):
            accounts.create_reset_link(business.owner.principal, business.id, business.stranger.id)

    def test_second_factor_stays(self, business: Business, token_of: TokenOf) -> None:
        business.run(
            "update portal.users set totp_enabled_at = now(), totp_secret = 'sealed' where id = %s", business.staff.id
        )
        link = accounts.create_reset_link(business.owner.principal, business.id, business.staff.id)
        accounts.reset_password(token_of(link.url), NEW)
        assert business.run("select totp_secret from portal.users where id = %s", business.staff.id) == [("sealed",)]


class TestMail:
    def test_invitation(self, business: Business, mailbox: Mailbox) -> None:
        url = invite(business)
        assert queue.drain() == 1
        (mail,) = mailbox.mails
        assert "To: new@shop.example" in mail
        assert "Subject: Join Shop" in mail
        assert "Message-ID: <" in mail
        assert url in mail.replace("=\r\n", "").replace("=3D", "=")
        stored = str(business.run("select row_to_json(j)::text from portal.jobs j"))
        assert "new@shop.example" not in stored
        assert url.partition("?token=")[2] not in stored

    def test_forgotten_password(self, business: Business, mailbox: Mailbox) -> None:
        for email in (business.owner.email, "nobody@shop.example"):
            accounts.request_reset(email, device=DEVICE)
        assert queue.drain() == 2
        (mail,) = mailbox.mails
        assert f"To: {business.owner.email}" in mail
        body = mail.replace("=\r\n", "").replace("=3D", "=")
        token = body.partition("?token=")[2].split()[0]
        accounts.reset_password(token, NEW)
        enter(business.owner.email, NEW)

    def test_used_link_is_not_mailed(self, business: Business, mailbox: Mailbox, token_of: TokenOf) -> None:
        accounts.accept_invite(token_of(invite(business)), password=NEW)
        queue.drain()
        assert mailbox.mails == []

    def test_server_away_is_tried_again(self, business: Business, configure: Callable[..., None]) -> None:
        configure(SMTP_URL="smtp://127.0.0.1:1", MAIL_FROM="portal@platform.example")
        invite(business)
        queue.drain()
        assert business.run("select state, last_error from portal.jobs") == [
            ("ready", "mail_unavailable: The mail server cannot be reached right now.")
        ]
