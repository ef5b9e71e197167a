"""What the operator of a deployment does as the database's owner: the first platform admin."""

from uuid import UUID

import psycopg

from portal.core.ids import new_id
from portal.domain.accounts.links import INVITE_SECONDS, Link, Purpose, normalised, stored_link
from portal.domain.permissions import Role


def create_platform_admin(owner_url: str, email: str) -> Link | None:
    """Make somebody a platform admin, as the database's administrator.

    Returns the link with which they choose a password; None when they have an account already, which has the rights
    at once. Raises InvalidArgument.
    """
    address = normalised(email)
    with psycopg.connect(owner_url.replace("postgresql+psycopg://", "postgresql://", 1)) as connection:
        found = connection.execute("select id from portal.users where email = %s", [address]).fetchone()
        if found is not None:
            _record(connection, found[0])
            return None
        hashed, link = stored_link(new_id(), Purpose.INVITE)
        connection.execute(
            "insert into portal.user_links (id, token_hash, purpose, email, role, expires_at)"
            " values (%s, %s, 'invite', %s, %s, now() + make_interval(secs => %s))",
            [link.id, hashed, address, Role.PLATFORM_ADMIN.value, INVITE_SECONDS],
        )
    return link


def _record(connection: "psycopg.Connection[tuple[UUID]]", user_id: UUID) -> None:
    connection.execute("insert into portal.platform_admins (user_id) values (%s) on conflict do nothing", [user_id])
    connection.execute(
        "insert into portal.audit_log (actor_type, action, target_type, target_id)"
        " values ('system', 'platform.admin_created', 'user', %s)",
        [str(user_id)],
    )
