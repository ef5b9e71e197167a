"""A model on one's own machine, behind a server that speaks a part of Anthropic's protocol."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from portal.assistant import failures
from portal.assistant.events import BookingCard, ProposalCard, Slots, Tool
from portal.core.settings import get_settings
from tests.assistant.driver import Chat, booking_arguments
from tests.factories import MadeTenant
from tests.minimal_model import MODEL, MinimalModel, minimal_model


@pytest.fixture(params=[True, False], ids=["streams", "whole"])
def model(request: pytest.FixtureRequest, chat: Chat, configure: Callable[..., None]) -> Iterator[MinimalModel]:
    """The two settings of the README, after the chat's own."""
    with minimal_model(streams=request.param) as server:
        configure(ANTHROPIC_BASE_URL=server.url, ANTHROPIC_MODEL=MODEL, ANTHROPIC_API_KEY="")
        assert get_settings().has_own_model
        yield server


def availability(chat: Chat) -> dict[str, Any]:
    day = chat.day(2)
    return {"service_id": str(chat.made.service_id), "start_date": day, "end_date": day}


class TestWholeConversation:
    def test_books(self, chat: Chat, shop: MadeTenant, model: MinimalModel) -> None:
        model.will_say(("check_availability", availability(chat)), "These are free.")
        turn = chat.say("When are you free?")
        slots = turn.get(Slots)
        assert turn.text.strip() == "These are free."
        wanted = booking_arguments(shop, slots.slots[0].start.strftime("%Y-%m-%dT%H:%M"))
        written = json.dumps({"name": "create_booking", "arguments": wanted})
        model.will_say(f"One moment. <tool_call>\n{written}\n</tool_call>", "Shall I? Please confirm.")
        turn = chat.say("The first one, Ann Lee, ann@example.com")
        assert "Ann Lee" not in turn.text
        assert "create_booking" not in turn.text
        assert turn.text.split() == ["One", "moment.", "Shall", "I?", "Please", "confirm."]
        model.will_say("It is booked.")
        assert chat.press_confirm(turn.get(ProposalCard).proposal_id).get(BookingCard).status == "confirmed"
        assert len(chat.bookings()) == 1

    def test_what_it_is_sent(self, chat: Chat, model: MinimalModel) -> None:
        assert chat.say("Hello").text.strip() == "Hello."
        assert model.seen[0]["model"] == MODEL
        assert "anthropic-version" in model.headers[0]

    def test_tokens_it_does_not_count_are_estimated(self, chat: Chat, model: MinimalModel) -> None:
        chat.say("Hello")
        row = chat.messages("assistant")[-1]
        assert row["input_tokens"] > 500
        assert row["output_tokens"] > 0


class TestWrittenCalls:
    @pytest.mark.parametrize(
        "written",
        [
            '{"name": "get_services", "arguments": {}}',
            '```json\n{"tool": "get_services", "parameters": {}}\n```',
            '[{"type": "function", "function": {"name": "get_services", "arguments": "{}"}}]',
            '<function_call>{"name": "get_services", "arguments": {}}</function_call>',
            '[TOOL_CALLS] [{"name": "get_services", "arguments": {}}]',
        ],
    )
    def test_is_carried_out(self, chat: Chat, model: MinimalModel, written: str) -> None:
        model.will_say(f"Let me look. {written}", "We cut hair.")
        turn = chat.say("What do you do?")
        assert turn.text.split() == ["Let", "me", "look.", "We", "cut", "hair."]
        assert [tool.status for tool in turn.all(Tool)] == ["running", "done"]
        assert "get_services" not in chat.history()[-1].text

    @pytest.mark.parametrize(
        "written",
        ['{"name": "no_such_tool", "arguments": {}}', '<tool_call>{"name": "get_serv', "<tool_call>?</tool_call>",
         '{"name": "get_services", "arguments": {'],
    )  # fmt: skip
    def test_is_dropped_with_a_sentence(self, chat: Chat, model: MinimalModel, written: str) -> None:
        model.will_say(written)
        turn = chat.say("What do you do?")
        assert turn.text == failures.NO_ANSWER
        assert turn.all(Tool) == []
        assert chat.say("Hello").text.strip() == "Hello."


def test_a_model_it_does_not_have(chat: Chat, model: MinimalModel, configure: Callable[..., None]) -> None:
    configure(ANTHROPIC_MODEL="huge")
    turn = chat.say("Hello")
    assert turn.error is not None
    assert turn.error.message == failures.MODEL_DOWN
