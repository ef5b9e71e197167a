"""Text messages as staff see them: what was sent, what it cost, why something was not, and who wants none."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from portal.core import clock, db
from portal.core.auth import Principal
from portal.domain.admin import days, edits, fields, paging
from portal.domain.admin.paging import Page
from portal.domain.notifications import suppressions
from portal.domain.notifications.types import Kind, Reason, State
from portal.domain.permissions import Action, require
from portal.models import Booking, Notification, SmsSuppression

COLUMNS: Final[tuple[Any, ...]] = (
    *(getattr(Notification, name) for name in Notification.model_fields), Booking.attendee_name, Booking.service_name,
)  # fmt: skip
OF_BOOKING: Final = 100
KEPT: Final = "business"
SUMMED_DAYS: Final = 30
SUMMARY: Final = (
    "select state, count(*) as messages, coalesce(sum(segments) filter (where sent_at is not null), 0) as segments"
    " from portal.notifications where tenant_id = :tenant and created_at >= :since group by state"
)
COSTS: Final = (
    "select price_currency as currency, sum(price_micros)::bigint as micros from portal.notifications"
    " where tenant_id = :tenant and created_at >= :since and price_micros is not null"
    " group by price_currency order by price_currency"
)
SUPPRESSED: Final = "select count(*) from portal.sms_suppressions where tenant_id = :tenant and lifted_at is null"


@dataclass(frozen=True)
class Wanted:
    """Which messages. Days are the tenant's, both included, and those on which the message was planned."""

    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    booking_id: UUID | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class MessageLine:
    """One message. ``start`` is the appointment's time it speaks of; price in millionths of the currency.

    ``why`` says in a sentence why it was not sent; ``due`` when it goes (or went, or would have gone) out.
    """

    id: UUID
    booking_id: UUID
    kind: str
    state: str
    reason: str | None
    why: str | None
    customer_name: str
    service_name: str
    phone: str = field(repr=False)
    body: str | None = field(repr=False)
    segments: int | None
    start: datetime
    due: datetime
    created_at: datetime
    sent_at: datetime | None
    error_code: int | None
    price_micros: int | None
    price_currency: str | None
    from_account: str | None


@dataclass(frozen=True)
class Cost:
    """What messages cost, in millionths of a currency."""

    currency: str
    micros: int


@dataclass(frozen=True)
class Summary:
    """The messages of the last ``days`` days by state. ``segments`` is what Twilio bills."""

    days: int
    states: dict[str, int]
    segments: int
    costs: tuple[Cost, ...]
    suppressed: int


@dataclass(frozen=True)
class Suppression:
    """``reason``: ``stop`` (the customer answered so), ``provider`` (Twilio said so), ``business`` (staff read it so),
    or ``unsure``: ``said`` waits to be read, and messages with it.
    """

    phone: str = field(repr=False)
    reason: str
    said: str | None = field(repr=False)
    since: datetime
    lifted_at: datetime | None


def list_messages(
    principal: Principal,
    tenant_id: UUID,
    wanted: Wanted | None = None,
    *,
    limit: int = paging.DEFAULT,
    after: str | None = None,
) -> Page[MessageLine]:
    """Newest first. Raises InvalidArgument, NotFound."""
    access = require(principal, tenant_id, Action.MESSAGES_VIEW)
    query = _filtered(tenant_id, wanted or Wanted())
    key = (col(Notification.created_at), col(Notification.id))
    if (place := paging.decode_time_and_id(after)) is not None:
        query = query.where(tuple_(*key) < place)
    with access.begin() as scope:
        rows = scope.session.execute(query.order_by(*(each.desc() for each in key)).limit(paging.size(limit) + 1)).all()
    return paging.page(rows, limit, _line, lambda row: (row.created_at.astimezone(UTC), row.id))


def of_booking(principal: Principal, tenant_id: UUID, booking_id: UUID) -> tuple[MessageLine, ...]:
    """The messages about one booking, in the order in which they go out. Raises NotFound."""
    query = _filtered(tenant_id, Wanted(booking_id=booking_id))
    with require(principal, tenant_id, Action.MESSAGES_VIEW).begin() as scope:
        rows = scope.session.execute(
            query.order_by(col(Notification.due_at), col(Notification.id)).limit(OF_BOOKING)
        ).all()
    return tuple(_line(row) for row in rows)


def summary(principal: Principal, tenant_id: UUID) -> Summary:
    """Raises NotFound."""
    since = clock.now() - timedelta(days=SUMMED_DAYS)
    with require(principal, tenant_id, Action.MESSAGES_VIEW).begin() as scope:
        counts = scope.execute(SUMMARY, tenant=tenant_id, since=since).all()
        costs = scope.execute(COSTS, tenant=tenant_id, since=since).all()
        suppressed: int = scope.execute(SUPPRESSED, tenant=tenant_id).scalar_one()
    found = {row.state: row.messages for row in counts}
    return Summary(
        days=SUMMED_DAYS,
        states={state.value: found.get(state, 0) for state in State},
        segments=sum(row.segments for row in counts),
        costs=tuple(Cost(row.currency or "USD", row.micros) for row in costs),
        suppressed=suppressed,
    )


