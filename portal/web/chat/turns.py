"""A running turn on its way to the page: events in, the same things out in the rhythm of a screen."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from portal.assistant import events
from portal.assistant.events import Event
from portal.domain.tenants import Site
from portal.web.chat.cards import Card, card_from

FLUSH_SECONDS = 0.08
ACTIVITIES = {
    "get_services": "Looking at the services",
    "get_business_info": "Looking that up",
    "check_availability": "Checking the calendar",
    "create_booking": "Preparing your booking",
    "cancel_booking": "Preparing the cancellation",
    "reschedule_booking": "Preparing the new time",
    "get_booking_details": "Looking up your booking",
    "escalate_to_human": "Finding someone to help",
}


@dataclass
class Answer:
    """What a turn has brought so far."""

    text: str = ""
    cards: list[Card] = field(default_factory=list)
    activity: str = ""
    failure_code: str = ""
    failure: str = ""
    message_id: str = ""
    _after_tool: bool = False

    def take(self, event: Event, site: Site) -> None:
        """Add one event."""
        if isinstance(event, events.Token):
            gap = "\n\n" if self._after_tool and self.text else ""
            self.text += gap + event.text
            self.activity, self._after_tool = "", False
        elif isinstance(event, events.Tool):
            self.activity = ACTIVITIES.get(event.tool, "One moment") if event.status == "running" else ""
            self._after_tool = True
        elif isinstance(event, events.ErrorEvent):
            self.failure_code, self.failure = event.code, event.message
        elif isinstance(event, events.Done):
            self.message_id = str(event.message_id or "")
        elif card := card_from(event.name, event.data(), site):
            self.cards.append(card)


async def paced(turn: AsyncIterator[Event]) -> AsyncIterator[list[Event]]:
    """The events of ``turn`` in batches at least ``FLUSH_SECONDS`` apart, the first at once. Raises what it raised.

    The events are read by a task of its own, so that the pace of a screen never slows the turn down.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    task = asyncio.create_task(_read(turn, queue))
    _running.add(task)
    task.add_done_callback(_running.discard)
    batch: list[Event | None] = []
    while not batch or batch[-1] is not None:
        batch = [await queue.get()]
        while not queue.empty():
            batch.append(queue.get_nowait())
        if found := [event for event in batch if event is not None]:
            yield found
        if batch[-1] is not None:
            await asyncio.sleep(FLUSH_SECONDS)
    await task


_running: set[asyncio.Task[None]] = set()  # the event loop itself keeps only weak references


async def _read(turn: AsyncIterator[Event], queue: asyncio.Queue[Event | None]) -> None:
    try:
        async for event in turn:
            queue.put_nowait(event)
    finally:
        queue.put_nowait(None)
