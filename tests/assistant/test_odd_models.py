"""A model may send anything: the turn ends, the next one works, nothing is stored twice, a sentence is read."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.assistant import failures, rounds
from portal.assistant.events import ErrorEvent, Tool
from portal.domain import conversation
from portal.domain.conversation import NewMessage
from portal.providers import anthropic
from tests.assistant.driver import Chat, Heard, calls, query
from tests.assistant.streams import (
    Event,
    as_bytes,
    call_block,
    called,
    ending,
    message_start,
    order,
    said,
    text_block,
)
from tests.factories import THOROUGH, MadeTenant, TenantFactory

DEEP = '{"a":' * 20_000 + "1" + "}" * 20_000
SCENE = "Is there parking?"


def assert_well_ended(chat: Chat, turn: Heard) -> None:
    """Done came last, something was read, nothing broke on our side, it is stored once, and the chat goes on."""
    turn.done  # noqa: B018 - asserts that Done came last
    spoken = turn.text or (turn.error.message if turn.error else "")
    assert spoken.strip()
    assert "\ud800" not in spoken
    spoken.encode()
    if turn.error is not None:
        assert turn.error.code != "INTERNAL"
    assert turn.done.message_id is not None
    ids = [row["id"] for row in chat.messages()]
    assert len(ids) == len(set(ids))
    # The sandbox refuses a history whose calls have no results, whose roles do not alternate, or whose ids repeat.
    chat.sandbox.client.delete(f"{chat.sandbox.url}/_sandbox/faults")
    chat.queue({"text": "Behind the house."})
    following = chat.say("And now?")
    assert following.error is None
    assert following.text == "Behind the house."


def tool_results(chat: Chat) -> list[dict[str, Any]]:
    return [block for row in chat.messages("tool") for block in row["content"]]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anthropic, "FIRST_RETRY_SECONDS", 0.001)


class TestStorable:
    """What PostgreSQL can't hold, or what is no number of tokens, never keeps a turn from being stored."""

    @pytest.mark.parametrize(
        "arguments",
        ['{"a": NaN}', '{"a": Infinity}', '{"a": [-Infinity]}', '{"a": 1e999}', '{"a\\u0000": "\\u0000"}',
         '{"\\ud800": "\\udc00 x"}', DEEP, "[" * 20_000, '{"a": ' + "9" * 5000 + "}", '"text"', "null", "{"],
        ids=["nan", "infinity", "minus", "overflow", "nul", "surrogate", "deep", "open", "long", "text", "null", "cut"],
    )  # fmt: skip
    def test_arguments(self, chat: Chat, arguments: str) -> None:
        order(chat.sandbox, called("get_business_info", arguments), said("We open at nine."))
        turn = chat.say(SCENE)
        assert turn.text == "We open at nine."
        assert turn.error is None
        assert tool_results(chat)[0]["is_error"]
        assert_well_ended(chat, turn)

    @pytest.mark.parametrize("count", [12.5, -3, True, "many", 10**12, None, [], float("nan"), 1e300])
    def test_usage(self, chat: Chat, count: Any) -> None:
        counts = {"input_tokens": count, "output_tokens": count, "cache_read_input_tokens": count}
        stream = [message_start(**counts), *text_block(0, "Behind ", "it."), *ending(**counts)]
        order(chat.sandbox, stream)
        turn = chat.say(SCENE)
        assert turn.text == "Behind it."
        row = chat.messages("assistant")[-1]
        assert 0 < row["input_tokens"] < 100_000
        assert 0 < row["output_tokens"] < 1_000
        assert_well_ended(chat, turn)

    def test_stored_text_survives_a_refusing_database(self, chat: Chat) -> None:
        """Whatever it is that can't be stored: the words are kept, and the session is free at once."""
        access, url = chat.access, chat.admin_url
        query(url, """
            create function portal.refuse_calls() returns trigger language plpgsql as $$
            begin
                if new.content @> '[{"type": "tool_use"}]' then raise exception 'not storable'; end if;
                return new;
            end $$""")  # fmt: skip
        query(url, "create trigger refuse_calls before insert on portal.chat_messages"
                   " for each row execute function portal.refuse_calls()")  # fmt: skip
        try:
            chat.queue(calls("get_business_info", {}, text="Let me look."), {"text": "We open at nine."})
            turn = chat.say(SCENE)
        finally:
            query(url, "drop function portal.refuse_calls() cascade")
        assert turn.text == "Let me look.\n\nWe open at nine."
        assert conversation.history(access)[-1].text == turn.text
        assert turn.done.message_id == chat.messages("assistant")[-1]["id"]
        assert_well_ended(chat, turn)

    def test_what_cannot_be_stored_at_all_frees_the_session(self, chat: Chat) -> None:
        turn = conversation.begin_turn(chat.access, "Hello")
        twice = NewMessage("assistant", [{"type": "text", "text": "Hi"}])
        with pytest.raises(Exception, match="duplicate key"):
            conversation.finish_turn(chat.access, turn.id, [twice, twice], asked=None)
        assert conversation.begin_turn(chat.access, "Again").id != turn.id


