"""Who is signed in. How they proved it: ``portal.domain.accounts``; what they may do: ``portal.domain.permissions``."""

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
