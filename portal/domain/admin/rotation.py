"""Sealing all secrets anew, after SECRET_KEY was changed: those of tenants, and people's second factors."""

from dataclasses import dataclass
from uuid import UUID

from portal.core import db, secrets, tenant
from portal.core.secrets import SecretUnreadable
from portal.domain.accounts import second_factor
from portal.domain.integrations import COLUMNS


@dataclass(frozen=True)
class Rotated:
    """How much was sealed anew, and what no key of ours opens: (tenant or user, name)."""

    tenants: int
    secrets: int
    second_factors: int
    unreadable: tuple[tuple[UUID, str], ...]


def rotate_all() -> Rotated:
    """Seal every secret under the current SECRET_KEY, reading with SECRET_KEY_PREVIOUS where needed.

    One transaction a tenant or person: it can be interrupted and repeated.
    """
    with db.worker().begin() as scope:
        ids = [
            row.tenant_id for row in scope.execute("select tenant_id from portal.tenants_with_secrets() t(tenant_id)")
        ]
    done: int = 0
    unreadable: list[tuple[UUID, str]] = []
    for tenant_id in ids:
        sealed, failed = _rotate(tenant_id)
        done += sealed
        unreadable += [(tenant_id, name) for name in failed]
    factors, failed_people = _rotate_second_factors()
    unreadable += [(user_id, second_factor.SEALED_NAME) for user_id in failed_people]
    return Rotated(len(ids), done, factors, tuple(unreadable))


def _rotate(tenant_id: UUID) -> tuple[int, list[str]]:
    sealed, unreadable = [], []
    with db.worker(tenant_id).begin() as scope:
        row = scope.execute(
            f"select {', '.join(COLUMNS.values())} from portal.tenant_integrations"  # noqa: S608 - our own names
            " where tenant_id = :tenant for update",
            tenant=tenant_id,
        ).one()
        for (name, _), secret_id in zip(COLUMNS.items(), row, strict=True):
            if secret_id is None:
                continue
            try:
                _seal_anew(scope, name, secret_id)
                sealed.append(name)
            except SecretUnreadable:
                unreadable.append(name)
        if sealed:
            details = {"names": sealed}
            scope.audit(
                "secrets.rotated", actor_type="system", target_type="integration", target_id=str(tenant_id),
                details=details,
            )  # fmt: skip
        scope.after_commit(lambda: tenant.forget(tenant_id))
    return len(sealed), unreadable


def _seal_anew(scope: db.Scope, name: str, secret_id: UUID) -> None:
    stored = scope.execute("select portal.read_secret(:id)", id=secret_id).scalar()
    secret = secrets.open_sealed(scope.tenant_id, name, stored or "")
    anew = secrets.seal(scope.tenant_id, name, secret)
    scope.execute("select portal.replace_secret(:id, :sealed)", id=secret_id, sealed=anew)


def _rotate_second_factors() -> tuple[int, list[UUID]]:
    name, done, unreadable = second_factor.SEALED_NAME, 0, []
    with db.identity().begin() as scope:
        rows = scope.execute("select user_id, sealed from portal.sealed_totps()").all()
    for row in rows:
        try:
            anew = secrets.seal(row.user_id, name, secrets.open_sealed(row.user_id, name, row.sealed))
        except SecretUnreadable:
            unreadable.append(row.user_id)
            continue
        with db.identity().begin() as scope:
            # One that was changed meanwhile is under the current key already.
            replace = "select portal.replace_totp(:user, :sealed, :anew)"
            done += bool(scope.execute(replace, user=row.user_id, sealed=row.sealed, anew=anew).scalar())
    return done, unreadable