class TestText:
    def test_a_pair_of_surrogates_over_two_deltas(self, chat: Chat) -> None:
        order(chat.sandbox, said("Great \ud83d", "\ude00 see you"))
        turn = chat.say(SCENE)
        assert turn.text == "Great 😀 see you"
        assert_well_ended(chat, turn)

    @pytest.mark.parametrize("pieces", [("Great \ud83d", " see"), ("Great \ude00 see",), ("Great ", "\ud83d")])
    def test_half_a_pair(self, chat: Chat, pieces: tuple[str, ...]) -> None:
        order(chat.sandbox, said(*pieces))
        turn = chat.say(SCENE)
        assert turn.text.startswith("Great \ufffd")
        assert conversation.history(chat.access)[-1].text == turn.text
        assert_well_ended(chat, turn)

    def test_two_blocks_are_two_paragraphs(self, chat: Chat) -> None:
        order(chat.sandbox, [message_start(), *text_block(0, "One."), *text_block(1, "Two."), *ending()])
        turn = chat.say(SCENE)
        assert turn.text == "One.\n\nTwo."
        assert chat.history()[-1].text == "One.\n\nTwo."

    def test_cut_in_the_middle_of_a_word(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rounds, "MAX_ANSWER_TOKENS", 8)
        words = ["We ", "open ", "at nine", " every", " mor", "ning exc", "ept Sun"]
        order(chat.sandbox, [message_start(), *text_block(0, *words), *ending("max_tokens")])
        turn = chat.say(SCENE)
        assert turn.text == f"We open at nine every morning except …\n\n{failures.CUT_SHORT}"
        assert turn.done.stop_reason == "max_tokens"
        assert_well_ended(chat, turn)

    def test_cut_after_a_sentence(self, chat: Chat) -> None:
        order(chat.sandbox, [message_start(), *text_block(0, "We open at nine."), *ending("max_tokens")])
        assert chat.say(SCENE).text == f"We open at nine.\n\n{failures.CUT_SHORT}"

    def test_a_call_cut_by_the_limit_is_not_carried_out(self, chat: Chat) -> None:
        stream = [message_start(), *text_block(0, "Let me look."), *call_block(1, "get_business_info", "{}")]
        order(chat.sandbox, [*stream, *ending("max_tokens")])
        turn = chat.say(SCENE)
        assert turn.all(Tool) == []
        assert turn.text == f"Let me look.\n\n{failures.CUT_SHORT}"
        assert_well_ended(chat, turn)


