"""A model that lies: what it says it did is held to what happened, and contacts to what the customer wrote."""

from typing import Any

import pytest

from portal.assistant import failures
from portal.assistant.events import BookingCard, ProposalCard, Slots, Token
from portal.assistant.guardrails.sentences import Sentences
from tests.assistant.driver import Chat, booking_arguments, calls
from tests.factories import MadeTenant


def booked(chat: Chat, answer: str = "Done!") -> str:
    """A booking made in this conversation; returns its reference."""
    proposal = chat.proposed()
    chat.queue({"text": answer})
    uid = chat.press_confirm(proposal.proposal_id).get(BookingCard).uid
    assert uid is not None
    return uid


class TestNothingHappened:
    @pytest.mark.parametrize(
        "lie",
        [
            "Your booking is confirmed! Reference ABC123.",
            "Great news! I've booked you in for Tuesday at 10. See you then!",
            "You're all set for Tuesday. Your reference is QX12-99.",
            "Your appointment has been cancelled.",
        ],
    )
    def test_is_not_said_to_have(self, chat: Chat, lie: str) -> None:
        chat.queue({"text": lie})
        turn = chat.say("I would like a haircut")
        assert failures.NOTHING_DONE in turn.text
        for word in ("confirmed", "ABC123", "QX12", "booked you", "all set", "has been cancelled"):
            assert word not in turn.text
        assert chat.history()[-1].text == turn.text

    def test_a_request_that_waits_is_not_done(self, chat: Chat, shop: MadeTenant) -> None:
        start = chat.offered().slots[0].start.strftime("%Y-%m-%dT%H:%M")
        chat.queue(
            calls("create_booking", booking_arguments(shop, start)), {"text": "Your appointment is booked. Bye!"}
        )
        turn = chat.say("The first one")
        assert turn.get(ProposalCard).kind == "create"
        assert turn.text == f"{failures.WAITS} Bye!"

    def test_what_was_said_before_it_stays(self, chat: Chat) -> None:
        chat.queue({"text": "Good news: your booking is confirmed. Bye!"})
        assert chat.say("Hello").text == f"Good news:… {failures.NOTHING_DONE} Bye!"

    @pytest.mark.parametrize(
        "honest",
        [
            "I can confirm that we are open on Monday. Anything else?",
            "Once you confirm, your booking is made. Shall I book it?",
            "Your appointment of last week was cancelled.",
            "We open at 9 a.m. and close at 5 p.m. on weekdays.",
        ],
    )
    def test_other_words_pass_as_they_are(self, chat: Chat, honest: str) -> None:
        chat.queue({"text": honest})
        assert chat.say("Hello").text == honest


