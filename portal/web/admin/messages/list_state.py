"""The states behind the list of messages and that of numbers which want none."""

import reflex as rx

from portal.core import threads
from portal.core.clock import now
from portal.core.errors import InvalidArgument
from portal.domain import tenants
from portal.domain.admin import messages
from portal.domain.admin.messages import Wanted
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.components.days import day_from, day_text
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

PAGE = 25


class MessagesState(AdminState):
    """Which messages, and which page of them."""

    group: str = ""
    kind: str = ""
    first: str = ""
    last: str = ""
    figures: Figures = Figures()
    rows: rx.Field[list[MessageRow]] = rx.field(default_factory=list)
    loaded_for: str = ""
    has_earlier: bool = False
    has_later: bool = False
    summary: str = ""
    form_key: str = ""

    _places: rx.Field[list[str]] = rx.field(default_factory=list)
    _next: str = ""

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

    @admin_event(Action.MESSAGES_VIEW, most=100)
    async def filter_first(self, value: str) -> None:
        """Nothing before this day."""
        self.first = day_text(value)
        await self._first_page()

    @admin_event(Action.MESSAGES_VIEW, most=100)
    async def filter_last(self, value: str) -> None:
        """Nothing after this day."""
        self.last = day_text(value)
        await self._first_page()

    @admin_event(Action.MESSAGES_VIEW)
    async def clear(self) -> None:
        """Without any filter."""
        self.group = self.kind = self.first = self.last = ""
        self.form_key = str(now().timestamp())
        await self._first_page()

    @admin_event(Action.MESSAGES_VIEW)
    async def later(self) -> None:
        """The next page: older ones."""
        if self._next:
            self._places = [*self._places, self._next]
            await self._load()

    @admin_event(Action.MESSAGES_VIEW)
    async def earlier(self) -> None:
        """The page before: newer ones."""
        self._places = self._places[:-1]
        await self._load()

    async def _first_page(self) -> None:
        self._places = []
        await self._load()

    async def _load(self) -> None:
        zone = (await threads.run(tenants.site, self._tenant())).profile.timezone
        wanted = Wanted(
            states=GROUPS[self.group][1] if self.group else (),
            kinds=(self.kind,) if self.kind else (),
            first=day_from(self.first),
            last=day_from(self.last),
        )
        after = self._places[-1] if self._places else None
        found = await self._in_tenant(messages.list_messages, wanted, limit=PAGE, after=after)
        self.rows = [message_row(line, zone) for line in found.items]
        self._next, self.has_earlier, self.has_later = found.next or "", bool(self._places), found.next is not None
        start = PAGE * len(self._places)
        self.summary = f"{start + 1}–{start + len(self.rows)}" if self.rows else ""
        self.loaded_for = str(self._tenant())


class SuppressionsState(AdminState):
    """Numbers that are not texted."""

    rows: rx.Field[list[SuppressionRow]] = rx.field(default_factory=list)
    has_earlier: bool = False
    has_later: bool = False
    lifting: SuppressionRow = SuppressionRow()  # the one that is asked about
    loaded_for: str = ""

    _places: rx.Field[list[str]] = rx.field(default_factory=list)
    _next: str = ""

    @admin_event(Action.MESSAGES_VIEW)
    async def enter(self) -> None:
        """On every load of the page."""
        self._places, self.lifting = [], SuppressionRow()
        await self._load()

    @admin_event(Action.MESSAGES_VIEW)
    async def later(self) -> None:
        """The next page."""
        if self._next:
            self._places = [*self._places, self._next]
            await self._load()

    @admin_event(Action.MESSAGES_VIEW)
    async def earlier(self) -> None:
        """The page before."""
        self._places = self._places[:-1]
        await self._load()

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

    async def _load(self) -> None:
        zone = (await threads.run(tenants.site, self._tenant())).profile.timezone
        after = self._places[-1] if self._places else None
        found = await self._in_tenant(messages.list_suppressions, limit=PAGE, after=after)
        self.rows = [suppression_row(each, zone) for each in found.items]
        self._next, self.has_earlier, self.has_later = found.next or "", bool(self._places), found.next is not None
        self.loaded_for = str(self._tenant())
