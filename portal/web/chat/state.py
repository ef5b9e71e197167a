"""The chat's state: what is shown, and the handlers that pass the customer's words to the assistant.

Everything durable is in the database; this holds the picture of it for one tab. The session's id lives in the browser
and is as untrusted as any argument: the database shows a session only to its own tenant's site.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import redis
import reflex as rx

from portal.assistant import loop
from portal.assistant.cards import proposal_card as card_of
from portal.assistant.events import Event, ProposalCard
from portal.core import threads
from portal.core.clock import now
from portal.core.db import Access
from portal.core.errors import PortalError
from portal.core.visitors import address_hash
from portal.domain import booking, conversation, tenants
from portal.domain.conversation import MessageView, SessionEnded
from portal.domain.tenants import Site
from portal.web.base_state import SiteState
from portal.web.chat import markdown
from portal.web.chat.cards import Card, proposal_card
from portal.web.chat.markdown import Block
from portal.web.chat.messages import Message, message, messages_from, with_choice_marked, with_proposal
from portal.web.chat.turns import Answer, paced
from portal.web.public.visitor import CHATS, admit

MAX_LENGTH = 2000
STUCK_AFTER = timedelta(seconds=conversation.TURN_SECONDS)
SUGGESTIONS = ["Book an appointment", "Opening hours", "Services and prices", "Change or cancel a booking"]
BROKEN = "Something went wrong on our side. Please try again."
TOO_LONG = f"Please keep a message under {MAX_LENGTH:,} characters."
DECLINE = "Never mind"

TurnOf = Callable[[Access, str], Awaitable[AsyncIterator[Event]]]  # of an access and who asks (a hashed address)


class ChatState(SiteState):
    """One tab's view of the conversation."""

    session: str = rx.LocalStorage("", name="chat_session")
    messages: rx.Field[list[Message]] = rx.field(default_factory=list)
    draft: rx.Field[list[Block]] = rx.field(default_factory=list)
    draft_cards: rx.Field[list[Card]] = rx.field(default_factory=list)
    activity: str = ""
    is_busy: bool = False
    failure: str = ""
    can_retry: bool = False
    open_proposal: str = ""
    open_seconds: int = 0  # that it still waits, when last asked
    confirmed: rx.Field[list[str]] = rx.field(default_factory=list)  # proposals that this tab saw confirmed

    _busy_since: datetime | None = None
    _last_said: str = ""
    _last_confirmed: str = ""

    # --- what the page calls ---------------------------------------------------------------------------------------

    @rx.event(background=True)
    async def restore(self) -> None:
        """Show the conversation as stored: on every load of the page, reconnect, and opening of the panel."""
        async with self:
            if self.is_busy and self._busy_since and now() - self._busy_since < STUCK_AFTER:
                return
            session = session_id(self.session)
            access, site = await self._access(session), await self._site()
        history, waiting = await threads.run(_stored, access)
        async with self:
            if self._busy_since and now() - self._busy_since < STUCK_AFTER:
                return
            self._end_turn()
            self.session = str(session) if session and history else ""
            unsent = self._unsent()
            self.messages = (messages_from(history, site) or [_greeting(site)]) + unsent
            self._wait_for(waiting)
            if not unsent:
                self.failure, self.can_retry = "", False

    @rx.event(background=True)
    async def send(self, form: dict[str, Any]) -> None:
        """Say what was typed."""
        await self._say(form.get("message") if isinstance(form, dict) else None)

    @rx.event(background=True)
    async def say(self, text: str) -> None:
        """Say what a button stands for: a suggestion, an offered time."""
        await self._say(text)

    @rx.event(background=True)
    async def confirm(self, proposal_id: str) -> None:
        """The customer's own yes to the proposal on the card."""
        async with self:
            if self.is_busy or not proposal_id or proposal_id != self.open_proposal:
                return
            self._begin_turn(confirmed=proposal_id)
        await self._run(partial(_confirm, UUID(proposal_id)))

    @rx.event(background=True)
    async def decline(self, proposal_id: str) -> None:
        """The customer's no: said in the conversation, where our code recognises it and the assistant answers it."""
        async with self:
            is_open = bool(proposal_id) and proposal_id == self.open_proposal
        if is_open:
            await self._say(DECLINE)

    @rx.event(background=True)
    async def retry(self) -> None:
        """Do the last thing again, after a failure."""
        async with self:
            if self.is_busy or not self.can_retry:
                return
            said, confirmed = self._last_said, self._last_confirmed
            self._begin_turn(said=said, confirmed=confirmed)
        await self._run(partial(_confirm, UUID(confirmed)) if confirmed else partial(_turn, said))

    @rx.event(background=True)
    async def start_over(self) -> None:
        """Begin a new conversation; the old one stays stored, this browser forgets it."""
        async with self:
            if self.is_busy:
                return
            self.session, self.confirmed = "", []
            self._wait_for(None)
            self.failure, self.can_retry = "", False
            self.messages = [_greeting(await self._site())]

    # --- a turn ----------------------------------------------------------------------------------------------------

    async def _say(self, text: object) -> None:
        said = text.strip() if isinstance(text, str) else ""
        async with self:
            if self.is_busy or not said:
                return
            if len(said) > MAX_LENGTH:
                self.failure, self.can_retry = TOO_LONG, False
                return
            self.messages = [*with_choice_marked(self.messages, said), message("user", said)]
            self._begin_turn(said=said)
        await self._run(partial(_turn, said))

    async def _run(self, turn: TurnOf) -> None:
        """Show a turn as it happens. Whatever breaks, it ends in an answer or a sentence that says what to do."""
        answer, waiting, failure = Answer(), None, BROKEN
        try:
            access, site, events = await self._open(turn)
            async for batch in paced(events):
                for event in batch:
                    answer.take(event, site)
                async with self:
                    self._show_draft(answer)
            waiting = (await threads.run(_stored, access))[1]
            failure = answer.failure
        except PortalError as error:
            failure = error.message
        finally:
            async with self:
                self._show_answer(answer, waiting, failure)

    async def _open(self, turn: TurnOf) -> tuple[Access, Site, AsyncIterator[Event]]:
        """Begin a turn; where this browser's conversation has ended meanwhile, in a new one."""
        async with self:
            access, site = await self._access(session_id(self.session)), await self._site()
            address, agent = self.router.session.client_ip, self.router.headers.user_agent
            visitor = address_hash(address)
        if access.session_id is not None:
            with suppress(SessionEnded):
                return access, site, await turn(access, visitor)
        with suppress(redis.RedisError):  # chats go on without Redis; the database bounds what they take
            await admit(site.tenant_id, address, CHATS)
        begun = await threads.run(conversation.start, access, ip_hash=visitor, user_agent=agent)
        async with self:
            self.session = str(begun.session_id)
            access = await self._access(begun.session_id)
        return access, site, await turn(access, visitor)

    # --- inside ----------------------------------------------------------------------------------------------------

    def _begin_turn(self, *, said: str = "", confirmed: str = "") -> None:
        self.is_busy, self._busy_since = True, now()
        self.failure, self.can_retry = "", False
        self._last_said, self._last_confirmed = said, confirmed

    def _unsent(self) -> list[Message]:
        """What was said last, while it could not even be stored: the page is then the only place that has it."""
        return self.messages[-1:] if self.can_retry and self.messages and self.messages[-1].role == "user" else []

    def _end_turn(self) -> None:
        self.is_busy, self._busy_since = False, None
        self.draft, self.draft_cards, self.activity = [], [], ""

    def _show_draft(self, answer: Answer) -> None:
        self.draft, self.activity = markdown.blocks(answer.text), answer.activity
        if len(self.draft_cards) != len(answer.cards):
            self.draft_cards = list(answer.cards)

    def _wait_for(self, waiting: ProposalCard | None) -> None:
        """The proposal whose buttons are shown, on its one card: the latest."""
        self.open_proposal = str(waiting.proposal_id) if waiting else ""
        if waiting:
            self.messages = with_proposal(self.messages, proposal_card(waiting.data()))
        self.open_seconds = max(0, round((waiting.expires_at - now()).total_seconds())) if waiting else 0

    def _show_answer(self, answer: Answer, waiting: ProposalCard | None, failure: str) -> None:
        """The turn's end: its answer joins the messages in the same step in which the draft goes."""
        self._end_turn()
        if answer.text or answer.cards:
            self.messages.append(message("assistant", answer.text, answer.cards, message_id=answer.message_id))
        if self._last_confirmed and any(card.kind == "booking" for card in answer.cards):
            self.confirmed.append(self._last_confirmed)
        self._wait_for(waiting)
        self.failure, self.can_retry = failure, bool(failure)

    async def _access(self, session: UUID | None) -> Access:
        return await self._customer(session_id=session)

    async def _site(self) -> Site:
        ref = await self._tenant()
        return await threads.run(tenants.site, ref.tenant_id)


async def _turn(said: str, access: Access, visitor: str) -> AsyncIterator[Event]:
    return await loop.open_turn(access, said, visitor=visitor)


async def _confirm(proposal_id: UUID, access: Access, visitor: str) -> AsyncIterator[Event]:
    return await loop.open_confirm(access, proposal_id, visitor=visitor)


def _stored(access: Access) -> tuple[list[MessageView], ProposalCard | None]:
    """The conversation and its waiting proposal's card; nothing for a session that ended or is not this site's."""
    if access.session_id is None:
        return [], None
    try:
        history = conversation.history(access)
    except SessionEnded:
        return [], None
    waiting = booking.open_proposal(access)
    return history, card_of(access, waiting) if waiting else None


def _greeting(site: Site) -> Message:
    """The first bubble, before there is a stored conversation."""
    return message("assistant", conversation.greeting_of(site))


def session_id(text: object) -> UUID | None:
    """The id that a browser sent, if it is one."""
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
