"""A yes means what is in sight: whole conversations in which an older request must not be carried out by words."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal.assistant.events import BookingCard, ErrorEvent, ProposalCard, Slots
from portal.core.clock import now
from portal.domain import conversation
from tests.assistant.driver import Chat, booking_arguments, calls
from tests.factories import MadeTenant, TenantFactory

TALK = {"text": "Of course."}
HAND_OVER = (calls("escalate_to_human", {}), {"text": "Shall I tell you their hours?"})


def times_of(chat: Chat, days_ahead: int) -> tuple[dict[str, Any], ...]:
    day = chat.day(days_ahead)
    wanted = {"service_id": str(chat.made.service_id), "start_date": day, "end_date": day, "earliest_time": "12:00"}
    return calls("check_availability", wanted), {"text": "These are free in the afternoon."}


def states(chat: Chat) -> list[str]:
    return [row["state"] for row in chat.proposals()]


def nothing_done(chat: Chat, *expected: str) -> bool:
    return chat.bookings() == [] and states(chat) == list(expected or ("waiting",))


class TestAsleep:
    @pytest.mark.parametrize("words", ["I'll take it", "book that one", "yes, book it", "confirm", "go ahead"])
    def test_newer_times(self, chat: Chat, words: str) -> None:
        """The dentist's: a card for one day, then times of another, then "I'll take it"."""
        card = chat.proposed()
        chat.queue(*times_of(chat, 3))
        assert chat.say("do you have anything on the day after, in the afternoon?").all(Slots)
        chat.queue(TALK)
        chat.say(words)
        assert nothing_done(chat)
        chat.queue({"text": "Done!"})
        assert chat.press_confirm(card.proposal_id).get(BookingCard).status == "confirmed"

    def test_the_card_is_shown_again_to_who_names_the_act(self, chat: Chat) -> None:
        card = chat.proposed()
        chat.queue(*times_of(chat, 3))
        chat.say("do you have anything on the day after?")
        asked = chat.requests()
        turn = chat.say("I'll take it")
        assert turn.get(ProposalCard) == card
        assert turn.text.startswith("Nothing has been done yet.")
        assert (turn.done.stop_reason, chat.requests()) == ("asked_again", asked)
        assert [each["event"] for each in chat.history()[-1].cards] == ["proposal"]
        chat.queue({"text": "Done!"})
        assert chat.say("yes").get(BookingCard).start == chat.bookings()[0]["start_time"]

    @pytest.mark.parametrize("words", ["yes", "please do", "yes, book it", "go ahead", "sure", "I'll take it"])
    @pytest.mark.parametrize(
        "answer",
        [
            {"text": "I could also offer 5:15 PM on Friday. Would that suit you better?"},
            {"text": "I could also offer 5:15 PM on Friday; just confirm and it is yours."},
            {"text": "Shall I put you through to a person?"},
            {"text": "It is 35 dollars."},
        ],
    )
    def test_words_about_something_else(self, chat: Chat, answer: dict[str, Any], words: str) -> None:
        chat.proposed()
        chat.queue(answer)
        chat.say("hm, what else could you do?")
        chat.queue(TALK)
        chat.say(words)
        assert nothing_done(chat)

    @pytest.mark.parametrize("words", ["please do", "yes", "do it"])
    def test_a_hand_over(self, chat: Chat, words: str) -> None:
        chat.proposed()
        chat.queue(*HAND_OVER)
        chat.say("can I talk to somebody?")
        chat.queue(TALK)
        chat.say(words)
        assert nothing_done(chat)

    def test_a_newer_card(self, chat: Chat) -> None:
        first, second = chat.proposed(slot=0), chat.proposed(slot=3)
        chat.queue({"text": "Done!"}, {"text": "That one is gone."})
        assert chat.say("yes").get(BookingCard).start == chat.proposals()[1]["start_time"]
        assert second.proposal_id != first.proposal_id
        assert "taken back or replaced" in chat.press_confirm(first.proposal_id).get(ErrorEvent).message
        assert states(chat) == ["withdrawn", "done"]

    def test_a_card_before_newer_times_in_one_answer(self, chat: Chat, shop: MadeTenant) -> None:
        start = chat.offered().slots[0].start.strftime("%Y-%m-%dT%H:%M")
        look = times_of(chat, 3)[0]
        chat.queue(calls("create_booking", booking_arguments(shop, start)), look, {"text": "Please confirm."}, TALK)
        chat.say("the first, Ann Lee, ann@example.com; and what is free the day after?")
        chat.say("yes")
        assert nothing_done(chat)

    def test_a_cancellation(self, chat: Chat, shop: MadeTenant, tenants: TenantFactory) -> None:
        later = _with_booking(chat, shop, tenants)
        assert later.say("Please cancel my booking").get(ProposalCard).kind == "cancel"
        later.queue({"text": "Yes, it is. Shall I send you directions?"})
        later.say("wait, is the shop still in the old street?")
        later.queue(TALK)
        later.say("please do")
        assert later.bookings()[0]["status"] == "confirmed"

    def test_an_answer_that_broke_off(self, chat: Chat, shop: MadeTenant) -> None:
        start = chat.offered().slots[0].start.strftime("%Y-%m-%dT%H:%M")
        wanted = calls("create_booking", booking_arguments(shop, start))
        chat.queue(wanted, {"text": "Please confirm the booking of a haircut.", "cut_after": 3}, TALK)
        assert chat.say("the first, Ann Lee, ann@example.com").all(ErrorEvent)
        chat.say("yes")
        assert nothing_done(chat)

    def test_an_answer_that_nobody_finished(self, chat: Chat) -> None:
        """Its process died: what it showed before is unknown, so the card of the answer before is out of sight."""
        chat.proposed()
        conversation.begin_turn(chat.access, "do you have anything on the day after?")
        with time_machine.travel(now() + timedelta(seconds=130)):
            chat.queue(TALK)
            chat.say("yes")
            assert nothing_done(chat)
            assert chat.say("confirm").all(ProposalCard)


