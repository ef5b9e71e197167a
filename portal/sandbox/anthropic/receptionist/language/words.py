"""Words of a message: folding, stems, likeness despite typos."""

import re
from difflib import SequenceMatcher
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def word_set(text: str) -> frozenset[str]:
    """The words of a vocabulary that is written as running text."""
    return frozenset(text.split())


STOP_WORDS = frozenset(
    word_set(
        """
    a an and any are as at be been but by can could d did do does for from get got had has have he her hi how i
    i'd i'll i'm i've if in is it it's its just know let like ll m may me might my no not of ok okay on or
    our please re s she should so some tell than thank thanks that that's the their them then there they this to
    too us ve want was we were what what's when where which who will with would yes you your you're u also about
    don't doesn't didn't isn't aren't wasn't can't cannot couldn't won't wouldn't shouldn't haven't hasn't
    here hello hey really there's much many into out up more before after wondering wonder question
    """
    )
)


#: "Dripping" is of "drip", but "calling" of "call".
_DOUBLED = frozenset(letter * 2 for letter in "bdgmnprt")


def fold(text: str) -> str:
    """Lower case, straight apostrophes, single spaces."""
    return re.sub(r"\s+", " ", text.replace("’", "'").lower()).strip()


def words(text: str) -> list[str]:
    """The words in order, folded."""
    return _WORD.findall(fold(text))


def stem(word: str) -> str:
    """A crude stem, enough to see that parking and park, prices and price belong together."""
    word = word.removesuffix("'s").removesuffix("'")
    for ending, least in (
        ("ations", 4),
        ("ation", 4),
        ("ion", 5),
        ("ings", 4),
        ("ing", 4),
        ("ies", 3),
        ("ed", 4),
        ("es", 4),
        ("s", 3),
        ("e", 4),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= least - 1 and not word.endswith("ss"):
            trimmed = word.removesuffix(ending)
            if ending in ("ing", "ed") and trimmed[-2:] in _DOUBLED:
                trimmed = trimmed[:-1]
            return trimmed + "y" if ending == "ies" else trimmed
    return word


@lru_cache(maxsize=4096)
def content_stems(text: str) -> tuple[str, ...]:
    """Stems of the words that carry meaning, each once, in order."""
    return tuple(dict.fromkeys(stem(word) for word in words(text) if word not in STOP_WORDS))


@lru_cache(maxsize=16384)
def alike(one: str, other: str) -> bool:
    """Whether two stems are the same, a typo apart; short ones must be equal."""
    if one == other:
        return True
    if (
        min(len(one), len(other)) >= 5
        and abs(len(one) - len(other)) <= 3
        and (one.startswith(other) or other.startswith(one))
    ):
        return True
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 2:
        return False
    return SequenceMatcher(None, one, other).ratio() >= 0.84


def has_phrase(text: str, *patterns: str) -> bool:
    """Whether one of the patterns (regular expressions over whole words) occurs in folded text."""
    return any(re.search(rf"\b(?:{pattern})\b", text) for pattern in patterns)
