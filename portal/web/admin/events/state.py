"""The state behind the list of what providers told us."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from portal.core.errors import InvalidArgument
from portal.domain.admin import events
from portal.domain.admin.events import Wanted
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.components.days import day_from
from portal.web.admin.events.rows import PROVIDERS, STATUSES, EventRow, EventShown, event_row, event_shown
from portal.web.admin.paged import Filtered, filters, steps

PAGE = 25


class EventsState(Filtered, AdminState):
    """Which events, which page of them, and the one that is looked at."""

    provider: str = ""
    status: str = ""
    rows: rx.Field[list[EventRow]] = rx.field(default_factory=list)
    shown: EventShown = EventShown()

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.provider or self.status or self.first or self.last)

    @admin_event(Action.EVENTS_VIEW)
    async def enter(self) -> None:
        """On every load of the page."""
        self.shown = EventShown()
        await self._first_page()

    @admin_event(Action.EVENTS_VIEW, most=100)
    async def filter_provider(self, value: str) -> None:
        """Who told us."""
        if value and value not in PROVIDERS:
            raise InvalidArgument
        self.provider = value
        await self._first_page()

    @admin_event(Action.EVENTS_VIEW, most=100)
    async def filter_status(self, value: str) -> None:
        """What became of it."""
        if value and value not in STATUSES:
            raise InvalidArgument
        self.status = value
        await self._first_page()

    filter_first, filter_last, clear = filters(Action.EVENTS_VIEW)
    later, earlier = steps(Action.EVENTS_VIEW)

    @admin_event(Action.EVENTS_VIEW, most=100)
    async def look(self, event_id: str) -> None:
        """Show what was received; an empty id closes it."""
        if not event_id:
            self.shown = EventShown()
            return
        self.shown = event_shown(await self._in_tenant(events.get, as_id(event_id)), await self._zone())

    @admin_event(Action.EVENTS_RERUN, most=100)
    async def rerun(self, event_id: str) -> AsyncIterator[Any]:
        """Have it processed once more."""
        await self._in_tenant(events.rerun, as_id(event_id))
        self.shown = EventShown()
        self._say("It is processed again now.")
        yield
        await self._load()

    def _clear(self) -> None:
        super()._clear()
        self.provider = self.status = ""

    async def _load(self) -> None:
        wanted = Wanted(
            provider=self.provider or None,
            status=self.status or None,
            first=day_from(self.first),
            last=day_from(self.last),
        )
        found = await self._in_tenant(events.list_events, wanted, limit=PAGE, after=self._after)
        zone = await self._zone()
        self.rows = [event_row(line, zone) for line in found.items]
        self._show_page(found, PAGE)
        self.loaded_for = str(self._tenant())