class TestCalls:
    def test_a_thousand(self, chat: Chat) -> None:
        days = [json.dumps({"service_id": "x", "start_date": str(number)}) for number in range(1000)]
        blocks = [event for number, day in enumerate(days) for event in call_block(number, "check_availability", day)]
        order(chat.sandbox, [message_start(), *blocks, *ending("tool_use")], said("Which day?"))
        turn = chat.say(SCENE)
        started = [tool for tool in turn.all(Tool) if tool.status == "running"]
        assert len(started) == rounds.MAX_CALLS_AT_ONCE
        results = tool_results(chat)
        assert len(results) < 50
        assert "too_many_calls" in results[-1]["content"]
        assert turn.text == "Which day?"
        assert_well_ended(chat, turn)

    def test_many_over_a_whole_turn(self, chat: Chat) -> None:
        answers = []
        for answer in range(6):
            arguments = [json.dumps({"service_id": f"{answer}-{number}"}) for number in range(8)]
            blocks = [call_block(number, "check_availability", each) for number, each in enumerate(arguments)]
            answers.append([message_start(), *(event for block in blocks for event in block), *ending("tool_use")])
        order(chat.sandbox, *answers)
        turn = chat.say(SCENE)
        started = [tool for tool in turn.all(Tool) if tool.status == "running"]
        assert len(started) == rounds.MAX_CALLS
        assert_well_ended(chat, turn)

    @pytest.mark.parametrize("ids", [(None, None), ("same", "same"), (5, ""), ("not an id!", "x" * 500)])
    def test_ids_missing_or_the_same(self, chat: Chat, ids: tuple[Any, Any]) -> None:
        first, second = (
            call_block(n, name, "{}", id=ids[n]) for n, name in enumerate(("get_services", "get_business_info"))
        )
        order(chat.sandbox, [message_start(), *first, *second, *ending("tool_use")], said("At nine."))
        turn = chat.say(SCENE)
        assert turn.text == "At nine."
        used = [block["tool_use_id"] for block in tool_results(chat)]
        assert len(set(used)) == 2
        assert not any(block.get("is_error") for block in tool_results(chat))
        assert_well_ended(chat, turn)

    @pytest.mark.parametrize("name", [None, 5, "", "no such\ntool", "x" * 5000, "\ud800", ["get_services"]])
    def test_odd_names(self, chat: Chat, name: Any) -> None:
        order(chat.sandbox, called(name, "{}"), said("Sorry."))
        turn = chat.say(SCENE)
        assert turn.text == "Sorry."
        assert_well_ended(chat, turn)

    def test_input_in_one_piece(self, chat: Chat) -> None:
        start = call_block(0, "get_services", "", input={})
        start[0]["content_block"]["input"] = {"unknown": 1}
        order(chat.sandbox, [message_start(), start[0], *ending("tool_use")], said("Haircuts."))
        turn = chat.say(SCENE)
        assert turn.text == "Haircuts."
        assert "unknown" in tool_results(chat)[0]["content"]

    def test_a_call_that_ends_as_if_it_were_words(self, chat: Chat) -> None:
        order(chat.sandbox, [message_start(), *call_block(0, "get_services", "{}"), *ending("end_turn")], said("Cuts."))
        assert chat.say(SCENE).text == "Cuts."

    def test_asked_for_tools_but_named_none(self, chat: Chat) -> None:
        order(chat.sandbox, [message_start(), *text_block(0, "Let me look."), *ending("tool_use")])
        turn = chat.say(SCENE)
        assert turn.text == "Let me look."
        assert_well_ended(chat, turn)


