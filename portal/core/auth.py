"""Who is signed in. How they proved it: ``portal.domain.accounts``; what they may do: ``portal.domain.permissions``."""

import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Principal:
    """A signed-in person, as established by the server on this very request or event.

    It tells who asks, never what they may do: memberships are asked of the database at each act.
    """

    user_id: UUID
    email: str
    is_platform_admin: bool
    session_id: UUID


def new_token() -> str:
    """An opaque token of 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. A plain hash is enough: nobody guesses 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
