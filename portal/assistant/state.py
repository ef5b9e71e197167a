"""Where a conversation stands, and which tools may be used there.

The model is told of all tools always (their definitions are the beginning of what the API caches); the note at the end
says which may be used now, and one that may not is refused.

The states follow from stored facts (offers, a waiting proposal), never from what was said about them::

    EXPLORING --check_availability--> CHOOSING --create_booking--> CONFIRMING --the customer's yes--> EXPLORING/CHOOSING

There is no tool that books: leaving CONFIRMING is the customer's act alone (:mod:`portal.assistant.loop`).
"""

from dataclasses import dataclass
from enum import StrEnum

from portal.assistant.guardrails import one_line
from portal.domain.conversation import Turn, WaitingProposal


class State(StrEnum):
    """EXPLORING: nothing is on offer. CHOOSING: times are on offer. CONFIRMING: a proposal waits for the yes."""

    EXPLORING = "exploring"
    CHOOSING = "choosing"
    CONFIRMING = "confirming"


@dataclass
class Standing:
    """The facts of a conversation; tools change them as a turn goes on."""

    has_offers: bool = False
    proposal: WaitingProposal | None = None
    proposed_now: bool = False

    @classmethod
    def of(cls, turn: Turn) -> "Standing":
        return cls(turn.has_offers, turn.proposal)

    @property
    def state(self) -> State:
        if self.proposal is not None:
            return State.CONFIRMING
        return State.CHOOSING if self.has_offers else State.EXPLORING


NOTHING_ON_OFFER = (
    "State: no times are on offer, so none can be booked yet; call check_availability before naming any time."
)
PROPOSING = frozenset({"create_booking", "cancel_booking", "reschedule_booking"})


def refusal(standing: Standing, tool: str) -> str | None:
    """Why ``tool`` may not be used now, in words for the model; None when it may."""
    if tool == "create_booking" and not standing.has_offers:
        return "No times have been offered yet. Call check_availability first, then let the customer choose one."
    if tool in PROPOSING and standing.proposed_now:
        return (
            "One change was already prepared in this turn. Let the customer confirm or decline it first,"
            " then prepare the next one."
        )
    return None


def line(standing: Standing) -> str:
    """The state in one sentence, for the note at the end of the request."""
    if standing.proposal is not None:
        return (
            f"State: a request of kind '{standing.proposal.kind}' waits for the customer's confirmation"
            f" ({one_line(standing.proposal.summary)}). Nothing has been done yet. Ask the customer to press Confirm"
            " or to write 'confirm', and nothing else in the same answer; if they want something else, prepare that"
            " instead."
        )
    if standing.has_offers:
        return "State: times from check_availability are on offer; one of exactly those can be booked."
    return NOTHING_ON_OFFER