class TestEvents:
    @pytest.mark.parametrize(
        "odd",
        [
            {"type": "content_block_delta", "index": 0, "delta": None},
            {"type": "content_block_delta", "index": 0},
            {"type": "content_block_delta", "delta": {"type": "text_delta"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": None}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ["x"]}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{"}},
            {"type": "content_block_delta", "index": 9, "delta": {"type": "signature_delta"}},
            {"type": "content_block_delta", "index": {"a": 1}, "delta": {"type": "new_delta", "x": 1}},
            {"type": "content_block_start", "index": 7, "content_block": None},
            {"type": "content_block_start", "index": 7, "content_block": {"type": "hologram", "x": [1]}},
            {"type": "content_block_start", "index": 7},
            {"type": "content_block_start", "content_block": {"type": ["text"]}},
            {"type": "message_start"},
            {"type": "message_start", "message": None},
            {"type": "message_start", "message": {"model": 5, "usage": "much"}},
            {"type": "message_delta", "delta": None, "usage": None},
            {"type": "message_delta"},
            {"type": "message_delta", "delta": {"stop_reason": 5}},
            {"type": "thought", "text": "hm"},
            {"type": ["x"]},
            {"type": None},
            {},
        ],
        ids=str,
    )
    def test_an_odd_event_is_passed_over(self, chat: Chat, odd: Event) -> None:
        events = said("Behind ", "the house.")
        order(chat.sandbox, [*events[:3], odd, *events[3:]])
        turn = chat.say(SCENE)
        assert turn.text == "Behind the house."
        assert turn.error is None

    @pytest.mark.parametrize(
        "stream", [[1], ["x"], [None], "data: {nope\n\n", "data: " + "[" * 50_000 + "\n\n", "", "x" * 100]
    )
    def test_something_else_than_events(self, chat: Chat, stream: list[Any] | str) -> None:
        order(chat.sandbox, *[stream] * 4)
        turn = chat.say(SCENE)
        assert turn.get(ErrorEvent).message == failures.MODEL_DOWN
        assert_well_ended(chat, turn)

    def test_error_event_of_another_shape(self, chat: Chat) -> None:
        order(chat.sandbox, *[[{"type": "error", "error": "overloaded"}]] * 4)
        assert_well_ended(chat, chat.say(SCENE))

    def test_no_stop_reason_but_a_stop(self, chat: Chat) -> None:
        order(chat.sandbox, [message_start(), *text_block(0, "Yes."), {"type": "message_stop"}])
        assert chat.say(SCENE).text == "Yes."

    def test_the_same_stream_twice_is_said_once(self, chat: Chat) -> None:
        order(chat.sandbox, said("Yes.") + said("Yes."))
        assert chat.say(SCENE).text == "Yes."

    def test_indexes_out_of_order_and_used_again(self, chat: Chat) -> None:
        order(
            chat.sandbox,
            [message_start(), *text_block(3, "One."), *text_block(0, "Two."), *text_block(0, "Three."), *ending()],
        )
        turn = chat.say(SCENE)
        assert turn.text == "One.\n\nTwo.\n\nThree."
        assert chat.history()[-1].text == turn.text

    def test_thinking_without_a_signature_is_not_handed_back(self, chat: Chat) -> None:
        thinking = {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "Hm"}}
        order(chat.sandbox, [message_start(), thinking, *call_block(1, "get_services", "{}"), *ending("tool_use")])
        chat.queue({"text": "Cuts."})
        assert chat.say(SCENE).text == "Cuts."

    def test_no_last_blank_line(self, chat: Chat) -> None:
        order(chat.sandbox, as_bytes(said("Yes.")).rstrip("\n"))
        assert chat.say(SCENE).text == "Yes."


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**13), 10**13), st.floats(), st.text(max_size=8),
    st.sampled_from(["\ud83d", "\ude00", "text_delta", "tool_use", "end_turn", "max_tokens", "{", DEEP[:400]]),
    st.sampled_from([[], {}, [[]]]),
)  # fmt: skip
GOOD = (
    said("We open ", "at nine."),
    called("get_business_info", "{}"),
    [
        message_start(),
        *text_block(0, "Let me ", "look."),
        *call_block(1, "get_services", '{"a": 1}'),
        *ending("tool_use"),
    ],
    [message_start(), *call_block(0, "get_services", "{}"), *call_block(1, "nothing", "{}"), *ending("tool_use")],
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, item in inside for path in paths(item, (*at, key)))]


@st.composite
def bent_streams(draw: st.DrawFn) -> list[Any]:
    """A good stream after a few accidents: values replaced, fields lost, events lost, doubled or in another order."""
    events = json.loads(json.dumps(draw(st.sampled_from(GOOD))))
    for _ in range(draw(st.integers(1, 4))):
        if not events:
            break
        at = draw(st.integers(0, len(events) - 1))
        match draw(st.sampled_from(("replace", "remove", "lose", "double", "move"))):
            case "lose":
                del events[at]
            case "double":
                events.insert(at, json.loads(json.dumps(events[at])))
            case "move":
                events.insert(draw(st.integers(0, len(events) - 1)), events.pop(at))
            case act:
                *way, last = draw(st.sampled_from(paths(events)[1:]))
                holder = events
                for key in way:
                    holder = holder[key]
                if act == "replace":
                    holder[last] = draw(VALUES)
                else:
                    del holder[last]
    return events


class TestAnyStream:
    @settings(max_examples=1000 if THOROUGH else 20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(streams=st.lists(bent_streams(), min_size=1, max_size=3))
    def test_ends_well(
        self, shop: MadeTenant, tenants: TenantFactory, runner: asyncio.Runner, streams: list[list[Any]]
    ) -> None:
        chat = Chat(shop, tenants, runner)
        order(chat.sandbox, *streams)
        assert_well_ended(chat, chat.say(SCENE))
