"""Which answers ask for nothing but the yes to the card beside them, and what a message then means."""

from uuid import uuid4

import pytest

from portal.assistant.events import BookingCard, ErrorEvent, Event, Handoff, ProposalCard, Token
from portal.assistant.failures import SHOWN_AGAIN, WHICH
from portal.assistant.guardrails import Consent, asks_only_for
from portal.assistant.sight import Means, Shown, meaning
from portal.core.clock import now
from portal.domain.booking import Details
from portal.domain.conversation import Sight
from portal.sandbox.anthropic.receptionist import questions as receptionist

CARD = "Haircut, Tuesday, December 1, 2026, 4:30–5:00 PM (America/New_York)"
DETAILS = Details("Haircut", CARD, "", "$35", "Ann Lee", "ann@example.com", "", "", None, False)
ONLY = [
    "", "Please confirm.", "Shall I book it? Please confirm.", "Does everything look right?", "Is that correct?",
    "Shall I go ahead and book the Haircut on Tuesday, December 1st at 4:30 PM?", "Would you like me to confirm this?",
    "Just say **yes**, or press Confirm.", 'Reply "yes" to confirm.', "Would you like to confirm it for 16:30?",
    "I've prepared a haircut on Tue, Dec 1, 4:30pm. Can I book that for you?", "¿Confirmo la cita?", "Soll ich buchen?",
    "Nous avons un parking. Je confirme le rendez-vous ?", "Yes, there is parking. Please confirm the booking.",
    "Your haircut waits. Does that work for you? Shall I confirm?",
]  # fmt: skip
MORE = [
    "Shall I book it? Would you like a reminder?", "Please confirm. Do you want a beard trim too?",
    "Would you like to book a beard trim too?", "Shall I book it, or would you rather come on Wednesday?",
    "Is that correct, or should I change it?", "Please confirm. Is your phone number still the same?",
    "Please confirm. Let me know if you need parking.", "Shall I cancel your other booking?", "Is this for you?",
    "Please confirm; 5:15 PM is free as well.", "Shall I book 4:45 PM instead?",
    "I can do Wednesday too. Please confirm.",
    "Would you like a reminder", "Confirm? And how did you hear of us?", "Say yes if you want a reminder.",
    "Should I call you?", "Möchten Sie eine Erinnerung?", "Is 10 am better?", "Shall I move it?",
]  # fmt: skip


class TestAsksOnlyFor:
    @pytest.mark.parametrize("answer", ONLY)
    def test_the_yes(self, answer: str) -> None:
        assert asks_only_for(answer, "create", CARD)

    @pytest.mark.parametrize("answer", MORE)
    def test_something_else_too(self, answer: str) -> None:
        assert not asks_only_for(answer, "create", CARD)

    def test_each_kind_has_its_own_verbs(self) -> None:
        assert asks_only_for("Shall I cancel it?", "cancel", CARD)
        assert asks_only_for("Shall I move it?", "reschedule", CARD)
        assert not asks_only_for("Shall I book it?", "cancel", CARD)
        assert not asks_only_for("Shall I cancel it?", "reschedule", CARD)

    @pytest.mark.parametrize("kind", ["create", "cancel", "reschedule"])
    def test_our_own_sentences(self, kind: str) -> None:
        for said in (SHOWN_AGAIN, WHICH[kind]):
            assert asks_only_for(said, kind, CARD)

    def test_the_receptionists_sentences(self) -> None:
        assert asks_only_for(receptionist.confirm(CARD), "create", CARD)
        assert asks_only_for(receptionist.waiting_for_confirmation(CARD), "create", CARD)


class TestShown:
    def shown(self, *events: Event) -> Sight | None:
        answer = Shown()
        for event in events:
            answer.take(event)
        return answer.sight

    def test_the_last_thing_counts(self) -> None:
        old, new = (ProposalCard(uuid4(), "create", CARD, now(), DETAILS) for _ in range(2))
        for after, expected in (
            ((), old),
            ((new,), new),
            ((Handoff("1", None),), None),
            ((ErrorEvent("X", "x"),), None),
        ):
            sight = self.shown(Token("Please "), old, *after, Token("confirm."))
            assert (sight and sight.proposal_id) == (expected and expected.proposal_id)

    def test_words_before_and_after_the_card(self) -> None:
        card = ProposalCard(uuid4(), "create", CARD, now(), DETAILS)
        for events in ((Token("A remin"), Token("der?"), card), (card, Token("A reminder?"))):
            sight = self.shown(*events)
            assert sight is not None
            assert not sight.alone

    def test_what_was_just_done_is_no_other_offer(self) -> None:
        at = now()
        done = BookingCard("uid", "confirmed", at, at, "", "Haircut", "Monday, November 30, 2026, 8:00–9:00 AM")
        card = ProposalCard(uuid4(), "create", CARD, at, DETAILS)
        words = Token("You're booked: Haircut on Monday, November 30, 2026, 8:00–9:00 AM. Please confirm the next one.")
        for events, alone in (((done, words, card), True), ((words, card), False)):
            sight = self.shown(*events)
            assert (sight and sight.alone) is alone


CLEAR, CROWDED, ASLEEP = Sight(uuid4(), True), Sight(uuid4(), False), None


class TestMeaning:
    @pytest.mark.parametrize(
        ("consent", "clear", "crowded", "asleep"),
        [
            (Consent.YES, Means.YES, Means.SHOW_AGAIN, Means.SHOW_AGAIN),
            (Consent.YES_PLAIN, Means.YES, Means.SHOW_AGAIN, Means.NOTHING),
            (Consent.NO, Means.NO, Means.NO, Means.NO),
            (Consent.NO_PLAIN, Means.NO, Means.SHOW_AGAIN, Means.NOTHING),
            (Consent.UNCLEAR, Means.ASK, Means.ASK, Means.NOTHING),
            (Consent.NONE, Means.NOTHING, Means.NOTHING, Means.NOTHING),
        ],
    )
    def test_by_what_is_in_sight(self, consent: Consent, clear: Means, crowded: Means, asleep: Means) -> None:
        assert [meaning(consent, sight) for sight in (CLEAR, CROWDED, ASLEEP)] == [clear, crowded, asleep]
