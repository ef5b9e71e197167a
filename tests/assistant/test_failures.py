"""Everything that can go wrong with the model ends in an answer that helps, and in nothing half made."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from portal.assistant import failures, loop, rounds
from portal.assistant.events import BookingCard, Done, ErrorEvent, Handoff, ProposalCard, Slots, Token, Tool
from portal.core.errors import CalendarUnavailable, NotConnected
from portal.providers import anthropic
from tests.assistant.driver import Chat, Heard, booking_arguments, calls, heard
from tests.factories import MadeTenant, TenantFactory

ALWAYS = 50


def assert_helpful_failure(chat: Chat, turn: Heard, sentence: str) -> None:
    """An error with our sentence, a way to a person, the sentence stored, and the session free again."""
    assert turn.get(ErrorEvent).message == sentence
    assert turn.get(Handoff).phone == "+12125550100"
    assert turn.done.stop_reason == "error"
    assert turn.done.message_id is not None
    last = chat.history()[-1]
    assert last.role == "assistant"
    assert last.text.endswith(sentence)
    assert [card["event"] for card in last.cards] == ["handoff"]
    chat.sandbox.client.delete(f"{chat.sandbox.url}/_sandbox/anthropic/turns")
    assert chat.say("Is there parking?").error is None


class TestModelDown:
    @pytest.mark.parametrize("status", [429, 500, 503, 504, 529])
    def test_every_attempt_fails(self, chat: Chat, status: int) -> None:
        chat.queue({"error": {"status": status}, "times": ALWAYS})
        turn = chat.say("Is there parking?")
        assert turn.text == ""
        assert chat.messages("user")[0]["content"] == [{"type": "text", "text": "Is there parking?"}]
        assert_helpful_failure(chat, turn, failures.MODEL_DOWN)

    @pytest.mark.parametrize("status", [429, 500, 529])
    def test_second_attempt_works(self, chat: Chat, status: int) -> None:
        chat.queue({"error": {"status": status, "retry_after": 0.05}}, {"text": "Behind the house."})
        turn = chat.say("Is there parking?")
        assert turn.text == "Behind the house."
        assert turn.error is None

    def test_long_retry_after_is_not_waited_for(self, chat: Chat) -> None:
        chat.queue({"error": {"status": 429, "retry_after": 30}, "times": ALWAYS})
        turn = chat.say("Is there parking?")
        assert chat.requests() == 1
        assert_helpful_failure(chat, turn, failures.MODEL_DOWN)

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
    def test_refused_requests_are_not_repeated(self, chat: Chat, status: int) -> None:
        chat.queue({"error": {"status": status}, "times": ALWAYS})
        turn = chat.say("Is there parking?")
        assert chat.requests() == 1
        assert_helpful_failure(chat, turn, failures.MODEL_DOWN)

    def test_silence(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(anthropic, "SILENCE_SECONDS", 0.2)
        monkeypatch.setattr(anthropic, "FIRST_RETRY_SECONDS", 0.01)
        chat.queue({"hang_ms": 1500, "text": "late", "times": 3})
        turn = chat.say("Is there parking?")
        monkeypatch.undo()
        chat.runner.run(anthropic.close())
        assert_helpful_failure(chat, turn, failures.MODEL_DOWN)

    def test_nobody_listens(self, chat: Chat, configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORTAL_ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
        from portal.core import settings

        settings.get_settings.cache_clear()
        turn = chat.say("Is there parking?")
        assert turn.get(ErrorEvent).code == "UNAVAILABLE"
        assert turn.get(ErrorEvent).message == failures.MODEL_DOWN

    def test_whole_turn_has_a_deadline(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "TURN_DEADLINE_SECONDS", 0.3)
        chat.queue({"hang_ms": 3000, "text": "late"})
        turn = chat.say("Is there parking?")
        monkeypatch.undo()
        assert_helpful_failure(chat, turn, failures.MODEL_DOWN)


class TestBrokenStream:
    def test_cut_before_the_first_word_is_tried_again(self, chat: Chat) -> None:
        chat.queue({"text": "Behind the house.", "cut_after": 0}, {"text": "Behind the house."})
        turn = chat.say("Is there parking?")
        assert turn.text == "Behind the house."
        assert turn.error is None

    def test_cut_in_the_middle_says_so_and_keeps_what_was_said(self, chat: Chat) -> None:
        chat.queue({"text": "Yes, there is parking behind the house.", "cut_after": 3})
        turn = chat.say("Is there parking?")
        assert turn.text.startswith("Yes, there")
        assert "house" not in turn.text
        assert chat.history()[-1].text.startswith("Yes, there is")
        assert_helpful_failure(chat, turn, failures.BROKEN_OFF)

    @pytest.mark.parametrize("kind", ["overloaded_error", "api_error"])
    def test_error_event_inside_a_stream_of_status_200(self, chat: Chat, kind: str) -> None:
        chat.queue({"text": "Yes, there is parking behind.", "stream_error_after": 2, "error_type": kind})
        turn = chat.say("Is there parking?")
        assert_helpful_failure(chat, turn, failures.BROKEN_OFF)

    def test_connection_lost_in_the_middle(self, chat: Chat) -> None:
        chat.sandbox.fault(provider="anthropic", break_stream_after=5, times=1)
        turn = chat.say("Is there parking?")
        assert_helpful_failure(chat, turn, failures.BROKEN_OFF)

    def test_a_tool_call_cut_off_is_not_carried_out(self, chat: Chat) -> None:
        day = chat.day(2)
        arguments = {"service_id": str(chat.made.service_id), "start_date": day, "end_date": day}
        chat.queue(
            calls("check_availability", arguments, text="Let me look.", cut_after=4), {"text": "unused", "times": 2}
        )
        turn = chat.say("When are you free?")
        assert turn.all(Tool) == []
        assert turn.all(Slots) == []
        assert turn.get(ErrorEvent).message == failures.BROKEN_OFF


class TestOddAnswers:
    def test_unknown_tool(self, chat: Chat) -> None:
        chat.queue(calls("delete_everything", {}), {"text": "Sorry, I can't do that."})
        turn = chat.say("Delete everything")
        assert turn.text == "Sorry, I can't do that."
        [result] = chat.messages("tool")[0]["content"]
        assert result["is_error"]
        assert "unknown_tool" in result["content"]

    def test_broken_json(self, chat: Chat) -> None:
        chat.queue({"bad_json": True, "name": "check_availability"}, {"text": "Which service?"})
        turn = chat.say("When are you free?")
        assert turn.text == "Which service?"
        [result] = chat.messages("tool")[0]["content"]
        assert "invalid_arguments" in result["content"]
        assert chat.say("Is there parking?").error is None

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            ({}, "service_id"),
            ({"service_id": "1", "start_date": "2026-12-01", "end_date": "2026-12-01"}, "service_id"),
            ({"service_id": 5, "start_date": "2026-12-01", "end_date": "2026-12-01"}, "service_id"),
            ({"service_id": "x" * 500, "start_date": "tomorrow", "end_date": "2026-12-01"}, "start_date"),
        ],
    )
    def test_bad_arguments(self, chat: Chat, arguments: dict[str, Any], named: str) -> None:
        chat.queue(calls("check_availability", arguments), {"text": "Which service?"})
        assert chat.say("When?").text == "Which service?"
        [result] = chat.messages("tool")[0]["content"]
        assert named in result["content"]
        assert "x" * 100 not in result["content"]

    def test_unexpected_argument(self, chat: Chat) -> None:
        chat.queue(calls("get_services", {"tenant_id": "another"}), {"text": "Haircuts."})
        chat.say("What do you offer?")
        [result] = chat.messages("tool")[0]["content"]
        assert "invalid_arguments" in result["content"]

    def test_the_same_call_again_and_again(self, chat: Chat) -> None:
        chat.queue(*[calls("get_business_info", {}) for _ in range(3)], {"text": "We open at nine."})
        turn = chat.say("When do you open?")
        assert turn.text == "We open at nine."
        assert [tool.status for tool in turn.all(Tool)] == ["running", "done"]
        assert chat.requests() == 4

    def test_a_loop_that_never_speaks(self, chat: Chat) -> None:
        chat.queue(*[calls("get_business_info", {}) for _ in range(20)])
        turn = chat.say("When do you open?")
        assert turn.text == failures.NO_ANSWER
        assert chat.requests() <= 4

    def test_at_most_eight_rounds(self, chat: Chat) -> None:
        days = [
            {"service_id": str(chat.made.service_id), "start_date": d, "end_date": d}
            for d in map(chat.day, range(1, 13))
        ]
        chat.queue(*[calls("check_availability", day) for day in days])
        turn = chat.say("When are you free?")
        assert len([tool for tool in turn.all(Tool) if tool.status == "running"]) == rounds.MAX_ROUNDS
        assert chat.requests() == rounds.MAX_ROUNDS + 1
        assert turn.text == failures.SEE_BELOW

    def test_refusal(self, chat: Chat) -> None:
        chat.queue({"refusal": True}, {"text": "Yes."})
        turn = chat.say("Do something awful")
        assert turn.text == failures.REFUSED
        assert turn.get(Handoff).email == "shop@example.com"
        assert turn.error is None
        chat.say("Is there parking?")
        sent = chat.sandbox.get("/_sandbox/requests", provider="anthropic")["requests"][-1]
        assert "awful" not in str(sent["body"])

    def test_empty_answer(self, chat: Chat) -> None:
        chat.queue({"blocks": [], "text": "", "stop_reason": "end_turn"})
        assert chat.say("Hm").text == failures.NO_ANSWER

    def test_cut_by_the_token_limit(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rounds, "MAX_ANSWER_TOKENS", 5)
        chat.queue({"text": "word " * 50})
        turn = chat.say("Tell me a story")
        assert turn.done.stop_reason == "max_tokens"
        assert turn.error is None
        assert turn.text.startswith("word")

    def test_thinking_is_handed_back_within_the_turn_only(self, tenants: TenantFactory, runner: asyncio.Runner) -> None:
        chat = Chat(tenants.make(ai={"model": "claude-haiku-5-5"}), tenants, runner)
        chat.queue(
            calls("get_business_info", {}, thinking="Let me see."), {"text": "We open at nine.", "thinking": "Ok"}
        )
        assert chat.say("When do you open?").text == "We open at nine."
        assert "thinking" not in str(chat.messages())
        assert chat.say("Is there parking?").error is None

    def test_unexpected_bug(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        async def broken(*_: Any) -> None:
            raise ZeroDivisionError("secret detail")

        monkeypatch.setattr(rounds.Rounds, "speak", broken)
        turn = chat.say("Is there parking?")
        monkeypatch.undo()
        assert "secret" not in str(turn.events)
        assert_helpful_failure(chat, turn, failures.INTERNAL)


class TestBookingWhileTheModelFails:
    def test_yes_books_without_the_model(self, chat: Chat) -> None:
        chat.proposed()
        chat.queue({"error": {"status": 529}, "times": ALWAYS})
        turn = chat.say("yes please")
        assert turn.error is None
        assert turn.get(BookingCard).status == "confirmed"
        assert "booked for" in turn.text
        assert len(chat.bookings()) == 1
        assert chat.history()[-1].text == turn.text

    def test_the_button_books_without_the_model(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.queue({"error": {"status": 500}, "times": ALWAYS})
        turn = chat.press_confirm(proposal.proposal_id)
        assert turn.get(BookingCard).status == "confirmed"
        assert turn.error is None
        assert len(chat.bookings()) == 1

    def test_failure_between_two_tools_leaves_a_proposal_only(self, chat: Chat, shop: MadeTenant) -> None:
        start = chat.offered().slots[0].start
        wanted = booking_arguments(shop, start.strftime("%Y-%m-%dT%H:%M"))
        chat.queue(calls("create_booking", wanted), {"error": {"status": 500}, "times": ALWAYS})
        turn = chat.say("The first one, Ann Lee, ann@example.com")
        assert turn.get(ProposalCard).kind == "create"
        assert turn.get(ErrorEvent).code == "UNAVAILABLE"
        assert chat.bookings() == []
        assert [card["event"] for card in chat.history()[-1].cards] == ["proposal", "handoff"]

    def test_calendar_busy_while_confirming(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.sandbox.fault(
            provider="calcom", match={"method": "POST", "path_regex": "/bookings"}, status=429, times=None
        )
        chat.queue({"text": "The calendar is busy; please confirm again in a moment."})
        turn = chat.press_confirm(proposal.proposal_id)
        assert turn.all(BookingCard) == []
        assert turn.get(ErrorEvent).code == "UNAVAILABLE"
        assert turn.text.startswith("The calendar is busy")
        assert chat.bookings() == []
        chat.sandbox.client.delete(f"{chat.sandbox.url}/_sandbox/faults")
        assert chat.press_confirm(proposal.proposal_id).get(BookingCard).status == "confirmed"

    def test_lost_answer_while_confirming(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.sandbox.fault(
            provider="calcom", match={"method": "POST", "path_regex": "/bookings"}, lost_reply=True, times=1
        )
        chat.sandbox.fault(
            provider="calcom", match={"method": "GET", "path_regex": "/bookings"}, status=500, times=None
        )
        chat.queue({"text": "It is being confirmed."})
        turn = chat.press_confirm(proposal.proposal_id)
        assert (turn.get(BookingCard).status, turn.get(BookingCard).uid) == ("pending", None)
        assert turn.error is None
        note = chat.messages("system")[-1]["content"][0]["text"]
        assert "not known yet" in note
        assert [row["status"] for row in chat.bookings()] == ["pending"]


class TestCalendarRefuses:
    def test_one_address_twice_in_a_class(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.sandbox.fault(
            provider="calcom", match={"method": "POST", "path_regex": "/bookings$"}, times=1, status=409,
            body={"statusCode": 409, "message": "already_signed_up_for_this_booking_error"},
        )  # fmt: skip
        chat.queue({"text": "That address has a place already."})
        turn = chat.press_confirm(proposal.proposal_id)
        assert turn.all(BookingCard) == []
        assert turn.get(ErrorEvent).code == "CONFLICT"
        assert turn.get(ErrorEvent).message.startswith("This e-mail address already has a place at that time.")
        assert "already has a place" in chat.messages("system")[-1]["content"][0]["text"]
        assert [row["state"] for row in chat.proposals()] == ["failed"]
        assert chat.rows("select 1 from portal.slot_claims") == []

    def test_a_revoked_key_ends_the_offers(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.sandbox.revoke(chat.made.cal_key)
        chat.queue({"text": "Please call us."})
        turn = chat.press_confirm(proposal.proposal_id)
        assert turn.get(ErrorEvent).code == "UNAVAILABLE"
        assert "contact us directly" in turn.get(ErrorEvent).message
        day = chat.day(2)
        arguments = {"service_id": str(chat.made.service_id), "start_date": day, "end_date": day}
        chat.queue(calls("check_availability", arguments), {"text": "I can't see the calendar."})
        assert chat.say("Any other time that day?").all(Slots) == []
        assert NotConnected.reason in chat.messages("tool")[-1]["content"][-1]["content"]


class TestCalendarDown:
    def test_an_error_is_never_no_times(self, chat: Chat) -> None:
        chat.sandbox.fault(provider="calcom", match={"path_regex": "/slots"}, status=500, times=None)
        day = chat.day(2)
        arguments = {"service_id": str(chat.made.service_id), "start_date": day, "end_date": day}
        chat.queue(calls("check_availability", arguments), {"text": "I can't see the calendar."})
        turn = chat.say("When are you free?")
        [result] = chat.messages("tool")[0]["content"]
        assert CalendarUnavailable.reason in result["content"]
        assert '"slots"' not in result["content"]
        assert turn.all(Slots) == []
        assert turn.get(Tool).status == "running"
        assert turn.all(Tool)[-1].status == "failed"


class TestNobodyLooks:
    def test_a_turn_goes_on_when_the_customer_leaves(self, chat: Chat) -> None:
        chat.sandbox.post("/_sandbox/anthropic/pace", {"first_token_ms": 0, "per_token_ms": 20})
        chat.queue({"text": "Yes, there is parking behind the house for all our guests."})

        async def leave_early() -> None:
            events = loop.run_turn(chat.access, "Is there parking?")
            async for event in events:
                if isinstance(event, Token):
                    break
            await events.aclose()  # type: ignore[attr-defined]
            await loop.drain()

        chat.runner.run(leave_early())
        assert chat.history()[-1].text == "Yes, there is parking behind the house for all our guests."
        assert chat.say("Do you take cards?").error is None

    def test_two_messages_at_once(self, chat: Chat) -> None:
        chat.sandbox.post("/_sandbox/anthropic/pace", {"first_token_ms": 200, "per_token_ms": 0})

        async def both() -> list[Heard]:
            turns = (heard(loop.run_turn(chat.access, text)) for text in ("Is there parking?", "Do you take cards?"))
            return list(await asyncio.gather(*turns))

        turns = chat.runner.run(both())
        conflicts = [turn for turn in turns if turn.error is not None]
        assert len(conflicts) == 1
        assert conflicts[0].get(ErrorEvent).code == "CONFLICT"
        assert conflicts[0].done == Done(None, "error")
        assert len(chat.messages("user")) == 1
        assert chat.say("And cards?").error is None

    def test_a_confirm_while_an_answer_is_written(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.sandbox.post("/_sandbox/anthropic/pace", {"first_token_ms": 1500, "per_token_ms": 0})

        async def both() -> list[Heard]:
            asking = asyncio.create_task(heard(loop.run_turn(chat.access, "Is there parking?")))
            await asyncio.sleep(0.3)
            return [await heard(loop.run_confirm(chat.access, proposal.proposal_id)), await asking]

        confirmed, asked = chat.runner.run(both())
        assert confirmed.get(BookingCard).status == "confirmed"
        assert "booked for" in confirmed.text
        assert asked.error is None
        assert len(chat.bookings()) == 1


class TestLimits:
    def test_session_bucket(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "SESSION_CAPACITY", 2)
        monkeypatch.setattr(loop, "SESSION_SECONDS", 3600.0)
        chat.queue({"text": "Hm.", "times": 3})
        answers = [chat.say(f"message {n}") for n in range(3)]
        assert [turn.error is None for turn in answers] == [True, True, False]
        assert answers[-1].get(ErrorEvent).code == "RATE_LIMITED"

    def test_visitor_bucket_spans_sessions(
        self, chat: Chat, shop: MadeTenant, tenants: TenantFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(loop, "VISITOR_CAPACITY", 2)
        monkeypatch.setattr(loop, "VISITOR_SECONDS", 3600.0)
        other = Chat(shop, tenants, chat.runner)
        answers = [each.say("Is there parking?", visitor="somebody") for each in (chat, other, chat)]
        assert [turn.error is None for turn in answers] == [True, True, False]
        assert other.say("Is there parking?", visitor="somebody else").error is None

    def test_daily_budget(self, tenants: TenantFactory, runner: asyncio.Runner) -> None:
        chat = Chat(tenants.make(ai={"daily_token_budget": 10}), tenants, runner)
        assert chat.say("Is there parking?").error is None
        turn = chat.say("Do you take cards?")
        assert turn.get(ErrorEvent).message == failures.BUDGET_SPENT
        assert chat.messages("user")[-1]["content"][0]["text"] == "Do you take cards?"
        assert chat.requests() == 1

    def test_session_tokens(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "MAX_SESSION_TOKENS", 100)
        assert chat.say("Is there parking?").error is None
        assert chat.say("Do you take cards?").get(ErrorEvent).message == failures.SESSION_FULL

    @pytest.mark.parametrize("message", ["", "   ", "\u200b\u200b", "x" * 2001])
    def test_message_length(self, chat: Chat, message: str) -> None:
        turn = chat.say(message)
        assert turn.get(ErrorEvent).code == "INVALID_ARGUMENT"
        assert chat.messages("user") == []

    def test_redis_away(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        from portal.core import redis

        monkeypatch.setenv("PORTAL_REDIS_URL", "redis://127.0.0.1:1/0")
        from portal.core import settings

        settings.get_settings.cache_clear()
        redis.client.cache_clear()
        assert chat.say("Is there parking?").error is None

    def test_another_tenants_session(self, chat: Chat, tenants: TenantFactory) -> None:
        other = tenants.make("other")
        foreign = replace(chat.access, tenant_id=other.id)
        turn = chat.runner.run(heard(loop.run_turn(foreign, "Is there parking?")))
        assert turn.get(ErrorEvent).code == "NOT_FOUND"
        assert chat.messages("user") == []


class TestMetrics:
    def test_turns_tools_and_words_are_counted(self, chat: Chat) -> None:
        def value(name: str, **labels: str) -> float:
            return REGISTRY.get_sample_value(name, labels) or 0.0

        def counts() -> tuple[float, ...]:
            return (
                value("portal_chat_turns_total", outcome="end_turn"),
                value("portal_chat_turns_total", outcome="error"),
                value("portal_chat_tool_calls_total", tool="get_business_info", result="done"),
                value("portal_chat_tool_calls_total", tool="unknown", result="failed"),
                value("portal_chat_first_word_seconds_count"),
            )

        before = counts()
        chat.queue(calls("get_business_info", {}), calls("no_such_tool", {}), {"text": "At nine."})
        chat.say("When do you open?")
        chat.queue({"error": {"status": 400}})
        chat.say("And today?")
        assert [after - earlier for after, earlier in zip(counts(), before, strict=True)] == [1, 1, 1, 1, 1]
