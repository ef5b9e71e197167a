"""The model's claims about bookings, held to what happened: a false one gives way to the true sentence.

What happened is in the turn's deeds, in the bookings that this conversation made or changed, and in what the model was
told: notes, results of tools, the customer's own words. What the model says about it decides nothing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog

from portal.assistant import failures
from portal.assistant.guardrails import OutputFilter
from portal.assistant.guardrails.claims import Act, Claims, asks_what_is_booked, claims_in
from portal.assistant.guardrails.openings import neutral_length
from portal.assistant.guardrails.output import REDACTED
from portal.assistant.guardrails.sentences import Sentences
from portal.assistant.turn import TurnRun
from portal.core import threads
from portal.domain import booking
from portal.domain.booking import BookingView, Status

KINDS = {"create": Act.BOOKED, "reschedule": Act.MOVED, "cancel": Act.CANCELLED}
log = structlog.get_logger("portal.assistant")


@dataclass
class Truth:
    """Judges one answer's sentences. ``messages`` are the API's: all that the model knows."""

    run: TurnRun
    messages: list[dict[str, Any]]
    _told: bool = False
    _earlier: tuple[BookingView, ...] | None = field(default=None, repr=False)

    async def check(self, sentence: str) -> str:
        """The sentence; or instead of a false one what is true, and nothing once that was said."""
        claims = claims_in(sentence)
        if not claims:
            return sentence
        if self._earlier is None:
            self._earlier = await threads.run(booking.of_conversation, self.run.access)
        if self._bears_out(claims):
            return sentence
        log.warning("claim_replaced", acts=sorted(claims.acts), nothing=claims.nothing)
        if self._told:
            return ""
        self._told = True
        return self._truth() + sentence[len(sentence.rstrip()) :]

    def _bears_out(self, claims: Claims) -> bool:
        if claims.acts and not claims.acts & self._acts():
            return False
        if claims.nothing and (self.run.deeds or (self._earlier and self._asked())):
            return False
        told = " ".join(_texts(self.messages)).casefold() if claims.references else ""
        return all(reference.casefold() in told for reference in claims.references)

    def _acts(self) -> set[Act]:
        """What may be said to be done. What was only just prepared is not, whatever was done of its kind before."""
        acts = {act for view in (*self.run.deeds, *self._known()) for act in _acts_of(view.status, view.sequence)}
        acts |= {act for found in _looked_up(self.messages) for act in _acts_of(found, 1)}
        standing = self.run.context.standing
        if standing.proposed_now and standing.proposal and not self.run.deeds and not self._asked():
            acts.discard(KINDS[standing.proposal.kind])
        return acts

    def _known(self) -> tuple[BookingView, ...]:
        return self._earlier or ()

    def _asked(self) -> bool:
        """Whether the customer asked, in this turn, what is booked."""
        return any(asks_what_is_booked(text) for text in _texts(self.messages[-1:]))

    def _truth(self) -> str:
        if self.run.deeds:
            return " ".join(map(failures.outcome_sentence, self.run.deeds))
        if self.run.context.standing.proposal is not None:
            return failures.WAITS
        if self._known():
            return failures.outcome_sentence(self._known()[-1])
        return failures.NOTHING_DONE


class Speech:
    """The model's words on their way out: filtered, their claims checked.

    A word is shown at once where no claim can have begun; from one that may begin a claim on, the sentence waits for
    its end and is then shown, or gives way to the truth.
    """

    def __init__(self, output: OutputFilter, truth: Truth) -> None:
        self._filter, self._sentences, self._truth = output, Sentences(), truth
        self._begun = 0  # so much of the sentence that has not ended is shown
        self.text = ""

    @property
    def leaked(self) -> bool:
        """Whether the answer ends here, because it gave away what it must not."""
        return self._filter.leaked

    async def feed(self, delta: str) -> str:
        """Returns what may be shown now, possibly nothing."""
        sentences = self._sentences.feed(self._filter.feed(delta))
        return await self._shown(sentences + (self._sentences.finish() if self.leaked else []))

    async def finish(self, *, is_cut: bool = False) -> str:
        """Returns what was still held back at the end of the stream; ``is_cut``: the end came too early."""
        sentences = self._sentences.feed(self._filter.finish(is_cut=is_cut))
        return await self._shown(sentences + self._sentences.finish())

    async def _shown(self, sentences: list[str]) -> str:
        shown = "".join([await self._rest_of(sentence) for sentence in sentences]) + self._beginning()
        self.text += shown
        return shown

    async def _rest_of(self, sentence: str) -> str:
        """What is to be shown of a sentence that has ended, after its beginning."""
        begun, self._begun = self._begun, max(0, self._begun - len(sentence))
        said = await self._truth.check(sentence)
        if said == sentence:
            return sentence[begun:]
        return f"{REDACTED} {said}" if begun else said

    def _beginning(self) -> str:
        """What may be shown of the sentence that goes on."""
        begun, self._begun = self._begun, neutral_length(self._sentences.held, self._begun)
        return self._sentences.held[begun : self._begun]


def _acts_of(status: str, sequence: int) -> set[Act]:
    """What may be said of a booking that stands so; of one that the calendar has not accepted: nothing."""
    if status == Status.CANCELLED:
        return {Act.CANCELLED}
    if status == Status.PENDING:
        return set()
    return {Act.BOOKED, Act.MOVED} if sequence else {Act.BOOKED}


def _looked_up(messages: list[dict[str, Any]]) -> Iterator[str]:
    """The states of bookings that the model looked up in this conversation."""
    for text in _texts(messages):
        if text.startswith('{"booking"'):
            yield str(json.loads(text)["booking"]["status"])


def _texts(messages: list[dict[str, Any]]) -> Iterator[str]:
    """Everything the model was told: by the customer, by notes, by tools."""
    for message in messages:
        if message["role"] == "user":
            for block in message["content"]:
                text = block.get("text") or block.get("content")
                if isinstance(text, str):
                    yield text
