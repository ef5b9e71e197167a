"""The states behind the two lists of what providers told us: a business's own, and what names none."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

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


class EventsView(Filtered, rx.State, mixin=True):
    """Which events, which page of them, and the one that is looked at; where they are nobody's, times are in UTC."""

    provider: str = ""
    status: str = ""
    rows: rx.Field[list[EventRow]] = rx.field(default_factory=list)
    shown: EventShown = EventShown()

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.provider or self.status or self.first or self.last)

    def _whose(self) -> UUID | None:
        """The business that was told; None: what names none."""
        return self._tenant()

    async def _times(self) -> str:
        return await self._zone() if self._whose() else "UTC"

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
        found = await self._as_user(events.list_events, self._whose(), wanted, limit=PAGE, after=self._after)
        zone = await self._times()
        self.rows = [event_row(line, zone) for line in found.items]
        self._show_page(found, PAGE)
        self.loaded_for = str(self._whose() or "platform")


def narrowing(action: Action) -> tuple[Any, Any]:
    """The handlers ``filter_provider`` and ``filter_status`` of an :class:`EventsView`."""

    @admin_event(action, most=100)
    async def filter_provider(self: Any, value: str) -> None:
        """Who told us."""
        if value and value not in PROVIDERS:
            raise InvalidArgument
        self.provider = value
        await self._first_page()

    @admin_event(action, most=100)
    async def filter_status(self: Any, value: str) -> None:
        """What became of it."""
        if value and value not in STATUSES:
            raise InvalidArgument
        self.status = value
        await self._first_page()

    return filter_provider, filter_status


def looking(action: Action) -> tuple[Any, Any]:
    """The handlers ``enter`` and ``look`` of an :class:`EventsView`."""

    @admin_event(action)
    async def enter(self: Any) -> None:
        """On every load of the page."""
        self.shown = EventShown()
        await self._first_page()

    @admin_event(action, most=100)
    async def look(self: Any, event_id: str) -> None:
        """Show what was received; an empty id closes it."""
        if not event_id:
            self.shown = EventShown()
            return
        detail = await self._as_user(events.get, self._whose(), as_id(event_id))
        self.shown = event_shown(detail, await self._times())

    return enter, look


def rerunning(action: Action) -> Any:
    """The handler ``rerun`` of an :class:`EventsView`."""

    @admin_event(action, most=100)
    async def rerun(self: Any, event_id: str) -> AsyncIterator[Any]:
        """Have it processed once more."""
        await self._as_user(events.rerun, self._whose(), as_id(event_id))
        self.shown = EventShown()
        self._say("It is processed again now.")
        yield
        await self._load()

    return rerun


class EventsState(EventsView, AdminState):
    """What a business was told."""

    enter, look = looking(Action.EVENTS_VIEW)
    filter_provider, filter_status = narrowing(Action.EVENTS_VIEW)
    filter_first, filter_last, clear = filters(Action.EVENTS_VIEW)
    later, earlier = steps(Action.EVENTS_VIEW)
    rerun = rerunning(Action.EVENTS_RERUN)


class PlatformEventsState(EventsView, AdminState):
    """What names no business, for those who run the platform."""

    enter, look = looking(Action.PLATFORM_EVENTS_VIEW)
    filter_provider, filter_status = narrowing(Action.PLATFORM_EVENTS_VIEW)
    filter_first, filter_last, clear = filters(Action.PLATFORM_EVENTS_VIEW)
    later, earlier = steps(Action.PLATFORM_EVENTS_VIEW)
    rerun = rerunning(Action.PLATFORM_EVENTS_RERUN)

    def _whose(self) -> UUID | None:
        return None
