"""Sessions, messages, whose turn it is, and what a session's id opens."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine

from portal.core import db
from portal.core.clock import now
from portal.domain import conversation
from portal.domain.conversation import NewMessage, SessionEnded, TurnInProgress
from tests.factories import MadeTenant, TenantFactory


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    return tenants.make(calendar=False)


@pytest.fixture
def begin(shop: MadeTenant) -> Callable[[], db.Access]:
    def make() -> db.Access:
        visitor = db.customer(shop.id)
        started = conversation.start(visitor, ip_hash="abc", user_agent="x" * 1000)
        return replace(visitor, session_id=started.session_id)

    return make


def answer(text: str, **more: int) -> NewMessage:
    return NewMessage("assistant", [{"type": "text", "text": text}], **more)  # type: ignore[arg-type]


class TestStart:
    def test_greeting_is_the_first_message(self, begin: Callable[[], db.Access]) -> None:
        [first] = conversation.history(begin())
        assert first.role == "assistant"
        assert first.text.startswith("Hi! I'm the booking assistant of Shop.")

    def test_own_greeting(self, tenants: TenantFactory) -> None:
        made = tenants.make("own", calendar=False, ai={"greeting": "Ahoy!"})
        assert conversation.start(db.customer(made.id), ip_hash=None, user_agent=None).greeting == "Ahoy!"

    def test_id_is_random(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        assert access.session_id is not None
        assert access.session_id.version == 4


class TestTurn:
    def test_stores_the_words_at_once(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        turn = conversation.begin_turn(access, "Hello")
        assert [message.text for message in conversation.history(access)][1:] == ["Hello"]
        assert [message.role for message in turn.history] == ["assistant"]

    def test_history_grows(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        for number in range(3):
            turn = conversation.begin_turn(access, f"question {number}")
            conversation.finish_turn(access, turn.id, [answer(f"answer {number}")], asked=None)
        turn = conversation.begin_turn(access, "last")
        assert [message.content[0]["text"] for message in turn.history][1:] == [
            "question 0", "answer 0", "question 1", "answer 1", "question 2", "answer 2",
        ]  # fmt: skip

    def test_history_is_bounded(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        conversation.append(access, [answer(str(number)) for number in range(300)])
        turn = conversation.begin_turn(access, "Hello")
        assert len(turn.history) == conversation.HISTORY_ROWS
        assert turn.history[-1].content[0]["text"] == "299"

    def test_one_at_a_time(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        turn = conversation.begin_turn(access, "one")
        with pytest.raises(TurnInProgress):
            conversation.begin_turn(access, "two")
        conversation.finish_turn(access, turn.id, [], asked=None)
        conversation.begin_turn(access, "three")
        assert [message.text for message in conversation.history(access)][1:] == ["one", "three"]

    def test_of_many_at_once_one_wins(self, begin: Callable[[], db.Access]) -> None:
        access = begin()

        def attempt(number: int) -> bool:
            try:
                conversation.begin_turn(access, str(number))
            except TurnInProgress:
                return False
            return True

        with ThreadPoolExecutor(10) as pool:
            assert sum(pool.map(attempt, range(10))) == 1
        assert len(conversation.history(access)) == 2

    def test_a_dead_turn_loses_the_session(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        dead = conversation.begin_turn(access, "one")
        with time_machine.travel(now() + timedelta(seconds=conversation.TURN_SECONDS + 1)):
            conversation.begin_turn(access, "two")
            conversation.finish_turn(access, dead.id, [answer("late")], asked=None)
            with pytest.raises(TurnInProgress):
                conversation.begin_turn(access, "three")

    def test_notes_are_not_shown(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        turn = conversation.begin_turn(access, "The customer confirmed.", role="system")
        conversation.finish_turn(access, turn.id, [NewMessage("tool", []), answer("Done")], asked=None)
        assert [message.text for message in conversation.history(access)][1:] == []
        assert conversation.history(access)[0].text.endswith("Done")

    def test_tokens(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        for _ in range(2):
            turn = conversation.begin_turn(access, "one")
            spent = answer("ok", input_tokens=5, output_tokens=3, cache_read_tokens=20, cache_write_tokens=1)
            conversation.finish_turn(access, turn.id, [spent], asked=None)
        turn = conversation.begin_turn(access, "two")
        assert turn.session_tokens == 58
        # Ten tokens read from the cache count as one of the day's budget.
        assert turn.tenant_tokens_today == 22
        assert conversation.usage_today(access) == 22

    def test_budget_is_of_one_day_and_one_tenant(self, begin: Callable[[], db.Access], tenants: TenantFactory) -> None:
        access = begin()
        turn = conversation.begin_turn(access, "one")
        conversation.finish_turn(access, turn.id, [answer("ok", input_tokens=5)], asked=None)
        other = db.customer(tenants.make("other", calendar=False).id)
        assert conversation.usage_today(other) == 0
        with time_machine.travel(now() + timedelta(days=1)):
            assert conversation.usage_today(access) == 0

    def test_strange_characters(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        turn = conversation.begin_turn(access, "a\x00b \ud83d 'quote' \\u0000 😀 %s :now")
        conversation.finish_turn(access, turn.id, [answer("ok\x00")], asked=None)
        assert "😀 %s :now" in conversation.history(access)[1].text


class TestEnd:
    def test_idle_for_a_day(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        with time_machine.travel(now() + timedelta(hours=24, minutes=1)):
            with pytest.raises(SessionEnded):
                conversation.begin_turn(access, "Hello?")
            with pytest.raises(SessionEnded):
                conversation.history(access)

    def test_every_turn_keeps_it_alive(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        for day in range(1, 4):
            with time_machine.travel(now() + timedelta(hours=23 * day)):
                turn = conversation.begin_turn(access, "Hello")
                conversation.finish_turn(access, turn.id, [], asked=None)

    @pytest.mark.parametrize("session_id", [uuid4(), None])
    def test_unknown(self, shop: MadeTenant, session_id: UUID | None) -> None:
        access = replace(db.customer(shop.id), session_id=session_id)
        with pytest.raises(SessionEnded):
            conversation.begin_turn(access, "Hello")


class TestWall:
    def test_another_tenant_with_the_right_id(self, begin: Callable[[], db.Access], tenants: TenantFactory) -> None:
        foreign = replace(begin(), tenant_id=tenants.make("other", calendar=False).id)
        with pytest.raises(SessionEnded):
            conversation.history(foreign)
        with pytest.raises(SessionEnded):
            conversation.begin_turn(foreign, "Hello")

    def test_a_customer_sees_one_session(self, begin: Callable[[], db.Access]) -> None:
        mine, other = begin(), begin()
        with mine.begin() as scope:
            assert scope.execute("select count(*) from portal.chat_sessions").scalar() == 1
            assert scope.execute("select count(*) from portal.chat_messages").scalar() == 1
        assert other.session_id != mine.session_id


class TestShown:
    def test_an_answer_with_tools_between_is_one_bubble(self, begin: Callable[[], db.Access]) -> None:
        access = begin()
        turn = conversation.begin_turn(access, "When?")
        use = {"type": "tool_use", "id": "toolu_1", "name": "get_services", "input": {}}
        card = {"event": "slots", "data": {}}
        said = [
            NewMessage("assistant", [{"type": "text", "text": "Let me see."}, use]),
            NewMessage("tool", [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "{}"}]),
            NewMessage("assistant", [{"type": "text", "text": "At nine."}], cards=[card]),
        ]
        conversation.finish_turn(access, turn.id, said, asked=None)
        shown = conversation.history(access)
        assert (shown[2].text, shown[2].cards) == ("Let me see.\n\nAt nine.", [card])
        assert len(shown) == 3
