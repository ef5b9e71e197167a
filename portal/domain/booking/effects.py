"""What a provider's answer changes in our tables: one transaction each, and only once."""

from datetime import timedelta
from uuid import UUID

from portal.core import clock, db
from portal.core.errors import BookingNotFound, OutcomeUnknown
from portal.domain import notifications
from portal.domain.booking import claims, proposals, views
from portal.domain.booking.calendar import Outcome
from portal.domain.booking.types import BookingView, Kind, ProposalState, Status
from portal.domain.tenants import Service
from portal.models import Booking, Proposal, TenantService

# The longest time a request can be under way.
SETTLE_AFTER = timedelta(seconds=60)
# Seconds between looks for a lost answer: together a little more than SETTLE_AFTER; then the last one again and again.
PAUSES = (2, 3, 5, 10, 20, 22, 20)


def finish(access: db.Access, proposal: Proposal, outcome: Outcome, service: Service | None) -> BookingView:
    """Store the outcome, unless somebody else has: then give what they stored."""
    with access.begin() as scope:
        if proposals.close(scope, proposal.id, ProposalState.DONE, while_in=ProposalState.EXECUTING):
            apply = {Kind.CREATE: _created, Kind.CANCEL: _cancelled, Kind.RESCHEDULE: _moved}[Kind(proposal.kind)]
            row = apply(scope, proposal, outcome, service)
            views.audit(
                scope, f"booking.{ACTIONS[Kind(proposal.kind)]}", row.id,
                start=row.start_time.isoformat(), previous_start=proposal.previous_start, source=proposal.source,
                status=row.status,
            )  # fmt: skip
            _mark_conversation(scope, proposal, row.id)
            proposals.drop_days(scope, proposal)
            notifications.plan(scope, row.id)
        return views.view(scope, views.load(scope))


ACTIONS = {Kind.CREATE: "created", Kind.CANCEL: "cancelled", Kind.RESCHEDULE: "rescheduled"}


def hold_pending(access: db.Access, proposal: Proposal, service: Service | None) -> BookingView:
    """The answer is unknown: keep the claim, show the booking as pending, and let a job settle it by looking."""
    with access.begin() as scope:
        scope.execute(
            "update portal.proposals set lease_until = :until, failure = 'outcome_unknown'"
            " where id = :id and state = 'executing'",
            until=clock.now() + SETTLE_AFTER, id=proposal.id,
        )  # fmt: skip
        if proposal.kind == Kind.CREATE and scope.session.get(Booking, proposal.booking_id) is None:
            scope.session.add(new_booking(scope, proposal, service))
            scope.session.flush()
        look_later(scope, proposal.id, 0)
        if proposal.kind == Kind.CREATE:
            return views.view(scope, views.load(scope))
    raise OutcomeUnknown


def look_later(scope: db.Scope, proposal_id: UUID, round_number: int) -> None:
    """Have a job look for a lost answer after a pause."""
    scope.enqueue(
        "settle_proposal", delay_seconds=PAUSES[min(round_number, len(PAUSES) - 1)],
        dedup_key=f"{proposal_id}:{round_number}", proposal_id=proposal_id, round=round_number,
    )  # fmt: skip


def _created(scope: db.Scope, proposal: Proposal, outcome: Outcome, service: Service | None) -> Booking:
    row = scope.session.get(Booking, proposal.booking_id) or new_booking(scope, proposal, service)
    row.cal_booking_uid, row.cal_seat_uid = outcome.uid, outcome.seat_uid
    row.start_time, row.end_time = outcome.start, outcome.end
    row.status = Status.CONFIRMED if outcome.accepted else Status.PENDING
    row.raw_cal_payload, row.updated_at = outcome.payload, clock.now()
    # A claim that went missing meanwhile does not undo what the calendar accepted.
    row.overlapping = not claims.keep(scope, proposal.id)
    scope.session.add(row)
    scope.session.flush()
    return row


def _moved(scope: db.Scope, proposal: Proposal, outcome: Outcome, service: Service | None) -> Booking:
    row = views.load(scope)
    if row.cal_booking_uid and row.cal_booking_uid != outcome.uid:
        row.cal_previous_uids = [*row.cal_previous_uids, row.cal_booking_uid]
    row.cal_booking_uid, row.cal_seat_uid = outcome.uid, outcome.seat_uid
    row.start_time, row.end_time = outcome.start, outcome.end
    row.status = Status.CONFIRMED if outcome.accepted else Status.PENDING
    row.sequence, row.raw_cal_payload, row.updated_at = row.sequence + 1, outcome.payload, clock.now()
    row.overlapping = not claims.keep(scope, proposal.id)
    claims.release_others(scope, keep_proposal=proposal.id)
    scope.session.add(row)
    scope.session.flush()
    return row


def _cancelled(scope: db.Scope, proposal: Proposal, outcome: Outcome, service: Service | None) -> Booking:
    row = views.load(scope)
    row.status, row.sequence, row.updated_at = Status.CANCELLED, row.sequence + 1, clock.now()
    claims.release_others(scope, keep_proposal=None)
    scope.session.add(row)
    scope.session.flush()
    return row


def new_booking(scope: db.Scope, proposal: Proposal, service: Service | TenantService | None) -> Booking:
    """The row of a booking whose provider's uid is not known yet."""
    if proposal.start_time is None or proposal.end_time is None:
        raise BookingNotFound
    customer_id: UUID = scope.execute(
        "select portal.remember_customer(:email, :name, :phone)",
        email=proposal.attendee_email, name=proposal.attendee_name, phone=proposal.attendee_phone,
    ).scalar()  # fmt: skip
    return Booking(
        id=proposal.booking_id,
        tenant_id=scope.tenant_id,
        cal_event_type_id=service.cal_event_type_id if service else None,
        service_id=proposal.service_id,
        service_name=service.name if service else "Appointment",
        price_cents=service.price_cents if service else None,
        currency=service.currency if service else "USD",
        customer_id=customer_id,
        attendee_name=proposal.attendee_name or "",
        attendee_email=proposal.attendee_email or "",
        attendee_phone=proposal.attendee_phone,
        notes=proposal.notes,
        consent_sms=proposal.consent_sms,
        start_time=proposal.start_time,
        end_time=proposal.end_time,
        status=Status.PENDING,
        source=proposal.source,
    )


def _mark_conversation(scope: db.Scope, proposal: Proposal, booking_id: UUID) -> None:
    if proposal.session_id is None:
        return
    converted = ", converted_booking_id = :booking" if proposal.kind == Kind.CREATE else ""
    scope.execute(
        f"update portal.chat_sessions set outcome = :outcome{converted} where id = :session and tenant_id = :tenant",  # noqa: S608
        outcome={Kind.CREATE: "booked", Kind.CANCEL: "cancelled", Kind.RESCHEDULE: "moved"}[Kind(proposal.kind)],
        session=proposal.session_id, tenant=scope.tenant_id, booking=booking_id,
    )  # fmt: skip
