"""Appointments as staff see and change them. Every change goes through ``domain.booking``, as a customer's does.

Customers' cancel window does not bind staff; the calendar's answer does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from portal.core import clock, db
from portal.core.auth import Principal
from portal.core.errors import CalendarUnavailable, InvalidArgument, NotChangeable, OutcomeUnknown, PortalError
from portal.domain import booking, integrations, tenants
from portal.domain.admin import audit, days, edits, fields, paging, proofs
from portal.domain.admin.audit import Entry
from portal.domain.admin.paging import Page
from portal.domain.admin.proofs import Proof
from portal.domain.booking import BookingRequest, BookingView, Source, Status, views
from portal.domain.permissions import Action, require
from portal.models import Booking, ChatSession

COLUMNS: Final[tuple[Any, ...]] = (
    Booking.id, Booking.cal_booking_uid, Booking.cal_seat_uid, Booking.status, Booking.service_id, Booking.service_name,
    Booking.start_time, Booking.end_time, Booking.attendee_name, Booking.attendee_email, Booking.attendee_phone,
    Booking.price_cents, Booking.currency, Booking.source, Booking.overlapping, Booking.updated_at,
)  # fmt: skip
WEEK_MOST: Final = 1000
MET: Final = (Status.CONFIRMED, Status.COMPLETED)
SEARCH: Final = (
    "select id from portal.search_bookings(:term, cast(:statuses as text[]), cast(:service as uuid),"
    " cast(:first as timestamptz), cast(:last as timestamptz), cast(:after_time as timestamptz),"
    " cast(:after_id as uuid), :newest, :most) found(id)"
)


@dataclass(frozen=True)
class Wanted:
    """Which bookings. Days are the tenant's, both included; ``search`` looks at name, e-mail, phone and reference."""

    statuses: tuple[str, ...] = ()
    service_id: UUID | None = None
    first: date | None = None
    last: date | None = None
    search: str | None = None
    newest_first: bool = True


@dataclass(frozen=True)
class BookingLine:
    """A booking in a list. Times aware UTC, price in minor units."""

    id: UUID
    uid: str | None
    status: str
    service_id: UUID | None
    service_name: str
    start: datetime
    end: datetime
    customer_name: str
    customer_email: str
    customer_phone: str | None
    price_cents: int | None
    currency: str
    source: str
    overlapping: bool
    version: str


@dataclass(frozen=True)
class Day:
    """A local day and what begins on it."""

    date: date
    bookings: tuple[BookingLine, ...]


@dataclass(frozen=True)
class Week:
    """Monday to Sunday in the tenant's zone, cancelled ones left out."""

    timezone: str
    days: tuple[Day, ...]


@dataclass(frozen=True)
class BookingDetail:
    """One booking with its history and how its changes came about, both oldest first.

    ``under_way``: a change was sent whose result is not known yet.
    """

    view: BookingView
    source: str
    created_at: datetime
    chat_session_id: UUID | None
    under_way: bool
    can_change: bool
    can_mark_absent: bool
    version: str
    history: tuple[Entry, ...] = field(repr=False)
    proofs: tuple[Proof, ...] = field(repr=False)


def list_bookings(
    principal: Principal,
    tenant_id: UUID,
    wanted: Wanted | None = None,
    *,
    limit: int = paging.DEFAULT,
    after: str | None = None,
) -> Page[BookingLine]:
    """By start. Raises InvalidArgument, NotFound."""
    access = require(principal, tenant_id, Action.BOOKINGS_VIEW)
    asked = wanted or Wanted()
    for status in asked.statuses:
        fields.one_of(*Status)("status", status)
    place = paging.decode_time_and_id(after)
    term = fields.line(100)("search", asked.search)
    with access.begin() as scope:
        if term is None:
            query = _filtered(tenant_id, asked, place)
        else:
            found = _search(scope, term, asked, place, paging.size(limit) + 1)
            query = select_columns(*COLUMNS).where(col(Booking.tenant_id) == tenant_id, col(Booking.id).in_(found))
        order = (col(Booking.start_time), col(Booking.id))
        ordered = query.order_by(*(each.desc() if asked.newest_first else each.asc() for each in order))
        rows = scope.session.execute(ordered.limit(paging.size(limit) + 1)).all()
    return paging.page(rows, limit, _line, lambda row: (row.start_time.astimezone(UTC), row.id))


