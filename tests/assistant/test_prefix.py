"""What the API caches stays byte for byte the same while a conversation grows, whatever the clock and the state say."""

import copy
import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portal.assistant import examples, prefix, prompt, tools
from portal.assistant.guardrails import to_model_messages
from portal.assistant.guardrails.context import customer_block, note_block
from portal.assistant.state import Standing
from portal.domain.conversation import StoredMessage, WaitingProposal
from portal.providers import anthropic_models
from tests.assistant.driver import Chat, calls
from tests.factories import MadeTenant

MOMENTS = st.integers(1_767_225_600, 1_900_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
WAITING = WaitingProposal(id=None, kind="create", summary="Haircut", expires_at=datetime(2030, 1, 1, tzinfo=UTC))  # type: ignore[arg-type]
STANDINGS = st.builds(Standing, st.booleans(), st.none() | st.just(WAITING), st.booleans())
WORDS = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=60).filter(str.strip)
ARGUMENTS = st.dictionaries(st.sampled_from(["start", "end_date", "a", "zz", "service_id"]), WORDS, max_size=5)
TURNS = st.lists(st.tuples(WORDS, st.lists(ARGUMENTS, max_size=3), WORDS), min_size=1, max_size=8)
Turn = tuple[str, list[dict[str, str]], str]


def stored(turns: list[Turn]) -> list[StoredMessage]:
    """As the database gives them back."""
    found = []
    for number, (said, calls_, answer) in enumerate(turns):
        found.append(StoredMessage("user", [{"type": "text", "text": said}], None))
        for place, arguments in enumerate(calls_):
            use = {"type": "tool_use", "id": f"t{number}-{place}", "name": "get_services", "input": arguments}
            result = {"type": "tool_result", "tool_use_id": use["id"], "content": "{}"}
            found += [StoredMessage("assistant", [use], "tool_use"), StoredMessage("tool", [result], None)]
        found.append(StoredMessage("assistant", [{"type": "text", "text": answer}], "end_turn"))
    return found


def request(turns: list[Turn], said: str, standing: Standing, at: datetime) -> list[dict[str, Any]]:
    messages = to_model_messages(stored(turns), followed_by=[customer_block(said)])
    return prefix.messages_with(prompt.moment(standing, at, "America/New_York"), messages, len(messages) - 1)


def blocks(messages: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """Role, bytes and whether a breakpoint is there, of each block."""
    return [
        (
            message["role"],
            json.dumps({key: value for key, value in block.items() if key != "cache_control"}),
            "cache_control" in block,
        )
        for message in messages
        for block in message["content"]
    ]


def until_last_breakpoint(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found = blocks(messages)
    last = max(place for place, (_, _, marked) in enumerate(found) if marked)
    return [(role, text) for role, text, _ in found[: last + 1]]


class TestStability:
    @given(TURNS, STANDINGS, STANDINGS, MOMENTS, MOMENTS)
    def test_the_next_turn_begins_with_the_last_one(
        self, turns: list[Turn], before: Standing, after: Standing, at: datetime, later: datetime
    ) -> None:
        *earlier, last = turns
        first = until_last_breakpoint(request(earlier, last[0], before, at))
        second = until_last_breakpoint(request(turns, "And then?", after, later))
        assert second[: len(first)] == first
        assert len(second) > len(first)

    @given(WORDS, STANDINGS, STANDINGS, MOMENTS, MOMENTS)
    def test_the_rounds_of_a_turn(
        self, said: str, before: Standing, after: Standing, at: datetime, later: datetime
    ) -> None:
        messages = to_model_messages([], followed_by=[customer_block(said), note_block("The customer confirmed.")])
        use = {"type": "tool_use", "id": "t", "name": "get_services", "input": {}}
        more = [
            *messages,
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "{}"}]},
        ]
        first = prefix.messages_with(prompt.moment(before, at, "UTC"), messages, 0)
        second = prefix.messages_with(prompt.moment(after, later, "UTC"), more, 0)
        assert until_last_breakpoint(second) == until_last_breakpoint(first)
        assert second[-1]["content"][-1]["type"] == "tool_result", "a text after a result ends the model's turn"

    @given(TURNS, STANDINGS, MOMENTS)
    def test_what_changes_comes_last(self, turns: list[Turn], standing: Standing, at: datetime) -> None:
        note = note_block(prompt.moment(standing, at, "America/New_York"))["text"]
        sent = request(turns, "Hello", standing, at)
        assert [text for _, text, _ in blocks(sent) if "Current local date" in text] == [
            json.dumps({"type": "text", "text": note})
        ]
        assert "cache_control" not in sent[-1]["content"][-1]
        assert sent[-1]["content"][-1]["text"] == note

    @given(TURNS, STANDINGS, MOMENTS)
    def test_few_enough_breakpoints(self, turns: list[Turn], standing: Standing, at: datetime) -> None:
        """The API takes four; two are the system's."""
        assert 1 <= sum(marked for _, _, marked in blocks(request(turns, "Hello", standing, at))) <= 2

    def test_what_is_remembered_is_not_changed(self) -> None:
        messages = to_model_messages([], followed_by=[customer_block("Hi")])
        kept = copy.deepcopy(messages)
        prefix.messages_with("Now", messages, 0)
        assert messages == kept

    def test_tools_are_the_same_always(self) -> None:
        assert json.dumps(tools.definitions()) == json.dumps(tools.definitions())
        assert {tool["name"] for tool in tools.definitions()} == set(tools.TOOLS)


