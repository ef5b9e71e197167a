"""Lists that are ordered by hand, and whose entries are edited in a dialog, hidden, deleted softly and restored."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import reflex as rx

from portal.core.errors import InvalidArgument, NotFound
from portal.domain.admin.catalog import Catalog
from portal.domain.admin.edits import Outdated
from portal.web.admin.base_state import AdminState, as_id
from portal.web.admin.edit_form import EditForm

NEW = "new"
CHANGED = "Somebody else has changed this meanwhile. Here is how it is now; please try again."


class CatalogState(EditForm, AdminState, rx.State, mixin=True):
    """Rows are dicts of texts: ``id``, ``name``, ``text``, ``facts``, ``tag``, and ``hidden`` ("yes" or empty).

    A page says which catalog it is about and how its entries are shown and read; and adds the handlers, since each
    names the permission it needs.
    """

    rows: rx.Field[list[dict[str, str]]] = rx.field(default_factory=list)
    deleted: rx.Field[list[dict[str, str]]] = rx.field(default_factory=list)
    editing: str = ""  # the entry whose dialog is open, "new", or nothing
    announcement: str = ""

    _versions: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    _order_version: str = ""

    # --- what a page says --------------------------------------------------------------------------------------------

    def _catalog(self) -> Catalog[Any, Any]:
        raise NotImplementedError

    def _labels(self) -> dict[str, str]:
        """Field → label."""
        raise NotImplementedError

    def _row(self, entry: Any) -> dict[str, str]:
        raise NotImplementedError

    def _texts(self, entry: Any | None) -> dict[str, str]:
        """An entry (None: a new one) as the form shows it."""
        raise NotImplementedError

    def _read(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """A form as the domain takes it. Raises InvalidArgument with the field."""
        raise NotImplementedError

    # --- the list ----------------------------------------------------------------------------------------------------

    async def _refresh(self) -> None:
        catalog = self._catalog()
        listing = await self._in_tenant(catalog.entries)
        gone = await self._in_tenant(catalog.entries, deleted=True)
        self._order_version = listing.order_version
        self._versions = {str(entry.id): entry.version for entry in (*listing.items, *gone.items)}
        self.rows = [self._row(entry) for entry in listing.items]
        self.deleted = [self._row(entry) for entry in gone.items]
        self.loaded_for = str(self._tenant())

    async def _move(self, entry_id: str, place: int) -> None:
        """Bring an entry to a place counted from 0; places outside the list are ignored."""
        ids = [row["id"] for row in self.rows]
        if entry_id not in ids or not 0 <= place < len(ids) or ids.index(entry_id) == place:
            return
        ids.remove(entry_id)
        ids.insert(place, entry_id)
        await self._attempt_change(self._catalog().reorder, ids, version=self._order_version)
        now = [row["id"] for row in self.rows]
        if now == ids:
            name = self.rows[place]["name"]
            self.announcement = f"{name} is now number {place + 1} of {len(ids)}."

    async def _set_active(self, entry_id: str, *, active: bool) -> bool:
        return await self._attempt_change(
            self._catalog().update, as_id(entry_id), {"active": active}, version=self._version_of(entry_id)
        )

    async def _delete(self, entry_id: str) -> bool:
        return await self._attempt_change(self._catalog().delete, as_id(entry_id), version=self._version_of(entry_id))

    async def _restore(self, entry_id: str, place: int) -> bool:
        """Back at ``place``, or at the end for -1."""
        version = self._version_of(entry_id)
        if not await self._attempt_change(self._catalog().restore, as_id(entry_id), version=version):
            return False
        await self._move(entry_id, place)
        return True

    async def _attempt_change(self, act: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Do it and show the list as it is then; False, with a message, when somebody was faster."""
        try:
            await self._in_tenant(act, *args, **kwargs)
        except Outdated:
            await self._refresh()
            self._say(CHANGED, kind="error")
            return False
        await self._refresh()
        return True

    def _version_of(self, entry_id: str) -> str:
        return self._versions.get(entry_id, "")

    def _name_of(self, entry_id: str) -> str:
        return next((row["name"] for row in (*self.rows, *self.deleted) if row["id"] == entry_id), "")

    def _place_of(self, entry_id: str) -> int:
        return next((place for place, row in enumerate(self.rows) if row["id"] == entry_id), -1)

    # --- the dialog --------------------------------------------------------------------------------------------------

    async def _open(self, entry_id: str) -> None:
        if entry_id == NEW:
            self._show_values(self._texts(None), "")
        else:
            entry = await self._in_tenant(self._catalog().get, as_id(entry_id))
            self._show_values(self._texts(entry), entry.version)
        self.editing = entry_id

    def _close(self) -> None:
        self.editing, self.conflict = "", []

    async def _submit(self, form: Mapping[str, Any]) -> None:
        """Store what was typed, against the version that was read."""
        texts = {name: _typed(form.get(name)) for name in self._labels()}
        await self._save(texts, self._version)

    async def _keep_mine(self) -> None:
        """What was typed goes over what somebody else has stored; what they changed besides stays."""
        if self.editing and self.conflict:
            await self._save(self.values | self._attempt, self._newer_version)

    async def _take_theirs(self) -> None:
        """Show what is stored now; what was typed goes."""
        if self.editing and self.conflict:
            await self._open(self.editing)

    async def _save(self, texts: dict[str, str], version: str) -> None:
        opened = self.editing
        if not opened:
            return
        try:
            await self._write(opened, texts, version)
        except Outdated:
            await self._meet(as_id(opened), texts)
            return
        except InvalidArgument as error:
            self._refuse(error, texts, self._labels())
            return
        self._close()
        await self._refresh()
        self._say("Added." if opened == NEW else "Saved.")

    async def _write(self, opened: str, texts: Mapping[str, str], version: str) -> None:
        """Of an entry that is there, only what was changed."""
        values, catalog = self._read(texts), self._catalog()
        if opened == NEW:
            await self._in_tenant(catalog.create, values)
            return
        before = self._read(self.values)
        changes = {name: value for name, value in values.items() if value != before.get(name)}
        await self._in_tenant(catalog.update, as_id(opened), changes, version=version)

    async def _meet(self, entry_id: UUID, texts: dict[str, str]) -> None:
        """Both versions side by side, in the words of the form; or just save where they do not touch each other."""
        try:
            entry = await self._in_tenant(self._catalog().get, entry_id)
        except NotFound:
            self._close()
            await self._refresh()
            self._say("Somebody else has deleted this meanwhile.", kind="error")
            return
        stored = self._texts(entry)
        changed = {name: text for name, text in texts.items() if text != self.values.get(name)}
        clashing = {name: text for name, text in changed.items() if stored[name] not in (text, self.values[name])}
        if not clashing:
            await self._save(texts, entry.version)
            return
        self._show_conflict({"current": stored, "version": entry.version}, changed, self._labels())


def _typed(value: Any) -> str:
    return value if isinstance(value, str) else "on" if value is True else ""
