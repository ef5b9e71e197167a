"""What an identity provider is: whoever keeps the passwords and signs the access tokens."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol
from uuid import UUID

from portal.core.errors import Conflict, InvalidArgument, ProviderUnavailable, Unauthenticated

AUDIENCE = "authenticated"
ACCESS_SECONDS = 900


class WrongCredentials(Unauthenticated):
    reason = "wrong_credentials"
    default = "The e-mail address or the password is wrong."


class TokenRefused(Unauthenticated):
    reason = "token_refused"
    default = "Please sign in again."


class AccountExists(Conflict):
    reason = "account_exists"
    default = "There is an account with this e-mail address. Please sign in first."


class WeakPassword(InvalidArgument):
    reason = "weak_password"
    default = "This password is too easy to guess. Please choose a longer one."


class IdentityUnavailable(ProviderUnavailable):
    reason = "identity_unavailable"
    default = "Signing in is not possible right now. Please try again in a moment."


class IdentityBusy(IdentityUnavailable):
    reason = "identity_busy"


@dataclass(frozen=True)
class Tokens:
    """What a program signs its requests with; ``expires_in`` seconds of the access token."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True)
class Proof:
    """Somebody gave the right password. ``tokens`` and ``session_id`` are there when the provider opened a session."""

    user_id: UUID
    email: str = field(repr=False)
    session_id: UUID | None = None
    tokens: Tokens | None = None


@dataclass(frozen=True)
class Claims:
    """What a valid access token says. Rights are never taken from it: memberships are ours."""

    user_id: UUID
    session_id: UUID
    email: str = field(repr=False)


@dataclass(frozen=True)
class StoredPassword:
    """An account's id, and the hash that the caller keeps (None where the provider keeps the password)."""

    user_id: UUID
    password_hash: str | None = field(repr=False)


class IdentityProvider(Protocol):
    """Every method raises IdentityUnavailable (or IdentityBusy) when asking again later can help."""

    opens_sessions_elsewhere: ClassVar[bool]
    """Whether people can sign in at the provider without us: then its sessions may be unknown here."""

    def sign_in(self, email: str, password: str) -> Proof:
        """Check a password. Raises WrongCredentials, the same for unknown addresses and at the same cost."""

    def tokens(self, proof: Proof, *, session_id: UUID, refresh_token: str) -> Tokens:
        """Tokens for a session just opened here. ``refresh_token`` is used where we issue our own."""

    def refresh(self, refresh_token: str) -> tuple[Claims, Tokens]:
        """New tokens for a refresh token, which counts once. Raises TokenRefused."""

    def verify_token(self, token: str) -> Claims:
        """The claims of an access token that is genuine, ours and not expired. Raises TokenRefused."""

    def store_password(self, email: str, password: str, *, user_id: UUID | None) -> StoredPassword:
        """Give an account its password; without ``user_id`` make the account. Raises AccountExists, WeakPassword."""

    def sign_out(self, access_token: str) -> None:
        """End the session of this access token at the provider."""
