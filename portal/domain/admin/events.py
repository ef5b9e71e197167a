"""What providers told us, as it came, and what became of it.

A business's admins see what it was told; what names no business (``tenant_id`` None) is for those who run the platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime, Uuid, column, func, tuple_
from sqlmodel import col, select

from portal.core import db
from portal.core.auth import Principal
from portal.core.errors import InvalidArgument, NotFound
from portal.domain.admin import days, fields, paging
from portal.domain.admin.paging import Page
from portal.domain.permissions import Action, require
from portal.models import BookingEvent

PROVIDERS: Final = ("calcom", "twilio", "stripe")
STATUSES: Final = ("pending", "processed", "retrying", "failed")

RETRIES: Final = func.portal.event_retries().table_valued(
    column("event_id", Uuid), column("next_attempt_at", DateTime(timezone=True)), name="retries"
)


@dataclass(frozen=True)
class EventLine:
    """``status``: pending, processed, retrying (it failed and will be tried again by itself) or failed.

    ``result`` says in a word what processing did, ``error`` why not; ``next_attempt_at`` is there while it is retrying.
    """

    id: UUID
    provider: str
    kind: str
    reference: str | None = field(repr=False)
    received_at: datetime
    processed_at: datetime | None
    status: str
    result: str | None
    error: str | None
    booking_id: UUID | None
    next_attempt_at: datetime | None = None


@dataclass(frozen=True)
class EventDetail:
    """With what was received, unchanged."""

    line: EventLine
    payload: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Wanted:
    """Which events; days are the tenant's (UTC's where there is none), both included."""

    provider: str | None = None
    status: str | None = None
    kind: str | None = None
    booking_id: UUID | None = None
    first: date | None = None
    last: date | None = None


def list_events(
    principal: Principal,
    tenant_id: UUID | None,
    wanted: Wanted | None = None,
    *,
    limit: int = paging.DEFAULT,
    after: str | None = None,
) -> Page[EventLine]:
    """Newest first. Raises InvalidArgument, NotFound, Forbidden."""
    access = _viewing(principal, tenant_id)
    place, most = paging.decode_time_and_id(after), paging.size(limit)
    query = _with_retries().where(BookingEvent.tenant_id == tenant_id)
    for condition in _conditions(tenant_id, wanted or Wanted()):
        query = query.where(condition)
    if place is not None:
        query = query.where(tuple_(col(BookingEvent.received_at), col(BookingEvent.id)) < place)
    query = query.order_by(col(BookingEvent.received_at).desc(), col(BookingEvent.id).desc()).limit(most + 1)
    with access.begin() as scope:
        lines = [_line(row, retry_at) for row, retry_at in scope.session.exec(query).all()]
    return paging.page(lines, most, lambda line: line, lambda line: (line.received_at, line.id))


def get(principal: Principal, tenant_id: UUID | None, event_id: UUID) -> EventDetail:
    """Raises NotFound, Forbidden."""
    with _viewing(principal, tenant_id).begin() as scope:
        return _detail(*_row(scope, event_id))


def rerun(principal: Principal, tenant_id: UUID | None, event_id: UUID) -> EventDetail:
    """Have it processed once more, whatever became of it before. Raises NotFound, Forbidden."""
    action = Action.PLATFORM_EVENTS_RERUN if tenant_id is None else Action.EVENTS_RERUN
    with require(principal, tenant_id, action).begin() as scope:
        provider = scope.execute("select portal.reopen_event(:id)", id=event_id).scalar()
        if provider is None:
            raise NotFound
        scope.enqueue(f"process_{provider}_webhook", event_id=event_id)
        details = {"provider": provider}
        scope.audit("event.rerun", actor_type="user", target_type="event", target_id=str(event_id), details=details)
        return _detail(*_row(scope, event_id))


def _viewing(principal: Principal, tenant_id: UUID | None) -> db.Access:
    return require(principal, tenant_id, Action.PLATFORM_EVENTS_VIEW if tenant_id is None else Action.EVENTS_VIEW)


def _conditions(tenant_id: UUID | None, wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.provider is not None:
        found.append(col(BookingEvent.provider) == _one_of("provider", wanted.provider, PROVIDERS))
    if wanted.status is not None:
        found += _in_state(_one_of("status", wanted.status, STATUSES))
    if kind := fields.line(80)("kind", wanted.kind):
        found.append(col(BookingEvent.event_type) == kind)
    if wanted.booking_id is not None:
        found.append(col(BookingEvent.booking_id) == wanted.booking_id)
    first, last = days.bounds(tenant_id, wanted.first, wanted.last)
    if first is not None:
        found.append(col(BookingEvent.received_at) >= first)
    if last is not None:
        found.append(col(BookingEvent.received_at) < last)
    return found


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise InvalidArgument(f"It is one of {', '.join(known)}.", details={"field": name})
    return value


def _with_retries() -> Any:
    """Events, each with when it is tried again, if it is."""
    return select(BookingEvent, RETRIES.c.next_attempt_at).outerjoin(RETRIES, RETRIES.c.event_id == BookingEvent.id)


def _in_state(status: str) -> list[Any]:
    if status not in ("retrying", "failed"):
        return [col(BookingEvent.processing_status) == status]
    is_retried = RETRIES.c.event_id.is_not(None)
    failed = col(BookingEvent.processing_status) == "failed"
    return [failed, is_retried if status == "retrying" else ~is_retried]


def _row(scope: db.Scope, event_id: UUID) -> tuple[BookingEvent, datetime | None]:
    found = scope.session.exec(_with_retries().where(BookingEvent.id == event_id)).one_or_none()
    if found is None or found[0].tenant_id != scope.access.tenant_id:
        raise NotFound
    return found[0], found[1]


def _detail(row: BookingEvent, retry_at: datetime | None) -> EventDetail:
    return EventDetail(_line(row, retry_at), row.raw_payload if isinstance(row.raw_payload, dict) else {})


def _line(row: BookingEvent, retry_at: datetime | None) -> EventLine:
    return EventLine(
        id=row.id,
        provider=row.provider,
        kind=row.event_type,
        reference=row.provider_event_id,
        received_at=row.received_at.astimezone(UTC),
        processed_at=row.processed_at.astimezone(UTC) if row.processed_at else None,
        status="retrying" if retry_at else row.processing_status,
        result=row.result,
        error=row.error,
        booking_id=row.booking_id,
        next_attempt_at=retry_at.astimezone(UTC) if retry_at else None,
    )
