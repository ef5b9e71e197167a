"""How a booking's changes came about, in words for its page."""

from dataclasses import dataclass, field
from typing import Final

from portal.domain import phrases
from portal.domain.admin.proofs import Proof
from portal.domain.booking import ActBy

CHANGES: Final = {"create": "Booking", "cancel": "Cancellation", "reschedule": "Move"}
ACTS: Final = {
    ActBy.BUTTON: "Confirmed with the button in the chat",
    ActBy.MESSAGE: "Confirmed by a message in the chat",
    ActBy.FORM: "Sent on the booking page",
    ActBy.MANAGE: "Confirmed on the customer’s page",
    ActBy.STAFF: "Done by the team",
}
ENDS: Final = {"waiting": "the calendar did not answer", "executing": "under way", "failed": "failed"}


@dataclass(frozen=True)
class ProofStep:
    """One step and when it was."""

    what: str = ""
    at: str = ""


@dataclass(frozen=True)
class ProofRow:
    """One change, step by step. ``chat_id`` is empty outside of a conversation."""

    id: str = ""
    title: str = ""
    chat_id: str = ""
    steps: list[ProofStep] = field(default_factory=list)


def proof_row(proof: Proof, zone: str) -> ProofRow:
    """Times on the wall clock of ``zone``."""
    in_chat = proof.by in (ActBy.BUTTON, ActBy.MESSAGE)
    end = ENDS.get(proof.state)
    steps = [
        ("Time shown", proof.offered_at),
        ("Request shown", proof.proposed_at if in_chat else None),
        (f"{ACTS[ActBy(proof.by)]}{f' ({end})' if end else ''}", proof.acted_at),
    ]
    return ProofRow(
        id=str(proof.proposal_id),
        title=f"{CHANGES[proof.kind]}: {proof.summary}",
        chat_id=str(proof.session_id or "") if in_chat else "",
        steps=[ProofStep(what, phrases.slot_label(at, zone)) for what, at in steps if at],
    )
