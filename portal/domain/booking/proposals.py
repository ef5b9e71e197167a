"""Changes that wait for the customer's own act.

A proposal books, cancels or moves nothing. It checks that the change is possible now, and for a new time holds the seat
for some minutes.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from portal.core import clock, db
from portal.core.errors import (
    InThePast,
    NotChangeable,
    NotConnected,
    OutsideHours,
    PortalError,
    ProposalExpired,
    ProviderError,
    SlotNotOffered,
    SlotTaken,
)
from portal.core.ids import new_id
from portal.domain import availability, hours, integrations, phrases, tenants
from portal.domain.booking import claims, contact, holds, views
from portal.domain.booking.details import take_over
from portal.domain.booking.types import BookingRequest, Kind, ProposalState, ProposalView, Source, known
from portal.domain.tenants import Service, Site
from portal.models import Booking, Proposal, SlotOffer

WAIT = timedelta(minutes=10)
# A claim outlives its proposal a little: a confirmation in the last second still finds it.
CLAIM_GRACE = timedelta(minutes=1)
OFFER_LIFE = timedelta(minutes=15)


def propose_create(
    access: db.Access, request: BookingRequest, *, booking_id: UUID | None = None, reserve: bool = True
) -> ProposalView:
    """Propose a new booking and hold its seat; an earlier open proposal of the conversation is withdrawn.

    ``booking_id`` fixes the id the booking will have (for idempotency). Raises InvalidArgument (with the field),
    ServiceNotFound, NotConnected, InThePast, OutsideHours, SlotNotOffered, SlotTaken, TooManyHolds, CalendarUnavailable
    and CalendarBusy.
    """
    site = tenants.site(access.tenant)
    service = site.service(request.service_id)
    person = contact.normalise(request.name, request.email, request.phone, country=site.profile.country)
    consents = request.consent_sms and person.phone is not None
    end, offered_at = _require_offered(access, site, service, request.start)
    proposal = Proposal(
        tenant_id=access.tenant,
        session_id=access.session_id,
        booking_id=booking_id or new_id(),
        kind=Kind.CREATE,
        source=request.source,
        visitor=request.visitor,
        service_id=service.id,
        start_time=request.start,
        end_time=end,
        attendee_name=person.name,
        attendee_email=person.email,
        attendee_phone=person.phone,
        notes=contact.clean_notes(request.notes),
        consent_sms=consents,
        consent_sms_at=clock.now() if consents else None,
        summary=_summary(site, service.name, request.start, end),
        expires_at=clock.now() + WAIT,
        offered_at=offered_at,
    )
    return _store(access, site, service, proposal, reserve=reserve)


def propose_reschedule(access: db.Access, *, start: datetime, source: Source = Source.WIDGET) -> ProposalView:
    """Propose to move the access's booking to ``start`` (aware UTC) and hold the new seat.

    Raises as propose_create, and BookingNotFound, NotChangeable, TooLateToChange.
    """
    with access.begin() as scope:
        booking = views.load(scope)
        views.require_changeable(scope, booking, clock.now())
    site = tenants.site(access.tenant)
    if booking.service_id is None:
        raise SlotNotOffered("This booking can only be moved by contacting us.")
    service = site.service(booking.service_id)
    if start == booking.start_time:
        raise SlotNotOffered("The booking is at that time already.")
    end, offered_at = _require_offered(access, site, service, start, moving=booking)
    moved_from = phrases.slot_label(booking.start_time, site.profile.timezone)
    proposal = Proposal(
        tenant_id=access.tenant,
        session_id=access.session_id,
        booking_id=booking.id,
        kind=Kind.RESCHEDULE,
        source=source,
        service_id=service.id,
        start_time=start,
        end_time=end,
        previous_start=booking.start_time,
        attendee_name=booking.attendee_name,
        attendee_email=booking.attendee_email,
        summary=f"Move from {moved_from}: {_summary(site, service.name, start, end)}",
        expires_at=clock.now() + WAIT,
        offered_at=offered_at,
    )
    return _store(access, site, service, proposal, reserve=False)


def propose_cancel(access: db.Access, *, reason: str | None = None, source: Source = Source.WIDGET) -> ProposalView:
    """Propose to cancel the access's booking. Raises BookingNotFound, NotChangeable, TooLateToChange."""
    _withdraw_open(access)
    with access.begin() as scope:
        booking = views.load(scope)
        views.require_changeable(scope, booking, clock.now())
        site = tenants.site(access.tenant)
        proposal = Proposal(
            tenant_id=access.tenant,
            session_id=access.session_id,
            booking_id=booking.id,
            kind=Kind.CANCEL,
            source=source,
            service_id=booking.service_id,
            previous_start=booking.start_time,
            attendee_name=booking.attendee_name,
            attendee_email=booking.attendee_email,
            reason=contact.clean_notes(reason),
            summary=f"Cancel {_summary(site, booking.service_name, booking.start_time, booking.end_time)}",
            expires_at=clock.now() + WAIT,
        )
        scope.session.add(proposal)
        scope.session.flush()
        return view(proposal, booking.service_name)


