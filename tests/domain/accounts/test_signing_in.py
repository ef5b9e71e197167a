"""Passwords, sessions and what ends them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from portal.core import queue, redis, secrets
from portal.core.errors import RateLimited
from portal.domain import accounts
from portal.domain.accounts import Device, Kind, SignedIn, devices, signing_in
from portal.providers.identity import TokenRefused, WeakPassword, WrongCredentials, passwords
from tests.domain.accounts.conftest import DEVICE, PASSWORD, Business
from tests.mailbox import Mailbox, mailbox

__all__ = ["mailbox"]


def enter(email: str, password: str = PASSWORD, kind: Kind = Kind.COOKIE, replaces: str | None = None) -> SignedIn:
    result = accounts.sign_in(email, password, device=DEVICE, kind=kind, replaces=replaces)
    assert isinstance(result, SignedIn)
    return result


def cookie_of(email: str, **options: str) -> str:
    cookie = enter(email, **options).cookie
    assert cookie is not None
    return cookie


class TestSignIn:
    def test_opens_a_session(self, business: Business) -> None:
        opened = enter("  Owner@Shop.example ")
        assert opened.principal.user_id == business.owner.id
        assert not opened.principal.is_platform_admin
        assert accounts.session_principal(opened.cookie) == opened.principal
        assert enter(business.operator.email).principal.is_platform_admin

    def test_stores_no_token_and_no_password(self, business: Business) -> None:
        opened = enter(business.owner.email)
        stored = str(business.run("select row_to_json(s)::text from portal.user_sessions s"))
        stored += str(business.run("select row_to_json(u)::text from portal.users u"))
        assert opened.cookie is not None
        assert opened.cookie not in stored
        assert PASSWORD not in stored
        assert "$argon2id$" in stored
        assert opened.cookie not in repr(opened)

    @pytest.mark.parametrize(
        ("email", "password"),
        [("owner@shop.example", "wrong password"), ("nobody@shop.example", PASSWORD), ("owner@shop.example", "")],
    )
    def test_refuses_in_the_same_words(self, business: Business, email: str, password: str) -> None:
        with pytest.raises(WrongCredentials) as refused:
            enter(email, password)
        assert refused.value.message == WrongCredentials.default
        assert refused.value.details == {}

    def test_does_the_same_work_for_everybody(self, business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
        """Counted, not timed: each refusal asks the database once and checks one hash of the same cost."""
        seen: list[str | None] = []
        check = passwords._hasher.verify
        monkeypatch.setattr(
            type(passwords._hasher), "verify", lambda _, hashed, given: (seen.append(hashed), check(hashed, given))[1]
        )
        business.run("update portal.users set disabled_at = now() where id = %s", business.staff.id)
        business.run("update portal.users set password_hash = null where id = %s", business.stranger.id)
        for email in ("owner@shop.example", "nobody@shop.example", business.staff.email, business.stranger.email):
            with pytest.raises(WrongCredentials):
                enter(email, "wrong password")
        assert len(seen) == 4
        costs = {hashed.split("$")[3] for hashed in seen if hashed}
        assert costs == {"m=19456,t=2,p=1"}

    def test_disabled_account(self, business: Business) -> None:
        business.run("update portal.users set disabled_at = now() where id = %s", business.owner.id)
        with pytest.raises(WrongCredentials):
            enter(business.owner.email)

    def test_limits_tries_per_address_known_or_not(self, business: Business) -> None:
        for email in ("owner@shop.example", "nobody@shop.example"):
            for number in range(30):
                with pytest.raises(WrongCredentials):
                    accounts.sign_in(email, "wrong password", device=Device(f"ip-{email}-{number}"))
            with pytest.raises(RateLimited) as limited:
                accounts.sign_in(email, PASSWORD, device=Device("another"))
            assert 0 < limited.value.retry_after_seconds <= 900

    def test_limits_tries_per_visitor(self, business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
        few = replace(signing_in.PASSWORDS, address=(3, 300.0))
        monkeypatch.setattr(signing_in, "PASSWORDS", few)
        for number in range(3):
            with pytest.raises(WrongCredentials):
                enter(f"nobody{number}@shop.example")
        with pytest.raises(RateLimited):
            enter(business.owner.email)

    def test_success_clears_the_count_of_the_address(self, business: Business) -> None:
        for _ in range(2):
            for _ in range(8):
                with pytest.raises(WrongCredentials):
                    enter(business.owner.email, "wrong password")
            enter(business.owner.email)

    def test_outdated_hash_is_renewed(self, business: Business) -> None:
        from argon2 import PasswordHasher

        weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD.encode())
        business.run("update portal.users set password_hash = %s where id = %s", weak, business.owner.id)
        enter(business.owner.email)
        stored = business.run("select password_hash from portal.users where id = %s", business.owner.id)[0][0]
        assert "m=19456,t=2,p=1" in stored
        enter(business.owner.email)

    def test_unicode_spellings_are_one(self, business: Business) -> None:
        hashed = passwords.hash_password("Grüße aus Köln")
        business.run("update portal.users set password_hash = %s where id = %s", hashed, business.owner.id)
        enter(business.owner.email, "Gru\u0308\u00dfe aus Ko\u0308ln")


def known(email: str) -> Device:
    """A browser with which the owner of this address signed in before, at an address where others guess."""
    cookie = enter(email).device
    assert cookie is not None
    return Device("ip-of-everybody", "a browser", ("junk", cookie.value))


def guess(email: str, *, times: int, device: Device | None = None) -> None:
    """Wrong passwords of somebody who does not stop when refused."""
    for number in range(times):
        with pytest.raises((WrongCredentials, RateLimited)):
            accounts.sign_in(email, "wrong password", device=device or Device(f"ip-{number % 20}"))


@pytest.fixture
def few_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that fewer passwords are hashed."""
    monkeypatch.setattr(signing_in, "PASSWORDS", replace(signing_in.PASSWORDS, strangers=(12, 900.0)))


