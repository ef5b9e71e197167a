"""Conversations that lead to a booking: wishes, offers, changes of mind, notes and errors of the tools."""

import re
from typing import Any

import pytest

from tests.sandbox.anthropic.office import BEARD, COMBO, HAIRCUT, SHAVE, Office

ANA = "I'm Ana Ruiz, ana@example.com"
CONFIRMED = "[The customer confirmed. Booking abc123 is confirmed for Tue, Nov 24, 4:30 PM.]"


@pytest.fixture
def office() -> Office:
    return Office()


def times_in(text: str) -> set[str]:
    return set(re.findall(r"\d{1,2}:\d{2} [AP]M", text))


class TestBooking:
    def test_step_by_step(self, office: Office) -> None:
        assert "Bob's Barbershop" in office.say("hi")
        assert "Which service" in office.say("I'd like to book an appointment")
        assert "Which day" in office.say("a classic haircut")
        offered = office.say("something next Tuesday after 4")
        assert office.last_call("check_availability") == {
            "service_id": HAIRCUT,
            "start_date": "2026-11-24",
            "end_date": "2026-11-24",
            "earliest_time": "16:00",
        }
        assert times_in(offered) == {"4:00 PM", "4:30 PM", "5:00 PM", "5:30 PM"}
        asked = office.say("4:30 works")
        assert "name" in asked
        assert "e-mail" in asked
        assert "optional" in asked
        assert "e-mail" in office.say("Ana Ruiz")
        proposed = office.say("ana@example.com")
        assert office.last_call("create_booking") == {
            "service_id": HAIRCUT,
            "start_time_local": "2026-11-24T16:30",
            "customer_name": "Ana Ruiz",
            "customer_email": "ana@example.com",
        }
        assert "Confirm" in proposed
        done = office.say(f"yes\n{CONFIRMED}")
        assert "abc123" in done
        assert office.called() == []
        assert "lovely day" in office.say("great, bye")

    def test_all_in_one_message(self, office: Office) -> None:
        office.say(f"{ANA}, classic haircut on tuesday at 10")
        assert office.called() == ["check_availability", "create_booking"]
        assert office.last_call("create_booking")["start_time_local"] == "2026-11-24T10:00"

    def test_phone_is_asked_for_once(self, office: Office) -> None:
        office.say("classic haircut on tuesday at 10")
        assert "phone" not in office.say("Ana Ruiz")
        office.say("ana@example.com")
        assert "customer_phone" not in office.last_call("create_booking")

    def test_phone_with_consent(self, office: Office) -> None:
        office.say("classic haircut on tuesday at 10")
        office.say("Ana Ruiz ana@example.com (217) 555-0199")
        call = office.last_call("create_booking")
        assert (call["customer_phone"], call["consent_sms"]) == ("+12175550199", True)

    def test_phone_without_consent(self, office: Office) -> None:
        office.say("classic haircut on tuesday at 10")
        office.say("Ana Ruiz ana@example.com (217) 555-0199 but no texts please")
        assert office.last_call("create_booking")["consent_sms"] is False

    def test_wrong_email(self, office: Office) -> None:
        office.say("classic haircut on tuesday at 10")
        for wrong in ("Ana Ruiz, ana@example", "ana.example.com", "ana@@example.com"):
            assert "doesn't look complete" in office.say(wrong)
            assert office.called() == []
        office.say("sorry, ana@example.com")
        assert office.last_call("create_booking")["customer_email"] == "ana@example.com"

    @pytest.mark.parametrize(
        ("pick", "start"),
        [
            ("the first one", "2026-11-24T09:00"),
            ("the last one please", "2026-11-24T17:30"),
            ("Tue, Nov 24, 4:30 PM", "2026-11-24T16:30"),
            ("4:30", "2026-11-24T16:30"),
            ("half past? no: 16:30", "2026-11-24T16:30"),
            ("10:30 works", "2026-11-24T10:30"),
            ("option 2", "2026-11-24T11:00"),
            ("3", "2026-11-24T15:00"),
            ("any is fine", "2026-11-24T09:00"),
            ("Tuesday at 2", "2026-11-24T14:00"),
        ],
    )
    def test_pick(self, office: Office, pick: str, start: str) -> None:
        office.say(f"{ANA}, classic haircut on tuesday please")
        office.say(pick)
        assert office.last_call("create_booking")["start_time_local"] == start

    def test_multiple_services_fit(self, office: Office) -> None:
        assert "Which one" in office.say("book something for my beard on tuesday")
        assert "Wednesday" not in office.say("the first one")
        assert office.last_call("check_availability")["service_id"] == BEARD

    @pytest.mark.parametrize(
        ("words", "service"),
        [
            ("haircut", HAIRCUT),
            ("a hair cut", HAIRCUT),
            ("hairct", HAIRCUT),
            ("a trim for my beard", BEARD),
            ("hot towel shave", SHAVE),
            ("a shave", SHAVE),
            ("haircut and beard", COMBO),
        ],
    )
    def test_service_by_likeness(self, office: Office, words: str, service: str) -> None:
        office.say(f"I'd like {words} on tuesday")
        assert office.last_call("check_availability")["service_id"] == service

    def test_unknown_service(self, office: Office) -> None:
        for text in ("Do you do manicures?", "book a massage for tomorrow"):
            answer = office.say(text)
            assert "don't offer" in answer
            assert "Beard Trim" in answer
            assert office.called() == []

    def test_only_offered_times_are_named(self, office: Office) -> None:
        office.calendar.taken = {f"2026-11-24T{hour:02d}:{half}" for hour in range(9, 17) for half in ("00", "30")}
        assert times_in(office.say("classic haircut on tuesday")) == {"5:00 PM", "5:30 PM"}

    def test_nothing_fits_the_time(self, office: Office) -> None:
        answer = office.say("classic haircut on saturday after 5")
        assert "nothing on Saturday" in answer
        assert times_in(answer) == {"5:00 PM", "2:30 PM", "3:00 PM", "3:30 PM"}

    def test_nothing_on_the_day(self, office: Office) -> None:
        answer = office.say("classic haircut tomorrow")
        assert office.called() == ["check_availability"] * 2
        assert "Tuesday, November 24" in answer

    def test_nothing_at_all(self) -> None:
        office = Office()
        office.calendar.slots = lambda first, last: []  # type: ignore[method-assign]
        answer = office.say("classic haircut on tuesday")
        assert "couldn't find a free time" in answer
        assert times_in(answer) == set()

    def test_past_day(self, office: Office) -> None:
        assert "already passed" in office.say("classic haircut on nov 20")
        assert office.called() == []

    def test_taken_meanwhile(self, office: Office) -> None:
        office.calendar.vanishing = {"2026-11-24T10:00"}
        answer = office.say(f"{ANA}, classic haircut on tuesday at 10")
        assert office.called() == ["check_availability", "create_booking", "check_availability"]
        assert "just been taken" in answer
        assert "10:00 AM" not in answer.split("just been taken")[1].split("nearest")[1]
        office.say("10:30")
        assert office.last_call("create_booking")["start_time_local"] == "2026-11-24T10:30"

    def test_proposal_expired(self, office: Office) -> None:
        office.say(f"{ANA}, classic haircut on tuesday at 10")
        answer = office.say("yes\n[The proposal expired. Nothing was booked.]")
        assert "expired" in answer
        assert "create_booking" in office.called() or "10:00 AM" in answer

    def test_yes_that_the_program_did_not_take(self, office: Office) -> None:
        office.say(f"{ANA}, classic haircut on tuesday at 10")
        assert "press Confirm" in office.say("yes")
        assert office.called() == []


