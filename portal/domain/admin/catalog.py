"""What services and FAQs have in common: lists that are ordered by hand, hidden, deleted softly and restored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlmodel import col, select

from portal.core import clock, db
from portal.core.auth import Principal
from portal.core.errors import Conflict, NotFound
from portal.domain.admin import edits, fields
from portal.domain.permissions import Action, require
from portal.models import TenantFaq, TenantService

R = TypeVar("R", TenantService, TenantFaq)
V = TypeVar("V")


@dataclass(frozen=True)
class Listing(Generic[V]):
    """In the tenant's order. ``order_version`` is what a new order is checked against."""

    items: tuple[V, ...]
    order_version: str


@dataclass(frozen=True)
class Catalog(Generic[R, V]):
    """One kind of entry. ``stored`` turns cleaned fields into columns, ``shown`` a row into its value."""

    table: type[R]
    target: str
    rules: fields.Rules
    required: tuple[str, ...]
    defaults: Mapping[str, Any]
    most: int
    view: Action
    edit: Action
    stored: Callable[[db.Scope, dict[str, Any]], dict[str, Any]]
    shown: Callable[[db.Scope, R], V]

    def entries(self, principal: Principal, tenant_id: UUID, *, deleted: bool = False) -> Listing[V]:
        """The entries that are not deleted, hidden ones among them; or the deleted ones, latest first."""
        with require(principal, tenant_id, self.view).begin() as scope:
            return self.listing(scope, self.rows(scope, deleted=deleted))

    def get(self, principal: Principal, tenant_id: UUID, entry_id: UUID) -> V:
        """Raises NotFound, also for a deleted one."""
        with require(principal, tenant_id, self.view).begin() as scope:
            row = edits.existing(scope.session.get(self.table, entry_id))
            if row.tenant_id != tenant_id or row.deleted_at is not None:
                raise NotFound
            return self.shown(scope, row)

    def create(self, principal: Principal, tenant_id: UUID, values: Mapping[str, Any]) -> V:
        """A new entry at the end. Raises InvalidArgument (with the field), Conflict past the most there may be."""
        with require(principal, tenant_id, self.edit).begin() as scope:
            rows = self.rows(scope, lock=True)
            return self.shown(scope, self.add(scope, rows, values))

    def update(
        self, principal: Principal, tenant_id: UUID, entry_id: UUID, changes: Mapping[str, Any], *, version: str
    ) -> V:
        """Change the given fields only. Raises InvalidArgument (with the field), NotFound, Outdated."""
        with require(principal, tenant_id, self.edit).begin() as scope:
            row = self.locked(scope, entry_id, version)
            self.write(scope, row, changes)
            return self.shown(scope, row)

    def delete(self, principal: Principal, tenant_id: UUID, entry_id: UUID, *, version: str) -> V:
        """Put the entry aside; :meth:`restore` brings it back. Raises NotFound, Outdated."""
        return self._set_deleted(principal, tenant_id, entry_id, version, deleted=True)

    def restore(self, principal: Principal, tenant_id: UUID, entry_id: UUID, *, version: str) -> V:
        """Raises NotFound, Outdated, Conflict past the most there may be."""
        return self._set_deleted(principal, tenant_id, entry_id, version, deleted=False)

    def reorder(self, principal: Principal, tenant_id: UUID, order: Sequence[Any], *, version: str) -> Listing[V]:
        """Bring the entries into this order; it must name each one. Raises InvalidArgument, Outdated."""
        access = require(principal, tenant_id, self.edit)
        wanted = fields.ids("ids", order)
        with access.begin() as scope:
            rows = self.rows(scope, lock=True)
            ids = [row.id for row in rows]
            edits.require_version(version, edits.version_of_list(ids), {"ids": ids})
            if set(wanted) != set(ids):
                raise fields.wrong("ids", "The order must name every entry once.")
            if wanted == ids:
                return self.listing(scope, rows)
            position = {entry_id: place for place, entry_id in enumerate(wanted)}
            for row in rows:
                row.sort_order = position[row.id]
                scope.session.add(row)
            scope.session.flush()
            edits.record(scope, f"{self.target}.reordered", self.target, tenant_id, {"before": ids, "after": wanted})
            return self.listing(scope, sorted(rows, key=lambda row: position[row.id]))

    # --- Inside a transaction ----------------------------------------------------------------------------------------

    def rows(self, scope: db.Scope, *, deleted: bool = False, lock: bool = False) -> list[R]:
        found = select(self.table).where(self.table.tenant_id == scope.tenant_id)
        deleted_at = col(self.table.deleted_at)
        if deleted:
            found = found.where(deleted_at.is_not(None)).order_by(deleted_at.desc(), col(self.table.id))
        else:
            order = (col(self.table.sort_order), col(self.table.created_at), col(self.table.id))
            found = found.where(deleted_at.is_(None)).order_by(*order)
        return list(scope.session.exec(found.with_for_update() if lock else found).all())

    def locked(self, scope: db.Scope, entry_id: UUID, version: str, *, deleted: bool = False) -> R:
        """The row, held until the end of the transaction. Raises NotFound, Outdated."""
        row = edits.lock(scope, self.table, entry_id)
        if (row.deleted_at is not None) != deleted:
            raise NotFound
        current = {name: getattr(row, name) for name in self.rules if hasattr(row, name)}
        edits.require_version(version, edits.version_of(row), current)
        return row

    def listing(self, scope: db.Scope, rows: Sequence[R]) -> Listing[V]:
        version = edits.version_of_list(row.id for row in rows)
        return Listing(tuple(self.shown(scope, row) for row in rows), version)

    def add(self, scope: db.Scope, rows: Sequence[R], values: Mapping[str, Any]) -> R:
        """A new row after ``rows``, with its audit entry."""
        self._require_room(rows)
        for name in self.required:
            if values.get(name) in (None, ""):
                raise fields.wrong(name, "This is required.")
        stored = self.stored(scope, fields.clean(self.rules, {**self.defaults, **values}))
        place = max((row.sort_order for row in rows), default=-1) + 1
        row = self.table(tenant_id=scope.tenant_id, sort_order=place, **stored)
        scope.session.add(row)
        scope.session.flush()
        scope.session.refresh(row)
        edits.record(scope, f"{self.target}.created", self.target, row.id, {"values": stored})
        return row

    def write(self, scope: db.Scope, row: R, changes: Mapping[str, Any]) -> bool:
        """Change a locked row, with its audit entry; False when nothing differs."""
        stored = self.stored(scope, fields.clean(self.rules, changes))
        return edits.change(
            scope, row, stored, action=f"{self.target}.updated", target_type=self.target, target_id=row.id
        )

    def _set_deleted(self, principal: Principal, tenant_id: UUID, entry_id: UUID, version: str, *, deleted: bool) -> V:
        with require(principal, tenant_id, self.edit).begin() as scope:
            rows = self.rows(scope, lock=True)
            row = self.locked(scope, entry_id, version, deleted=not deleted)
            values: dict[str, Any] = {"deleted_at": clock.now() if deleted else None}
            if not deleted:
                self._require_room(rows)
                values["sort_order"] = max((each.sort_order for each in rows), default=-1) + 1
            edits.change(
                scope, row, values, action=f"{self.target}.{'deleted' if deleted else 'restored'}",
                target_type=self.target, target_id=row.id,
            )  # fmt: skip
            return self.shown(scope, row)

    def _require_room(self, rows: Sequence[R]) -> None:
        if len(rows) >= self.most:
            raise Conflict(f"There may be at most {self.most} entries. Please delete one first.")
