"""Storing what came in: whoever waits while a commit is under way is committed together in the next one.

A commit waits for the disk, so many at a time cost little more than one. Nobody is answered before their own commit.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy.exc import DataError, IntegrityError

from portal.core import db, queue, threads
from portal.core.errors import InvalidArgument, Unavailable
from portal.core.ids import new_id

STORE: Final = "select event_id, job_id from portal.receive_events(%(events)s::jsonb)"
MOST_EVENTS: Final = 200
MOST_BYTES: Final = 4_000_000
# More than this waiting means that the database has stood still for a while: providers try again.
MOST_WAITING: Final = 5000
log = structlog.get_logger("portal.webhooks")


@dataclass(frozen=True, slots=True)
class Received:
    """One event. ``payload`` is JSON text; ``body_hash`` is what makes two deliveries the same one."""

    tenant_id: UUID | None
    provider: str
    event_type: str
    body_hash: str
    payload: str = field(repr=False)
    provider_event_id: str | None = None

    def as_json(self) -> str:
        """With the ids of its event and its job. The payload is JSON as it is: writing it anew would cost the most."""
        head = json.dumps(
            {
                "id": str(new_id()),
                "job_id": str(new_id()),
                "tenant_id": str(self.tenant_id) if self.tenant_id else None,
                "provider": self.provider,
                "event_type": self.event_type,
                "provider_event_id": self.provider_event_id,
                "body_hash": self.body_hash,
            }
        )
        return f'{head[:-1]}, "payload": {self.payload}}}'


class Unstorable(InvalidArgument):
    reason = "unstorable_event"
    default = "The database cannot keep this event as it is."


Waiting = tuple[Received, "asyncio.Future[None]"]


class Inbox:
    """One process's way into the database for events."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._work: asyncio.Task[None] | None = None
        self._announcing: set[asyncio.Task[None]] = set()

    async def store(self, received: Received) -> None:
        """Return once it is committed, or was before. Raises Unstorable, Unavailable, and what the database raises."""
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        self._waiting.append((received, stored))
        if self._work is None or self._work.done():
            self._work = loop.create_task(self._commit_all())
        await stored

    async def _commit_all(self) -> None:
        while self._waiting:
            batch = self._take()
            # One of a batch may be what the database cannot keep: then each is tried alone.
            if not await self._commit(batch, alone=len(batch) == 1):
                for each in batch:
                    await self._commit([each], alone=True)

    def _take(self) -> list[Waiting]:
        size = count = 0
        for received, _ in self._waiting[:MOST_EVENTS]:
            size += len(received.payload)
            if count and size > MOST_BYTES:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _commit(self, batch: Sequence[Waiting], *, alone: bool) -> bool:
        """Commit and answer; False (and no answer) when a batch must be tried one by one."""
        try:
            jobs = await threads.run(commit, [received for received, _ in batch])
        except (DataError, IntegrityError) as error:
            if not alone:
                return False
            log.warning("event_unstorable", provider=batch[0][0].provider, error=type(error.orig).__name__)
            _answer(batch, Unstorable())
        except Exception as error:  # noqa: BLE001 - each of those who wait raises it where it was asked
            _answer(batch, error)
        else:
            _answer(batch, None)
            self._announce(jobs)
        return True

    def _announce(self, jobs: Sequence[UUID]) -> None:
        if jobs:
            task = asyncio.get_running_loop().create_task(threads.run(queue.announce_all, jobs))
            self._announcing.add(task)
            task.add_done_callback(self._announcing.discard)


def commit(events: Sequence[Received]) -> list[UUID]:
    """Commit them in one statement; returns the jobs of those that are new."""
    rows: list[Any] = db.worker().run_once(STORE, events=f"[{','.join(event.as_json() for event in events)}]")
    return [row.job_id for row in rows]


def _answer(batch: Sequence[Waiting], error: Exception | None) -> None:
    for _, stored in batch:
        # Whoever asked may have gone.
        if stored.done():
            continue
        if error is None:
            stored.set_result(None)
        else:
            stored.set_exception(error)
