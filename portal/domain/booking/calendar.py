"""What a proposal means at Cal.com: doing it, and looking whether it was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.core.errors import NotConnected, ProviderRefused
from portal.domain import integrations
from portal.domain.booking import refusals
from portal.domain.booking.types import Kind, known
from portal.domain.tenants import Service, Site
from portal.models import Booking, Proposal
from portal.providers.calcom import AlreadyCancelled, CalBooking, CalendarBookingNotFound, CalStatus


@dataclass(frozen=True)
class Outcome:
    """The provider's word on a change. Times aware UTC; ``accepted`` is False while the business must still agree."""

    uid: str
    seat_uid: str | None
    start: datetime
    end: datetime
    accepted: bool
    payload: dict[str, Any]


def execute(site: Site, proposal: Proposal, booking: Booking | None, service: Service | None) -> Outcome:
    """Do it. Raises CalendarUnavailable, CalendarBusy, OutcomeUnknown, SlotTaken, and what ``refusals`` says."""
    try:
        return _execute(site, proposal, booking, service)
    except ProviderRefused as refused:
        raise refusals.in_words(refused) from refused


def _execute(site: Site, proposal: Proposal, booking: Booking | None, service: Service | None) -> Outcome:
    client = integrations.calcom(site.tenant_id)
    if proposal.kind == Kind.CREATE:
        return _create(site, proposal, service)
    uid = known(known(booking).cal_booking_uid)
    seat = known(booking).cal_seat_uid
    try:
        if proposal.kind == Kind.CANCEL:
            done = client.cancel_booking(uid, proposal.reason, seat_uid=seat)
        else:
            done = client.reschedule_booking(uid, known(proposal.start_time), seat_uid=seat)
    except AlreadyCancelled:
        # Done before: by an earlier attempt of ours whose answer was lost, or in the calendar itself.
        if (found := _look(site, proposal, booking)) is None:
            raise
        return found
    return _outcome(done, seat_uid=done.seat_uid or seat)


def look(site: Site, proposal: Proposal, booking: Booking | None) -> Outcome | None:
    """Whether the change happened: its outcome, or None when it surely did not (once no request is under way).

    Raises CalendarUnavailable, CalendarBusy, and NotConnected where the calendar answers nothing: then nobody knows.
    """
    try:
        return _look(site, proposal, booking)
    except ProviderRefused as refused:
        raise NotConnected from refused


def _look(site: Site, proposal: Proposal, booking: Booking | None) -> Outcome | None:
    client = integrations.calcom(site.tenant_id)
    if proposal.kind == Kind.CREATE:
        found = client.find_by_key(known(proposal.attendee_email), str(proposal.booking_id), known(proposal.start_time))
        if found is None or not found.status.holds_slot:
            return None
        return _outcome(found, seat_uid=found.seat_with("portal_booking", str(proposal.booking_id)))
    uid = known(known(booking).cal_booking_uid)
    seat = known(booking).cal_seat_uid
    try:
        current = client.get_booking(uid)
        if current.rescheduled_to_uid:
            current = client.get_booking(current.rescheduled_to_uid)
    except CalendarBookingNotFound:
        return None
    return _outcome(current, seat_uid=seat) if _is_done(proposal, current) else None


def _is_done(proposal: Proposal, current: CalBooking) -> bool:
    if proposal.kind == Kind.CANCEL:
        return not current.status.holds_slot
    return current.status.holds_slot and current.start == proposal.start_time


def _create(site: Site, proposal: Proposal, service: Service | None) -> Outcome:
    if service is None or service.cal_event_type_id is None:
        raise NotConnected
    client = integrations.calcom(site.tenant_id)
    made = client.create_booking(
        event_type_id=service.cal_event_type_id,
        start=known(proposal.start_time),
        name=known(proposal.attendee_name),
        email=known(proposal.attendee_email),
        time_zone=site.profile.timezone,
        phone=proposal.attendee_phone,
        notes=proposal.notes,
        key=str(proposal.booking_id),
    )
    return _outcome(made, seat_uid=made.seat_uid)


def _outcome(booking: CalBooking, *, seat_uid: str | None) -> Outcome:
    return Outcome(
        uid=booking.uid,
        seat_uid=seat_uid,
        start=booking.start,
        end=booking.end,
        accepted=booking.status is not CalStatus.PENDING,
        payload={"id": booking.id, "status": str(booking.status), "eventTypeId": booking.of_event_type},
    )
