"""Events from providers, as jobs process them. The table is append-only: only what became of an event is noted."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.core import db
from portal.core.errors import NotFound, PortalError

PROCESSED = "processed"
# Opens the transaction that also ends the job.
Finishing = Callable[[], AbstractContextManager[db.Scope]]


@dataclass(frozen=True)
class Event:
    """What was received. ``reference``: the provider's id of what it is about (a booking's uid, a message's sid)."""

    id: UUID
    provider: str
    kind: str
    reference: str | None = field(repr=False)
    payload: dict[str, Any] = field(repr=False)
    status: str
    received_at: datetime

    @property
    def is_processed(self) -> bool:
        return self.status == PROCESSED


def read(access: db.Access, event_id: UUID) -> Event:
    """An event of this worker's tenant (or of none, where the worker has none). Raises NotFound."""
    with access.begin() as scope:
        row = scope.execute("select * from portal.read_event(:id)", id=event_id).one_or_none()
    if row is None:
        raise NotFound
    return Event(
        id=event_id,
        provider=row.provider,
        kind=row.event_type,
        reference=row.provider_event_id,
        payload=row.payload if isinstance(row.payload, dict) else {},
        status=row.processing_status,
        received_at=row.received_at,
    )


def finish(scope: db.Scope, event_id: UUID, result: str, *, booking_id: UUID | None = None) -> None:
    """Note in this transaction that the event is processed, and in a word or two with what result."""
    scope.execute(
        "select portal.finish_event(:id, :result, null, :booking)", id=event_id, result=result, booking=booking_id
    )


@contextmanager
def noting_failure(access: db.Access, event_id: UUID) -> Iterator[None]:
    """Whatever is raised inside is noted with the event and raised on; a later success takes the note away."""
    try:
        yield
    except Exception as error:
        what = error.reason if isinstance(error, PortalError) else type(error).__name__
        with access.begin() as scope:
            scope.execute("select portal.finish_event(:id, null, :failure, null)", id=event_id, failure=what)
        raise
