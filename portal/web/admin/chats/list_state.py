"""The state behind the list of conversations."""

import reflex as rx

from portal.core.errors import InvalidArgument
from portal.domain.admin import chats
from portal.domain.admin.chats import Wanted
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.chats.rows import OUTCOMES, ChatRow, chat_row
from portal.web.admin.components.days import day_from
from portal.web.admin.paged import Filtered, filters, steps

PAGE = 25
NOT_BOOKED = "unbooked"  # a choice beside the outcomes: nothing was booked


class ChatsState(Filtered, AdminState):
    """Which conversations, and which page of them."""

    outcome: str = ""
    rows: rx.Field[list[ChatRow]] = rx.field(default_factory=list)

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

    filter_first, filter_last, clear = filters(Action.CHATS_VIEW)
    later, earlier = steps(Action.CHATS_VIEW)

    def _clear(self) -> None:
        super()._clear()
        self.outcome = ""

    async def _load(self) -> None:
        zone = await self._zone()
        is_unbooked = self.outcome == NOT_BOOKED
        wanted = Wanted(
            outcome=None if is_unbooked else self.outcome or None,
            booked=False if is_unbooked else None,
            first=day_from(self.first),
            last=day_from(self.last),
        )
        found = await self._in_tenant(chats.list_chats, wanted, limit=PAGE, after=self._after)
        self.rows = [chat_row(line, zone) for line in found.items]
        self._show_page(found, PAGE)
        self.loaded_for = str(self._tenant())