class TestTwoQuestions:
    @pytest.mark.parametrize("words", ["yes", "book it", "no"])
    def test_it_is_asked_again(self, chat: Chat, shop: MadeTenant, words: str) -> None:
        card = _proposed_with(chat, shop, "Shall I book it? And would you like a reminder by text?")
        turn = chat.say(words)
        assert turn.get(ProposalCard) == card
        assert nothing_done(chat)
        chat.queue({"text": "Done!"})
        assert chat.say("yes").get(BookingCard).status == "confirmed"

    def test_another_time_beside_the_card(self, chat: Chat, shop: MadeTenant) -> None:
        _proposed_with(chat, shop, "Please confirm. 11:45 AM would be free as well.")
        assert chat.say("yes").all(ProposalCard)
        assert nothing_done(chat)

    def test_its_own_time_is_no_other(self, chat: Chat, shop: MadeTenant) -> None:
        _proposed_with(chat, shop, "Is 9 AM right? Please confirm.")
        chat.queue({"text": "Done!"})
        assert chat.say("yes").all(BookingCard)


class TestEitherOfTwo:
    """Words that may ask for another time, or for the act itself: we ask, and do nothing."""

    @pytest.mark.parametrize("words", ["change it", "change the time", "move it", "reschedule"])
    def test_moving(self, chat: Chat, shop: MadeTenant, tenants: TenantFactory, words: str) -> None:
        later = _with_booking(chat, shop, tenants, kind="move")
        before = later.bookings()[0]["start_time"]
        card = later.say("Please move it, it is Ann Lee, ann@example.com").get(ProposalCard)
        asked = later.requests()
        turn = later.say(words)
        assert (turn.get(ProposalCard).proposal_id, later.requests()) == (card.proposal_id, asked)
        assert turn.text.startswith("Nothing has been moved yet.")
        assert later.bookings()[0]["start_time"] == before
        later.queue({"text": "Done!"})
        assert later.say("yes").get(BookingCard).start == later.bookings()[0]["start_time"] != before

    def test_cancelling(self, chat: Chat, shop: MadeTenant, tenants: TenantFactory) -> None:
        later = _with_booking(chat, shop, tenants)
        later.say("Please cancel my booking")
        assert later.say("cancel").text.startswith("Nothing has been cancelled yet.")
        assert later.bookings()[0]["status"] == "confirmed"


class TestRefusal:
    @pytest.mark.parametrize("words", ["no", "no, thanks", "never mind", "don't", "I changed my mind"])
    def test_ends_the_request(self, chat: Chat, words: str) -> None:
        card = chat.proposed()
        assert len(_claims(chat)) == 1
        chat.queue(TALK, TALK, TALK)
        assert chat.say(words).text.startswith("Alright, I've taken that back: nothing was booked.\n\n")
        assert nothing_done(chat, "withdrawn")
        assert _claims(chat) == []
        assert [row["state"] for row in _releases(chat)] == ["ready"]
        for later in ("go ahead", "yes"):
            assert chat.say(later).all(ProposalCard) == []
        assert nothing_done(chat, "withdrawn")
        chat.queue(TALK)
        assert "taken back" in chat.press_confirm(card.proposal_id).get(ErrorEvent).message

    def test_also_of_a_request_that_sleeps(self, chat: Chat) -> None:
        chat.proposed()
        chat.queue(TALK)
        chat.say("is there parking?")
        chat.queue(TALK)
        chat.say("never mind")
        assert nothing_done(chat, "withdrawn")

    def test_a_bare_no_to_something_else_leaves_it(self, chat: Chat) -> None:
        chat.proposed()
        chat.queue({"text": "There is. Do you need directions?"}, TALK)
        chat.say("is there parking?")
        chat.say("no")
        assert nothing_done(chat)

    def test_is_told_without_the_model(self, chat: Chat) -> None:
        chat.proposed()
        chat.queue({"error": {"status": 500}, "times": 9})
        turn = chat.say("no")
        assert turn.text.startswith("Alright, I've taken that back: nothing was booked.")
        assert turn.error is None
        assert nothing_done(chat, "withdrawn")