@pytest.mark.usefixtures("few_strangers")
class TestStrangersGuess:
    def test_a_browser_that_signed_in_before_is_not_locked_out(self, business: Business) -> None:
        own = known(business.owner.email)
        guess(business.owner.email, times=60)
        guess(business.owner.email, times=60, device=Device("ip-of-everybody"))
        with pytest.raises(RateLimited):
            enter(business.owner.email)
        assert isinstance(accounts.sign_in(business.owner.email, PASSWORD, device=own), SignedIn)
        # Again and again.
        guess(business.owner.email, times=5)
        assert isinstance(accounts.sign_in(business.owner.email, PASSWORD, device=own), SignedIn)

    def test_one_stranger_does_not_slow_another(self, business: Business) -> None:
        guess(business.owner.email, times=40, device=Device("one"))
        assert isinstance(accounts.sign_in(business.owner.email, PASSWORD, device=Device("new browser")), SignedIn)

    def test_its_own_tries_are_bounded_too(self, business: Business) -> None:
        own = known(business.owner.email)
        for _ in range(10):
            with pytest.raises(WrongCredentials):
                accounts.sign_in(business.owner.email, "wrong password", device=own)
        with pytest.raises(RateLimited):
            accounts.sign_in(business.owner.email, PASSWORD, device=own)
        enter(business.owner.email)

    def test_the_cookie_is_of_one_account_and_opens_nothing(self, business: Business) -> None:
        other = known(business.staff.email)
        guess(business.owner.email, times=60)
        with pytest.raises(RateLimited):
            accounts.sign_in(business.owner.email, PASSWORD, device=other)
        assert accounts.session_principal(other.known_as[1]) is None
        with pytest.raises(WrongCredentials):
            accounts.sign_in(business.staff.email, "wrong password", device=other)

    def test_a_changed_cookie_is_a_strangers(self, business: Business) -> None:
        cookie = known(business.owner.email).known_as[1]
        forged = secrets.sign("manage", {"d": "x", "o": devices.digest(business.owner.email)}, ttl_seconds=60)
        for value in (cookie[:-2], forged, "", "x" * 5000, "a.b.c"):
            assert devices.known_device(Device("ip", "", (value,)), business.owner.email) is None
        assert devices.known_device(Device("ip", "", (cookie,)), business.owner.email.upper()) is not None

    def test_an_address_without_an_account_is_treated_alike(self, business: Business) -> None:
        """What is asked of the database and of Redis, refusal by refusal."""
        seen = []
        for email in (business.owner.email, "nobody@shop.example"):
            redis.client().flushall()
            refused = []
            for number in range(16):
                with pytest.raises((WrongCredentials, RateLimited)) as each:
                    accounts.sign_in(email, "wrong password", device=Device(f"ip-{number}"))
                refused.append((type(each.value), each.value.message))
            jobs = business.run("select name, count(*) from portal.jobs group by name")
            business.run("delete from portal.jobs")
            seen.append((refused, jobs))
        assert seen[0] == seen[1]

    def test_who_is_signed_in_changes_the_password_meanwhile(self, business: Business) -> None:
        current = enter(business.owner.email)
        guess(business.owner.email, times=60)
        accounts.change_password(current.principal, PASSWORD, "another long one")

    def test_a_known_browser_asks_for_a_new_password_meanwhile(self, business: Business) -> None:
        own = known(business.owner.email)
        for number in range(8):
            with suppress(RateLimited):
                accounts.request_reset(business.owner.email, device=Device(f"ip-{number}"))
        with pytest.raises(RateLimited):
            accounts.request_reset(business.owner.email, device=DEVICE)
        accounts.request_reset(business.owner.email, device=own)


