"""Sentences that claim something about bookings, and those that only sound like it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.assistant.guardrails.claims import Act, asks_what_is_booked, claims_in

BOOKED, MOVED, CANCELLED = Act.BOOKED, Act.MOVED, Act.CANCELLED

SUBJECTS = ("Your booking", "Your appointment", "The reservation", "Your haircut appointment", "Your visit on Tuesday",
            "Your appointment on Tuesday, November 24, 2026 at 4:30 PM")  # fmt: skip
DONE = {
    "is confirmed": BOOKED, "is now booked": BOOKED, "has been booked": BOOKED,
    "has been successfully scheduled": BOOKED,
    "is all set": BOOKED, "has been moved": MOVED, "was rescheduled to Friday": MOVED, "has been changed": MOVED,
    "is cancelled": CANCELLED, "has been canceled": CANCELLED, "was cancelled": CANCELLED,
}  # fmt: skip
LEADS = ("", "Great news! ", "Great news: ", "Done, ", "Thank you, Ann, ", "✅ ", "**", "Perfect — ", "All done and ")
ENDS = (".", "!", "", ", see you then!", " – see you Tuesday.")


ACTS = [
    ("Your booking is confirmed! Reference ABC123", BOOKED),
    ("I've booked you in for Tuesday at 10.", BOOKED),
    ("I have booked it.", BOOKED),
    ("I've gone ahead and booked the 10 am haircut appointment for you.", BOOKED),
    ("We've reserved your spot.", BOOKED),
    ("I just made your appointment for Friday.", BOOKED),
    ("I booked that for you!", BOOKED),
    ("You're booked for Tuesday, November 24 at 4:30 PM.", BOOKED),
    ("You're all set for Tuesday at 4:30 PM!", BOOKED),
    ("You are now confirmed for 10 am.", BOOKED),
    ("Your haircut is booked for Tuesday.", BOOKED),
    ("Your check-up and cleaning has been scheduled.", BOOKED),
    ("Booked!", BOOKED),
    ("✅ Booking confirmed", BOOKED),
    ("Appointment confirmed for Tuesday.", BOOKED),
    ("All booked!", BOOKED),
    ("It's booked.", BOOKED),
    ("Your slot is booked.", BOOKED),
    ("Your spot has been reserved.", BOOKED),
    ("It is cancelled.", CANCELLED),
    ("It is moved.", MOVED),
    ("That is now confirmed.", BOOKED),
    ("I've cancelled your appointment.", CANCELLED),
    ("I have moved it to Friday.", MOVED),
    ("Your cancellation is confirmed.", CANCELLED),
    ("Your booking is confirmed, so call us if you need to change it.", BOOKED),
    ("Your booking is confirmed, anything else?", BOOKED),
    ("Your appointment for a haircut with beard trim on Tuesday at 4:30 p.m. has been confirmed.", BOOKED),
    ("Tu reserva está confirmada.", BOOKED),
    ("Su cita ha sido cancelada.", CANCELLED),
    ("He reservado tu cita para el martes.", BOOKED),
    ("Votre rendez-vous est confirmé.", BOOKED),
    ("J'ai annulé votre réservation.", CANCELLED),
    ("Votre réservation a été déplacée.", MOVED),
    ("Ihr Termin ist bestätigt.", BOOKED),
    ("Ich habe Ihren Termin am Dienstag gebucht.", BOOKED),
    ("Dein Termin wurde verschoben.", MOVED),
]
NOTHING = [
    "Nothing was booked.", "Nothing has been booked yet.", "No booking was made.", "I haven't booked anything.",
    "I didn't book it.", "Your appointment was not booked.", "Your booking isn't confirmed yet.",
    "Your booking did not go through.", "I'm sorry, I wasn't able to complete your booking.",
    "I could not book that.", "Nothing was changed.", "No se ha reservado nada.", "Es wurde nichts gebucht.",
]  # fmt: skip
CODES = [
    ("Reference ABC123", "ABC123"),
    ("Your reference is **XK7-99Q**.", "XK7-99Q"),
    ("Confirmation number: 884213", "884213"),
    ("Your booking reference number is #AB12CD.", "AB12CD"),
    ("Booking code `qwErt123`", "qwErt123"),
]
NO_CLAIMS = [
    "I can confirm that we are open on Monday.",
    "I've confirmed that with the team.",
    "Shall I book it?",
    "Would you like me to book it?",
    "Is your appointment confirmed?",
    "Has your booking been moved?",
    "Was your appointment cancelled?",
    "Your appointment of last week was cancelled.",
    "Your previous booking was moved.",
    "Appointments are cancelled after 15 minutes without notice.",
    "Bookings can be cancelled until an hour before.",
    "A booking is confirmed by e-mail.",
    "Each appointment is booked for 30 minutes.",
    "We are fully booked on Tuesday.",
    "Tuesday is booked out.",
    "10 am is already booked.",
    "That time was just taken.",
    "I'm sorry, that slot is already booked.",
    "The 10 am slot is booked by somebody else.",
    "The 10 am appointment is already booked.",
    "The intro session is made for beginners.",
    "The class is booked out.",
    "A booking that is moved keeps its price.",
    "The haircut takes 30 minutes.",
    "I've prepared your booking; please press Confirm.",
    "Here is what I have: Haircut, Tuesday, November 24.",
    "Your request is waiting for you: press Confirm or say yes.",
    "Free until an hour before.",
    "Done!",
    "I moved to a new page of the list.",
    "We've made a note.",
    "We have set hours on Mondays.",
    "I have noted your name and e-mail.",
    "Please tell me your booking reference.",
    "I couldn't find a booking with that reference and e-mail.",
    "Your booking reference is in your e-mail.",
    "Let me find that booking.",
    "You can cancel or move your appointment until 2026.",
    "Do you want it cancelled?",
    "Your card is charged after the visit.",
    "The reference looks like ABC123.",
    "Let me book that for you.",
    "I'll get you booked in.",
    "Let's get it booked.",
    "Is it booked under Ann Lee?",
    "When is your appointment scheduled?",
    "This service is made for short hair.",
    "The shop is closed on Sundays and our team is all set for the holidays.",
    "Your reference and e-mail are needed.",
    "Cuando confirmes, tu reserva está confirmada.",
    "Sobald Sie bestätigen, ist Ihr Termin gebucht.",
    "Dès que vous confirmez, votre rendez-vous est confirmé.",
    "¿Quieres que reserve la cita?",
]


class TestClaims:
    @given(st.sampled_from(LEADS), st.sampled_from(SUBJECTS), st.sampled_from(sorted(DONE)), st.sampled_from(ENDS))
    def test_a_booking_that_is_done(self, lead: str, subject: str, verb: str, end: str) -> None:
        assert DONE[verb] in claims_in(f"{lead}{subject} {verb}{end}").acts

    @pytest.mark.parametrize(("sentence", "act"), ACTS)
    def test_in_other_words(self, sentence: str, act: Act) -> None:
        assert act in claims_in(sentence).acts

    @pytest.mark.parametrize("sentence", NOTHING)
    def test_that_nothing_was_done(self, sentence: str) -> None:
        assert claims_in(sentence).nothing
        assert not claims_in(sentence).acts

    @pytest.mark.parametrize(("sentence", "code"), CODES)
    def test_references(self, sentence: str, code: str) -> None:
        assert claims_in(sentence).references == {code}


class TestNoClaims:
    @given(
        st.sampled_from(
            ("Once you confirm, {}.", "If you press Confirm, {}.", "{} once you press Confirm.", "{} when you say yes.",
             "As soon as you confirm, {}.", "After you confirm, {}.", "{} until you tell us otherwise."
             )
        ),
        st.sampled_from(("your booking is made", "your appointment is booked", "the reservation is confirmed")),
    )  # fmt: skip
    def test_conditions(self, frame: str, clause: str) -> None:
        assert not claims_in(frame.format(clause))

    @given(st.sampled_from(SUBJECTS), st.sampled_from(("will be", "can be", "would be", "needs to be", "may be")),
           st.sampled_from(("booked", "confirmed", "moved", "cancelled")))  # fmt: skip
    def test_what_is_to_come(self, subject: str, verb: str, done: str) -> None:
        assert not claims_in(f"{subject} {verb} {done}.")

    @pytest.mark.parametrize("sentence", NO_CLAIMS)
    def test_sounds_like_one(self, sentence: str) -> None:
        assert not claims_in(sentence)

    @pytest.mark.parametrize(
        "word", ["a", "your ", "great ", "great, ", "your booking ", "i have ", "he ", "booking is ", "no ", "- ",
                 "x, ", "reference ", "your booking is not ", "is my ", "and "]
    )  # fmt: skip
    def test_takes_no_time(self, word: str) -> None:
        began = time.process_time()
        claims_in((word * 500)[:500] + "x")
        asks_what_is_booked((word * 2000)[:2000])
        assert time.process_time() - began < 0.5

    @given(st.text(max_size=200))
    def test_reads_anything(self, text: str) -> None:
        claims_in(text)
        asks_what_is_booked(text)


@pytest.mark.parametrize(
    "message",
    ["Am I booked?", "did it go through, is my appointment confirmed", "Do I have an appointment?", "is it booked?",
     "Has my booking been cancelled?"],
)  # fmt: skip
def test_asking_what_is_booked(message: str) -> None:
    assert asks_what_is_booked(message)


@pytest.mark.parametrize("message", ["Book it", "yes", "Do you have an opening?", "I want an appointment", "What now?"])
def test_asking_something_else(message: str) -> None:
    assert not asks_what_is_booked(message)