def withdraw(access: db.Access, proposal_id: UUID) -> bool:
    """Take a waiting proposal back and free its seat. False: it was decided already, and nothing happened."""
    with access.begin() as scope:
        proposal = load(scope, proposal_id)
    with access.with_booking(proposal.booking_id).begin() as scope:
        if not close(scope, proposal_id, ProposalState.WITHDRAWN, while_in=ProposalState.WAITING):
            return False
        claims.release(scope, proposal_id)
        drop_claims(scope, proposal)
        if proposal.reservation_uid:
            scope.enqueue("release_reservation", proposal_id=proposal_id)
        return True


def open_proposal(access: db.Access) -> ProposalView | None:
    """The conversation's proposal that waits for its customer, or None."""
    if access.session_id is None:
        return None
    with access.begin() as scope:
        waiting = (
            select(Proposal)
            .where(
                Proposal.session_id == access.session_id,
                Proposal.state == ProposalState.WAITING,
                col(Proposal.expires_at) > clock.now(),
            )
            .order_by(col(Proposal.created_at).desc())
        )
        found = scope.session.exec(waiting).first()
        return view(found, _service_name(access, found)) if found else None


def require_proposal(access: db.Access, proposal_id: UUID) -> None:
    """Raises ProposalExpired for one that does not exist or is not this asker's."""
    with access.begin() as scope:
        load(scope, proposal_id)


def record_offers(access: db.Access, service_id: UUID, slots: tuple[availability.Slot, ...]) -> None:
    """Remember which times this conversation was shown; only these may be proposed in it."""
    if not slots:
        return
    expires = clock.now() + OFFER_LIFE
    with access.begin() as scope:
        for slot in slots:
            scope.execute(
                "insert into portal.slot_offers (tenant_id, session_id, service_id, start_time, end_time, expires_at)"
                " values (:tenant, :session, :service, :start, :end, :expires)"
                " on conflict (session_id, service_id, start_time) do update set expires_at = excluded.expires_at",
                tenant=access.tenant, session=access.session_id, service=service_id,
                start=slot.start, end=slot.end, expires=expires,
            )  # fmt: skip


def load(scope: db.Scope, proposal_id: UUID, *, lock: bool = False) -> Proposal:
    """Raises ProposalExpired for one that does not exist or is not this asker's."""
    query = select(Proposal).where(Proposal.id == proposal_id, Proposal.tenant_id == scope.tenant_id)
    found = scope.session.exec(query.with_for_update() if lock else query).first()
    if found is None:
        raise ProposalExpired
    return found


def close(scope: db.Scope, proposal_id: UUID, state: ProposalState, *, while_in: ProposalState) -> bool:
    """Decide a proposal; False when somebody else has meanwhile."""
    changed = scope.execute(
        "update portal.proposals set state = :state, decided_at = now(), lease_until = null"
        " where id = :id and tenant_id = :tenant and state = :while_in",
        id=proposal_id, tenant=scope.tenant_id, state=state, while_in=while_in,
    )  # fmt: skip
    return bool(changed.rowcount)


def view(proposal: Proposal, service_name: str) -> ProposalView:
    return ProposalView(
        id=proposal.id,
        kind=Kind(proposal.kind),
        state=ProposalState(proposal.state),
        summary=proposal.summary,
        service_name=service_name,
        start=proposal.start_time,
        end=proposal.end_time,
        previous_start=proposal.previous_start,
        booking_id=proposal.booking_id,
        expires_at=proposal.expires_at,
    )


def local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def drop_days(scope: db.Scope, proposal: Proposal) -> None:
    """What the calendar said of the touched days is out of date once this transaction is committed."""
    days = _touched(scope, proposal)
    scope.after_commit(lambda: availability.drop_day(scope.tenant_id, *days))


def drop_claims(scope: db.Scope, proposal: Proposal) -> None:
    """A claim on the touched days came or went with this transaction; the calendar does not know of it."""
    days = _touched(scope, proposal)
    scope.after_commit(lambda: availability.forget_claims(scope.tenant_id, *days))


def _touched(scope: db.Scope, proposal: Proposal) -> set[date]:
    zone = tenants.site(scope.tenant_id).profile.timezone
    times = [moment for moment in (proposal.start_time, proposal.previous_start) if moment is not None]
    return {local_day(moment, zone) for moment in times}


