"""What must never happen in a first conversation, whatever the trade."""

import pytest

from tests.sandbox.anthropic.office import Office

ANA = "I'm Ana Ruiz, ana@example.com"


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("do you have anything today?", "ything"),
        ("do you do manicures?", "manicure"),
        ("is there a jacuzzi?", "jacuzzi"),
    ],
)
def test_what_is_not_understood_is_not_echoed(office: Office, text: str, word: str) -> None:
    assert word not in office.say(text)


def test_what_is_known_is_told_and_the_rest_owned_up_to(office: Office) -> None:
    answer = office.say("can I bring my dog and do you take amex?")
    assert "major cards" in answer
    assert "don't know the answer" in answer


def test_two_people_are_two_bookings(office: Office) -> None:
    answer = office.say(f"two classic haircuts for me and my brother on tuesday at 10. {ANA}")
    assert "2 bookings" in answer
    answer = office.say("yes\n[The customer confirmed. Booking abc123 is confirmed for Classic Haircut on Tuesday.]")
    assert "name of the person" in answer
    office.say("Leo Ruiz, 10:30")
    call = office.last_call("create_booking")
    assert (call["customer_name"], call["start_time_local"]) == ("Leo Ruiz", "2026-11-24T10:30")


def test_a_day_that_is_none_is_asked_for(office: Office) -> None:
    assert "doesn't exist" in office.say(f"classic haircut on february 30 at 10am. {ANA}")
    assert office.called() == []


def test_a_later_date_moves_the_request_there(office: Office) -> None:
    office.say(f"classic haircut on tuesday at 10. {ANA}")
    office.say("what about Thursday December 17?")
    assert office.last_call("create_booking")["start_time_local"] == "2026-12-17T10:00"


def test_urgency_comes_first(office: Office) -> None:
    answer = office.say("there's water everywhere, a pipe burst!")
    assert office.called()[0] == "escalate_to_human"
    assert answer.index("+1 217 555 0100") < 400
    assert "$" not in answer
