"""What is in sight, and what a message therefore means for the request that waits.

A "yes" carries a request out only while its card is the last thing the last answer showed, and that answer asked for
nothing else. Newer times, a newer card, a hand-over, an error, or an answer about something else put an older request
to sleep: words no longer reach it, except that its card is shown again to who names the act. Its button keeps working.
"""

from dataclasses import dataclass
from enum import StrEnum

from portal.assistant.events import BookingCard, ErrorEvent, Event, Handoff, ProposalCard, Slots, Token
from portal.assistant.guardrails import Consent, asks_only_for
from portal.domain.conversation import Sight

CARDS = (Slots, ProposalCard, BookingCard, Handoff)


@dataclass
class Shown:
    """An answer as it is shown, event by event: its words, and the last thing beside them.

    ``done`` are the words of what the same answer says was carried out: they name no other time to say yes to.
    """

    text: str = ""
    last: Event | None = None
    done: str = ""

    def take(self, event: Event) -> None:
        if isinstance(event, Token):
            self.text += event.text
        elif isinstance(event, (*CARDS, ErrorEvent)):
            self.last = event
        if isinstance(event, BookingCard):
            self.done += f" {event.service_name} {event.when}"

    @property
    def sight(self) -> Sight | None:
        """What the answer leaves in sight: a card to say yes to, or nothing."""
        card = self.last
        if not isinstance(card, ProposalCard):
            return None
        known = f"{card.summary} {card.details.name}{self.done}"
        return Sight(card.proposal_id, asks_only_for(self.text, card.kind, known))


class Means(StrEnum):
    """What a message means for the request that waits. SHOW_AGAIN and ASK: only its card, or which of two was meant."""

    YES = "yes"
    NO = "no"
    SHOW_AGAIN = "show_again"
    ASK = "ask"
    NOTHING = "nothing"


def meaning(consent: Consent, sight: Sight | None) -> Means:
    """A no that names the act always ends the request; all other words count by what is in sight."""
    if consent is Consent.NO:
        return Means.NO
    if sight is None:
        return Means.SHOW_AGAIN if consent is Consent.YES else Means.NOTHING
    if consent is Consent.UNCLEAR:
        return Means.ASK
    if consent is Consent.NONE:
        return Means.NOTHING
    if not sight.alone:
        return Means.SHOW_AGAIN
    return Means.NO if consent is Consent.NO_PLAIN else Means.YES