class TestLongConversation:
    def test_begins_at_one_place_for_many_turns(self) -> None:
        """Where the window is full, it does not slide with every turn: the prefix would be another each time."""
        turns: list[Turn] = [(f"{number} " + "word " * 40, [], "answer " * 40) for number in range(60)]
        firsts = []
        for count in range(1, len(turns)):
            sent = to_model_messages(stored(turns[:count]), followed_by=[customer_block("Hi")], max_tokens=2000)
            firsts.append(sent[0]["content"][0]["text"].split()[0])
        changes = sum(one != other for one, other in pairwise(firsts))
        assert 5 < changes < 20, firsts


class TestExamples:
    def test_the_shared_part_passes_the_minimum(self) -> None:
        least = anthropic_models.MODELS["claude-haiku-4-5"].least_prefix
        characters = len(prompt.shared("claude-haiku-4-5")) + tools.catalog.size()
        assert examples.tokens(characters) > least * 1.04

    def test_with_the_date_in_its_name(self) -> None:
        assert prompt.shared("claude-haiku-4-5-20251001") == prompt.shared("claude-haiku-4-5")

    def test_none_where_they_do_not_pay(self) -> None:
        """Above the minimum already, or nobody knows that the model caches at all."""
        for model in ("claude-haiku-5-5", "a-model-of-ones-own"):
            assert examples.EXAMPLES not in prompt.shared(model)

    def test_they_name_only_tools_that_are(self) -> None:
        words = set(examples.EXAMPLES.replace("(", " ").replace(",", " ").split())
        assert {word for word in words if "_" in word} <= set(tools.TOOLS)

    def test_the_arithmetic(self) -> None:
        """As the module's text says: on Haiku 4.5 they pay from the fourth request on."""
        price = anthropic_models.MODELS["claude-haiku-4-5"].price
        assert price is not None
        basis = len(prompt.INSTRUCTIONS) + tools.catalog.size()
        short, long = examples.tokens(basis), examples.tokens(basis + len(examples.EXAMPLES))
        costs = [
            (count * short * price.input, long * price.cache_write + (count - 1) * long * price.cache_read)
            for count in (3, 4, 10)
        ]
        assert [without > with_ for without, with_ in costs] == [False, True, True]


class TestRead:
    def test_a_second_chat_reads_what_all_share(self, chat: Chat, shop: MadeTenant) -> None:
        chat.queue({"text": "Yes."}, calls("get_services", {}), {"text": "Two."})
        chat.say("Is there parking?")
        chat.say("And what do you offer?")
        first, *later = chat.messages("assistant")[1:]
        assert first["cache_write_tokens"] + first["cache_read_tokens"] > 4096
        for row in later:
            assert row["cache_read_tokens"] > 4096
            assert row["input_tokens"] < 400, "only what is new"
