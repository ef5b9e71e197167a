"""The states behind the list of messages and that of numbers which want none."""

import reflex as rx

from portal.core.errors import InvalidArgument
from portal.domain.admin import messages
from portal.domain.admin.messages import Wanted
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.components.days import day_from
from portal.web.admin.messages.rows import (
    GROUPS,
    KINDS,
    Figures,
    MessageRow,
    SuppressionRow,
    figures,
    message_row,
    suppression_row,
)
from portal.web.admin.paged import Filtered, Paged, filters, steps

PAGE = 25


class MessagesState(Filtered, AdminState):
    """Which messages, and which page of them."""

    group: str = ""
    kind: str = ""
    figures: Figures = Figures()
    rows: rx.Field[list[MessageRow]] = rx.field(default_factory=list)

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.group or self.kind or self.first or self.last)

    @admin_event(Action.MESSAGES_VIEW)
    async def enter(self) -> None:
        """On every load of the page."""
        self.figures = figures(await self._in_tenant(messages.summary))
        await self._first_page()

    @admin_event(Action.MESSAGES_VIEW, most=100)
    async def filter_group(self, value: str) -> None:
        """What became of them."""
        if value and value not in GROUPS:
            raise InvalidArgument
        self.group = value
        await self._first_page()

    @admin_event(Action.MESSAGES_VIEW, most=100)
    async def filter_kind(self, value: str) -> None:
        """What they are about."""
        if value and value not in KINDS:
            raise InvalidArgument
        self.kind = value
        await self._first_page()

    filter_first, filter_last, clear = filters(Action.MESSAGES_VIEW)
    later, earlier = steps(Action.MESSAGES_VIEW)

    def _clear(self) -> None:
        super()._clear()
        self.group = self.kind = ""

    async def _load(self) -> None:
        zone = await self._zone()
        wanted = Wanted(
            states=GROUPS[self.group][1] if self.group else (),
            kinds=(self.kind,) if self.kind else (),
            first=day_from(self.first),
            last=day_from(self.last),
        )
        found = await self._in_tenant(messages.list_messages, wanted, limit=PAGE, after=self._after)
        self.rows = [message_row(line, zone) for line in found.items]
        self._show_page(found, PAGE)
        self.loaded_for = str(self._tenant())


class SuppressionsState(Paged, AdminState):
    """Numbers that are not texted."""

    rows: rx.Field[list[SuppressionRow]] = rx.field(default_factory=list)
    unread: rx.Field[list[SuppressionRow]] = rx.field(default_factory=list)
    lifting: SuppressionRow = SuppressionRow()  # the one that is asked about

    @admin_event(Action.MESSAGES_VIEW)
    async def enter(self) -> None:
        """On every load of the page."""
        self.lifting = SuppressionRow()
        await self._first_page()

    later, earlier = steps(Action.MESSAGES_VIEW)

    @admin_event(Action.MESSAGES_EDIT, most=100)
    async def ask_to_lift(self, phone: str) -> None:
        """Ask before a number is texted again; an empty one closes the question."""
        self.lifting = next((row for row in self.rows if row.phone == phone), SuppressionRow())

    @admin_event(Action.MESSAGES_EDIT)
    async def lift(self) -> None:
        """Text the number again that was asked about."""
        phone, self.lifting = self.lifting.phone, SuppressionRow()
        await self._in_tenant(messages.lift_suppression, phone)
        self._say("This number gets messages again.")
        await self._load()

    @admin_event(Action.MESSAGES_EDIT, most=100)
    async def go_on(self, phone: str) -> None:
        """What somebody answered was no wish for no more messages; those that waited go out."""
        await self._in_tenant(messages.lift_suppression, phone)
        self._say("Messages to this number go on.")
        await self._load()

    @admin_event(Action.MESSAGES_EDIT, most=100)
    async def keep(self, phone: str) -> None:
        """What somebody answered was a wish for no more messages."""
        await self._in_tenant(messages.keep_suppression, phone)
        self._say("This number gets no more messages.")
        await self._load()

    async def _load(self) -> None:
        zone = await self._zone()
        found = await self._in_tenant(messages.list_suppressions, limit=PAGE, after=self._after)
        self.rows = [suppression_row(each, zone) for each in found.items]
        self.unread = [suppression_row(each, zone) for each in await self._in_tenant(messages.unread_answers)]
        self._show_page(found, PAGE)
        self.loaded_for = str(self._tenant())
