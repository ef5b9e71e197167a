"""The state behind the list of what providers told us."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from portal.core import threads
from portal.core.clock import now
from portal.core.errors import InvalidArgument
from portal.domain import tenants
from portal.domain.admin import events
from portal.domain.admin.events import Wanted
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.components.days import day_from, day_text
from portal.web.admin.events.rows import PROVIDERS, STATUSES, EventRow, EventShown, event_row, event_shown

PAGE = 25


class EventsState(AdminState):
    """Which events, which page of them, and the one that is looked at."""

    provider: str = ""
    status: str = ""
    first: str = ""
    last: str = ""
    rows: rx.Field[list[EventRow]] = rx.field(default_factory=list)
    shown: EventShown = EventShown()
    loaded_for: str = ""
    has_earlier: bool = False
    has_later: bool = False
    summary: str = ""
    form_key: str = ""

    _places: rx.Field[list[str]] = rx.field(default_factory=list)
    _next: str = ""

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

    @admin_event(Action.EVENTS_VIEW, most=100)
    async def filter_first(self, value: str) -> None:
        """Nothing before this day."""
        self.first = day_text(value)
        await self._first_page()

    @admin_event(Action.EVENTS_VIEW, most=100)
    async def filter_last(self, value: str) -> None:
        """Nothing after this day."""
        self.last = day_text(value)
        await self._first_page()

    @admin_event(Action.EVENTS_VIEW)
    async def clear(self) -> None:
        """Without any filter."""
        self.provider = self.status = self.first = self.last = ""
        self.form_key = str(now().timestamp())
        await self._first_page()

    @admin_event(Action.EVENTS_VIEW)
    async def later(self) -> None:
        """The next page: older ones."""
        if self._next:
            self._places = [*self._places, self._next]
            await self._load()

    @admin_event(Action.EVENTS_VIEW)
    async def earlier(self) -> None:
        """The page before: newer ones."""
        self._places = self._places[:-1]
        await self._load()

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

    async def _first_page(self) -> None:
        self._places = []
        await self._load()

    async def _load(self) -> None:
        wanted = Wanted(
            provider=self.provider or None,
            status=self.status or None,
            first=day_from(self.first),
            last=day_from(self.last),
        )
        after = self._places[-1] if self._places else None
        found = await self._in_tenant(events.list_events, wanted, limit=PAGE, after=after)
        zone = await self._zone()
        self.rows = [event_row(line, zone) for line in found.items]
        self._next, self.has_earlier, self.has_later = found.next or "", bool(self._places), found.next is not None
        start = PAGE * len(self._places)
        self.summary = f"{start + 1}–{start + len(self.rows)}" if self.rows else ""
        self.loaded_for = str(self._tenant())

    async def _zone(self) -> str:
        return (await threads.run(tenants.site, self._tenant())).profile.timezone
