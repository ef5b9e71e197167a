"""The audit log: who did what to what, when, and what it was before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, select

from portal.core import db
from portal.core.auth import Principal
from portal.domain.admin import days, fields, paging, people
from portal.domain.admin.paging import Page
from portal.domain.permissions import Action, require
from portal.models import AuditEntry

OF_TARGET: Final = 200
EXPORTED_AT_ONCE: Final = 1000
EXPORT_MOST: Final = 100_000


@dataclass(frozen=True)
class Entry:
    """``actor`` is a name for people; ``details`` may hold ``changes``: field → {before, after}."""

    id: UUID
    at: datetime
    actor_type: str
    actor_id: UUID | None
    actor: str
    action: str
    target_type: str | None
    target_id: str | None
    details: dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Which entries. ``action``: a subject (``service``) or one act (``service.updated``); days are the tenant's."""

    action: str | None = None
    target_type: str | None = None
    target_id: str | None = None
    actor_id: UUID | None = None
    first: date | None = None
    last: date | None = None


def list_entries(
    principal: Principal,
    tenant_id: UUID,
    wanted: Wanted | None = None,
    *,
    limit: int = paging.DEFAULT,
    after: str | None = None,
) -> Page[Entry]:
    """Newest first. Raises InvalidArgument, NotFound, Forbidden."""
    access = require(principal, tenant_id, Action.AUDIT_VIEW)
    return _page(access, wanted or Wanted(), paging.size(limit), paging.decode_time_and_id(after))


def export(principal: Principal, tenant_id: UUID, wanted: Wanted | None = None) -> Iterator[Entry]:
    """All of them, newest first, at most 100,000; read a thousand at a time."""
    access = require(principal, tenant_id, Action.AUDIT_VIEW)
    return _all(access, wanted or Wanted())


def of_target(scope: db.Scope, target_type: str, target_id: object) -> tuple[Entry, ...]:
    """What happened to one thing, oldest first."""
    query = (
        select(AuditEntry)
        .where(
            AuditEntry.tenant_id == scope.tenant_id,
            AuditEntry.target_type == target_type,
            AuditEntry.target_id == str(target_id),
        )
        .order_by(col(AuditEntry.created_at), col(AuditEntry.id))
        .limit(OF_TARGET)
    )
    return _named(scope, list(scope.session.exec(query).all()))


def _all(access: db.Access, wanted: Wanted) -> Iterator[Entry]:
    place = None
    for _ in range(EXPORT_MOST // EXPORTED_AT_ONCE):
        found = _page(access, wanted, EXPORTED_AT_ONCE, place)
        yield from found.items
        if found.next is None:
            return
        place = paging.decode_time_and_id(found.next)


def _page(access: db.Access, wanted: Wanted, limit: int, place: tuple[datetime, UUID] | None) -> Page[Entry]:
    query = select(AuditEntry).where(AuditEntry.tenant_id == access.tenant)
    for condition in _conditions(access.tenant, wanted):
        query = query.where(condition)
    if place is not None:
        query = query.where(tuple_(col(AuditEntry.created_at), col(AuditEntry.id)) < place)
    query = query.order_by(col(AuditEntry.created_at).desc(), col(AuditEntry.id).desc()).limit(limit + 1)
    with access.begin() as scope:
        entries = _named(scope, list(scope.session.exec(query).all()))
    return paging.page(entries, limit, lambda entry: entry, lambda entry: (entry.at, entry.id))


def _conditions(tenant_id: UUID, wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if action := fields.line(60)("action", wanted.action):
        subject = col(AuditEntry.action).startswith(action + ".", autoescape=True)
        found.append(col(AuditEntry.action) == action if "." in action else subject)
    if target_type := fields.line(60)("target_type", wanted.target_type):
        found.append(col(AuditEntry.target_type) == target_type)
    if target_id := fields.line(60)("target_id", wanted.target_id):
        found.append(col(AuditEntry.target_id) == target_id)
    if wanted.actor_id is not None:
        found.append(col(AuditEntry.actor_user_id) == wanted.actor_id)
    first, last = days.bounds(tenant_id, wanted.first, wanted.last)
    if first is not None:
        found.append(col(AuditEntry.created_at) >= first)
    if last is not None:
        found.append(col(AuditEntry.created_at) < last)
    return found


def _named(scope: db.Scope, rows: list[AuditEntry]) -> tuple[Entry, ...]:
    names = people.names(scope, (row.actor_user_id for row in rows))
    others = {"customer": "Customer", "system": "System", "webhook": "Calendar"}
    return tuple(
        Entry(
            id=row.id,
            at=row.created_at.astimezone(UTC),
            actor_type=row.actor_type,
            actor_id=row.actor_user_id,
            actor=names.get(row.actor_user_id) or others.get(row.actor_type, "Unknown"),
            action=row.action,
            target_type=row.target_type,
            target_id=row.target_id,
            details=row.details or {},
        )
        for row in rows
    )