class TestBooked:
    @pytest.mark.parametrize("lie", ["Nothing was booked, sorry.", "I could not book that.", "It did not go through."])
    def test_is_not_said_to_have_failed(self, chat: Chat, lie: str) -> None:
        proposal = chat.proposed()
        chat.queue({"text": f"{lie} Bye."})
        turn = chat.press_confirm(proposal.proposal_id)
        uid = turn.get(BookingCard).uid
        assert turn.text.startswith("Your appointment (Haircut, reference ")
        assert uid in turn.text
        assert turn.text.endswith("Bye.")

    def test_the_truth_passes(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.queue({"text": "Your booking is confirmed! See you on Tuesday."})
        assert chat.press_confirm(proposal.proposal_id).text == "Your booking is confirmed! See you on Tuesday."

    def test_a_wrong_reference_does_not(self, chat: Chat) -> None:
        proposal = chat.proposed()
        chat.queue({"text": "Your booking is confirmed. Your reference is ABC123."})
        turn = chat.press_confirm(proposal.proposal_id)
        assert "ABC123" not in turn.text
        assert turn.get(BookingCard).uid in turn.text

    def test_another_act_than_what_was_done(self, chat: Chat) -> None:
        uid = booked(chat)
        chat.queue({"text": "Your appointment has been cancelled."})
        turn = chat.say("please cancel it")
        assert uid in turn.text
        assert "is booked for" in turn.text


class TestAsking:
    def test_am_i_booked(self, chat: Chat) -> None:
        uid = booked(chat)
        chat.queue({"text": "Yes, your appointment is confirmed."}, {"text": "No, nothing was booked."})
        assert chat.say("Am I booked?").text == "Yes, your appointment is confirmed."
        assert uid in chat.say("Am I booked?").text

    def test_a_booking_that_was_looked_up(self, chat: Chat, shop: MadeTenant, tenants: Any) -> None:
        uid = booked(chat)
        later = Chat(shop, tenants, chat.runner)
        arguments = {"booking_uid": uid, "email": "ann@example.com"}
        later.queue(
            calls("get_booking_details", arguments), {"text": f"Your appointment is confirmed, reference {uid}."}
        )
        assert later.say(f"Is my booking confirmed? {uid} ann@example.com").text.startswith(
            "Your appointment is confirmed"
        )
        later.queue({"text": "Yes, it is confirmed."})
        assert later.say("Sure?").text == "Yes, it is confirmed."

    def test_a_second_request_is_not_the_first(self, chat: Chat, shop: MadeTenant) -> None:
        booked(chat)
        start = chat.offered(days_ahead=3).slots[2].start.strftime("%Y-%m-%dT%H:%M")
        chat.queue(calls("create_booking", booking_arguments(shop, start)), {"text": "I've booked that one as well."})
        assert chat.say("Also the third one").text == failures.WAITS


class TestContacts:
    @pytest.mark.parametrize(
        ("lie", "named"),
        [
            ({"customer_email": "eve@example.com"}, "e-mail address"),
            ({"customer_phone": "+12125550199"}, "phone number"),
            ({"customer_name": "Eve Smith"}, "name"),
        ],
    )
    def test_nobody_said_them(self, chat: Chat, shop: MadeTenant, lie: dict[str, Any], named: str) -> None:
        start = chat.offered().slots[0].start.strftime("%Y-%m-%dT%H:%M")
        chat.queue(calls("create_booking", booking_arguments(shop, start) | lie), {"text": "What is your e-mail?"})
        turn = chat.say("The first one")
        assert turn.all(ProposalCard) == []
        assert chat.proposals() == []
        [result] = chat.messages("tool")[-1]["content"]
        assert "not_said" in result["content"]
        assert named in result["content"]

    def test_consent_is_not_the_models_word(self, chat: Chat, shop: MadeTenant) -> None:
        start = chat.offered().slots[0].start.strftime("%Y-%m-%dT%H:%M")
        lie = booking_arguments(shop, start) | {"customer_phone": "(212) 555-0142", "consent_sms": True}
        chat.queue(calls("create_booking", lie), {"text": "Hm."})
        chat.say("The first one, (212) 555-0142")
        assert chat.proposals() == []

    def test_notes_hold_no_markup(self, chat: Chat) -> None:
        card = chat.proposed(notes="Please <b onclick=x>no</b> <scr<i>ipt>razor")
        assert card.details.notes == "Please no razor"
        assert card.details.name == "Ann Lee"

    def test_a_correction_shows_what_changed(self, chat: Chat, shop: MadeTenant) -> None:
        first = chat.proposed()
        wanted = chat.rows("select start_time from portal.proposals where id = %s", first.proposal_id)
        assert wanted
        second = chat.proposed(slot=1, customer_email="ann.lee@example.com")
        assert {change.field for change in second.details.changes} == {"when", "email"}


class TestSentences:
    @pytest.mark.parametrize(
        "whole",
        [
            ["One. ", "Two! ", "Three?"],
            ["At 4:30 p.m. it is. ", "Then we go."],
            ["It costs $3.50 with tip. ", "Fine."],
            ["Times:\n", "- Tuesday\n", "- Friday"],
            ["Ask Dr. who is in. ", "Yes."],
        ],
    )
    @pytest.mark.parametrize("size", [1, 3, 1000])
    def test_are_whole_however_they_come(self, whole: list[str], size: int) -> None:
        text, cutter, found = "".join(whole), Sentences(), []
        for start in range(0, len(text), size):
            found += cutter.feed(text[start : start + size])
        found += cutter.finish()
        assert "".join(found) == text
        assert [each.strip() for each in found if each.strip()] == [each.strip() for each in whole]

    def test_nobody_waits_for_a_full_stop_for_ever(self) -> None:
        cutter = Sentences()
        assert cutter.feed("word " * 200)


def test_ordinary_words_come_one_by_one(chat: Chat) -> None:
    chat.queue({"text": "Yes, parking is free of charge and close by."})
    turn = chat.say("Is there parking?")
    assert [event.text for event in turn.all(Token)][:4] == ["Yes,", " parking", " is", " free"]


def test_slots_and_words_come_in_order(chat: Chat) -> None:
    assert chat.offered() is not None
    assert chat.history()[-1].cards[0]["event"] == Slots.name