class TestCalendarDown:
    def test_the_request_can_be_asked_for_again(self, chat: Chat) -> None:
        chat.proposed()
        chat.sandbox.fault(provider="calcom", match={"method": "POST"}, status=429, times=1)
        chat.queue({"text": "The calendar did not answer. Please confirm once more."})
        turn = chat.say("yes")
        assert [type(event) for event in turn.events if isinstance(event, (ErrorEvent, ProposalCard))] == [
            ErrorEvent, ProposalCard,
        ]  # fmt: skip
        chat.queue({"text": "Done!"})
        assert chat.say("yes").get(BookingCard).status == "confirmed"


class TestReceptionist:
    def test_the_dentists_story(self, chat: Chat) -> None:
        chat.say(chat.say("I'd like a haircut the day after tomorrow").get(Slots).slots[2].label)
        first = chat.say("Ann Lee, ann@example.com").get(ProposalCard)
        turn = chat.say(f"do you have anything on {chat.day(3)} in the afternoon?")
        assert turn.all(Slots)
        chat.say("I'll take it")
        assert chat.bookings() == []
        chat.press_confirm(first.proposal_id)
        assert len(chat.bookings()) == 1


class TestProof:
    def test_of_a_message(self, chat: Chat) -> None:
        chat.proposed()
        [asked] = [row for row in chat.messages("assistant") if "proposal" in str(row["cards"])]
        chat.queue({"text": "Done!"})
        chat.say("yes, please")
        [said] = [row for row in chat.messages("user") if "yes, please" in str(row["content"])]
        [kept] = chat.proposals()
        assert (kept["act_by"], kept["act_message_id"], kept["act_card_id"]) == ("message", said["id"], asked["id"])
        assert kept["offered_at"] < kept["created_at"] < kept["act_at"]
        [entry] = chat.rows("select metadata from portal.audit_log where action = 'booking.created'")
        assert entry["metadata"] | {"start": None, "status": None} == {
            "consent": "message", "message_id": str(said["id"]), "card_id": str(asked["id"]), "start": None,
            "proposal_id": str(kept["id"]), "source": "ai", "previous_start": None, "status": None,
        }  # fmt: skip

    def test_of_the_button(self, chat: Chat) -> None:
        card = chat.proposed()
        chat.queue(TALK, {"text": "Done!"})
        chat.say("is there parking?")
        chat.say("confirm")
        chat.press_confirm(card.proposal_id)
        shown = [row["id"] for row in chat.messages("assistant") if "'proposal'" in str(row["cards"])]
        [kept] = chat.proposals()
        assert len(shown) == 2
        assert (kept["act_by"], kept["act_message_id"], kept["act_card_id"]) == ("button", None, shown[-1])


def _proposed_with(chat: Chat, shop: MadeTenant, words: str) -> ProposalCard:
    start = chat.offered().slots[0].start.strftime("%Y-%m-%dT%H:%M")
    chat.queue(calls("create_booking", booking_arguments(shop, start)), {"text": words})
    return chat.say("The first one, Ann Lee, ann@example.com").get(ProposalCard)


def _with_booking(chat: Chat, shop: MadeTenant, tenants: TenantFactory, *, kind: str = "cancel") -> Chat:
    """Another conversation of who has a booking; the model will prepare its cancellation or move."""
    card = chat.proposed()
    chat.queue({"text": "Done!"})
    uid = chat.press_confirm(card.proposal_id).get(BookingCard).uid
    later = Chat(shop, tenants, chat.runner)
    wanted = {"booking_uid": uid, "email": "ann@example.com"}
    if kind == "move":
        start = later.offered(days_ahead=3).slots[1].start.strftime("%Y-%m-%dT%H:%M")
        later.queue(calls("reschedule_booking", wanted | {"start_time_local": start}), {"text": "Please confirm."})
    else:
        later.queue(calls("cancel_booking", wanted), {"text": "Please confirm."})
    return later


def _claims(chat: Chat) -> list[dict[str, Any]]:
    return chat.rows("select * from portal.slot_claims where tenant_id = %s", chat.made.id)


def _releases(chat: Chat) -> list[dict[str, Any]]:
    return chat.rows("select * from portal.jobs where name = 'release_reservation'")
