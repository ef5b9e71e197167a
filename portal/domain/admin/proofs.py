"""How the changes of a booking came about: when its time was shown, when it was asked for, and what consented."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import col, select

from portal.core import db
from portal.models import Proposal


@dataclass(frozen=True)
class Proof:
    """One change that was set in motion. Times aware UTC.

    ``offered_at``: when a conversation was shown the time, None outside of one. ``by`` is a ``booking.ActBy``; of a
    message or button in a chat ``session_id`` is the conversation, ``message_id`` what the customer wrote and
    ``card_id`` the message that showed what was consented to, while they are kept.
    """

    proposal_id: UUID
    kind: str
    state: str
    summary: str
    offered_at: datetime | None
    proposed_at: datetime
    acted_at: datetime
    by: str
    session_id: UUID | None
    message_id: UUID | None
    card_id: UUID | None


def of_booking(scope: db.Scope, booking_id: UUID) -> tuple[Proof, ...]:
    """Oldest first. What nobody consented to, or was done before acts were kept, is left out."""
    query = (
        select(Proposal)
        .where(
            Proposal.tenant_id == scope.tenant_id,
            Proposal.booking_id == booking_id,
            col(Proposal.act_by).is_not(None),
        )
        .order_by(col(Proposal.act_at), col(Proposal.id))
    )
    return tuple(_proof(row) for row in scope.session.exec(query).all())


def _proof(row: Proposal) -> Proof:
    return Proof(
        proposal_id=row.id,
        kind=row.kind,
        state=row.state,
        summary=row.summary,
        offered_at=row.offered_at.astimezone(UTC) if row.offered_at else None,
        proposed_at=row.created_at.astimezone(UTC),
        acted_at=(row.act_at or row.created_at).astimezone(UTC),
        by=row.act_by or "",
        session_id=row.session_id,
        message_id=row.act_message_id,
        card_id=row.act_card_id,
    )
