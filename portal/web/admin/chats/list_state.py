"""The state behind the list of conversations."""

import reflex as rx

from portal.core import threads
from portal.core.clock import now
from portal.core.errors import InvalidArgument
from portal.domain import tenants
from portal.domain.admin import chats
from portal.domain.admin.chats import Wanted
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.chats.rows import OUTCOMES, ChatRow, chat_row
from portal.web.admin.components.days import day_from, day_text

PAGE = 25
NOT_BOOKED = "unbooked"  # a choice beside the outcomes: nothing was booked


class ChatsState(AdminState):
    """Which conversations, and which page of them."""

    outcome: str = ""
    first: str = ""
    last: str = ""
    rows: rx.Field[list[ChatRow]] = rx.field(default_factory=list)
    loaded_for: str = ""
    has_earlier: bool = False
    has_later: bool = False
    summary: str = ""
    form_key: str = ""

    _places: rx.Field[list[str]] = rx.field(default_factory=list)
    _next: str = ""

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.outcome or self.first or self.last)

    @admin_event(Action.CHATS_VIEW)
    async def enter(self) -> None:
        """On every load of the page."""
        await self._first_page()

    @admin_event(Action.CHATS_VIEW, most=100)
    async def filter_outcome(self, value: str) -> None:
        """What came of it."""
        if value and value not in (*OUTCOMES, NOT_BOOKED):
            raise InvalidArgument
        self.outcome = value
        await self._first_page()

    @admin_event(Action.CHATS_VIEW, most=100)
    async def filter_first(self, value: str) -> None:
        """Nothing before this day."""
        self.first = day_text(value)
        await self._first_page()

    @admin_event(Action.CHATS_VIEW, most=100)
    async def filter_last(self, value: str) -> None:
        """Nothing after this day."""
        self.last = day_text(value)
        await self._first_page()

    @admin_event(Action.CHATS_VIEW)
    async def clear(self) -> None:
        """Without any filter."""
        self.outcome = self.first = self.last = ""
        self.form_key = str(now().timestamp())
        await self._first_page()

    @admin_event(Action.CHATS_VIEW)
    async def later(self) -> None:
        """The next page: older ones."""
        if self._next:
            self._places = [*self._places, self._next]
            await self._load()

    @admin_event(Action.CHATS_VIEW)
    async def earlier(self) -> None:
        """The page before: newer ones."""
        self._places = self._places[:-1]
        await self._load()

    async def _first_page(self) -> None:
        self._places = []
        await self._load()

    async def _load(self) -> None:
        zone = (await threads.run(tenants.site, self._tenant())).profile.timezone
        is_unbooked = self.outcome == NOT_BOOKED
        wanted = Wanted(
            outcome=None if is_unbooked else self.outcome or None,
            booked=False if is_unbooked else None,
            first=day_from(self.first),
            last=day_from(self.last),
        )
        after = self._places[-1] if self._places else None
        found = await self._in_tenant(chats.list_chats, wanted, limit=PAGE, after=after)
        self.rows = [chat_row(line, zone) for line in found.items]
        self._next, self.has_earlier, self.has_later = found.next or "", bool(self._places), found.next is not None
        start = PAGE * len(self._places)
        self.summary = f"{start + 1}–{start + len(self.rows)}" if self.rows else ""
        self.loaded_for = str(self._tenant())