@pytest.mark.usefixtures("few_strangers")
class TestOwnerIsTold:
    def test_once_of_many_tries(self, business: Business, mailbox: Mailbox) -> None:
        guess(business.owner.email, times=9)
        assert queue.drain() == 0
        guess(business.owner.email, times=60)
        guess("nobody@shop.example", times=60)
        assert queue.drain() == 2
        (mail,) = mailbox.mails
        assert f"To: {business.owner.email}" in mail
        assert "Subject: Many failed tries to sign in" in mail
        assert "/admin/forgotten" in mail.replace("=\r\n", "")
        assert business.owner.email not in str(business.run("select row_to_json(j)::text from portal.jobs j"))

    def test_not_of_their_own(self, business: Business, mailbox: Mailbox) -> None:
        guess(business.owner.email, times=15, device=known(business.owner.email))
        assert queue.drain() == 0

    def test_not_who_is_shut_out(self, business: Business, mailbox: Mailbox) -> None:
        business.run("update portal.users set disabled_at = now() where id = %s", business.owner.id)
        guess(business.owner.email, times=30)
        queue.drain()
        assert mailbox.mails == []


class TestSession:
    def test_nobodys_tokens(self, business: Business) -> None:
        for token in (None, "", "x", "x" * 43, "x" * 5000, "\x00"):
            assert accounts.session_principal(token) is None

    def test_signing_in_replaces_the_old_session(self, business: Business) -> None:
        old = cookie_of(business.owner.email)
        new = enter(business.owner.email, replaces=old).cookie
        assert new != old
        assert accounts.session_principal(old) is None
        assert accounts.session_principal(new) is not None

    def test_sign_out_is_heard_at_once(self, business: Business) -> None:
        opened = enter(business.owner.email)
        assert accounts.session_principal(opened.cookie) is not None
        accounts.sign_out(opened.principal)
        assert accounts.session_principal(opened.cookie) is None

    def test_sign_out_everywhere(self, business: Business) -> None:
        first, second = enter(business.owner.email), enter(business.owner.email)
        others = cookie_of(business.staff.email)
        assert accounts.sign_out_everywhere(first.principal, keep_current=True) == 1
        assert accounts.session_principal(first.cookie) is not None
        assert accounts.session_principal(second.cookie) is None
        assert accounts.sign_out_everywhere(first.principal) == 1
        assert accounts.session_principal(first.cookie) is None
        assert accounts.session_principal(others) is not None

    @pytest.mark.parametrize(
        "change",
        [
            "last_seen_at = now() - interval '12 hours 1 minute'",
            "expires_at = now() - interval '1 second'",
            "revoked_at = now()",
            "kind = 'token'",
        ],
    )
    def test_ends(self, business: Business, change: str) -> None:
        cookie = cookie_of(business.owner.email)
        business.run(f"update portal.user_sessions set {change}")
        assert accounts.session_principal(cookie) is None

    def test_use_keeps_it_alive(self, business: Business) -> None:
        cookie = cookie_of(business.owner.email)
        business.run("update portal.user_sessions set last_seen_at = now() - interval '11 hours'")
        assert accounts.session_principal(cookie) is not None
        idle = business.run("select now() - last_seen_at < interval '1 minute' from portal.user_sessions")
        assert idle == [(True,)]
        lifetime = business.run("select extract(day from expires_at - created_at) from portal.user_sessions")
        assert lifetime == [(7,)]

    def test_disabled_user_is_out_at_once(self, business: Business) -> None:
        cookie = cookie_of(business.owner.email)
        assert accounts.session_principal(cookie) is not None
        accounts.set_user_disabled(business.operator.principal, business.owner.id, disabled=True)
        assert accounts.session_principal(cookie) is None
        with pytest.raises(WrongCredentials):
            enter(business.owner.email)
        accounts.set_user_disabled(business.operator.principal, business.owner.id, disabled=False)
        enter(business.owner.email)
        assert accounts.session_principal(cookie) is None


