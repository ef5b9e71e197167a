"""People who sign in, made as an operator would make them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from portal.core.auth import Principal
from portal.core.ids import new_id
from tests.factories import administrator


@dataclass(frozen=True)
class Person:
    """A user, and the principal they are once signed in (of a session that no test needs to exist)."""

    id: UUID
    email: str
    principal: Principal
    password: str | None = None


def person(
    admin_url: str,
    email: str = "owner@shop.example",
    *,
    roles: Mapping[UUID, str] | None = None,
    platform: bool = False,
    password: str | None = None,
) -> Person:
    """A user with these memberships (tenant → role); ``password`` lets them sign in."""
    user_id = new_id()
    connection = administrator(admin_url)
    hashed = _hash(password) if password else None
    connection.execute(
        "insert into portal.users (id, email, password_hash) values (%s, %s, %s)", [user_id, email, hashed]
    )
    for tenant_id, role in (roles or {}).items():
        connection.execute(
            "insert into portal.tenant_memberships (tenant_id, user_id, role) values (%s, %s, %s)",
            [tenant_id, user_id, role],
        )
    if platform:
        connection.execute("insert into portal.platform_admins (user_id) values (%s)", [user_id])
    return Person(user_id, email, Principal(user_id, email, platform, new_id()), password)


@lru_cache(maxsize=8)
def _hash(password: str) -> str:
    from portal.providers.identity.passwords import hash_password

    return hash_password(password)
