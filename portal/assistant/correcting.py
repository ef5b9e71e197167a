"""The customer's corrections on a request's card, kept in the conversation: the model reads of them, a reload shows
them."""

from uuid import UUID

from portal.assistant.events import ProposalCard
from portal.assistant.guardrails import one_line
from portal.core.db import Access
from portal.core.errors import ProposalExpired
from portal.domain import booking, conversation
from portal.domain.booking import Correction, Details
from portal.domain.conversation import NewMessage

WORDS = {"name": "name", "email": "e-mail address", "phone": "phone number"}
AGREED, DISAGREED = "They agreed to text messages.", "They want no text messages."


def correct(access: Access, proposal_id: UUID, correction: Correction) -> ProposalCard:
    """Change a waiting request of the asker's conversation; returns its new card.

    Raises as :func:`portal.domain.booking.correct`.
    """
    details = booking.correct(access, proposal_id, correction)
    proposal = booking.open_proposal(access)
    if proposal is None or proposal.id != proposal_id:
        raise ProposalExpired
    card = ProposalCard(proposal.id, proposal.kind.value, proposal.summary, proposal.expires_at, details)
    messages = [NewMessage("system", [{"type": "text", "text": _note(details, correction)}])]
    if correction.has_texts:
        messages.append(NewMessage("assistant", [], cards=[card.card()], stop_reason="corrected"))
    conversation.append(access, messages)
    return card


def _note(details: Details, correction: Correction) -> str:
    """For the model, which must not prepare it again with what was wrong. A note's words stay the customer's."""
    said = ["The customer changed the request on its card; nothing has been done yet."]
    for change in details.changes if correction.has_texts else ():
        if change.field in WORDS:
            said.append(f"The {WORDS[change.field]} is now: {one_line(change.new) or 'none'}.")
        else:
            said.append(f"The {change.field} changed.")
    if correction.consent_sms is not None:
        said.append(AGREED if correction.consent_sms else DISAGREED)
    return " ".join(said)
