"""Sessions: who is behind a cookie or an access token, asked of the server every time."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

import structlog

from portal.core import db
from portal.core.auth import Principal, new_token, token_hash
from portal.core.cache import cache, invalidate
from portal.core.errors import ProviderError
from portal.core.ids import new_id
from portal.providers import identity
from portal.providers.identity import Claims, Proof, TokenRefused, Tokens, WrongCredentials

COOKIE_NAME: Final = "portal_session"
IDLE_SECONDS: Final = 12 * 3600
LIFETIME_SECONDS: Final = 7 * 86_400
# Ending a session is heard by every process at once; this bounds what a process that hears nothing could miss.
KEPT_SECONDS: Final = 2
NAMESPACE: Final = "sessions"
LONGEST_TOKEN: Final = 100
LONGEST_USER_AGENT: Final = 300
log = structlog.get_logger("portal.accounts")


class Kind(StrEnum):
    """A browser's cookie, or a program's tokens."""

    COOKIE = "cookie"
    TOKEN = "token"  # noqa: S105 - a kind, not a token


@dataclass(frozen=True)
class Device:
    """Where somebody signs in from: a keyed hash of the address, and what the browser calls itself.

    ``known_as`` is what the browser keeps of earlier times somebody signed in with it (see ``accounts.devices``).
    """

    ip_hash: str
    user_agent: str = ""
    known_as: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class DeviceCookie:
    """What a browser keeps after somebody signed in with it."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class SignedIn:
    """An open session: ``cookie`` for a browser, or ``tokens`` for a program.

    ``device`` is another cookie, by which the browser is known the next time.
    """

    principal: Principal
    cookie: str | None = field(default=None, repr=False)
    tokens: Tokens | None = None
    device: DeviceCookie | None = None


class _Nobody:
    """Marks a token that is known to be nobody's."""


NOBODY: Final = _Nobody()


def open_session(proof: Proof, kind: Kind, device: Device) -> SignedIn:
    """A new session for somebody who proved who they are. Raises WrongCredentials for a disabled account."""
    token = new_token()
    session_id = proof.session_id if kind is Kind.TOKEN and proof.session_id else new_id()
    with db.identity().begin() as scope:
        opened = scope.execute(
            "select portal.open_session(:session, :user, :kind, :hash, :lifetime, :agent, :ip)",
            session=session_id, user=proof.user_id, kind=kind.value, hash=token_hash(token),
            lifetime=LIFETIME_SECONDS, agent=device.user_agent[:LONGEST_USER_AGENT], ip=device.ip_hash,
        ).scalar()  # fmt: skip
        admin = scope.execute(
            "select is_platform_admin from portal.account_of(:user)", user=proof.user_id
        ).scalar()  # fmt: skip
    if not opened:
        raise WrongCredentials
    principal = Principal(proof.user_id, proof.email, bool(admin), session_id)
    if kind is Kind.COOKIE:
        return SignedIn(principal, cookie=token)
    tokens = identity.provider().tokens(proof, session_id=session_id, refresh_token=token)
    return SignedIn(principal, tokens=tokens)


def session_principal(token: str | None) -> Principal | None:
    """Who is behind this session cookie; None: nobody (any more). At most one short query."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    hashed = token_hash(token)
    found = cache.load(NAMESPACE, hashed, KEPT_SECONDS, lambda: _of_cookie(hashed) or NOBODY)
    return found if isinstance(found, Principal) else None


def token_principal(access_token: str) -> Principal | None:
    """Who is behind this access token; None when it is not genuine, not valid any more, or its session ended.

    Raises IdentityUnavailable when the provider's keys are needed and cannot be fetched.
    """
    try:
        claims = identity.provider().verify_token(access_token)
    except TokenRefused:
        return None
    return _claimed(claims)


def refresh(refresh_token: str) -> SignedIn:
    """New tokens for a program. Raises TokenRefused; an old refresh token that comes back ends its session."""
    try:
        claims, tokens = identity.provider().refresh(refresh_token)
    except TokenRefused:
        forget_sessions()
        raise
    found = _claimed(claims)
    if found is None:
        raise TokenRefused
    return SignedIn(found, tokens=tokens)


def sign_out(principal: Principal, *, access_token: str | None = None) -> None:
    """End this session, here and at the identity provider (which may be away: here it has ended all the same)."""
    with db.identity().begin() as scope:
        scope.execute("select portal.revoke_session(:user, :id)", user=principal.user_id, id=principal.session_id)
        scope.after_commit(forget_sessions)
    if access_token is not None:
        try:
            identity.provider().sign_out(access_token)
        except ProviderError as error:
            log.warning("sign_out_elsewhere_failed", reason=error.reason)


def sign_out_everywhere(principal: Principal, *, keep_current: bool = False) -> int:
    """End all sessions of this person, this one too unless kept; returns how many ended."""
    with db.identity().begin() as scope:
        ended = end_sessions(scope, principal.user_id, kept=principal.session_id if keep_current else None)
        scope.after_commit(forget_sessions)
    return ended


def end_sessions(scope: db.Scope, user_id: UUID, *, kept: UUID | None) -> int:
    """In a transaction of ``db.identity()``; after its commit call :func:`forget_sessions`."""
    return int(scope.execute("select portal.revoke_sessions(:user, :kept)", user=user_id, kept=kept).scalar())


def forget_sessions() -> None:
    """Drop what is kept of sessions in every process, so that an ended one counts no more."""
    invalidate(NAMESPACE)


def _of_cookie(hashed: str) -> Principal | None:
    with db.identity().begin() as scope:
        row = scope.execute(
            "select * from portal.session_user_of(:hash, :idle)", hash=hashed, idle=IDLE_SECONDS
        ).one_or_none()  # fmt: skip
    return Principal(row.user_id, row.email, row.is_platform_admin, row.session_id) if row else None


def _claimed(claims: Claims) -> Principal | None:
    key = f"{claims.user_id}:{claims.session_id}"
    found = cache.load(NAMESPACE, key, KEPT_SECONDS, lambda: _of_token(claims) or NOBODY)
    return found if isinstance(found, Principal) else None


def _of_token(claims: Claims) -> Principal | None:
    known_only = not identity.provider().opens_sessions_elsewhere
    with db.identity().begin() as scope:
        row = scope.execute(
            "select * from portal.token_user(:user, :session, :known)",
            user=claims.user_id, session=claims.session_id, known=known_only,
        ).one_or_none()  # fmt: skip
    return Principal(claims.user_id, row.email, row.is_platform_admin, claims.session_id) if row else None
