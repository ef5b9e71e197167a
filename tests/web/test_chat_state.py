"""The chat's handlers: what reaches the assistant, and what a browser that sends anything gets."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import pytest

from portal.core import db
from portal.domain import conversation
from portal.providers import anthropic
from portal.web.chat.state import BROKEN, MAX_LENGTH, ChatState
from tests.factories import MadeTenant, Sandbox, TenantFactory
from tests.web.visitors import acall, run, visiting

NONSENSE: list[Any] = [None, 7, "", "  \n ", [], {}, {"message": 3}, {"message": ["x"]}, True]


def chatting(work: Coroutine[Any, Any, Any]) -> Any:
    async def tidy() -> Any:
        try:
            return await work
        finally:
            await anthropic.close()

    return run(tidy())


def chat(shop: MadeTenant) -> ChatState:
    return visiting(ChatState, shop.host, "/chat")


def stored(shop: MadeTenant, state: ChatState) -> list[tuple[str, str]]:
    access = db.customer(shop.id, session_id=conversation_id(state))
    return [(view.role, view.text) for view in conversation.history(access)]


def conversation_id(state: ChatState) -> UUID:
    return UUID(state.session)


def words(state: ChatState) -> list[str]:
    return [
        "".join(piece.text for block in message.blocks for line in block.lines for piece in line.pieces)
        for message in state.messages
    ]


class TestSaying:
    def test_is_answered_and_stored(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        state = chat(shop)
        chatting(acall(state, "send", {"message": " What are your opening hours? "}))
        assert [message.role for message in state.messages] == ["user", "assistant"]
        assert (state.is_busy, state.failure, state.draft) == (False, "", [])
        assert stored(shop, state)[1] == ("user", "What are your opening hours?")

    @pytest.mark.parametrize("handler", ["send", "say", "confirm", "decline"])
    def test_nonsense_does_nothing(self, tenants: TenantFactory, handler: str) -> None:
        state = chat(tenants.make())
        for value in NONSENSE:
            chatting(acall(state, handler, value))
        assert (state.messages, state.session, state.is_busy) == ([], "", False)

    def test_too_long_is_told_and_not_sent(self, tenants: TenantFactory) -> None:
        state = chat(tenants.make())
        chatting(acall(state, "say", "x" * (MAX_LENGTH + 1)))
        assert "2,000" in state.failure
        assert state.session == ""

    def test_second_message_waits_for_the_first_answer(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        state = chat(shop)

        async def both() -> None:
            await asyncio.gather(
                acall(state, "say", "What are your opening hours?"), acall(state, "say", "And prices?")
            )

        chatting(both())
        assert [role for role, _ in stored(shop, state)] == ["assistant", "user", "assistant"]

    def test_ended_conversation_gives_way_to_a_new_one(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        state = chat(shop)
        state.session = "6f0b1f6e-6c9b-4d0c-9f6b-2f4a6f3d8c11"
        chatting(acall(state, "say", "What are your opening hours?"))
        assert state.session != "6f0b1f6e-6c9b-4d0c-9f6b-2f4a6f3d8c11"
        assert (state.failure, len(state.messages)) == ("", 2)


class TestRestore:
    def test_shows_what_is_stored(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        state, later = chat(shop), chat(shop)
        chatting(acall(state, "say", "What are your opening hours?"))
        later.session = state.session
        chatting(acall(later, "restore"))
        assert words(later)[1:] == words(state)

    def test_another_tenants_conversation_is_nobody_elses(self, tenants: TenantFactory) -> None:
        shop, other = tenants.make("shop"), tenants.make("other")
        state, thief = chat(shop), chat(other)
        chatting(acall(state, "say", "My name is Ada Lovelace"))
        thief.session = state.session
        chatting(acall(thief, "restore"))
        assert len(thief.messages) == 1
        assert "Ada" not in str(thief.messages)
        assert thief.session == ""

    @pytest.mark.parametrize("session", ["", "x", "6f0b1f6e-6c9b-4d0c-9f6b-2f4a6f3d8c11", "' or 1=1", "\x00"])
    def test_nonsense_begins_with_the_greeting(self, tenants: TenantFactory, session: str) -> None:
        state = chat(tenants.make(ai={"greeting": "Welcome!"}))
        state.session = session
        chatting(acall(state, "restore"))
        assert words(state) == ["Welcome!"]

    def test_keeps_what_could_not_even_be_stored(self, tenants: TenantFactory) -> None:
        state = chat(tenants.make())
        chatting(acall(state, "say", "What are your opening hours?"))
        for _ in range(40):
            chatting(acall(state, "say", "hello"))
            if state.failure:
                break
        assert "wait" in state.failure
        chatting(acall(state, "restore"))
        assert words(state)[-1] == "hello"
        assert state.can_retry


class TestFailures:
    def test_model_down_says_one_sentence_and_can_be_tried_again(
        self, tenants: TenantFactory, sandbox: Sandbox
    ) -> None:
        shop = tenants.make()
        state = chat(shop)
        sandbox.fault(provider="anthropic", times=4, status=529)
        chatting(acall(state, "say", "What are your opening hours?"))
        assert "/book" in state.failure
        assert (state.can_retry, state.is_busy) == (True, False)
        sandbox.client.delete(sandbox.url + "/_sandbox/faults")
        chatting(acall(state, "retry"))
        assert (state.failure, state.can_retry) == ("", False)

    def test_a_bug_of_ours_leaves_the_chat_usable(
        self, tenants: TenantFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("bug")

        state = chat(tenants.make())
        monkeypatch.setattr("portal.domain.conversation.start", broken)
        with pytest.raises(RuntimeError):
            chatting(acall(state, "say", "Hello"))
        assert (state.failure, state.can_retry, state.is_busy) == (BROKEN, True, False)


class TestProposal:
    def test_only_the_open_one_can_be_confirmed(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        state = chat(tenants.make())
        chatting(acall(state, "say", "Hello"))
        for handler in ("confirm", "decline"):
            chatting(acall(state, handler, "6f0b1f6e-6c9b-4d0c-9f6b-2f4a6f3d8c11"))
        assert len(state.messages) == 2
        assert sandbox.get("/_sandbox/calcom/bookings")["bookings"] == []

    def test_start_over_forgets(self, tenants: TenantFactory) -> None:
        state = chat(tenants.make())
        chatting(acall(state, "say", "Hello"))
        chatting(acall(state, "start_over"))
        assert (state.session, len(state.messages)) == ("", 1)