class TestChangeOfMind:
    @pytest.fixture
    def proposed(self, office: Office) -> Office:
        office.say(f"{ANA}, classic haircut on tuesday at 10")
        assert office.called()[-1] == "create_booking"
        return office

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("actually make it 11:30", {"start_time_local": "2026-11-24T11:30"}),
            ("actually 4", {"start_time_local": "2026-11-24T16:00"}),
            ("my name is Anna Ruiz", {"customer_name": "Anna Ruiz"}),
            ("wait, my e-mail is anna@example.org", {"customer_email": "anna@example.org"}),
            ("text me at 217 555 0199", {"customer_phone": "+12175550199", "consent_sms": True}),
            ("make it a beard trim instead", {"service_id": BEARD, "start_time_local": "2026-11-24T10:00"}),
            ("same day at 5pm please", {"start_time_local": "2026-11-24T17:00"}),
            ("the next day at 3pm please", {"start_time_local": "2026-11-25T15:00"}),
            ("can we do thursday at 9 instead?", {"start_time_local": "2026-11-26T09:00"}),
        ],
    )
    def test_new_proposal(self, proposed: Office, text: str, expected: dict[str, Any]) -> None:
        proposed.say(text)
        call = proposed.last_call("create_booking")
        assert {key: call.get(key) for key in expected} == expected

    def test_no(self, proposed: Office) -> None:
        assert "What shall I change" in proposed.say("no")
        proposed.say("wednesday at 3pm")
        assert proposed.last_call("create_booking")["start_time_local"] == "2026-11-25T15:00"

    @pytest.mark.parametrize("text", ["never mind", "cancel that", "forget it"])
    def test_dropped(self, proposed: Office, text: str) -> None:
        assert "dropped" in proposed.say(text)
        assert proposed.called() == []
        assert "welcome" in proposed.say("thanks")

    def test_question_in_between(self, proposed: Office) -> None:
        answer = proposed.say("can I pay by card?")
        assert "all major cards" in answer
        assert "press Confirm" in answer