def slots_for_move(
    access: db.Access, first: date, last: date, *, is_look: bool = True
) -> dict[date, tuple[availability.Slot, ...]]:
    """The times to which the access's booking can move, by day in the tenant's zone.

    Looks of one booking have a share of the calendar's calls, as a visitor's have; the move itself is no look.

    Raises BookingNotFound, NotChangeable, and what ``availability`` raises.
    """
    with access.begin() as scope:
        booking = views.load(scope)
    if booking.service_id is None or booking.cal_booking_uid is None:
        raise NotChangeable
    free = availability.slots_for_move(
        access.tenant, booking.service_id, first, last, booking_id=booking.id, uid=booking.cal_booking_uid,
        visitor=f"booking:{booking.id}" if is_look else None,
    )  # fmt: skip
    return {day: tuple(slot for slot in slots if slot.start != booking.start_time) for day, slots in free.items()}


def _require_offered(
    access: db.Access, site: Site, service: Service, start: datetime, *, moving: Booking | None = None
) -> tuple[datetime, datetime | None]:
    """The end of the offered slot at ``start``. In a conversation only what was shown there counts, and when it was."""
    if start <= clock.now():
        raise InThePast
    if service.cal_event_type_id is None:
        raise NotConnected
    # What was offered a moment ago can no longer be had once the calendar refused the tenant's key.
    integrations.calcom(access.tenant)
    day, offered_at = local_day(start, site.profile.timezone), None
    if access.session_id:
        end, offered_at = _offered_in_session(access, service, start) or (None, None)
    elif moving:
        end = _at(slots_for_move(access, day, day, is_look=False)[day], start)
    else:
        end = _at(availability.slots_for_day(access.tenant, service.id, day), start)
    if end is None:
        raise _not_offered(site, service, start, moving)
    return end, offered_at


def _not_offered(site: Site, service: Service, start: datetime, moving: Booking | None) -> PortalError:
    """Why: who comes second to a time that was free a moment ago reads so."""
    end = start + timedelta(minutes=service.duration_minutes)
    ignoring = moving.id if moving else None
    if availability.is_claimed(site.tenant_id, service, start, end, ignoring=ignoring):
        return SlotTaken()
    return SlotNotOffered() if hours.within_hours(site.profile, start, end) else OutsideHours()


def _offered_in_session(access: db.Access, service: Service, start: datetime) -> tuple[datetime, datetime] | None:
    """The end of a time the conversation was shown, and when that was."""
    with access.begin() as scope:
        offer = select(SlotOffer.end_time, SlotOffer.expires_at).where(
            SlotOffer.session_id == access.session_id,
            SlotOffer.service_id == service.id,
            SlotOffer.start_time == start,
            col(SlotOffer.expires_at) > clock.now(),
        )
        found = scope.session.exec(offer).first()
    return (found[0], found[1] - OFFER_LIFE) if found else None


def _at(slots: tuple[availability.Slot, ...], start: datetime) -> datetime | None:
    return next((slot.end for slot in slots if slot.start == start), None)


def _store(access: db.Access, site: Site, service: Service, proposal: Proposal, *, reserve: bool) -> ProposalView:
    take_over(access, site, proposal)
    _withdraw_open(access)
    start, end = known(proposal.start_time), known(proposal.end_time)
    with access.with_booking(proposal.booking_id).begin() as scope:
        holds.admit(scope, site, service, proposal)
        scope.session.add(proposal)
        scope.session.flush()
        claims.claim(
            scope, service, proposal_id=proposal.id, start=start, end=end,
            expires_at=proposal.expires_at + CLAIM_GRACE,
        )  # fmt: skip
        drop_claims(scope, proposal)
    if reserve:
        _reserve(access, service, proposal)
    return view(proposal, service.name)


def _withdraw_open(access: db.Access) -> None:
    earlier = open_proposal(access)
    if earlier is not None:
        withdraw(access, earlier.id)


def _reserve(access: db.Access, service: Service, proposal: Proposal) -> None:
    """Hold the slot at the provider too: a courtesy to others who book there, so its failure changes nothing."""
    with suppress(ProviderError, NotConnected, SlotTaken):
        minutes = int(WAIT.total_seconds() // 60)
        uid = integrations.calcom(access.tenant).reserve(
            known(service.cal_event_type_id), known(proposal.start_time), minutes
        )
        with access.with_booking(proposal.booking_id).begin() as scope:
            scope.execute("update portal.proposals set reservation_uid = :uid where id = :id", uid=uid, id=proposal.id)


def _service_name(access: db.Access, proposal: Proposal) -> str:
    services = tenants.site(access.tenant).services
    return next((service.name for service in services if service.id == proposal.service_id), "Appointment")


def _summary(site: Site, service_name: str, start: datetime, end: datetime) -> str:
    return f"{service_name}, {phrases.long_time(start, site.profile.timezone, end)}"
