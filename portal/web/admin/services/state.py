"""The state behind the page of services."""

from collections.abc import Mapping
from typing import Any

from portal.domain.admin import csv, services
from portal.domain.admin.catalog import Catalog
from portal.domain.admin.services import ServiceForm
from portal.domain.permissions import Action
from portal.models import TenantService
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.catalog.import_state import MOST_IN_BASE64, ImportState
from portal.web.admin.catalog.state import CatalogState
from portal.web.admin.services.form import LABELS, as_row, as_texts, from_texts


class ServicesState(CatalogState, ImportState, AdminState):
    """One person's view of the services."""

    @admin_event(Action.SERVICES_VIEW)
    async def enter(self) -> None:
        """On every load of the page."""
        self._close()
        self._forget_import()
        await self._refresh()

    @admin_event(Action.SERVICES_EDIT)
    async def open(self, entry_id: str) -> None:
        """The dialog of a service, or of a new one."""
        await self._open(entry_id)

    @admin_event(Action.SERVICES_EDIT)
    async def close(self) -> None:
        """Leave the dialog."""
        self._close()

    @admin_event(Action.SERVICES_EDIT)
    async def submit(self, form: dict[str, Any]) -> None:
        """Save the dialog."""
        await self._submit(form)

    @admin_event(Action.SERVICES_EDIT)
    async def keep_mine(self) -> None:
        """After a conflict: what was typed."""
        await self._keep_mine()

    @admin_event(Action.SERVICES_EDIT)
    async def take_theirs(self) -> None:
        """After a conflict: what is stored."""
        await self._take_theirs()

    @admin_event(Action.SERVICES_EDIT)
    async def move(self, entry_id: str, place: int) -> None:
        """Bring a service to another place."""
        await self._move(entry_id, place)

    @admin_event(Action.SERVICES_EDIT)
    async def hide(self, entry_id: str) -> None:
        """Out of customers' sight."""
        if await self._set_active(entry_id, active=False):
            self._say("Hidden from customers.", undo=ServicesState.show(entry_id))

    @admin_event(Action.SERVICES_EDIT)
    async def show(self, entry_id: str) -> None:
        """In customers' sight again."""
        if await self._set_active(entry_id, active=True):
            self._say("Shown to customers.")

    @admin_event(Action.SERVICES_EDIT)
    async def delete(self, entry_id: str) -> None:
        """Softly: it can be restored."""
        place = self._place_of(entry_id)
        if await self._delete(entry_id):
            self._say("Deleted.", undo=ServicesState.restore(entry_id, place))

    @admin_event(Action.SERVICES_EDIT)
    async def restore(self, entry_id: str, place: int) -> None:
        """Take a deletion back."""
        if await self._restore(entry_id, place):
            self._say("Restored.")

    # --- CSV ---------------------------------------------------------------------------------------------------------

    @admin_event(Action.SERVICES_EDIT)
    async def start_import(self) -> None:
        """The dialog that asks for a file."""
        self._start_import()

    @admin_event(Action.SERVICES_EDIT)
    async def leave_import(self) -> None:
        """Nothing is imported."""
        self._forget_import()

    @admin_event(Action.SERVICES_EDIT, most=MOST_IN_BASE64)
    async def look(self, name: str, content: str, is_too_large: bool) -> None:
        """A file was chosen: say what each of its lines would do."""
        await self._look_at(content, is_too_large=is_too_large)

    @admin_event(Action.SERVICES_EDIT)
    async def apply_import(self) -> None:
        """Do what the report says."""
        await self._apply()

    # --- what the list is about ---------------------------------------------------------------------------------------

    def _sheet(self) -> csv.Sheet[TenantService, ServiceForm]:
        return csv.SERVICES

    def _catalog(self) -> Catalog[TenantService, ServiceForm]:
        return services.CATALOG

    def _labels(self) -> dict[str, str]:
        return LABELS

    def _row(self, entry: ServiceForm) -> dict[str, str]:
        return as_row(entry)

    def _texts(self, entry: ServiceForm | None) -> dict[str, str]:
        return as_texts(entry)

    def _read(self, texts: Mapping[str, str]) -> dict[str, Any]:
        return from_texts(texts)
