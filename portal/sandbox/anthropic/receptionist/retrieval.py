"""Finds what the prompt says about something: entries are weighed by the rare words that a question shares with "
"them."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from portal.sandbox.anthropic.receptionist.facts import Entry
from portal.sandbox.anthropic.receptionist.language.words import alike, content_stems, fold, stem, word_set

#: Words of nearly every message here; alone they don't make a question one of the list.
_GENERIC = frozenset(
    stem(word)
    for word in word_set(
        """
    book booking appointment schedule today tomorrow time day service offer want need come take accept possible
    monday tuesday wednesday thursday friday saturday sunday week next available slot morning afternoon evening
    first one anything something other minute min long business happen happens able allowed do go get going there
    people person place guy charge guys year old month say case thing give work works okay ask
    policy policies rule rules far ahead advance notice leave find fine know exactly way usually normally
    hmm um uh er ah wait actually maybe perhaps instead again hold half quarter ok reminder remind text sms really
    open closed included include including sure certain everything all total price cost charge fee rate much list cheap
    cheapest expensive extra additional
    """
    )
)
#: Words that mean the same to who asks.
_GROUPS = tuple(
    frozenset(stem(word) for word in word_set(group))
    for group in (
        "park parking car garage drive",
        "pay payment card cards cash credit debit visa amex mastercard contactless paypal venmo apple invoice "
        "transfer cheque",
        "kid kids child children son daughter toddler baby boy girl",
        "late running behind delay delayed",
        "cancel cancellation cancelation cancelling cancelled",
        "walkin walk-in walk-ins walk walkins",
        "insurance insured insurer",
        "missed miss no-show noshow show absent nobody",
        "bring wear pack carry",
        "area areas serve cover radius neighborhood",
        "warranty guarantee guaranteed",
        "license licensed certified bonded",
        "shower showers locker lockers",
        "freeze pause hold membership member",
        "beginner starter newbie beginners",
        "travel mileage travelling",
        "early ahead beforehand",
        "wheelchair accessible accessibility disabled",
        "towel towels mat mats",
        "refund deposit prepayment",
        "night midnight nighttime",
    )
)
#: Two words that say nothing apart.
_PHRASES = (
    ("my mate", "my friend"),
    ("without an appointment", "walkin"),
    ("without booking", "walkin"),
    ("show up", "noshow"),
    ("walk in", "walkin"),
    ("turn up", "noshow"),
    ("no show", "noshow"),
    ("no-show", "noshow"),
)
SURE, LIKELY = 0.65, 0.5
_SAME = 0.85
#: A word in the answer is a weaker sign than one in the question; a generic one says little anywhere.
_IN_ANSWER, _IN_GENERIC = 0.6, 0.15


def is_generic(word: str) -> bool:
    """Whether a stem says nothing of what is asked."""
    return word in _GENERIC or word.isdigit()


@dataclass(frozen=True)
class Found:
    """An entry and how likely it is meant, from 0 to 1."""

    entry: Entry
    score: float


class Index:
    """Entries that can be asked. What no entry knows weighs most, so that it is missed rather than guessed at."""

    def __init__(self, entries: Sequence[Entry], usual: Collection[str] = ()) -> None:
        """`usual` are stems that everybody here uses, such as "hair" at a barber's: they tell no entry from "
        "another."""
        self._usual = frozenset(usual)
        self._questions = {entry: _stems(entry.question) for entry in entries}
        self._answers = {entry: _stems(entry.answer) for entry in entries}
        known = (set(self._questions[entry]) | set(self._answers[entry]) for entry in self._questions)
        self._frequency = Counter(word for words in known for word in words)
        self._size = len(self._questions)

    def find(self, clause: str, aside: Collection[str] = ()) -> Found | None:
        """The entry that a folded clause asks for, or None when it asks for none of them.

        Stems that are `aside` (of a service that is named) say nothing of what is asked about it.
        """
        asked = [word for word in _stems(clause) if not any(alike(word, other) for other in aside)]
        if all(self._is_usual(word) for word in asked):
            return self._same(clause) or (self._plain(asked) if not aside else None)
        rated = [Found(entry, self._score(asked, entry)) for entry in self._questions]
        best = max(rated, key=lambda found: found.score, default=None)
        if best is None or best.score < LIKELY:
            return self._same(clause)
        return best

    def _score(self, asked: Sequence[str], entry: Entry) -> float:
        """The share of what is asked that the entry speaks of; rare words count more."""
        question, answer = self._questions[entry], self._answers[entry]
        weights = {word: self._weight(word) for word in asked}
        hits = {word: _hit(word, question, answer) for word in asked}
        whole = sum(weights.values())
        return sum(weights[word] * hits[word] for word in asked) / whole if whole else 0

    def _is_usual(self, word: str) -> bool:
        return word in _GENERIC or word in self._usual or word.isdigit()

    def _weight(self, word: str) -> float:
        if self._is_usual(word):
            return _IN_GENERIC
        among = max((count for other, count in self._frequency.items() if _same_word(word, other)), default=0)
        return math.log((self._size + 1) / (among + 0.5))

    def _plain(self, asked: Sequence[str]) -> Found | None:
        """For generic words alone: an entry whose question has all of them."""
        for entry, question in self._questions.items():
            if len(asked) > 1 and all(word in question for word in asked):
                return Found(entry, LIKELY)
        return None

    def _same(self, clause: str) -> Found | None:
        """A question that is written nearly as one of the list, whatever its words."""
        for entry in self._questions:
            question = fold(entry.question).rstrip("?")
            if SequenceMatcher(None, clause.rstrip("?"), question).ratio() >= _SAME:
                return Found(entry, 1.0)
        return None


@lru_cache(maxsize=4096)
def _stems(text: str) -> tuple[str, ...]:
    text = fold(text)
    for phrase, word in _PHRASES:
        text = text.replace(phrase, word)
    return content_stems(text)


def _hit(word: str, question: Sequence[str], answer: Sequence[str]) -> float:
    if any(_same_word(word, other) for other in question):
        return 1
    return _IN_ANSWER if any(_same_word(word, other) for other in answer) else 0


@lru_cache(maxsize=16384)
def _same_word(one: str, other: str) -> bool:
    return alike(one, other) or any(one in group and other in group for group in _GROUPS)
