"""Cards of what is stored: a proposal with everything that it will store, a booking as it stands."""

from uuid import UUID

from portal.assistant.events import BookingCard, ProposalCard
from portal.core.db import Access
from portal.domain import booking, phrases
from portal.domain.booking import BookingView, ProposalView


def proposal_card(access: Access, proposal: ProposalView) -> ProposalCard:
    """The card of a proposal of the asker's conversation. Raises ProposalExpired for another's."""
    details = booking.details(access, proposal.id)
    return ProposalCard(proposal.id, proposal.kind.value, proposal.summary, proposal.expires_at, details)


def waiting_card(access: Access, proposal_id: UUID) -> ProposalCard | None:
    """The card of a proposal while it waits, else None."""
    waiting = booking.open_proposal(access)
    return proposal_card(access, waiting) if waiting is not None and waiting.id == proposal_id else None


def booking_card(view: BookingView) -> BookingCard:
    return BookingCard(
        uid=view.uid,
        status=view.status.value,
        start=view.start,
        end=view.end,
        manage_url=view.manage_url,
        service_name=view.service_name,
        when=phrases.long_time(view.start, view.timezone, view.end),
    )