# --- Who wants none --------------------------------------------------------------------------------------------------


def list_suppressions(
    principal: Principal, tenant_id: UUID, *, limit: int = paging.DEFAULT, after: str | None = None
) -> Page[Suppression]:
    """The numbers that may not be texted now, in their order. Raises InvalidArgument, NotFound."""
    query = _suppressed(tenant_id)
    if (place := paging.decode_text(after)) is not None:
        query = query.where(col(SmsSuppression.phone) > place)
    query = query.order_by(col(SmsSuppression.phone)).limit(paging.size(limit) + 1)
    with require(principal, tenant_id, Action.MESSAGES_VIEW).begin() as scope:
        rows = scope.session.exec(query).all()
    return paging.page(rows, limit, _suppression, lambda row: (row.phone,))


def unread_answers(principal: Principal, tenant_id: UUID) -> tuple[Suppression, ...]:
    """Answers that may be a wish for no more messages, the oldest first. Raises NotFound."""
    query = _suppressed(tenant_id).where(SmsSuppression.reason == suppressions.UNSURE)
    with require(principal, tenant_id, Action.MESSAGES_VIEW).begin() as scope:
        rows = scope.session.exec(query.order_by(col(SmsSuppression.created_at)).limit(paging.MOST)).all()
    return tuple(_suppression(row) for row in rows)


def lift_suppression(principal: Principal, tenant_id: UUID, phone: str) -> Suppression:
    """Text this number again, because its owner asked for it. Where Twilio keeps its STOP too, only START lifts that.

    Saying it again is harmless. Raises NotFound, Forbidden.
    """
    with require(principal, tenant_id, Action.MESSAGES_EDIT).begin() as scope:
        row = edits.lock(scope, SmsSuppression, (tenant_id, phone))
        if row.lifted_at is None:
            _decide(scope, row, "suppression.lifted", lifted_at=clock.now())
        return _suppression(row)


def keep_suppression(principal: Principal, tenant_id: UUID, phone: str) -> Suppression:
    """Send this number no more messages: what its owner answered asked for that.

    Nothing happens to a number about which nothing is to be decided. Raises NotFound, Forbidden.
    """
    with require(principal, tenant_id, Action.MESSAGES_EDIT).begin() as scope:
        row = edits.lock(scope, SmsSuppression, (tenant_id, phone))
        if row.lifted_at is None and row.reason == suppressions.UNSURE:
            _decide(scope, row, "suppression.kept", reason=KEPT)
        return _suppression(row)


def _decide(scope: db.Scope, row: SmsSuppression, action: str, **changes: Any) -> None:
    before = row.reason
    row.sqlmodel_update({**changes, "said": None})
    scope.session.add(row)
    scope.session.flush()
    edits.record(scope, action, "suppression", f"…{row.phone[-4:]}", {"reason": before})


# --- Rows ------------------------------------------------------------------------------------------------------------


def _filtered(tenant_id: UUID, asked: Wanted) -> Any:
    for state in asked.states:
        fields.one_of(*State)("state", state)
    for kind in asked.kinds:
        fields.one_of(*Kind)("kind", kind)
    is_its = (col(Booking.tenant_id) == col(Notification.tenant_id)) & (col(Booking.id) == col(Notification.booking_id))
    query = select_columns(*COLUMNS).join(Booking, is_its).where(col(Notification.tenant_id) == tenant_id)
    if asked.states:
        query = query.where(col(Notification.state).in_(asked.states))
    if asked.kinds:
        query = query.where(col(Notification.kind).in_(asked.kinds))
    if asked.booking_id is not None:
        query = query.where(col(Notification.booking_id) == asked.booking_id)
    start, end = days.bounds(tenant_id, asked.first, asked.last)
    if start is not None:
        query = query.where(col(Notification.created_at) >= start)
    if end is not None:
        query = query.where(col(Notification.created_at) < end)
    return query


def _line(row: Row[Any]) -> MessageLine:
    return MessageLine(
        id=row.id,
        booking_id=row.booking_id,
        kind=row.kind,
        state=row.state,
        reason=row.reason,
        why=Reason(row.reason).sentence if row.reason else None,
        customer_name=row.attendee_name,
        service_name=row.service_name,
        phone=row.to_phone,
        body=row.body,
        segments=row.segments,
        start=row.start_time.astimezone(UTC),
        due=row.due_at.astimezone(UTC),
        created_at=row.created_at.astimezone(UTC),
        sent_at=row.sent_at.astimezone(UTC) if row.sent_at else None,
        error_code=row.error_code,
        price_micros=row.price_micros,
        price_currency=row.price_currency,
        from_account=row.from_account,
    )


def _suppressed(tenant_id: UUID) -> SelectOfScalar[SmsSuppression]:
    return select(SmsSuppression).where(SmsSuppression.tenant_id == tenant_id, col(SmsSuppression.lifted_at).is_(None))


def _suppression(row: SmsSuppression) -> Suppression:
    return Suppression(row.phone, row.reason, row.said, row.created_at, row.lifted_at)