def week(principal: Principal, tenant_id: UUID, day: date) -> Week:
    """The week that ``day`` lies in. Raises NotFound."""
    access = require(principal, tenant_id, Action.BOOKINGS_VIEW)
    zone = tenants.site(tenant_id).profile.timezone
    dates = _week_of(day)
    with access.begin() as scope:
        query = _between(select_columns(*COLUMNS), tenant_id, dates[0], dates[-1]).where(
            col(Booking.status) != Status.CANCELLED
        )
        rows = scope.session.execute(query.order_by(col(Booking.start_time), col(Booking.id)).limit(WEEK_MOST)).all()
    by_day: dict[date, list[BookingLine]] = {each: [] for each in dates}
    for line in map(_line, rows):
        by_day[line.start.astimezone(ZoneInfo(zone)).date()].append(line)
    return Week(zone, tuple(Day(each, tuple(lines)) for each, lines in by_day.items()))


def _week_of(day: date) -> list[date]:
    """Monday to Sunday. Raises InvalidArgument at the ends of the calendar."""
    try:
        return [day + timedelta(days=n - day.weekday()) for n in range(7)]
    except OverflowError:
        raise InvalidArgument("That day is too far away.", details={"field": "day"}) from None


def get(principal: Principal, tenant_id: UUID, booking_id: UUID) -> BookingDetail:
    """Raises BookingNotFound, NotFound."""
    return _detail(require(principal, tenant_id, Action.BOOKINGS_VIEW).with_booking(booking_id))


def book(principal: Principal, tenant_id: UUID, request: BookingRequest, *, idempotency_key: str) -> BookingDetail:
    """Book by hand one of the free times. The same key gives the same booking. Raises as ``booking.book``."""
    access = require(principal, tenant_id, Action.BOOKINGS_CHANGE)
    if request.source is not Source.ADMIN:
        raise InvalidArgument("Bookings made here are the staff's.")
    made = booking.book(access, request, idempotency_key=f"staff:{idempotency_key}")
    return _detail(access.with_booking(made.id))


def cancel(
    principal: Principal, tenant_id: UUID, booking_id: UUID, *, version: str, reason: str | None = None
) -> BookingDetail:
    """Raises BookingNotFound, NotChangeable, Outdated, CalendarUnavailable, CalendarBusy, ProviderRefused."""
    access = _changing(principal, tenant_id, booking_id, version)
    proposal = booking.propose_cancel(access, reason=reason, source=Source.ADMIN)
    return _confirmed(access, proposal.id)


def reschedule(
    principal: Principal, tenant_id: UUID, booking_id: UUID, *, start: datetime, version: str
) -> BookingDetail:
    """Move it to a free time (aware). Raises as ``cancel``, and SlotNotOffered, OutsideHours, InThePast, SlotTaken."""
    access = _changing(principal, tenant_id, booking_id, version)
    proposal = booking.propose_reschedule(access, start=start.astimezone(UTC), source=Source.ADMIN)
    return _confirmed(access, proposal.id)


def mark_absent(
    principal: Principal, tenant_id: UUID, booking_id: UUID, *, version: str, absent: bool = True
) -> BookingDetail:
    """Note that the customer did not come (or, with ``absent`` False, that they did), in the calendar too.

    Raises BookingNotFound, NotChangeable, Outdated, NotConnected, CalendarUnavailable, CalendarBusy, ProviderRefused.
    """
    access = _changing(principal, tenant_id, booking_id, version)
    with access.begin() as scope:
        row = views.load(scope)
        _require_absence_possible(row, absent)
    if row.cal_booking_uid is not None:
        try:
            integrations.calcom(tenant_id).mark_absent(row.cal_booking_uid, row.attendee_email, absent=absent)
        except OutcomeUnknown:
            # Saying it twice is harmless.
            raise CalendarUnavailable from None
    with access.begin() as scope:
        row = edits.lock(scope, Booking, booking_id)
        # The calendar's own webhook may have been faster than its answer to us.
        if (row.status == Status.NO_SHOW) is not absent:
            _require_absence_possible(row, absent)
            status = Status.NO_SHOW if absent else Status.CONFIRMED
            edits.write(scope, row, {"status": status.value})
            action = "booking.no_show" if absent else "booking.no_show_undone"
            views.audit(scope, action, booking_id, status=status.value)
    return _detail(access)


# --- Reading ---------------------------------------------------------------------------------------------------------


