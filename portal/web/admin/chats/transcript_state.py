"""The state behind one conversation's page. Nothing can be changed here."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from portal.core import threads
from portal.core.errors import NotFound
from portal.domain import tenants
from portal.domain.admin import chats
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.chats.rows import Heading, MessageRow, heading, message_row


class TranscriptState(AdminState):
    """One conversation; its id comes from the address and is asked for in the tenant's scope every time."""

    status: str = "loading"  # loading | ready | missing
    heading: Heading = Heading()
    messages: rx.Field[list[MessageRow]] = rx.field(default_factory=list)

    @admin_event(Action.CHATS_VIEW)
    async def enter(self) -> AsyncIterator[Any]:
        """On every load of the page."""
        self.heading, self.messages, self.status = Heading(), [], "loading"
        yield
        try:
            found = await self._in_tenant(chats.transcript, as_id(str(getattr(self, "shown_chat", ""))))
        except NotFound:
            self.status = "missing"
            return
        site = await threads.run(tenants.site, self._tenant())
        self.heading = heading(found, site.profile.timezone)
        self.messages = [message_row(message, site) for message in found.messages]
        self.status = "ready"
