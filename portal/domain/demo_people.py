"""Who signs in to the demo: a platform admin, and an owner and a member of staff for each business.

Light to import, like ``demo_tenants``. Their password is public: they are never made in production.
"""

from collections.abc import Iterator
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

from portal.domain.demo_tenants import NAMESPACE, TENANTS

ADMIN: Final = "admin@demo.example"
PASSWORD: Final = "demo-password"  # noqa: S105 - printed at start


class Rows(Protocol):
    """An open transaction of the database's owner."""

    def execute(self, statement: str, **parameters: Any) -> Any: ...


def owner_of(slug: str) -> str:
    return f"owner@{slug}.example"


def staff_of(slug: str) -> str:
    return f"staff@{slug}.example"


def seed(rows: Rows) -> None:
    """Write those who are missing; what was changed since stays as it is. Does nothing in production."""
    from portal.core.settings import get_settings
    from portal.providers.identity import hash_password

    known = {row.email for row in rows.execute("select email from portal.users")}
    missing = [person for person in _everybody() if person[0] not in known]
    if not missing or get_settings().environment == "production":
        return
    hashed = hash_password(PASSWORD)
    for email, tenant_id, role in missing:
        _write(rows, email, hashed, tenant_id, role)


def _everybody() -> Iterator[tuple[str, UUID | None, str]]:
    yield ADMIN, None, "platform_admin"
    for demo in TENANTS:
        yield owner_of(demo.slug), demo.id, "tenant_admin"
        yield staff_of(demo.slug), demo.id, "tenant_staff"


def _write(rows: Rows, email: str, hashed: str, tenant_id: UUID | None, role: str) -> None:
    user_id = uuid5(NAMESPACE, email)
    rows.execute(
        "insert into portal.users (id, email, password_hash, display_name) values (:id, :email, :hash, :name)",
        id=user_id, email=email, hash=hashed, name=email.partition("@")[0].title(),
    )  # fmt: skip
    if tenant_id is None:
        rows.execute("insert into portal.platform_admins (user_id) values (:id) on conflict do nothing", id=user_id)
    else:
        rows.execute(
            "insert into portal.tenant_memberships (tenant_id, user_id, role) values (:tenant, :id, :role)"
            " on conflict do nothing",
            tenant=tenant_id, id=user_id, role=role,
        )  # fmt: skip
