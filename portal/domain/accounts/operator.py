"""What the operator of a deployment does as the database's owner: the first platform admin."""

from uuid import UUID

from portal.core import db
from portal.core.ids import new_id
from portal.domain.accounts.links import INVITE_SECONDS, Link, Purpose, normalised, stored_link
from portal.domain.permissions import Role


def create_platform_admin(owner_url: str, email: str) -> Link | None:
    """Make somebody a platform admin, as an operator's command.

    Returns the link with which they choose a password; None when they have an account already, which has the rights
    at once. Raises InvalidArgument.
    """
    address = normalised(email)
    with db.as_owner(owner_url) as rows:
        found = rows.execute("select id from portal.users where email = :email", email=address).scalar()
        if found is not None:
            _record(rows, found)
            return None
        hashed, link = stored_link(new_id(), Purpose.INVITE)
        rows.execute(
            "insert into portal.user_links (id, token_hash, purpose, email, role, expires_at)"
            " values (:id, :hash, 'invite', :email, :role, now() + make_interval(secs => :lifetime))",
            id=link.id, hash=hashed, email=address, role=Role.PLATFORM_ADMIN.value, lifetime=INVITE_SECONDS,
        )  # fmt: skip
    return link


def _record(rows: db.Scope, user_id: UUID) -> None:
    rows.execute("insert into portal.platform_admins (user_id) values (:id) on conflict do nothing", id=user_id)
    rows.execute(
        "insert into portal.audit_log (actor_type, action, target_type, target_id)"
        " values ('system', 'platform.admin_created', 'user', :id)",
        id=str(user_id),
    )
