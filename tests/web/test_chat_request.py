"""The handlers of a request's card, and what a browser that sends anything gets."""

from typing import Any
from uuid import UUID

import pytest
import reflex as rx

from portal.domain import booking
from portal.web.chat.request_state import RequestState
from portal.web.chat.state import ChatState
from tests.assistant.driver import query
from tests.factories import MadeTenant, TenantFactory
from tests.web.test_chat_state import chatting
from tests.web.visitors import acall, visiting

GOOD = {"name": "Ann Lee", "email": "ann.lee@example.com", "phone": "(212) 555-0142", "notes": "No razor"}


@pytest.fixture
def shop(tenants: TenantFactory, configure: Any) -> MadeTenant:
    configure(
        TWILIO_ACCOUNT_SID="AC" + "0" * 32, TWILIO_AUTH_TOKEN="token", TWILIO_MESSAGING_SERVICE_SID="MG" + "0" * 32
    )
    return tenants.make(services={"Haircut": {"duration_minutes": 30, "price_cents": 3500}})


@pytest.fixture
def state(shop: MadeTenant) -> RequestState:
    """A tab with a request that waits."""
    found = visiting(RequestState, shop.host, "/chat")

    async def talk() -> None:
        chat = found.parent_state
        assert isinstance(chat, ChatState)
        await acall(chat, "say", "I would like a haircut in two days at 10 am, Ann Lee, ann@example.com")
        await acall(chat, "say", "Ann Lee, ann@example.com, phone (212) 555-0143") if not chat.open_proposal else None

    chatting(talk())
    assert found.open_proposal
    return found


def row(tenants: TenantFactory, state: rx.State) -> dict[str, Any]:
    return query(tenants.admin_url, "select * from portal.proposals where id = %s", state.open_proposal)[0]  # type: ignore[attr-defined]


def do(state: RequestState, *steps: tuple[Any, ...]) -> None:
    async def all_of() -> None:
        for name, *args in steps:
            await acall(state, name, *args)

    chatting(all_of())


class TestSave:
    def test_is_stored_and_shown(self, state: RequestState, tenants: TenantFactory) -> None:
        do(state, ("edit", state.open_proposal), ("save", GOOD))
        assert (row(tenants, state)["attendee_email"], state.editing, state.trouble) == ("ann.lee@example.com", "", "")
        [card] = [card for message in state.messages for card in message.cards if card.kind == "proposal"]
        assert {fact.label: fact.old for fact in card.request.facts if fact.is_changed}["E-mail"] == "ann@example.com"

    def test_wrong_fields_are_told_and_nothing_is_stored(self, state: RequestState, tenants: TenantFactory) -> None:
        before = row(tenants, state)
        do(state, ("edit", state.open_proposal), ("save", GOOD | {"email": "ann@", "name": ""}))
        assert state.errors["email"]
        assert state.errors["name"]
        assert (row(tenants, state), state.editing) == (before, state.open_proposal)

    @pytest.mark.parametrize("form", [None, 7, "x", [], {"email": 5}, {}, {"name": ["x"]}])
    def test_nonsense_changes_nothing(self, state: RequestState, tenants: TenantFactory, form: Any) -> None:
        before = row(tenants, state)
        do(state, ("save", form), ("edit", state.open_proposal), ("save", form))
        assert row(tenants, state) == before

    def test_what_is_decided_elsewhere_stays(self, state: RequestState, tenants: TenantFactory) -> None:
        do(state, ("edit", state.open_proposal))
        query(tenants.admin_url, "update portal.proposals set state = 'withdrawn' where id = %s", state.open_proposal)
        do(state, ("save", GOOD))
        assert "no longer open" in state.trouble
        assert row(tenants, state)["attendee_email"] == "ann@example.com"


class TestAgree:
    def test_is_kept_at_once(self, state: RequestState, tenants: TenantFactory) -> None:
        do(state, ("edit", state.open_proposal), ("save", GOOD), ("agree", state.open_proposal, True))
        assert row(tenants, state)["consent_sms"] is True
        do(state, ("agree", state.open_proposal, False))
        assert row(tenants, state)["consent_sms"] is False

    @pytest.mark.parametrize("asked", [(None, True), ("", True), (7, True), ([], True)])
    def test_nonsense_changes_nothing(
        self, state: RequestState, tenants: TenantFactory, asked: tuple[Any, ...]
    ) -> None:
        do(state, ("agree", *asked), ("agree", state.open_proposal, "yes"), ("edit", asked[0]))
        assert (row(tenants, state)["consent_sms"], state.editing) == (False, "")

    def test_another_conversations_request(self, state: RequestState, shop: MadeTenant, tenants: TenantFactory) -> None:
        thief = visiting(RequestState, shop.host, "/chat")
        chat = thief.parent_state
        assert isinstance(chat, ChatState)
        chat.open_proposal = state.open_proposal
        do(thief, ("edit", state.open_proposal), ("save", GOOD), ("agree", state.open_proposal, True))
        found = row(tenants, state)
        assert (found["attendee_email"], found["consent_sms"]) == ("ann@example.com", False)
        assert UUID(state.open_proposal)
        assert booking is not None
