"""Lists that are shown a page at a time, and narrowed by days and choices.

A state's handlers name the permission they need, so they are made here for it: ``later, earlier = steps(Action.…)``.
(Their ``self`` is Any: the framework would bind a handler to the state that its annotation names.)
"""

from typing import Any

import reflex as rx

from portal.core.clock import now
from portal.domain.admin.paging import Page
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.components.days import day_text


class Paged(AdminState, rx.State, mixin=True):
    """A list of which one page is shown.

    A state adds ``rows``, the handlers made by :func:`steps`, and ``_load``, which asks for the page after
    ``self._after`` and hands it to ``_show_page``.
    """

    has_earlier: bool = False
    has_later: bool = False
    summary: str = ""
    loaded_for: str = ""

    _places: rx.Field[list[str]] = rx.field(default_factory=list)  # where each page after the first begins
    _next: str = ""

    async def _load(self) -> None:
        """Ask for the page and show it."""
        raise NotImplementedError

    async def _first_page(self) -> None:
        self._places = []
        await self._load()

    @property
    def _after(self) -> str | None:
        """Where the page begins; None: at the beginning."""
        return self._places[-1] if self._places else None

    def _show_page(self, found: Page[Any], per_page: int) -> None:
        """Where this page stands among the others."""
        self._next, self.has_earlier, self.has_later = found.next or "", bool(self._places), found.next is not None
        start = per_page * len(self._places)
        self.summary = f"{start + 1}–{start + len(found.items)}" if found.items else ""


class Filtered(Paged, rx.State, mixin=True):
    """A list narrowed by days and whatever a state adds, with the handlers made by :func:`filters`."""

    first: str = ""
    last: str = ""
    form_key: str = ""

    def _clear(self) -> None:
        """No filter any more; a state overrides it to empty its own too."""
        self.first = self.last = ""
        self.form_key = str(now().timestamp())  # the fields are mounted anew, empty


def steps(action: Action) -> tuple[Any, Any]:
    """The handlers ``later`` and ``earlier`` of a :class:`Paged` state."""

    @admin_event(action)
    async def later(self: Any) -> None:
        """The next page."""
        if self._next:
            self._places = [*self._places, self._next]
            await self._load()

    @admin_event(action)
    async def earlier(self: Any) -> None:
        """The page before."""
        self._places = self._places[:-1]
        await self._load()

    return later, earlier


def filters(action: Action) -> tuple[Any, Any, Any]:
    """The handlers ``filter_first``, ``filter_last`` and ``clear`` of a :class:`Filtered` state."""

    @admin_event(action, most=100)
    async def filter_first(self: Any, value: str) -> None:
        """Nothing before this day."""
        self.first = day_text(value)
        await self._first_page()

    @admin_event(action, most=100)
    async def filter_last(self: Any, value: str) -> None:
        """Nothing after this day."""
        self.last = day_text(value)
        await self._first_page()

    @admin_event(action)
    async def clear(self: Any) -> None:
        """Without any filter."""
        self._clear()
        await self._first_page()

    return filter_first, filter_last, clear