def _filtered(tenant_id: UUID, asked: Wanted, place: tuple[datetime, UUID] | None) -> Select[Any]:
    query = _between(select_columns(*COLUMNS), tenant_id, asked.first, asked.last)
    if asked.statuses:
        query = query.where(col(Booking.status).in_(asked.statuses))
    if asked.service_id is not None:
        query = query.where(col(Booking.service_id) == asked.service_id)
    if place is not None:
        key = tuple_(col(Booking.start_time), col(Booking.id))
        query = query.where(key < place if asked.newest_first else key > place)
    return query


def _between(query: Any, tenant_id: UUID, first: date | None, last: date | None) -> Select[Any]:
    query = query.where(Booking.tenant_id == tenant_id)
    start, end = days.bounds(tenant_id, first, last)
    if start is not None:
        query = query.where(col(Booking.start_time) >= start)
    if end is not None:
        query = query.where(col(Booking.start_time) < end)
    limited: Select[Any] = query
    return limited


def _search(scope: db.Scope, term: str, asked: Wanted, place: tuple[datetime, UUID] | None, most: int) -> list[UUID]:
    first, last = days.bounds(scope.tenant_id, asked.first, asked.last)
    after_time, after_id = place or (None, None)
    rows = scope.execute(
        SEARCH, term=term, statuses=list(asked.statuses) or None, service=asked.service_id, first=first, last=last,
        after_time=after_time, after_id=after_id, newest=asked.newest_first, most=most,
    )  # fmt: skip
    return [row.id for row in rows]


def _line(row: Row[Any]) -> BookingLine:
    return BookingLine(
        id=row.id,
        uid=row.cal_seat_uid or row.cal_booking_uid,
        status=row.status,
        service_id=row.service_id,
        service_name=row.service_name,
        start=row.start_time.astimezone(UTC),
        end=row.end_time.astimezone(UTC),
        customer_name=row.attendee_name,
        customer_email=row.attendee_email,
        customer_phone=row.attendee_phone,
        price_cents=row.price_cents,
        currency=row.currency,
        source=row.source,
        overlapping=row.overlapping,
        version=edits.version_of(row),
    )


def _detail(access: db.Access) -> BookingDetail:
    with access.begin() as scope:
        row = views.load(scope)
        chat = select(ChatSession.id).where(
            ChatSession.tenant_id == scope.tenant_id, ChatSession.converted_booking_id == row.id
        )
        is_open = row.status in views.OPEN and row.cal_booking_uid is not None and row.start_time > clock.now()
        return BookingDetail(
            view=views.view(scope, row),
            source=row.source,
            created_at=row.created_at,
            chat_session_id=scope.session.exec(chat).first(),
            under_way=_is_under_way(scope, row.id),
            can_change=is_open,
            can_mark_absent=row.status in MET and row.start_time <= clock.now(),
            version=edits.version_of(row),
            history=audit.of_target(scope, "booking", row.id),
            proofs=proofs.of_booking(scope, row.id),
        )


def _is_under_way(scope: db.Scope, booking_id: UUID) -> bool:
    found = scope.execute(
        "select 1 from portal.proposals where tenant_id = :tenant and booking_id = :booking and state = 'executing'",
        tenant=scope.tenant_id, booking=booking_id,
    )  # fmt: skip
    return found.first() is not None


# --- Changing --------------------------------------------------------------------------------------------------------


def _changing(principal: Principal, tenant_id: UUID, booking_id: UUID, version: str) -> db.Access:
    """The scope for changing a booking that is as it was read. Raises BookingNotFound, Outdated."""
    access = require(principal, tenant_id, Action.BOOKINGS_CHANGE).with_booking(booking_id)
    with access.begin() as scope:
        row = views.load(scope)
        edits.require_version(version, edits.version_of(row), _current(row))
    return access


def _current(row: Booking) -> Mapping[str, Any]:
    return {"status": row.status, "start": row.start_time, "end": row.end_time}


def _confirmed(access: db.Access, proposal_id: UUID) -> BookingDetail:
    """Do what was proposed; an answer that was lost leaves the change under way."""
    try:
        booking.confirm(access, proposal_id)
    except OutcomeUnknown:
        return _detail(access)
    except PortalError:
        booking.withdraw(access, proposal_id)
        raise
    return _detail(access)


def _require_absence_possible(row: Booking, absent: bool) -> None:
    allowed = MET if absent else (Status.NO_SHOW,)
    if row.status not in allowed:
        raise NotChangeable
    if row.start_time > clock.now():
        raise NotChangeable("This appointment has not begun yet.")
