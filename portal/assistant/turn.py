"""One turn while it runs: what is shown, and what will be stored of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from portal.assistant import metrics
from portal.assistant.events import Done, Event, Token
from portal.assistant.sight import CARDS, Shown
from portal.assistant.tools import ToolContext
from portal.core import threads
from portal.core.db import Access
from portal.domain import conversation
from portal.domain.booking import BookingView
from portal.domain.conversation import NewMessage
from portal.domain.tenants import Site
from portal.providers.anthropic import Reply


class Outlet(AsyncIterator[Event]):
    """Events on their way to whoever shows them. They are kept when nobody looks: the turn goes on by itself.

    Waiting for the next one may be given up and begun again; none is lost.
    """

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._is_over = False

    def put(self, event: Event) -> None:
        self._queue.put_nowait(event)

    def close(self) -> None:
        self._queue.put_nowait(None)

    async def __anext__(self) -> Event:
        event = None if self._is_over else await self._queue.get()
        if event is None:
            self._is_over = True
            raise StopAsyncIteration
        return event


@dataclass
class TurnRun:
    """A running turn. ``turn_id`` is None while (or when) the session could not be taken; ``reserved`` as in Turn."""

    access: Access
    site: Site
    outlet: Outlet
    context: ToolContext
    turn_id: UUID | None = None
    reserved: int = 0
    has_spoken: bool = False
    #: What this turn carried out, as it stands: the model's words are held to it.
    deeds: list[BookingView] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _messages: list[NewMessage] = field(default_factory=list)
    _cards: list[dict[str, Any]] = field(default_factory=list)
    _shown: Shown = field(default_factory=Shown)

    def emit(self, event: Event) -> None:
        """Show an event; cards are kept for a reload."""
        if isinstance(event, Token) and not self.has_spoken:
            self.has_spoken = True
            metrics.FIRST_WORD_SECONDS.observe(time.monotonic() - self._began)
        if isinstance(event, CARDS):
            self._cards.append(event.card())
        self._shown.take(event)
        self.outlet.put(event)

    def say(self, sentence: str, stop_reason: str, *, silently: bool = False) -> None:
        """Say something of our own. ``silently``: another event shows it; it is only stored."""
        if not silently:
            self.emit(Token(f"\n\n{sentence}" if self.has_spoken else sentence))
        self._messages.append(NewMessage("assistant", [{"type": "text", "text": sentence}], stop_reason=stop_reason))

    def record_note(self, note: str) -> None:
        """A note of the backend for the model, in its place in the conversation."""
        self._messages.append(NewMessage("system", [{"type": "text", "text": note}]))

    def record_answer(self, content: list[dict[str, Any]], reply: Reply) -> None:
        """An answer of the model with its tokens; also an empty one, for its tokens' sake."""
        usage = reply.usage
        for kind, tokens in vars(usage).items():
            metrics.TOKENS.labels(kind.removesuffix("_tokens")).inc(tokens)
        self._messages.append(
            NewMessage(
                "assistant", content, model=reply.model, stop_reason=reply.stop_reason,
                input_tokens=usage.input_tokens, output_tokens=usage.output_tokens,
                cache_read_tokens=usage.cache_read_tokens, cache_write_tokens=usage.cache_write_tokens,
            )
        )  # fmt: skip

    def record_results(self, results: list[dict[str, Any]]) -> None:
        self._messages.append(NewMessage("tool", results))

    async def store(self) -> UUID | None:
        """Store everything said and give the session free; returns the last answer's id."""
        messages = self._with_cards()
        if self.turn_id is not None:
            await threads.run(
                conversation.finish_turn,
                self.access, self.turn_id, messages, asked=self._shown.sight, reserved=self.reserved,
            )  # fmt: skip
        elif messages:
            await threads.run(conversation.append, self.access, messages)
        answers = [message.id for message in messages if message.role == "assistant"]
        return answers[-1] if answers else None

    def _with_cards(self) -> list[NewMessage]:
        """The messages, the cards on the last answer."""
        messages, cards = list(self._messages), self._cards
        if not cards:
            return messages
        for index in range(len(messages) - 1, -1, -1):
            if messages[index].role == "assistant":
                messages[index] = replace(messages[index], cards=cards)
                return messages
        return [*messages, NewMessage("assistant", [], cards=cards)]

    @property
    def has_cards(self) -> bool:
        return bool(self._cards)

    def end(self, message_id: UUID | None, stop_reason: str) -> None:
        metrics.count_turn(stop_reason)
        self.outlet.put(Done(message_id, stop_reason))
