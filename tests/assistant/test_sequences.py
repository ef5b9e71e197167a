"""Conversations drawn at random: words carry out only the card that the answer before showed last and alone."""

import random
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from portal.assistant.events import ErrorEvent, ProposalCard
from portal.assistant.guardrails import Consent, consent_in
from portal.assistant.sight import CARDS
from tests.assistant.driver import Chat, Heard, booking_arguments, calls
from tests.factories import THOROUGH

SEEDS, STEPS = (40 if THOROUGH else 4), 15
OTHER = "Would you like a reminder?"
SAID = [
    "yes", "Yes please!", "sure", "👍", "confirm", "book it", "yes, book it", "I'll take it", "go ahead", "please do",
    "do it", "no", "no, thanks", "never mind", "is there parking?", "what about Friday", "yes but at 5", "hm",
]  # fmt: skip
YES = (Consent.YES, Consent.YES_PLAIN)

Answer = tuple[dict[str, Any], ...]


def answers(chat: Chat, draw: random.Random, starts: Iterator[str]) -> list[Callable[[], Answer]]:
    """What the model may do in a turn; a card each time for another of the offered times."""

    def card() -> dict[str, Any]:
        return calls("create_booking", booking_arguments(chat.made, next(starts)))

    def look() -> dict[str, Any]:
        day = chat.day(draw.choice((2, 3, 4)))
        return calls("check_availability", {
            "service_id": str(chat.made.service_id), "start_date": day, "end_date": day,
        })  # fmt: skip

    return [
        lambda: ({"text": "Behind the house."},),
        lambda: ({"text": f"Behind the house. {OTHER}"},),
        lambda: ({"text": "Behind the house. Please confirm your booking."},),
        lambda: ({"text": f"Please confirm your booking. {OTHER}"},),
        lambda: (look(), {"text": "These are free."}),
        lambda: (look(), {"text": "These are free. Or confirm the other one."}),
        lambda: (calls("escalate_to_human", {}), {"text": "Shall I do anything else?"}),
        lambda: (card(), {"text": "Shall I book it?"}),
        lambda: (card(), {"text": "Please confirm."}),
        lambda: (card(), {"text": f"Shall I book it? {OTHER}"}),
        lambda: (card(), look(), {"text": "Please confirm."}),
        lambda: (look(), card(), {"text": "Please confirm."}),
        lambda: (card(), {"text": "Please confirm the booking soon.", "cut_after": 2}),
    ]


def alone_in_sight(before: Heard | None) -> UUID | None:
    """The proposal of the card that an answer showed last, when it asked for nothing else. Written down once more."""
    shown = [event for event in before.events if isinstance(event, (*CARDS, ErrorEvent))] if before else []
    if before is None or not shown or OTHER in before.text or "anything else" in before.text:
        return None
    return shown[-1].proposal_id if isinstance(shown[-1], ProposalCard) else None


def done(chat: Chat) -> set[UUID]:
    return {row["id"] for row in chat.proposals() if row["state"] not in ("waiting", "withdrawn")}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_only_what_is_in_sight_is_carried_out(chat: Chat, seed: int) -> None:
    draw = random.Random(seed)
    slots = [slot for days in (2, 3) for slot in chat.offered(days_ahead=days).slots]
    draw.shuffle(slots)
    chat.queue({"text": "Thank you."})
    chat.say("I am Ann Lee, ann@example.com")
    kinds = answers(chat, draw, (slot.start.strftime("%Y-%m-%dT%H:%M") for slot in slots))
    before: Heard | None = None
    seen: list[UUID] = []
    for _ in range(STEPS):
        chat.sandbox.client.delete(f"{chat.sandbox.url}/_sandbox/anthropic/turns")
        chat.queue(*draw.choice(kinds)(), {"text": "As you like."})
        waiting = {row["id"] for row in chat.proposals() if row["state"] == "waiting"}
        earlier, allowed = done(chat), alone_in_sight(before)
        if seen and draw.random() < 0.1:
            pressed = draw.choice(seen)
            before = chat.press_confirm(pressed)
            assert done(chat) - earlier == {pressed} & waiting
        else:
            said = draw.choice(SAID)
            consent = consent_in(said, "create")
            before = chat.say(said)
            expected = {allowed} & waiting if consent in YES else set()
            assert done(chat) - earlier == expected, (said, consent)
        seen += [card.proposal_id for card in before.all(ProposalCard)]
    assert len(chat.bookings()) == len(done(chat))
