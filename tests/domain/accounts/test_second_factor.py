"""Codes of an authenticator app, and recovery codes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine

from portal.core import redis
from portal.core.auth import Principal
from portal.core.errors import RateLimited
from portal.domain import accounts
from portal.domain.accounts import AlreadyOn, Device, Kind, SecondStep, SignedIn, WrongCode, second_factor
from portal.providers.identity import TokenRefused
from tests.domain.accounts.conftest import DEVICE, PASSWORD, Business

NOON = datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def turn_on(who: Principal) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    """At noon, with the code of that moment."""
    begun = second_factor.begin(who)
    assert begun.qr_code.startswith("data:image/svg+xml")
    totp = pyotp.TOTP(begun.secret)
    return totp, second_factor.confirm(who, totp.at(NOON))


def challenge(business: Business, kind: Kind = Kind.COOKIE) -> str:
    result = accounts.sign_in(business.owner.email, PASSWORD, device=DEVICE, kind=kind)
    assert isinstance(result, SecondStep)
    return result.challenge


class TestSecondStep:
    def test_code_completes_the_sign_in(self, business: Business) -> None:
        totp, _ = turn_on(business.owner.principal)
        opened = accounts.finish_sign_in(challenge(business), totp.at(NOON + timedelta(seconds=30)), device=DEVICE)
        assert accounts.session_principal(opened.cookie) == opened.principal

    def test_tokens_come_after_the_code(self, business: Business) -> None:
        totp, _ = turn_on(business.owner.principal)
        opened = accounts.finish_sign_in(
            challenge(business, Kind.TOKEN), totp.at(NOON + timedelta(seconds=30)), device=DEVICE
        )
        assert opened.tokens is not None

    def test_code_counts_once(self, business: Business) -> None:
        totp, _ = turn_on(business.owner.principal)
        # The code that turned it on is used up too.
        with pytest.raises(WrongCode):
            accounts.finish_sign_in(challenge(business), totp.at(NOON), device=DEVICE)
        code = totp.at(NOON + timedelta(seconds=30))
        accounts.finish_sign_in(challenge(business), code, device=DEVICE)
        with pytest.raises(WrongCode):
            accounts.finish_sign_in(challenge(business), code, device=DEVICE)

    def test_old_and_future_codes_are_refused(self, business: Business) -> None:
        totp, _ = turn_on(business.owner.principal)
        for seconds in (-90, 90):
            with pytest.raises(WrongCode):
                second_factor.check(business.owner.id, totp.at(NOON + timedelta(seconds=seconds)))

    def test_challenge_counts_once(self, business: Business) -> None:
        _, recovery = turn_on(business.owner.principal)
        first = challenge(business)
        accounts.finish_sign_in(first, recovery[0], device=DEVICE)
        with pytest.raises(TokenRefused):
            accounts.finish_sign_in(first, recovery[1], device=DEVICE)
        with pytest.raises(TokenRefused):
            accounts.finish_sign_in("made up", recovery[1], device=DEVICE)

    def test_recovery_code_counts_once(self, business: Business) -> None:
        _, recovery = turn_on(business.owner.principal)
        assert len(set(recovery)) == 10
        accounts.finish_sign_in(challenge(business), recovery[0].upper().replace("-", " "), device=DEVICE)
        with pytest.raises(WrongCode):
            accounts.finish_sign_in(challenge(business), recovery[0], device=DEVICE)
        assert "account.recovery_code_used" in business.audit()

    def test_guessing_is_limited(self, business: Business) -> None:
        turn_on(business.owner.principal)
        redis.client().flushall()
        waiting = challenge(business)
        for _ in range(5):
            with pytest.raises(WrongCode):
                accounts.finish_sign_in(waiting, "000000", device=DEVICE)
        with pytest.raises(RateLimited):
            accounts.finish_sign_in(waiting, "000000", device=DEVICE)

    def test_who_guesses_codes_slows_strangers_only(self, business: Business) -> None:
        """Somebody knows the password, and uses up the tries of codes again and again."""
        turn_on(business.owner.principal)
        redis.client().flushall()
        own = Device("ip-hash", "", (accounts.name_device(business.owner.email).value,))
        waiting = challenge(business)
        for _ in range(6):
            with pytest.raises((WrongCode, RateLimited)):
                accounts.finish_sign_in(waiting, "000000", device=DEVICE)
        with pytest.raises(WrongCode):
            accounts.finish_sign_in(challenge(business), "000000", device=own)
        with pytest.raises(WrongCode):
            second_factor.turn_off(business.owner.principal, "000000")

    def test_turned_off_with_a_code(self, business: Business) -> None:
        _, recovery = turn_on(business.owner.principal)
        with pytest.raises(WrongCode):
            second_factor.turn_off(business.owner.principal, "123456")
        second_factor.turn_off(business.owner.principal, recovery[3])
        assert isinstance(accounts.sign_in(business.owner.email, PASSWORD, device=DEVICE), SignedIn)


class TestEnrolment:
    def test_wrong_first_code_turns_nothing_on(self, business: Business) -> None:
        second_factor.begin(business.owner.principal)
        with pytest.raises(WrongCode):
            second_factor.confirm(business.owner.principal, "000000")
        assert not second_factor.is_on(business.owner.id)

    def test_a_second_one_does_not_replace_the_first(self, business: Business) -> None:
        turn_on(business.owner.principal)
        with pytest.raises(AlreadyOn):
            second_factor.begin(business.owner.principal)

    def test_secret_and_codes_are_not_readable_in_the_database(self, business: Business) -> None:
        totp, recovery = turn_on(business.owner.principal)
        stored = str(business.run("select row_to_json(u)::text from portal.users u"))
        stored += str(business.run("select code_hash from portal.user_recovery_codes"))
        assert totp.secret not in stored
        assert not any(code in stored or code.replace("-", "") in stored for code in recovery)

    def test_secret_of_one_does_not_open_for_another(self, business: Business) -> None:
        turn_on(business.owner.principal)
        business.run(
            "update portal.users set totp_enabled_at = now(),"
            " totp_secret = (select totp_secret from portal.users where id = %s) where id = %s",
            business.owner.id, business.staff.id,
        )  # fmt: skip
        from portal.core.secrets import SecretUnreadable

        with pytest.raises(SecretUnreadable):
            second_factor.is_on(business.staff.id)
