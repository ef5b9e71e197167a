"""From a reading to rows, in one transaction, while nobody else stores a reading of the same booking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select

from portal.core import clock, db
from portal.core.errors import PortalError
from portal.core.ids import new_id
from portal.domain import availability, notifications, tenants
from portal.domain.booking import claims, effects
from portal.domain.booking.proposals import local_day
from portal.domain.booking.types import Kind, Source, Status
from portal.domain.calendar_sync import looking, states
from portal.domain.calendar_sync.looking import Names, Seen
from portal.models import Booking, Proposal, TenantService
from portal.providers.calcom import BOOKING_KEY, Attendee, CalBooking, CalStatus

HOLDING: Final = (Status.PENDING, Status.CONFIRMED)
LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('calendar:' || :tenant, 0))"
UNDER_WAY: Final = (
    "select 1 from portal.proposals where tenant_id = :tenant and booking_id = any(:ids) and state = 'executing'"
)
CREATED, UPDATED, UNCHANGED, UNREADABLE = "created", "updated", "unchanged", "status not known"


class Outpaced(PortalError):
    """Somebody else has changed our row since Cal.com was asked: ask again."""

    reason = "outpaced"


class UnderWay(PortalError):
    """A change of ours to this booking is being made: its own end will tell; come back later."""

    reason = "change_under_way"


@dataclass(frozen=True)
class Stored:
    """``what`` became of it, in a word; ``booking_id`` is None where there is no row."""

    what: str
    booking_id: UUID | None = None


def store(scope: db.Scope, seen: Seen, *, with_gone: bool = True) -> Stored:
    """Make our rows say what Cal.com said. Raises Outpaced, UnderWay.

    Where people share a time each has a row; ``with_gone`` False leaves those who are no longer in it for later: they
    may have moved to a booking that is still to be looked at.
    """
    scope.execute(LOCK, tenant=str(scope.tenant_id))
    _require_nothing_under_way(scope, seen.names)
    rows = _locked(scope, seen)
    if seen.booking.status is CalStatus.UNKNOWN:
        return Stored(UNREADABLE)
    desk = _Desk(scope, seen, clock.now())
    own = [row for row in rows if desk.is_this(row)]
    if looking.is_seated(seen.booking):
        return desk.store_seats(rows, with_gone=with_gone)
    if any(row.cal_seat_uid for row in own):
        # Whose seats are which is told to its host only; that nobody comes is plain.
        ended = not seen.booking.status.holds_slot
        return desk.store_seats(own, with_gone=with_gone) if ended else Stored("seats not told")
    return desk.store_one(own)


def _require_nothing_under_way(scope: db.Scope, names: Names) -> None:
    # Before the rows are looked for: a change that ended meanwhile has left its row.
    ids = {row_id for row_id, _ in looking.rows_named(scope, names)} | set(names.ids)
    if ids and scope.execute(UNDER_WAY, tenant=scope.tenant_id, ids=list(ids)).first():
        raise UnderWay


def _locked(scope: db.Scope, seen: Seen) -> list[Booking]:
    """Our rows, held until the end of this transaction. Raises Outpaced unless they are as before the asking."""
    ids = [row_id for row_id, _ in seen.known]
    query = select(Booking).where(Booking.tenant_id == scope.tenant_id, col(Booking.id).in_(ids))
    rows = list(scope.session.exec(query.order_by(col(Booking.id)).with_for_update()).all()) if ids else []
    if looking.rows_named(scope, seen.names) != seen.known:
        raise Outpaced
    return rows


class _Desk:
    """One reading being stored."""

    def __init__(self, scope: db.Scope, seen: Seen, now: datetime) -> None:
        self.scope, self.names, self.booking, self.now = scope, seen.names, seen.booking, now
        self.site = tenants.site(scope.tenant_id)

    def store_one(self, rows: list[Booking]) -> Stored:
        attendee = states.main_attendee(self.booking) or Attendee()
        return self._store_row(rows[0] if rows else None, attendee, self.names.ids[:1])

    def store_seats(self, rows: list[Booking], *, with_gone: bool) -> Stored:
        """One row a seat; who was in it and is no more has given the seat back."""
        results = []
        taken = set()
        for seat in (each for each in self.booking.attendees if each.seat_uid):
            row = next((row for row in rows if row.cal_seat_uid == seat.seat_uid), None)
            key = looking.as_id(seat.metadata.get(BOOKING_KEY))
            row = row or next((row for row in rows if row.id == key and row.cal_booking_uid is None), None)
            results.append(self._store_row(row, seat, (key,) if key else ()))
            taken.add(row.id if row else None)
        gone = [row for row in rows if row.id not in taken and row.cal_seat_uid and row.status in HOLDING]
        if with_gone:
            results += [self._give_back(row) for row in gone if row.cal_booking_uid in self.names.uids]
        return next((each for each in results if each.what != UNCHANGED), results[0] if results else Stored(UNCHANGED))

    def is_this(self, row: Booking) -> bool:
        """Ours by uid; by the id in the metadata only while it has no uid yet: anybody may write metadata."""
        uids = {row.cal_booking_uid, *row.cal_previous_uids} - {None}
        return bool(uids & set(self.names.uids)) if row.cal_booking_uid else row.id in self.names.ids

    def _store_row(self, row: Booking | None, attendee: Attendee, keys: tuple[UUID, ...]) -> Stored:
        who = states.person(attendee, country=self.site.profile.country)
        if row is None:
            row = self._new_row(who, keys)
            if row is None:
                return Stored("nobody booked")
            before: Mapping[str, Any] = {}
        else:
            before = {"status": row.status, "start_time": row.start_time, "end_time": row.end_time}
        uids = () if attendee.seat_uid else self.names.uids
        wanted = states.values(self.booking, attendee, row if before else None, uids=uids, now=self.now)
        return self._apply(row, before, wanted | states.contact_values(row, who))

    def _give_back(self, row: Booking) -> Stored:
        wanted = {"status": Status.CANCELLED.value, "sequence": row.sequence + 1}
        before = {"status": row.status, "start_time": row.start_time, "end_time": row.end_time}
        return self._apply(row, before, wanted)

    def _apply(self, row: Booking, before: Mapping[str, Any], wanted: dict[str, Any]) -> Stored:
        changes = states.changes(row, wanted)
        if before and not changes:
            return Stored(UNCHANGED, row.id)
        for name, value in changes.items():
            setattr(row, name, value)
        row.raw_cal_payload = payload(self.booking)
        row.updated_at = clock.now()
        self.scope.session.add(row)
        self.scope.session.flush()
        self._hold(row)
        self._tell(row, before)
        return Stored(UPDATED if before else CREATED, row.id)

    def _new_row(self, who: states.Person, keys: tuple[UUID, ...]) -> Booking | None:
        """A row for what we have none of: ours whose outcome was never known, or a booking made in Cal.com itself."""
        asked = self._proposal(keys)
        if asked is not None:
            return effects.new_booking(self.scope, asked, self._service_of(asked.service_id))
        if not who.email:
            return None
        service = self._service()
        customer_id = self.scope.execute(
            "select portal.remember_customer(:email, :name, :phone)", email=who.email, name=who.name, phone=who.phone
        ).scalar()
        return Booking(
            id=new_id(),
            tenant_id=self.scope.tenant_id,
            service_id=service.id if service else None,
            service_name=service.name if service else self._title(),
            price_cents=service.price_cents if service else None,
            currency=service.currency if service else "USD",
            customer_id=customer_id,
            attendee_name=who.name,
            attendee_email=who.email,
            attendee_phone=who.phone,
            start_time=self.booking.start,
            end_time=self.booking.end,
            source=Source.OTHER.value,
        )

    def _proposal(self, keys: tuple[UUID, ...]) -> Proposal | None:
        """What we wanted to book under this id, where no row of that id exists."""
        query = select(Proposal).where(
            Proposal.tenant_id == self.scope.tenant_id, col(Proposal.booking_id).in_(keys), Proposal.kind == Kind.CREATE
        )
        found = self.scope.session.exec(query.order_by(col(Proposal.created_at).desc())).first() if keys else None
        if found is None or self.scope.session.get(Booking, found.booking_id) is not None:
            return None
        return found

    def _service(self) -> TenantService | None:
        """The service that is booked as this event type; one still offered before one that is not."""
        query = select(TenantService).where(
            TenantService.tenant_id == self.scope.tenant_id,
            TenantService.cal_event_type_id == self.booking.of_event_type,
        )
        order = (
            col(TenantService.deleted_at).desc().nulls_first(),
            col(TenantService.active).desc(),
            col(TenantService.id),
        )
        return self.scope.session.exec(query.order_by(*order)).first() if self.booking.of_event_type else None

    def _service_of(self, service_id: UUID | None) -> Any:
        return self.scope.session.get(TenantService, service_id) if service_id else None

    def _title(self) -> str:
        slug = self.booking.event_type.slug if self.booking.event_type else ""
        return slug.replace("-", " ").strip().capitalize() or "Appointment"

    def _hold(self, row: Booking) -> None:
        """Our own claim on the seat follows the booking; one that cannot be had is shown as an overlap."""
        wanted = (row.start_time, row.end_time) if row.status in HOLDING and row.end_time > self.now else None
        held = claims.standing(self.scope, row.id)
        if held == ([wanted] if wanted else []):
            return
        claims.release_standing(self.scope, row.id)
        service = self._service_of(row.service_id)
        if wanted is None or service is None:
            return
        overlapping = not claims.claim_for(self.scope, service, booking_id=row.id, start=wanted[0], end=wanted[1])
        if row.overlapping != overlapping:
            row.overlapping = overlapping
            self.scope.session.flush()

    def _tell(self, row: Booking, before: Mapping[str, Any]) -> None:
        """The audit log, and whoever shows times or sends messages."""
        previous = before.get("start_time")
        self.scope.audit(
            _action(row, before), actor_type="webhook", target_type="booking", target_id=str(row.id),
            details={
                "start": row.start_time.isoformat(), "previous_start": previous.isoformat() if previous else None,
                "status": row.status, "source": "calendar",
            },
        )  # fmt: skip
        zone = self.site.profile.timezone
        days = {local_day(moment, zone) for moment in (row.start_time, previous) if moment is not None}
        self.scope.after_commit(lambda: availability.drop_day(self.scope.tenant_id, *days))
        notifications.plan(self.scope, row.id)


def payload(booking: CalBooking) -> dict[str, Any]:
    """What of Cal.com's answer is kept with the row."""
    return {"id": booking.id, "status": str(booking.status), "eventTypeId": booking.of_event_type}


def _action(row: Booking, before: Mapping[str, Any]) -> str:
    if not before:
        return "booking.created"
    if row.status != before["status"]:
        return f"booking.{row.status}"
    return "booking.rescheduled" if row.start_time != before["start_time"] else "booking.changed"
