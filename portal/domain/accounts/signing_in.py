"""Signing in: a password, then a code where one is wanted. It tells nobody which addresses have an account."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from portal.core import db, limits, secrets
from portal.core.auth import Principal, new_token, token_hash
from portal.core.errors import RateLimited
from portal.core.limits import Bucket
from portal.core.redis import client
from portal.core.secrets import derived_key
from portal.domain.accounts import second_factor
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

PER_ADDRESS: Final = (60, 300.0)
PER_EMAIL: Final = (10, 900.0)
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
    second_factor.check(proof.user_id, code)
    if not client().delete(key):
        raise TokenRefused
    return _enter(proof, kind, device, replaces)


def prove(email: str, password: str, device: Device) -> Proof:
    """Check a password, counting the try. Raises as :func:`sign_in`."""
    address = email.strip().lower()
    email_bucket = Bucket(f"sign-in:email:{_digest(address)}", *PER_EMAIL)
    allowance = limits.take_many([Bucket(f"sign-in:ip:{device.ip_hash}", *PER_ADDRESS), email_bucket])
    if not allowance.allowed:
        raise RateLimited(
            "Too many attempts to sign in. Please wait a while.", retry_after_seconds=allowance.retry_after_seconds
        )
    proof = identity.provider().sign_in(address, password)
    _make_known(proof)
    # Who knows the password is not locked out by those who guess it.
    client().delete(limits.PREFIX + email_bucket.key)
    return proof


def change_password(principal: Principal, current: str, new: str, *, device: Device) -> None:
    """Replace the password and end this person's other sessions. Raises WrongCredentials, WeakPassword, RateLimited."""
    prove(principal.email, current, device)
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


def _digest(address: str) -> str:
    """A stand-in for an e-mail address in Redis."""
    return hmac.new(derived_key("sign-in"), address.encode(), hashlib.sha256).hexdigest()[:32]