class TestNotes:
    """What the surrounding program says became of a proposal."""

    WHEN = "Tuesday, November 24, 2026, 10:00–10:30 AM (America/New_York)"

    @pytest.fixture
    def proposed(self, office: Office) -> Office:
        office.say(f"{ANA}, classic haircut on tuesday at 10")
        return office

    @pytest.mark.parametrize(
        ("note", "answer"),
        [
            ("The customer confirmed. Booking abc123 is confirmed for Classic Haircut on {}.", "reference is abc123"),
            ("The customer confirmed. Booking abc123 is rescheduled to Classic Haircut on {}.", "has been moved"),
            ("The customer confirmed. Booking abc123 for Classic Haircut on {} is cancelled.", "is cancelled"),
            ("The customer confirmed. The request for Classic Haircut on {} is pending: not known yet.", "on its way"),
            ("The customer declined. The request was withdrawn and nothing was changed.", "What shall I change"),
            ("The request had expired before the customer confirmed. Nothing was changed.", "expired"),
            ("The customer confirmed, but it failed: That time was just taken. Nothing was changed.", "been taken"),
            (
                "The customer confirmed, but it failed: The calendar cannot be reached. Nothing was changed.",
                "didn't work",
            ),
        ],
    )
    @pytest.mark.parametrize("said", ["yes\n", ""])
    def test_put_into_words(self, proposed: Office, note: str, answer: str, said: str) -> None:
        assert answer in proposed.say(f"{said}[{note.format(self.WHEN)}]")

    def test_declined_with_a_change(self, proposed: Office) -> None:
        proposed.say("no, make it 11:30\n[The customer declined. The request was withdrawn and nothing was changed.]")
        assert proposed.last_call("create_booking")["start_time_local"] == "2026-11-24T11:30"

    def test_failed_cancellation(self, office: Office) -> None:
        office.say("cancel my booking bk7f3a9c, ana@example.com")
        answer = office.say(
            "yes\n[The customer confirmed, but it failed: It is too late to change this booking. Nothing was changed.]"
        )
        assert "too late" in answer
        assert office.called() == []

    def test_earlier_note_before_what_is_said_now(self, proposed: Office) -> None:
        answer = proposed.say(f"[The customer confirmed. Booking abc123 is confirmed for {self.WHEN}.]\nthanks!")
        assert "welcome" in answer
        proposed.say("please cancel my booking")
        assert proposed.last_call("cancel_booking")["booking_uid"] == "abc123"

    def test_offers_lapsed(self, office: Office) -> None:
        office.say("classic haircut on tuesday at 10")
        office.has_offers = False
        office.say("Ana Ruiz, ana@example.com")
        assert office.called() == ["check_availability", "create_booking"]


class TestToolErrors:
    @pytest.mark.parametrize(
        ("code", "message", "answer"),
        [
            ("invalid_arguments", "customer_email: value is not a valid e-mail", "doesn't look complete"),
            ("invalid_argument", "The phone number is not valid.", "phone number again"),
            ("slot_not_offered", "That time is not available.", "can't be booked"),
            ("outside_hours", "That time is outside the business hours.", "can't be booked"),
            ("calendar_busy", "The calendar is very busy right now.", "try again in a moment"),
            ("internal", "This did not work because of a fault on our side.", "+1 217 555 0100"),
            ("not_now", "One change was already prepared in this turn.", "waiting for you"),
        ],
    )
    def test_create(self, office: Office, code: str, message: str, answer: str) -> None:
        failing(office, "create_booking", code, message)
        assert answer in office.say(f"{ANA}, 217 555 0199, classic haircut on tuesday at 10")

    @pytest.mark.parametrize(
        ("code", "message", "answer"),
        [
            ("calendar_unavailable", "The calendar cannot be reached right now.", "I won't guess"),
            ("provider_refused", "The request was refused by an external service.", "I won't guess"),
            ("service_not_found", "This service is not offered here.", "Which service"),
            ("in_the_past", "Those days are over; today is 2026-11-22.", "Which day"),
        ],
    )
    def test_check(self, office: Office, code: str, message: str, answer: str) -> None:
        failing(office, "check_availability", code, message)
        said = office.say("classic haircut on tuesday at 10")
        assert answer in said
        assert times_in(said) <= {"10:00 AM"}

    @pytest.mark.parametrize("name", ["cancel_booking", "reschedule_booking"])
    def test_too_late(self, office: Office, name: str) -> None:
        failing(office, name, "too_late_to_change", "It is too late to change this booking online.")
        verb = "cancel" if name == "cancel_booking" else "reschedule"
        answer = office.say(f"{verb} my booking bk7f3a9c, ana@example.com, thursday at 3pm")
        assert "too late" in answer
        assert "+1 217 555 0100" in answer
        assert "welcome" in office.say("ok thanks")

    def test_too_many_lookups(self, office: Office) -> None:
        failing(office, "get_booking_details", "rate_limited", "Too many references were looked up.")
        assert "Too many references" in office.say("look up my booking bk7f3a9c")


def failing(office: Office, tool: str, code: str, message: str) -> None:
    """From now on that tool answers with this error."""
    ask = office.answer
    error = {"error": {"code": code, "message": message}}
    office.answer = lambda name, arguments: error if name == tool else ask(name, arguments)  # type: ignore[method-assign]
