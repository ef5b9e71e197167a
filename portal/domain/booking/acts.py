"""What consented to a change: kept with its proposal when it is set in motion, and named in the audit log."""

import json
from typing import Any
from uuid import UUID

from portal.core import clock, db
from portal.domain.booking.types import Act, ActBy, Kind
from portal.models import Proposal

# The message that showed the proposal's card last: the one that a yes in the conversation answers.
SHOWN_IN = """
select id from portal.chat_messages
where tenant_id = :tenant and session_id = :session and cards @> cast(:card as jsonb) order by seq desc limit 1
"""


def record(scope: db.Scope, proposal: Proposal, act: Act | None) -> None:
    """Keep the act with the proposal it sets in motion. None: whoever asks pressed a button of theirs."""
    done = act or _pressed(scope, proposal)
    proposal.act_by, proposal.act_at, proposal.act_message_id = done.by, clock.now(), done.message_id
    is_in_chat = done.by in (ActBy.BUTTON, ActBy.MESSAGE)
    proposal.act_card_id = _shown_in(scope, proposal.id) if is_in_chat else None


def details(proposal: Proposal) -> dict[str, Any]:
    """The act as the audit log tells it: how it was said, and the ids that prove it."""
    ids = {"message_id": proposal.act_message_id, "card_id": proposal.act_card_id}
    told = {"consent": proposal.act_by, "proposal_id": proposal.id} | ids
    return {name: str(value) for name, value in told.items() if value is not None}


def _pressed(scope: db.Scope, proposal: Proposal) -> Act:
    """Which button it was follows from who asks: staff, a conversation, or who holds the booking's own link."""
    if scope.access.role is db.Role.MEMBER:
        return Act(ActBy.STAFF)
    if scope.access.session_id is not None:
        return Act(ActBy.BUTTON)
    return Act(ActBy.FORM if proposal.kind == Kind.CREATE else ActBy.MANAGE)


def _shown_in(scope: db.Scope, proposal_id: UUID) -> UUID | None:
    card = json.dumps([{"event": "proposal", "data": {"proposal_id": str(proposal_id)}}])
    found: UUID | None = scope.execute(
        SHOWN_IN, tenant=scope.tenant_id, session=scope.access.session_id, card=card
    ).scalar()
    return found
