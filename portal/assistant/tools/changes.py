"""Tools around bookings. None of them changes one: they prepare what only the customer can set in motion."""

from datetime import datetime
from uuid import UUID

from portal.assistant.cards import proposal_card
from portal.assistant.guardrails import without_markup
from portal.assistant.tools.arguments import CancelBooking, CreateBooking, GetBookingDetails, RescheduleBooking
from portal.assistant.tools.contact import require_said
from portal.assistant.tools.context import Result, ToolContext
from portal.core import limits
from portal.core.clock import now
from portal.core.errors import InThePast, RateLimited
from portal.domain import booking, phrases
from portal.domain.booking import BookingRequest, ProposalView, Source
from portal.domain.conversation import WaitingProposal

#: References may be asked for this often in one conversation: enough for typing errors, too few for guessing.
LOOKUPS = 8
LOOKUP_SECONDS = 900
NEXT_STEP = (
    "Nothing has been done yet. Tell the visitor what is prepared and ask them to press Confirm or to write 'confirm'."
)


def create_booking(context: ToolContext, wanted: CreateBooking) -> Result:
    """Prepare a booking for one of the times that check_availability returned, once service, time, name and e-mail
    address are known. Name, e-mail and phone must be the visitor's own written words. It does not book: the visitor
    sees a card with everything that will be stored, can correct it there, ticks there whether they want texts, and has
    to confirm. To correct something before that, call it again."""
    require_said(context, wanted)
    request = BookingRequest(
        service_id=context.site.service(wanted.service_id).id,
        start=_future(context, wanted.start_time_local),
        name=wanted.customer_name,
        email=wanted.customer_email,
        phone=wanted.customer_phone,
        notes=without_markup(wanted.notes or ""),
        source=Source.AI,
    )
    return _proposed(context, booking.propose_create(context.access, request))


def cancel_booking(context: ToolContext, wanted: CancelBooking) -> Result:
    """Prepare the cancellation of an existing booking, found by its reference and the e-mail address it was made with.
    It does not cancel: the visitor has to confirm first."""
    booking_id = _find(context, wanted.booking_uid, wanted.email)
    proposal = booking.propose_cancel(context.access.with_booking(booking_id), reason=wanted.reason, source=Source.AI)
    return _proposed(context, proposal)


def reschedule_booking(context: ToolContext, wanted: RescheduleBooking) -> Result:
    """Prepare moving an existing booking to another time, found by its reference and e-mail address. Call
    check_availability for its service first; the new time must be one of those. It does not move: the visitor has to
    confirm first."""
    start = _future(context, wanted.start_time_local)
    booking_id = _find(context, wanted.booking_uid, wanted.email)
    access = context.access.with_booking(booking_id)
    return _proposed(context, booking.propose_reschedule(access, start=start, source=Source.AI))


def get_booking_details(context: ToolContext, wanted: GetBookingDetails) -> Result:
    """Look up an existing booking by its reference: service, time, status, and until when it can be changed online."""
    booking_id = _find(context, wanted.booking_uid, wanted.email)
    found = booking.get(context.access.with_booking(booking_id))
    return {
        "booking": {
            "booking_uid": found.uid,
            "status": found.status.value,
            "service_id": str(found.service_id) if found.service_id else None,
            "service": found.service_name,
            "start_local": phrases.local_iso(found.start, found.timezone),
            "when": phrases.long_time(found.start, found.timezone, found.end),
            "can_be_changed_online": found.can_change,
            "change_deadline": phrases.long_time(found.change_deadline, found.timezone),
        }
    }


def _future(context: ToolContext, local: str) -> datetime:
    start = phrases.parse_local(local, context.timezone)
    if start <= now():
        raise InThePast
    return start


def _find(context: ToolContext, uid: str, email: str | None) -> UUID:
    """The booking's id. Raises BookingNotFound, or RateLimited for who tries reference after reference."""
    key = f"lookup:{context.access.tenant}:{context.access.session_id}"
    allowance = limits.take(key, capacity=LOOKUPS, per_seconds=LOOKUP_SECONDS)
    if not allowance.allowed:
        raise RateLimited(
            "Too many references were looked up. Please contact the business directly.",
            retry_after_seconds=allowance.retry_after_seconds,
        )
    return booking.find(context.access, uid, email)


def _proposed(context: ToolContext, proposal: ProposalView) -> Result:
    kind = proposal.kind.value
    context.standing.proposal = WaitingProposal(proposal.id, kind, proposal.summary, proposal.expires_at)
    context.standing.proposed_now = True
    context.show(proposal_card(context.access, proposal))
    return {
        "status": "needs_confirmation",
        "proposal_id": str(proposal.id),
        "summary": proposal.summary,
        "next": NEXT_STEP,
    }
