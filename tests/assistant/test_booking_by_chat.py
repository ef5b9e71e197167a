"""The walk: offers → proposal → the customer's own act → booking, and everything that must not shorten it."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.assistant import loop
from portal.assistant.events import BookingCard, ErrorEvent, Handoff, ProposalCard, Slots, Tool
from portal.core import db
from portal.core.clock import now
from portal.domain import booking
from tests.assistant.driver import Chat, booking_arguments, calls, heard
from tests.factories import MadeTenant, TenantFactory

NEW_YORK = ZoneInfo("America/New_York")


def tool_error(chat: Chat) -> str:
    """The last tool result, which must be an error."""
    result = chat.messages("tool")[-1]["content"][-1]
    assert result["is_error"], result
    return str(result["content"])


class TestWholeConversation:
    def test_books_in_the_receptionists_own_words(self, chat: Chat) -> None:
        chat.say("Hi! Is there parking?")
        slots = chat.say("I'd like a haircut the day after tomorrow").get(Slots)
        assert slots.timezone == "America/New_York"
        chat.say(slots.slots[2].label)
        proposal = chat.say("Ann Lee, ann@example.com").get(ProposalCard)
        assert chat.bookings() == []
        turn = chat.say("Yes please!")
        card = turn.get(BookingCard)
        [row] = chat.bookings()
        assert (card.status, card.uid) == ("confirmed", row["cal_booking_uid"])
        assert row["start_time"] == slots.slots[2].start
        assert row["source"] == "ai"
        assert card.start == row["start_time"]
        assert card.manage_url.startswith("http://shop.localhost:8000/manage/")
        assert proposal.summary.startswith("Haircut, ")
        [session] = chat.rows("select * from portal.chat_sessions where id = %s", chat.access.session_id)
        assert session["converted_booking_id"] == row["id"]

    def test_a_reload_shows_the_same(self, chat: Chat) -> None:
        proposal = chat.proposed()
        shown = chat.history()
        assert shown[0].text == chat.session.greeting
        assert [message.role for message in shown] == ["assistant", "user", "assistant", "user", "assistant"]
        assert [card["event"] for card in shown[2].cards] == ["slots"]
        assert shown[4].cards == [{"event": "proposal", "data": proposal.data()}]


class TestOffers:
    def test_no_booking_tool_without_offers(self, chat: Chat) -> None:
        """The tools are the same always (the API caches them); the note at the end says that this one is not usable."""
        chat.queue({"text": "Hello."})
        chat.say("Hi")
        assert "none can be booked yet" in moment_sent(chat)
        before = tools_sent(chat)
        chat.offered()
        chat.queue({"text": "Fine."})
        chat.say("Good")
        assert "none can be booked yet" not in moment_sent(chat)
        assert tools_sent(chat) == before

    def test_calling_it_all_the_same_is_refused(self, chat: Chat, shop: MadeTenant) -> None:
        start = (now() + timedelta(days=2)).astimezone(NEW_YORK).strftime("%Y-%m-%dT10:00")
        chat.queue(calls("create_booking", booking_arguments(shop, start)), {"text": "When?"})
        turn = chat.say("Book me at ten")
        assert "not_now" in tool_error(chat)
        assert turn.all(ProposalCard) == []
        assert chat.proposals() == []

    @pytest.mark.parametrize(
        ("local", "reason"),
        [
            ("2020-01-06T10:00", "in_the_past"),
            ("{day}T10:07", "slot_not_offered"),
            ("{day}T03:00", "outside_hours"),
            ("{other}T10:00", "slot_not_offered"),
            ("tomorrow at ten", "invalid_argument"),
            ("{day}T25:00", "invalid_argument"),
        ],
    )
    def test_a_guessed_time_is_refused(self, chat: Chat, shop: MadeTenant, local: str, reason: str) -> None:
        chat.offered(days_ahead=2)
        start = local.format(day=chat.day(2), other=chat.day(3))
        chat.queue(calls("create_booking", booking_arguments(shop, start)), {"text": "That is not free."})
        chat.say("Then that time")
        assert reason in tool_error(chat)
        assert chat.proposals() == []

    def test_offers_expire(self, chat: Chat, shop: MadeTenant) -> None:
        start = chat.offered().slots[0].start
        with time_machine.travel(now() + timedelta(minutes=16)):
            chat.queue({"text": "Those are old."})
            chat.say("The first one")
            assert "none can be booked yet" in moment_sent(chat)
            wanted = booking_arguments(shop, start.strftime("%Y-%m-%dT%H:%M"))
            chat.queue(calls("create_booking", wanted), {"text": "Let me look again."})
            chat.say("The first one!")
        assert "not_now" in tool_error(chat)

    def test_offers_of_one_service_do_not_serve_another(self, chat: Chat, shop: MadeTenant) -> None:
        start = chat.offered(service="Haircut").slots[0].start.strftime("%Y-%m-%dT%H:%M")
        wanted = booking_arguments(shop, start) | {"service_id": str(shop.services["Beard trim"])}
        chat.queue(calls("create_booking", wanted), {"text": "No."})
        chat.say("The first one")
        assert "slot_not_offered" in tool_error(chat)

    def test_another_tenants_service(self, chat: Chat, tenants: TenantFactory, shop: MadeTenant) -> None:
        other = tenants.make("other")
        day = chat.day(2)
        arguments = {"service_id": str(other.service_id), "start_date": day, "end_date": day}
        chat.queue(calls("check_availability", arguments), {"text": "We don't offer that."})
        assert chat.say("When?").all(Slots) == []
        assert "service_not_found" in tool_error(chat)
        start = chat.offered().slots[0].start.strftime("%Y-%m-%dT%H:%M")
        wanted = booking_arguments(shop, start) | {"service_id": str(other.service_id)}
        chat.queue(calls("create_booking", wanted), {"text": "No."})
        chat.say("The first one")
        assert "service_not_found" in tool_error(chat)

    def test_days_and_slots_are_limited(self, chat: Chat) -> None:
        arguments = {
            "service_id": str(chat.made.service_id), "start_date": chat.day(-3), "end_date": chat.day(60),
        }  # fmt: skip
        chat.queue(calls("check_availability", arguments), {"text": "These."})
        slots = chat.say("When?").get(Slots)
        assert {slot.start.date() for slot in slots.slots} <= {
            (now().astimezone(NEW_YORK) + timedelta(days=n)).date() for n in range(14)
        }
        assert 14 <= len(slots.slots) <= 48
        content = chat.messages("tool")[-1]["content"][0]["content"]
        assert "More times are free" in content
        assert "was looked at" in content

    def test_only_the_hours_asked_for(self, chat: Chat) -> None:
        arguments = {
            "service_id": str(chat.made.service_id), "start_date": chat.day(2), "end_date": chat.day(2),
            "earliest_time": "16:00",
        }  # fmt: skip
        chat.queue(calls("check_availability", arguments), {"text": "These."})
        slots = chat.say("After four?").get(Slots)
        assert [slot.start.strftime("%H:%M") for slot in slots.slots] == ["16:00", "16:30"]

    @pytest.mark.parametrize(
        ("start", "end", "reason"),
        [(-9, -8, "in_the_past"), (4, 3, "invalid_argument"), (500, 501, "invalid_argument")],
    )
    def test_impossible_days(self, chat: Chat, start: int, end: int, reason: str) -> None:
        arguments = {
            "service_id": str(chat.made.service_id), "start_date": chat.day(start), "end_date": chat.day(end),
        }  # fmt: skip
        chat.queue(calls("check_availability", arguments), {"text": "Another day?"})
        chat.say("When?")
        assert reason in tool_error(chat)


class TestContactDetails:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"customer_email": "not an address"}, "e-mail"),
            ({"customer_email": "a@b"}, "e-mail"),
            ({"customer_phone": "12"}, "phone"),
            ({"customer_name": "   "}, "name"),
        ],
    )
    def test_wrong_details_are_refused_in_words(
        self, chat: Chat, shop: MadeTenant, change: dict[str, Any], field: str
    ) -> None:
        start = chat.offered().slots[0].start.strftime("%Y-%m-%dT%H:%M")
        chat.queue(calls("create_booking", booking_arguments(shop, start) | change), {"text": "Could you check that?"})
        chat.say("The first one, Ann Lee, ann@example.com, not an address, a@b, 12")
        assert field in tool_error(chat)
        assert chat.proposals() == []

    def test_details_are_normalised(self, chat: Chat) -> None:
        chat.proposed(customer_email="Ann@Example.COM", customer_phone="(212) 555-0123")
        [row] = chat.proposals()
        assert (row["attendee_email"], row["attendee_phone"]) == ("ann@example.com", "+12125550123")


class TestConfirming:
    @pytest.mark.parametrize("message", ["yes", "Confirm", "sounds good, book it", "👍"])
    def test_an_affirmative_message_books(self, chat: Chat, message: str) -> None:
        chat.proposed()
        chat.queue({"text": "Done!"})
        assert chat.say(message).get(BookingCard).status == "confirmed"

    @pytest.mark.parametrize("message", ["yes but at 5", "yes? how much is it", "not yet", "what about Friday"])
    def test_anything_else_does_not(self, chat: Chat, message: str) -> None:
        proposal = chat.proposed()
        chat.queue({"text": "As you like."})
        assert chat.say(message).all(BookingCard) == []
        assert chat.bookings() == []
        assert [row["state"] for row in chat.proposals()] == ["waiting"]
        chat.queue({"text": "Done!"})
        assert chat.press_confirm(proposal.proposal_id).get(BookingCard).status == "confirmed"

    def test_a_bare_yes_answers_what_was_asked_last(self, chat: Chat) -> None:
        chat.proposed()
        chat.queue(
            {"text": "Yes, there is. Would you like to hear about our beard trims too?"}, {"text": "They are nice."}
        )
        chat.say("Is there parking?")
        assert chat.say("yes").all(BookingCard) == []

    def test_a_bare_yes_after_being_asked_again(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.queue({"text": "Yes, there is. Please confirm the booking."}, {"text": "Done!"})
        again = chat.say("Is there parking?").get(ProposalCard)
        assert again.proposal_id == proposal.proposal_id
        assert chat.say("yes").get(BookingCard).status == "confirmed"

    def test_no_withdraws(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.queue({"text": "Alright."}, {"text": "It is gone."})
        assert chat.say("no, thanks").error is None
        assert [row["state"] for row in chat.proposals()] == ["withdrawn"]
        assert chat.messages("system")[-1]["content"][0]["text"].startswith("The customer declined")
        turn = chat.press_confirm(proposal.proposal_id)
        assert turn.get(ErrorEvent).code == "CONFLICT"
        assert chat.bookings() == []

    def test_the_button_twice_gives_one_booking(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.queue({"text": "Done!"}, {"text": "Done already."})
        first, second = (chat.press_confirm(proposal.proposal_id).get(BookingCard) for _ in range(2))
        assert first.uid == second.uid
        assert len(chat.bookings()) == 1

    def test_yes_and_button_at_once_give_one_booking(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.queue({"text": "Done!", "times": 2})

        async def both() -> list[Any]:
            pressing = heard(loop.run_confirm(chat.access, proposal.proposal_id))
            return list(await asyncio.gather(heard(loop.run_turn(chat.access, "yes")), pressing))

        turns = chat.runner.run(both())
        assert len({turn.get(BookingCard).uid for turn in turns}) == 1
        assert len(chat.bookings()) == 1

    def test_a_proposal_expires(self, chat: Chat) -> None:
        proposal = chat.proposed()
        with time_machine.travel(now() + timedelta(minutes=11)):
            chat.queue({"text": "That took too long; shall I look again?"})
            turn = chat.press_confirm(proposal.proposal_id)
        assert turn.get(ErrorEvent).code == "CONFLICT"
        assert turn.text.startswith("That took too long")
        assert chat.bookings() == []

    def test_another_conversations_proposal(self, chat: Chat, shop: MadeTenant, tenants: TenantFactory) -> None:
        proposal = chat.proposed()
        other = Chat(shop, tenants, chat.runner)
        other.queue({"text": "There is nothing to confirm."})
        turn = other.press_confirm(proposal.proposal_id)
        assert turn.get(ErrorEvent).code == "CONFLICT"
        assert chat.bookings() == []

    def test_an_unknown_proposal(self, chat: Chat) -> None:
        chat.queue({"text": "There is nothing to confirm."})
        assert chat.press_confirm(uuid4()).get(ErrorEvent).code == "CONFLICT"

    def test_the_slot_goes_meanwhile(self, chat: Chat, shop: MadeTenant) -> None:
        proposal = chat.proposed()
        [row] = chat.proposals()
        [event_type] = chat.rows("select cal_event_type_id from portal.tenant_services where id = %s", shop.service_id)
        book_elsewhere(chat, event_type["cal_event_type_id"], row["start_time"])
        chat.queue({"text": "I'm sorry, it was just taken."})
        turn = chat.press_confirm(proposal.proposal_id)
        assert turn.get(ErrorEvent).code == "CONFLICT"
        assert "taken" in chat.messages("system")[-1]["content"][0]["text"]
        assert chat.bookings() == []

    def test_a_new_proposal_replaces_the_old_one(self, chat: Chat) -> None:
        first = chat.proposed(slot=0)
        second = chat.proposed(slot=1)
        assert [row["state"] for row in chat.proposals()] == ["withdrawn", "waiting"]
        chat.queue({"text": "Done!"})
        turn = chat.press_confirm(first.proposal_id)
        assert turn.all(BookingCard) == []
        chat.queue({"text": "Done!"})
        chat.press_confirm(second.proposal_id)
        assert len(chat.bookings()) == 1

    def test_one_proposal_a_turn(self, chat: Chat, shop: MadeTenant) -> None:
        slots = chat.offered().slots
        wanted = [booking_arguments(shop, slot.start.strftime("%Y-%m-%dT%H:%M")) for slot in slots[:2]]
        chat.queue(
            {"tool_use": [{"name": "create_booking", "input": each} for each in wanted]}, {"text": "First this one."}
        )
        turn = chat.say("Book the first two")
        assert len(turn.all(ProposalCard)) == 1
        assert "not_now" in tool_error(chat)


class TestExistingBooking:
    @pytest.fixture
    def uid(self, chat: Chat) -> str:
        proposal = chat.proposed()
        chat.queue({"text": "Done!"})
        uid = chat.press_confirm(proposal.proposal_id).get(BookingCard).uid
        assert uid is not None
        return uid

    @pytest.fixture
    def later(self, chat: Chat, uid: str, shop: MadeTenant, tenants: TenantFactory) -> Chat:
        """Another day, another conversation."""
        return Chat(shop, tenants, chat.runner)

    def test_cancels_after_the_customers_yes(self, later: Chat, uid: str) -> None:
        arguments = {"booking_uid": uid, "email": "Ann@example.com"}
        later.queue(calls("cancel_booking", arguments), {"text": "Please confirm."})
        assert later.say("Please cancel my booking").get(ProposalCard).kind == "cancel"
        assert later.bookings()[0]["status"] == "confirmed"
        later.queue({"text": "It is cancelled."})
        turn = later.say("yes, cancel it")
        assert turn.get(BookingCard).status == "cancelled"
        assert later.bookings()[0]["status"] == "cancelled"

    def test_moves_after_the_customers_yes(self, later: Chat, uid: str) -> None:
        start = later.offered(days_ahead=3).slots[1].start
        arguments = {
            "booking_uid": uid,
            "email": "ann@example.com",
            "start_time_local": start.strftime("%Y-%m-%dT%H:%M"),
        }
        later.queue(calls("reschedule_booking", arguments), {"text": "Please confirm."})
        assert later.say("Please move it").get(ProposalCard).kind == "reschedule"
        later.queue({"text": "It is moved."})
        assert later.say("yes").get(BookingCard).start == start
        assert later.bookings()[0]["start_time"] == start

    def test_wrong_email_and_unknown_reference_sound_the_same(self, later: Chat, uid: str) -> None:
        wrong = [
            {"booking_uid": uid, "email": "eve@example.com"},
            {"booking_uid": "nosuchuid1", "email": "ann@example.com"},
        ]
        answers = []
        for arguments in wrong:
            later.queue(calls("cancel_booking", arguments), {"text": "No booking matches."})
            assert later.say("Please cancel my booking").all(ProposalCard) == []
            answers.append(tool_error(later))
        assert answers[0] == answers[1]
        assert later.bookings()[0]["status"] == "confirmed"

    def test_details_hold_no_contact(self, later: Chat, uid: str) -> None:
        later.queue(calls("get_booking_details", {"booking_uid": uid}), {"text": "It is on Tuesday."})
        later.say("When is my booking?")
        content = later.messages("tool")[-1]["content"][0]["content"]
        assert uid in content
        assert "ann@example.com" not in content
        assert "Ann Lee" not in content
        assert "manage" not in content

    def test_references_cannot_be_guessed_at_length(self, later: Chat) -> None:
        for n in range(3):
            guesses = [{"name": "get_booking_details", "input": {"booking_uid": f"guess{n}{m}"}} for m in range(4)]
            later.queue({"tool_use": guesses}, {"text": "No."})
            later.say("And this one?")
        assert "rate_limited" in tool_error(later)

    def test_another_tenants_booking(self, chat: Chat, uid: str, tenants: TenantFactory) -> None:
        other = Chat(tenants.make("other"), tenants, chat.runner)
        other.queue(calls("get_booking_details", {"booking_uid": uid, "email": "ann@example.com"}), {"text": "No."})
        other.say("When is my booking?")
        assert "booking_not_found" in tool_error(other)

    def test_too_late(self, later: Chat, uid: str) -> None:
        start = later.bookings()[0]["start_time"]
        with time_machine.travel(start - timedelta(minutes=30)):
            late = Chat(later.made, TenantFactory(later.admin_url, later.sandbox), later.runner)
            late.queue(calls("cancel_booking", {"booking_uid": uid, "email": "ann@example.com"}), {"text": "Too late."})
            late.say("Please cancel")
            assert "too_late_to_change" in tool_error(late)


class TestHandOver:
    def test_a_person(self, chat: Chat) -> None:
        chat.queue(calls("escalate_to_human", {"reason": "complaint"}), {"text": "Please call us."})
        turn = chat.say("I want to talk to a person")
        assert turn.get(Handoff) == Handoff("+12125550100", "shop@example.com")
        assert [tool.status for tool in turn.all(Tool)] == ["running", "done"]
        assert [card["event"] for card in chat.history()[-1].cards] == ["handoff"]
        assert chat.rows("select outcome from portal.chat_sessions") == [{"outcome": "handed_off"}]


class TestSeveralTenantsAtOnce:
    def test_conversations_do_not_mix(self, tenants: TenantFactory, runner: asyncio.Runner) -> None:
        chats = [
            Chat(tenants.make(f"shop-{n}", faqs=(("Who are you?", f"Number {n}."),)), tenants, runner) for n in range(4)
        ]

        async def all_at_once() -> list[Any]:
            return list(await asyncio.gather(*(heard(loop.run_turn(chat.access, "Who are you?")) for chat in chats)))

        for _ in range(3):
            answers = runner.run(all_at_once())
            assert [f"Number {n}." in turn.text for n, turn in enumerate(answers)] == [True] * 4
        for chat in chats:
            assert {row["tenant_id"] for row in chat.messages()} == {chat.made.id}


def tools_sent(chat: Chat) -> list[str]:
    """Names of the tools in the last request to the model."""
    body = chat.sandbox.get("/_sandbox/requests", provider="anthropic")["requests"][-1]["body"]
    return [tool["name"] for tool in body["tools"]]


def moment_sent(chat: Chat) -> str:
    """The note of the moment in the last request to the model."""
    body = chat.sandbox.get("/_sandbox/requests", provider="anthropic")["requests"][-1]["body"]
    opening = [message for message in body["messages"] if message["content"][-1]["type"] == "text"][-1]
    text: str = opening["content"][-1]["text"]
    return text


def book_elsewhere(chat: Chat, event_type_id: int, start: datetime) -> None:
    """Somebody books the slot at the calendar itself."""
    answer = chat.sandbox.client.post(
        f"{chat.sandbox.url}/calcom/v2/bookings",
        headers={"Authorization": f"Bearer {chat.made.cal_key}", "cal-api-version": "2024-08-13"},
        json={
            "start": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventTypeId": event_type_id,
            "attendee": {"name": "Bob", "email": "bob@example.com", "timeZone": "America/New_York"},
        },
    )
    answer.raise_for_status()


def test_the_customer_role_cannot_book_around_the_loop(chat: Chat) -> None:
    """Knowing a proposal's id is not enough: it must be of this conversation."""
    proposal: UUID = chat.proposed().proposal_id
    with pytest.raises(booking_error()):
        booking.confirm(replace(db.customer(chat.made.id), session_id=uuid4()), proposal)


def booking_error() -> type[Exception]:
    from portal.core.errors import ProposalExpired

    return ProposalExpired
