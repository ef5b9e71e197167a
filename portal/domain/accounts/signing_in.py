"""Signing in: a password, then a code where one is wanted. It tells nobody which addresses have an account."""

import json
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

import structlog

from portal.core import db, limits, secrets
from portal.core.auth import Principal, new_token, token_hash
from portal.core.errors import RateLimited
from portal.core.ids import new_id
from portal.core.limits import Bucket
from portal.core.redis import client
from portal.domain.accounts import devices, second_factor
from portal.domain.accounts.devices import Bounds
from portal.domain.accounts.sessions import (
    Device,
    Kind,
    SignedIn,
    end_sessions,
    forget_sessions,
    open_session,
    session_principal,
    sign_out,
)
from portal.providers import identity
from portal.providers.identity import Proof, TokenRefused, Tokens, WrongCredentials

PASSWORDS: Final = Bounds(each=(10, 900.0), strangers=(30, 900.0), address=(60, 300.0))
#: The owner of an account is told once of so many failed tries of strangers, or more, within these seconds.
TOLD_OF_TRIES, TOLD_SECONDS = 10, 6 * 3600
TOLD_KEY: Final = "portal:told-of-tries:"
TELL_JOB: Final = "mail_failed_sign_ins"
CHALLENGE_SECONDS: Final = 300
CHALLENGE_KEY: Final = "portal:second-step:"
log = structlog.get_logger("portal.accounts")


@dataclass(frozen=True)
class SecondStep:
    """The password was right; a code of the second factor is missing. ``challenge`` goes back with it."""

    challenge: str = field(repr=False)


def sign_in(
    email: str, password: str, *, device: Device, kind: Kind = Kind.COOKIE, replaces: str | None = None
) -> SignedIn | SecondStep:
    """Check a password and open a session, or ask for the second step.

    ``replaces`` is the cookie that the browser had: its session ends. Raises WrongCredentials (unknown address, wrong
    password, disabled: the same answer after the same work), RateLimited, IdentityUnavailable.
    """
    proof = prove(email, password, device)
    if second_factor.is_on(proof.user_id):
        return SecondStep(_keep_challenge(proof, kind))
    return _enter(proof, kind, device, replaces)


def finish_sign_in(challenge: str, code: str, *, device: Device, replaces: str | None = None) -> SignedIn:
    """The second step. Raises WrongCode (try again), TokenRefused (begin again), RateLimited."""
    key = CHALLENGE_KEY + token_hash(challenge)
    proof, kind = _kept_challenge(client().get(key))
    devices.count_try("second-factor", second_factor.CODES, proof.email, device)
    second_factor.check(proof.user_id, code)
    if not client().delete(key):
        raise TokenRefused
    return _enter(proof, kind, device, replaces)


def prove(email: str, password: str, device: Device) -> Proof:
    """Check a password, counting the try. Raises as :func:`sign_in`."""
    address = email.strip().lower()
    try:
        counted = devices.count_try("sign-in", PASSWORDS, address, device)
        proof = identity.provider().sign_in(address, password)
    except (WrongCredentials, RateLimited):
        if devices.known_device(device, address) is None:
            _tell_of_tries(address)
        raise
    _make_known(proof)
    _end_counts(counted)
    return proof


def prove_own(principal: Principal, password: str) -> None:
    """Check the password of somebody signed in: what strangers try does not count. Raises as :func:`sign_in`."""
    counted = devices.count_own_try("sign-in", PASSWORDS, principal)
    identity.provider().sign_in(principal.email, password)
    _end_counts(counted)


def change_password(principal: Principal, current: str, new: str) -> None:
    """Replace the password and end this person's other sessions. Raises WrongCredentials, WeakPassword, RateLimited."""
    prove_own(principal, current)
    stored = identity.provider().store_password(principal.email, new, user_id=principal.user_id)
    with db.identity().begin() as scope:
        if stored.password_hash is not None:
            scope.execute(
                "select portal.set_password_hash(:user, :hash)", user=principal.user_id, hash=stored.password_hash
            )
        end_sessions(scope, principal.user_id, kept=principal.session_id)
        scope.execute(
            "select portal.audit_account(:user, :act)", user=principal.user_id, act="account.password_changed"
        )
        scope.after_commit(forget_sessions)


def _enter(proof: Proof, kind: Kind, device: Device, replaces: str | None) -> SignedIn:
    opened = open_session(proof, kind, device)
    if opened.cookie is not None:
        opened = replace(opened, device=devices.name_device(proof.email))
    if (previous := session_principal(replaces)) is not None:
        sign_out(previous)
    return opened


def _make_known(proof: Proof) -> None:
    """Somebody whom another provider knows gets a row here. Nothing joins two people by their address alone."""
    if not identity.provider().opens_sessions_elsewhere:
        return
    with db.identity().begin() as scope:
        recorded = scope.execute(
            "select portal.record_user(:user, :email)", user=proof.user_id, email=proof.email
        ).scalar()
    if not recorded:
        log.warning("account_of_another_provider", user_id=str(proof.user_id))
        raise WrongCredentials


def _keep_challenge(proof: Proof, kind: Kind) -> str:
    challenge = new_token()
    held = {"email": proof.email, "kind": kind.value}
    if proof.tokens is not None:
        held["access_token"], held["refresh_token"] = proof.tokens.access_token, proof.tokens.refresh_token
        held["expires_in"], held["session_id"] = str(proof.tokens.expires_in), str(proof.session_id)
    sealed = secrets.seal(proof.user_id, "second_step", json.dumps(held))
    client().set(CHALLENGE_KEY + token_hash(challenge), f"{proof.user_id} {sealed}", ex=CHALLENGE_SECONDS)
    return challenge


def _kept_challenge(kept: bytes | None) -> tuple[Proof, Kind]:
    if kept is None:
        raise TokenRefused
    user, _, sealed = kept.decode().partition(" ")
    user_id = UUID(user)
    held = json.loads(secrets.open_sealed(user_id, "second_step", sealed))
    tokens, session_id = None, None
    if "access_token" in held:
        tokens = Tokens(held["access_token"], held["refresh_token"], int(held["expires_in"]))
        session_id = UUID(held["session_id"])
    return Proof(user_id, held["email"], session_id, tokens), Kind(held["kind"])


def _end_counts(counted: list[Bucket]) -> None:
    """Who knows the password is not locked out by those who guess it."""
    client().delete(*(limits.PREFIX + bucket.key for bucket in counted))


def _tell_of_tries(address: str) -> None:
    """Have the address's owner told, where many tries failed. An address without an account makes the same work."""
    account = devices.digest(address)
    counted = limits.take(f"sign-in:failed:{account}", capacity=TOLD_OF_TRIES - 1, per_seconds=TOLD_SECONDS)
    if counted.allowed or not client().set(TOLD_KEY + account, 1, nx=True, ex=TOLD_SECONDS):
        return
    with db.identity().begin() as scope:
        found = scope.execute("select user_id from portal.find_login(:login)", login=address).scalar()
        scope.enqueue(TELL_JOB, user_id=found or new_id())
