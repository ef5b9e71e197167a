"""Whole conversations through the production loop: against the stand-in, or the real model when a key is given.

``PORTAL_EVAL_API_KEY`` (and, if wanted, ``PORTAL_EVAL_MODEL``) runs them against the real API; the calendar stays the
stand-in's. What is checked is what the backend did; wording only where it matters.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.assistant import loop
from portal.assistant.events import BookingCard, Handoff, Slots
from portal.core.cache import cache
from portal.core.clock import now
from tests.assistant.driver import Chat, Heard, event_loop, hurry
from tests.evals.scenarios import SCENARIOS, Scenario
from tests.factories import TenantFactory

REAL_KEY = os.environ.get("PORTAL_EVAL_API_KEY")
SERVICES: dict[str, dict[str, Any]] = {
    "Haircut": {"duration_minutes": 30, "price_cents": 3500, "description": "Cut and styling."},
    "Beard trim": {"duration_minutes": 15, "price_cents": 2000},
}
FAQS = (("Is there parking?", "Yes, behind the house."), ("Do you take cards?", "Yes, all of them."))


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with event_loop() as runner:
        yield runner


@pytest.fixture
def chat(
    tenants: TenantFactory, runner: asyncio.Runner, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Chat:
    monkeypatch.setattr(loop, "SESSION_CAPACITY", 100)
    hurry(tenants.sandbox)
    if REAL_KEY:
        configure(ANTHROPIC_BASE_URL="https://api.anthropic.com", ANTHROPIC_API_KEY=REAL_KEY)
    cache.wait_until_live()
    made = tenants.make(
        services=SERVICES, faqs=FAQS, profile={"phone": "+12125550100", "email": "shop@example.com"},
        policies={"cancel_window_minutes": 60}, ai={"model": os.environ.get("PORTAL_EVAL_MODEL")},
    )  # fmt: skip
    return Chat(made, tenants, runner)


class Conversation:
    """Says a scenario's lines and remembers what they may refer to."""

    def __init__(self, chat: Chat, uid: str) -> None:
        self.chat, self.uid = chat, uid
        self.heard: list[Heard] = []
        self.slots: list[str] = []

    def say(self, line: str) -> None:
        turn = self.chat.say(line.format(**self._values()))
        assert turn.error is None, turn.error
        self.heard.append(turn)
        for offered in turn.all(Slots):
            self.slots = [slot.label for slot in offered.slots]

    def _values(self) -> dict[str, str]:
        today = now().astimezone(ZoneInfo(self.chat.made.timezone))
        slot, next_slot = [*self.slots, "ten o'clock", "eleven o'clock"][:2]
        return {
            "weekday": f"{today + timedelta(days=2):%A}",
            "other_day": f"{today + timedelta(days=3):%A}",
            "slot": slot,
            "next_slot": next_slot,
            "uid": self.uid,
        }

    @property
    def said(self) -> str:
        return "\n".join(turn.text for turn in self.heard).lower()


def prepare_booking(chat: Chat) -> str:
    """A booking made beforehand, in another conversation of the same customer."""
    proposal = chat.proposed()
    chat.queue({"text": "Done!"})
    uid = chat.press_confirm(proposal.proposal_id).get(BookingCard).uid
    assert uid is not None
    return uid


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, chat: Chat, tenants: TenantFactory, runner: asyncio.Runner) -> None:
    if scenario.has_booking and REAL_KEY:
        pytest.skip("a booking beforehand is made with scripted answers of the stand-in")
    uid = prepare_booking(chat) if scenario.has_booking else ""
    conversation = Conversation(Chat(chat.made, tenants, runner), uid)
    for line in scenario.lines:
        conversation.say(line)
    check(scenario, conversation)


def check(scenario: Scenario, conversation: Conversation) -> None:
    wanted, chat = scenario.outcome, conversation.chat
    story = "\n".join(f"{message.role}: {message.text}" for message in chat.history())
    statuses = Counter(row["status"] for row in chat.bookings())
    assert dict(statuses) == wanted.bookings, story
    if wanted.offers is not None:
        offers = chat.rows("select 1 from portal.slot_offers where session_id = %s", chat.access.session_id)
        assert bool(offers) is wanted.offers, story
    if wanted.proposals is not None:
        assert len(chat.proposals()) == wanted.proposals, story
    if wanted.handoff is not None:
        assert any(turn.all(Handoff) for turn in conversation.heard) is wanted.handoff, story
    for words in wanted.says:
        assert words.lower() in conversation.said, story
    for words in wanted.never_says:
        assert words.lower() not in conversation.said, story