class TestTokens:
    def tokens(self, business: Business) -> tuple[SignedIn, str, str]:
        opened = enter(business.owner.email, kind=Kind.TOKEN)
        assert opened.cookie is None
        assert opened.tokens is not None
        return opened, opened.tokens.access_token, opened.tokens.refresh_token

    def test_access_token_names_its_session(self, business: Business) -> None:
        opened, access, refresh = self.tokens(business)
        assert accounts.token_principal(access) == opened.principal
        assert accounts.session_principal(refresh) is None
        accounts.sign_out(opened.principal, access_token=access)
        assert accounts.token_principal(access) is None
        with pytest.raises(TokenRefused):
            accounts.refresh(refresh)

    def test_refresh_renews_both(self, business: Business) -> None:
        opened, _, refresh = self.tokens(business)
        renewed = accounts.refresh(refresh)
        assert renewed.principal == opened.principal
        assert renewed.tokens is not None
        assert renewed.tokens.refresh_token != refresh
        assert accounts.token_principal(renewed.tokens.access_token) == opened.principal
        with pytest.raises(TokenRefused):
            accounts.refresh(refresh)

    def test_stolen_refresh_token_ends_the_session(self, business: Business) -> None:
        _, _, refresh = self.tokens(business)
        renewed = accounts.refresh(refresh).tokens
        assert renewed is not None
        business.run("update portal.user_sessions set rotated_at = now() - interval '1 minute'")
        with pytest.raises(TokenRefused):
            accounts.refresh(refresh)
        assert accounts.token_principal(renewed.access_token) is None
        with pytest.raises(TokenRefused):
            accounts.refresh(renewed.refresh_token)

    def test_cookie_is_no_refresh_token(self, business: Business) -> None:
        with pytest.raises(TokenRefused):
            accounts.refresh(cookie_of(business.owner.email))


class TestChangePassword:
    def test_ends_other_sessions(self, business: Business) -> None:
        current, other = enter(business.owner.email), enter(business.owner.email)
        accounts.change_password(current.principal, PASSWORD, "another long one")
        assert accounts.session_principal(current.cookie) is not None
        assert accounts.session_principal(other.cookie) is None
        enter(business.owner.email, "another long one")
        with pytest.raises(WrongCredentials):
            enter(business.owner.email)
        assert "account.password_changed" in business.audit()

    def test_needs_the_current_one(self, business: Business) -> None:
        with pytest.raises(WrongCredentials):
            accounts.change_password(business.owner.principal, "wrong password", "another long one")

    @pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa", "OWNER@shop.example"])
    def test_refuses_weak_ones(self, business: Business, password: str) -> None:
        with pytest.raises(WeakPassword):
            accounts.change_password(business.owner.principal, PASSWORD, password)


class TestPlatformAdminOfTheCommandLine:
    def test_new_address_gets_a_link(self, business: Business, token_of: Callable[[str], str]) -> None:
        link = accounts.create_platform_admin(business.url, "First@Platform.example")
        assert link is not None
        accounts.accept_invite(token_of(link.url), password="a password of theirs")
        assert enter("first@platform.example", "a password of theirs").principal.is_platform_admin

    def test_existing_account_gets_the_rights(self, business: Business) -> None:
        assert accounts.create_platform_admin(business.url, business.owner.email) is None
        assert enter(business.owner.email).principal.is_platform_admin
