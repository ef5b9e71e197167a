"""What of a sentence is shown before its end: never a part of what it claims, and ordinary words at once."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.assistant.guardrails.claims import Claims, claims_in
from portal.assistant.guardrails.openings import neutral_length
from tests.assistant.test_claims import ACTS, CODES, DONE, ENDS, LEADS, NO_CLAIMS, NOTHING, SUBJECTS

CLAIMS = [*(sentence for sentence, _ in ACTS), *NOTHING, *(sentence for sentence, _ in CODES)]
#: Words of the grammar and around it, to put sentences together from.
WORDS = [
    *sorted({word for sentence in (*CLAIMS, *NO_CLAIMS) for word in sentence.split()}),
    *("- ", ", ", "and", "but", "so", "–", "(", ")", "**", "the", "it", "is", "not", "your", "booked,", "you", "just"),
]
BEFORE = ("", "**", "Great news: ", "Parking is behind the house, and ")


def shown_of(sentence: str, pieces: list[str]) -> str:
    """What of the sentence is shown when all of it has come and its end is not known."""
    assert "".join(pieces) == sentence
    held, shown = "", 0
    for piece in pieces:
        held += piece
        length = neutral_length(held, shown)
        assert shown <= length <= len(held)
        shown = length
    return held[:shown]


def words(sentence: str) -> list[str]:
    return re.findall(r"\s*\S+(?:\s+$)?|\s+$", sentence)


def claims_of(claims: Claims) -> set[object]:
    return {*claims.acts, *claims.references, *(["nothing"] if claims.nothing else [])}


def assert_nothing_of_a_claim_is_shown(sentence: str, pieces: list[str]) -> None:
    shown = shown_of(sentence, pieces)
    claimed = claims_of(claims_in(sentence))
    assert not claimed or not claims_in(shown)
    assert claimed <= claims_of(claims_in(sentence[len(shown) :])), shown


class TestClaims:
    @pytest.mark.parametrize("sentence", CLAIMS)
    @pytest.mark.parametrize("before", BEFORE)
    @pytest.mark.parametrize("cut", [words, list])
    def test_wait(self, sentence: str, before: str, cut: type[list[str]]) -> None:
        assert_nothing_of_a_claim_is_shown(before + sentence, cut(before + sentence))

    @given(st.sampled_from(LEADS), st.sampled_from(SUBJECTS), st.sampled_from(sorted(DONE)), st.sampled_from(ENDS),
           st.integers(1, 9))  # fmt: skip
    def test_of_the_grammar(self, lead: str, subject: str, verb: str, end: str, size: int) -> None:
        sentence = f"{lead}{subject} {verb}{end}"
        pieces = [sentence[start : start + size] for start in range(0, len(sentence), size)]
        assert_nothing_of_a_claim_is_shown(sentence, pieces)

    @given(st.lists(st.sampled_from(WORDS), max_size=14), st.booleans())
    def test_of_any_words(self, said: list[str], by_word: bool) -> None:
        sentence = " ".join(said)
        assert_nothing_of_a_claim_is_shown(sentence, words(sentence) if by_word else list(sentence))

    @given(st.text(alphabet="yourbkingit is*,_(’éß½ABC1", max_size=60))
    def test_of_any_letters(self, sentence: str) -> None:
        assert_nothing_of_a_claim_is_shown(sentence, list(sentence))


@pytest.mark.parametrize(
    ("sentence", "first"),
    [
        ("Yes, there is parking behind the house.", "Yes,"),
        ("Hello! How can I help?", "Hello!"),
        ("Sure, which day would you like?", "Sure,"),
        ("Parking is free of charge.", "Parking"),
        ("These times are free on Tuesday.", "These"),
        ("There are two services.", "There"),
        ("Bonjour, comment puis-je vous aider ?", "Bonjour,"),
        ("Gerne, wann passt es?", "Gerne,"),
        ("Claro, te ayudo.", "Claro,"),
    ],
)
def test_the_first_word_comes_at_once(sentence: str, first: str) -> None:
    assert sentence[: neutral_length(words(sentence)[0])] == first


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("We open at nine in the morning", " the morning"),
        ("I can help you with ", " "),
        ("It takes 30 minutes", ""),
        ("A haircut costs $35 and takes 30 minutes", ""),
        ("The house behind the big old church near here is ours, go", ""),
        ("What is your name", " your name"),
    ],
)
def test_waits_no_longer_than_it_must(said: str, held: str) -> None:
    assert said[len(shown_of(said, words(said))) :] == held


@pytest.mark.parametrize(
    "word", ["your ", "the ", "it is ", "i have ", "he ", "reference ", "no ", "x, ", "yes, ", "a"]
)
def test_takes_no_time(word: str) -> None:
    began = time.process_time()
    neutral_length((word * 500)[:500])
    assert time.process_time() - began < 0.5
