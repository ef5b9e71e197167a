"""How rows are changed: checked against the version that was read, recorded in the audit log, seen at once."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func
from sqlmodel import SQLModel

from portal.core import db, tenant
from portal.core.errors import Conflict, InvalidArgument, NotFound

R = TypeVar("R", bound=SQLModel)


class Outdated(Conflict):
    """``details``: ``current`` (the values as they are now) and their ``version``."""

    reason = "changed_meanwhile"
    default = "Somebody else has changed this meanwhile. Here is how it is now; please look at it and save again."


def version_of(row: Any) -> str:
    """Opaque text that differs after every change of the row."""
    moment: datetime = row.updated_at
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")


def version_of_list(items: Iterable[object]) -> str:
    """Opaque text that differs when members or order differ."""
    return hashlib.sha256("\n".join(str(item) for item in items).encode()).hexdigest()[:24]


def require_version(given: str, current: str, values: Mapping[str, Any]) -> None:
    """Raises Outdated with ``values`` when ``given`` is not the version of now."""
    if not isinstance(given, str):
        raise InvalidArgument("Name the version you have read.", details={"field": "version"})
    if given != current:
        raise Outdated(details={"current": plain(values), "version": current})


def lock(scope: db.Scope, table: type[R], key: Any) -> R:
    """The row, held until the end of this transaction. Raises NotFound."""
    row = scope.session.get(table, key, with_for_update=True, populate_existing=True)
    if row is None or getattr(row, "tenant_id", scope.tenant_id) != scope.tenant_id:
        raise NotFound
    return row


def existing(row: R | None) -> R:
    """Raises NotFound for a row that is not there."""
    if row is None:
        raise NotFound
    return row


def change(
    scope: db.Scope,
    row: SQLModel,
    values: Mapping[str, Any],
    *,
    action: str,
    target_type: str,
    target_id: object = None,
    note: Mapping[str, Any] | None = None,
) -> bool:
    """Write what differs, with its audit entry; False (and no entry) when nothing does."""
    changes = {
        name: {"before": getattr(row, name), "after": value}
        for name, value in values.items()
        if getattr(row, name) != value
    }
    if not changes:
        return False
    write(scope, row, {name: values[name] for name in changes})
    record(scope, action, target_type, target_id or scope.tenant_id, {"changes": changes, **(note or {})})
    return True


def write(scope: db.Scope, row: SQLModel, values: Mapping[str, Any]) -> None:
    """Write values under a new version, without an audit entry: the caller records what may be told."""
    for name, value in values.items():
        setattr(row, name, value)
    if hasattr(row, "updated_at"):
        # Later than before even when clocks are set back: versions never repeat.
        step = func.make_interval(0, 0, 0, 0, 0, 0, 0.000001)
        row.updated_at = func.greatest(func.clock_timestamp(), type(row).updated_at + step)
    scope.session.add(row)
    scope.session.flush()
    scope.session.refresh(row)


def record(
    scope: db.Scope, action: str, target_type: str, target_id: object, details: Mapping[str, Any] | None = None
) -> None:
    """An audit entry of the signed-in person, and the tenant forgotten by every process once this is committed."""
    scope.audit(
        action, actor_type="user", target_type=target_type, target_id=str(target_id), details=plain(details or {})
    )
    forget_afterwards(scope)


def forget_afterwards(scope: db.Scope) -> None:
    """Have every process forget the tenant once this transaction is committed."""
    tenant_id = scope.tenant_id
    if not getattr(scope, "_forgets", False):
        scope._forgets = True  # type: ignore[attr-defined]
        scope.after_commit(lambda: tenant.forget(tenant_id))


def plain(value: Any) -> Any:
    """Values as JSON can say them: ids and times as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, UUID | date) else value
