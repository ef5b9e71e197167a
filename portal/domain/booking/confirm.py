"""From a proposal to its effect: claim → provider → row, never with a transaction open around the provider's call.

Whoever executes holds a lease on the proposal. An answer that was lost, or an executor that was killed, leaves the
proposal ``executing``; ``settling`` looks at the provider and finishes, so that a booking is neither made twice nor
lost.
"""

import time
from datetime import timedelta
from uuid import UUID, uuid5

import structlog

from portal.core import clock, db
from portal.core.errors import (
    BookingNotFound,
    CalendarBusy,
    CalendarUnavailable,
    OutcomeUnknown,
    PortalError,
    ProposalExpired,
    ServiceNotFound,
)
from portal.domain import tenants
from portal.domain.booking import calendar, claims, proposals, refusals, views
from portal.domain.booking.effects import finish, hold_pending
from portal.domain.booking.types import BookingRequest, BookingView, Kind, ProposalState
from portal.domain.tenants import Service, Site
from portal.models import Booking, Proposal

# Longer than the provider takes to answer or to give up (it was seen to hang for 42 s).
LEASE = timedelta(seconds=75)
FOLLOW_SECONDS = 25.0
FOLLOW_EVERY = 0.1
KEYED_BOOKINGS = UUID("6f0b1f6e-6c9b-4d0c-9f6b-2f4a6f3d8c11")
log = structlog.get_logger("portal.booking")


def confirm(access: db.Access, proposal_id: UUID) -> BookingView:
    """The customer's own act: do what was proposed. Asking again gives the same booking.

    Returns a booking with status ``pending`` while the provider's answer is unknown; a job then settles it. Raises
    ProposalExpired, CalendarUnavailable or CalendarBusy (nothing happened: may be asked again), SlotTaken, and what
    ``refusals`` says (then the proposal is closed).
    """
    with access.begin() as scope:
        access = access.with_booking(proposals.load(scope, proposal_id).booking_id)
    proposal = _start(access, proposal_id)
    if proposal is None:
        return _follow(access, proposal_id)
    return carry_out(access, proposal, look_first=False)


def book(access: db.Access, request: BookingRequest, *, idempotency_key: str) -> BookingView:
    """Book without a conversation: the customer's form was the act. The same key gives the same booking.

    Raises as propose_create and confirm.
    """
    booking_id = uuid5(KEYED_BOOKINGS, f"{access.tenant}:{idempotency_key}")
    access = access.with_booking(booking_id)
    earlier = _earlier(access)
    if earlier is None:
        earlier = proposals.propose_create(access, request, booking_id=booking_id, reserve=False).id
    return confirm(access, earlier)


def _start(access: db.Access, proposal_id: UUID) -> Proposal | None:
    """Take the lease and make the claim stand; None when somebody else executes or has. Raises ProposalExpired."""
    with access.begin() as scope:
        proposal = proposals.load(scope, proposal_id, lock=True)
        if proposal.state in (ProposalState.EXECUTING, ProposalState.DONE):
            return None
        if proposal.state == ProposalState.FAILED:
            raise refusals.stored(proposal.failure)
        if proposal.state != ProposalState.WAITING or proposal.expires_at <= clock.now():
            raise ProposalExpired
        _check_still_possible(scope, proposal)
        proposal.state, proposal.lease_until = ProposalState.EXECUTING, clock.now() + LEASE
        scope.session.add(proposal)
        return proposal


def _check_still_possible(scope: db.Scope, proposal: Proposal) -> None:
    if proposal.start_time is not None and proposal.start_time <= clock.now():
        raise ProposalExpired
    if proposal.kind != Kind.CREATE:
        views.require_changeable(scope, views.load(scope), clock.now())
    if proposal.kind != Kind.CANCEL and not claims.keep(scope, proposal.id):
        raise ProposalExpired


