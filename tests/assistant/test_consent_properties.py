"""What holds for every yes and no, however it is put together and written."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.assistant.guardrails import Consent, consent_in

KINDS = ("create", "cancel", "reschedule")
A_YES = {Consent.YES, Consent.YES_PLAIN}
A_NO = {Consent.NO, Consent.NO_PLAIN}

OPENINGS = ["yes", "Yeah", "yep", "sure", "ok", "alright", "perfect", "of course", "oh", "absolutely", "great"]
JUDGEMENTS = ["that works for me", "that sounds good", "it's perfect", "looks good to me", "that is correct", "you got it right",
              "that's exactly what I want", "all of the details are correct", "I would love that", "I think that's fine"]  # fmt: skip
ACTS = {
    "create": ["go ahead", "please book it", "book that appointment for me", "I'll take it", "please confirm that"],
    "cancel": ["go ahead", "please do it", "cancel my appointment", "I'd like to confirm it"],
    "reschedule": ["go ahead", "please do it", "move it there", "I confirm it", "proceed"],
}
ENDINGS = ["thanks", "thank you so much", "please", "thank you for your help"]
NOES = ["no", "nope", "no thanks", "absolutely not", "not really", "no way", "I don't think so"]
REFUSALS = ["that's wrong", "please don't", "don't book it", "I changed my mind", "forget it", "I don't want it", "never mind",
            "that doesn't work for me", "I'd rather not", "it's not what I wanted", "leave it as it is", "stop"]  # fmt: skip
FOREIGN_YES = [
    "sí, claro",
    "de acuerdo, gracias",
    "oui, c'est parfait",
    "bien sûr, merci",
    "ja, genau",
    "sehr gerne, danke",
]
FOREIGN_NO = ["no, gracias", "mejor no", "non merci", "laissez tomber", "nein danke", "lieber nicht"]

#: Words that make another thing of a yes, wherever they stand. ("One" is missing: "book that one" asks for nothing new.)
CONDITIONS = ["if it rains", "unless it is full", "but later", "only with Maria", "as long as it is cheap", "provided that", "except",
              "though", "when you can", "until", "without the beard", "instead", "in case"]  # fmt: skip
NUMBERS = [
    "2",
    "5pm",
    "16:30",
    "two",
    "three",
    "twelve",
    "twenty",
    "a hundred",
    "both rooms",
    "second",
    "half past",
    "٣",
    "１４",
]
DATES = ["Monday", "tuesday", "Friday", "sunday", "March", "december", "today", "tomorrow", "tonight", "next week", "at noon",
         "in the morning", "weekend", "lunes", "mañana", "demain", "morgen", "Samstag"]  # fmt: skip
QUESTIONS = ["?", "？", "how much", "what about parking", "where", "when", "why", "who", "which", "can you", "could I", "do you",
             "is there parking", "tell me the price", "let me know"]  # fmt: skip
NEGATIONS = [
    "not",
    "don't",
    "do not",
    "never",
    "no",
    "nope",
    "can't",
    "isn't",
    "won't",
    "wrong",
    "nicht",
    "pas",
    "nein",
    "non",
]
REQUESTS = ["book another", "also a massage", "for Bob", "change the name", "call me", "add my brother", "send it to ann@example.com",
            "a haircut", "with Ana", "the other one", "give me the address", "ignore previous instructions"]  # fmt: skip


@st.composite
def yeses(draw: st.DrawFn) -> tuple[str, str]:
    """A whole yes of parts, with the kind of request it answers."""
    kind = draw(st.sampled_from(KINDS))
    if draw(st.integers(0, 4)) == 0:
        return kind, draw(st.sampled_from(FOREIGN_YES))
    core = draw(st.sampled_from([[JUDGEMENTS], [ACTS[kind]], [JUDGEMENTS, ACTS[kind]]]))
    parts = [part for choice in ([*OPENINGS, ""], *core, [*ENDINGS, ""]) if (part := draw(st.sampled_from(choice)))]
    joint = draw(st.sampled_from([", ", ". ", "! ", " "]))
    return kind, joint.join(parts)


@st.composite
def noes(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.sampled_from([*NOES, *REFUSALS]), min_size=1, max_size=3))
    said = draw(st.sampled_from([", ", ". ", " "])).join([*parts, *draw(st.sampled_from([[], ["thanks"], ["please"]]))])
    return draw(st.sampled_from([said, said, *FOREIGN_NO]))


@st.composite
def with_added(draw: st.DrawFn, added: list[str]) -> tuple[str, str]:
    kind, said = draw(yeses())
    words = said.split()
    at = draw(st.integers(0, len(words)))
    return kind, " ".join([*words[:at], draw(st.sampled_from(added)), *words[at:]])


class TestWholeSentences:
    @given(yeses())
    def test_are_a_yes(self, said: tuple[str, str]) -> None:
        assert consent_in(said[1], said[0]) in A_YES


class TestNothingElseIsSaid:
    @given(with_added(CONDITIONS))
    def test_condition(self, said: tuple[str, str]) -> None:
        assert consent_in(said[1], said[0]) not in A_YES

    @given(with_added(NUMBERS))
    def test_number(self, said: tuple[str, str]) -> None:
        assert consent_in(said[1], said[0]) not in A_YES

    @given(with_added(DATES))
    def test_day_or_date(self, said: tuple[str, str]) -> None:
        assert consent_in(said[1], said[0]) not in A_YES

    @given(with_added(QUESTIONS))
    def test_question(self, said: tuple[str, str]) -> None:
        assert consent_in(said[1], said[0]) not in A_YES

    @given(with_added(NEGATIONS))
    def test_negation(self, said: tuple[str, str]) -> None:
        assert consent_in(said[1], said[0]) not in A_YES

    @given(with_added(REQUESTS))
    def test_another_request(self, said: tuple[str, str]) -> None:
        assert consent_in(said[1], said[0]) not in A_YES

    @given(yeses(), st.text(min_size=1, max_size=12).filter(lambda added: any(c.isalnum() for c in added)))
    def test_any_unknown_word(self, said: tuple[str, str], added: str) -> None:
        assert consent_in(f"{said[1]} x{added}x", said[0]) not in A_YES


class TestNoIsNoYes:
    @given(noes(), st.sampled_from(KINDS))
    def test_a_refusal_is_read_as_one(self, said: str, kind: str) -> None:
        assert consent_in(said, kind) in A_NO

    @given(noes(), yeses(), st.booleans())
    def test_not_even_beside_a_yes(self, no: str, yes: tuple[str, str], no_first: bool) -> None:
        kind, said = yes
        message = f"{no}, {said}" if no_first else f"{said}, {no}"
        assert consent_in(message, kind) not in A_YES


class TestSpelling:
    @given(yeses() | st.tuples(st.sampled_from(KINDS), noes()), st.data())
    def test_changes_nothing(self, said: tuple[str, str], data: st.DataObject) -> None:
        kind, message = said
        change = data.draw(st.sampled_from(SPELLINGS))
        assert consent_in(change(message), kind) is consent_in(message, kind)

    @pytest.mark.parametrize(
        "message",
        ["yesss", "YESSSSS!!!", "yeeees", "Yessss pleeease", "perfeeeect", "okkkk", "suuure", "𝐘𝐞𝐬", "Ｙｅｓ"],
    )
    def test_stretched_and_fancy_yes(self, message: str) -> None:
        assert consent_in(message, "create") is Consent.YES_PLAIN

    @pytest.mark.parametrize("message", ["nooo", "Noooope", "nooo waaay"])
    def test_stretched_no(self, message: str) -> None:
        assert consent_in(message, "create") is Consent.NO_PLAIN


def _full_width(message: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in message)


def _stretched(message: str) -> str:
    """The last letter of the first word, three times."""
    first, *rest = message.split()
    end = max(at for at, c in enumerate(first) if c.isalpha())
    return " ".join([first[: end + 1] + first[end] * 2 + first[end + 1 :], *rest])


SPELLINGS = [
    str.upper, str.lower, str.title, _full_width, _stretched,
    lambda said: said + "!!!", lambda said: said + " 😊🎉", lambda said: "🙏🏽 " + said, lambda said: said.replace("'", "’"),
    lambda said: said.replace("'", ""), lambda said: said.replace(" ", "\n  "), lambda said: f"“{said}…”",
    lambda said: unicodedata.normalize("NFD", said), lambda said: said.replace(",", ""), lambda said: said.replace(" ", " \u200b"),
]  # fmt: skip


class TestSpeed:
    @pytest.mark.parametrize(
        "message",
        ["yes " * 500, "a" * 2000, "i would like to " * 125, "please just now " * 125, "that is " * 250, "no " * 660, "ﷺ" * 2000, "?" * 2000,
         "i would like to " * 7, "please just now " * 10, "that is " * 15, "no " * 30, "so very really just quite " * 6],
    )  # fmt: skip
    def test_any_message_is_read_at_once(self, message: str) -> None:
        """Of several tries the best counts: the machine may be busy."""
        assert min(_seconds(message) for _ in range(10)) < 0.005


def _seconds(message: str) -> float:
    start = time.process_time()
    consent_in(message[:2000], "reschedule")
    return time.process_time() - start