def carry_out(access: db.Access, proposal: Proposal, *, look_first: bool) -> BookingView:
    """Ask the provider and store what it said. Only the holder of the lease comes here."""
    site = tenants.site(access.tenant)
    booking, service = concerned(access, site, proposal)
    # What looking raises decides nothing: the change may stand in a calendar that does not answer.
    outcome = calendar.look(site, proposal, booking) if look_first else None
    try:
        outcome = outcome or calendar.execute(site, proposal, booking, service)
    except OutcomeUnknown:
        log.warning("booking_outcome_unknown", proposal_id=str(proposal.id), kind=proposal.kind)
        return hold_pending(access, proposal, service)
    except (CalendarUnavailable, CalendarBusy) as error:
        if not look_first:
            _give_back(access, proposal, error)
        raise
    except PortalError as error:
        _fail(access, proposal, error)
        raise
    return finish(access, proposal, outcome, service)


def _give_back(access: db.Access, proposal: Proposal, error: PortalError) -> None:
    """Nothing happened: the customer may confirm again while the proposal lives."""
    with access.begin() as scope:
        scope.execute(
            "update portal.proposals set state = 'waiting', lease_until = null, failure = :failure"
            " where id = :id and state = 'executing'",
            id=proposal.id, failure=error.reason,
        )  # fmt: skip
        scope.execute(
            "update portal.slot_claims set expires_at = :expires where proposal_id = :id and booking_id = :booking",
            expires=proposal.expires_at + proposals.CLAIM_GRACE, id=proposal.id, booking=proposal.booking_id,
        )  # fmt: skip


def _fail(access: db.Access, proposal: Proposal, error: PortalError) -> None:
    """The provider said no: free the seat, drop the shown times, and a booking that waited for the answer ends."""
    with access.begin() as scope:
        if not proposals.close(scope, proposal.id, ProposalState.FAILED, while_in=ProposalState.EXECUTING):
            return
        scope.execute("update portal.proposals set failure = :why where id = :id", why=error.reason, id=proposal.id)
        claims.release(scope, proposal.id)
        scope.execute(
            "update portal.bookings set status = 'cancelled', updated_at = now()"
            " where id = :id and tenant_id = :tenant and cal_booking_uid is null",
            id=proposal.booking_id, tenant=scope.tenant_id,
        )  # fmt: skip
        views.audit(scope, f"booking.{proposal.kind}_failed", proposal.booking_id, reason=error.reason)
        proposals.drop_days(scope, proposal)


def _follow(access: db.Access, proposal_id: UUID) -> BookingView:
    """Wait for whoever executes this proposal and give its result."""
    deadline = time.monotonic() + FOLLOW_SECONDS
    while True:
        with access.begin() as scope:
            proposal = proposals.load(scope, proposal_id)
            if proposal.state == ProposalState.DONE:
                return views.view(scope, views.load(scope))
            if proposal.state == ProposalState.FAILED:
                raise refusals.stored(proposal.failure)
            if proposal.state == ProposalState.WAITING:
                raise CalendarUnavailable
            if (waiting := _find_booking(scope)) is not None and proposal.kind == Kind.CREATE:
                return views.view(scope, waiting)
        if time.monotonic() > deadline:
            raise OutcomeUnknown
        time.sleep(FOLLOW_EVERY)


def _earlier(access: db.Access) -> UUID | None:
    """The proposal made before under the same idempotency key, unless it failed in a way that may have passed."""
    with access.begin() as scope:
        found = scope.execute(
            "select id, state, failure from portal.proposals"
            " where tenant_id = :tenant and booking_id = :booking and kind = 'create' order by created_at desc limit 1",
            tenant=access.tenant, booking=access.booking_id,
        ).one_or_none()  # fmt: skip
    if found is None or (found.state == ProposalState.FAILED and found.failure in refusals.PASSING):
        return None
    proposal_id: UUID = found.id
    return proposal_id


def concerned(access: db.Access, site: Site, proposal: Proposal) -> tuple[Booking | None, Service | None]:
    """The booking that a proposal changes, where there is one, and its service, where it is still offered."""
    with access.begin() as scope:
        return _find_booking(scope), _service(site, proposal)


def _find_booking(scope: db.Scope) -> Booking | None:
    try:
        return views.load(scope)
    except BookingNotFound:
        return None


def _service(site: Site, proposal: Proposal) -> Service | None:
    try:
        return site.service(proposal.service_id) if proposal.service_id else None
    except ServiceNotFound:
        return None
