"""Texts that the model must not repeat, recognised by their letters: spaces, underscores and case don't hide them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

#: So many letters in a row are a repetition; from so many on the text is held until it turns out to be none.
LEAK_LETTERS = 40
SUSPECT_LETTERS = 16
#: What may stand between two letters of a name that is spelt out.
_BETWEEN = "[\\s*`\\\\\u200b-\u200d\u2060]*"


@dataclass(frozen=True)
class Secrets:
    """``runs`` and ``beginnings`` are letters.

    ``names`` matches identifiers with an underscore, however spelt out; ``names_begun`` one that a text ends within.
    """

    runs: frozenset[str]
    beginnings: frozenset[str]
    names: re.Pattern[str]
    names_begun: re.Pattern[str]

    @classmethod
    def of(cls, *texts: str, names: frozenset[str] = frozenset()) -> "Secrets":
        runs: set[str] = set()
        beginnings: set[str] = set()
        for text in texts:
            letters, _ = letters_of(text)
            runs.update(_windows(letters, LEAK_LETTERS))
            beginnings.update(_windows(letters, SUSPECT_LETTERS))
        internal = sorted((name for name in names if "_" in name), key=len, reverse=True)  # others are ordinary words
        found, begun = _pattern(map(_spelt, internal), r"(?!\w)"), _pattern(map(_spelt_in_part, internal), "$")
        return cls(frozenset(runs), frozenset(beginnings), found, begun)

    def repeated(self, letters: str, since: int) -> int | None:
        """Where in ``letters`` a repetition begins that ends after ``since``; None without one."""
        for end in range(max(since + 1, LEAK_LETTERS), len(letters) + 1):
            if letters[end - LEAK_LETTERS : end] in self.runs:
                return self.begun(letters[:end])
        return None

    def begun(self, letters: str) -> int | None:
        """Where the run of known letters begins with which ``letters`` end; None where they end otherwise."""
        end = len(letters)
        while end >= SUSPECT_LETTERS and letters[end - SUSPECT_LETTERS : end] in self.beginnings:
            end -= 1
        return None if end == len(letters) else end + 1 - SUSPECT_LETTERS


def letters_of(text: str) -> tuple[str, list[int]]:
    """Letters and digits of a text, in one case and width, and the position of each."""
    if text.isascii():
        found = [(character, position) for position, character in enumerate(text.lower()) if character.isalnum()]
    else:
        found = [
            (letter, position)
            for position, character in enumerate(text)
            for letter in unicodedata.normalize("NFKC", character).casefold()
            if letter.isalnum()
        ]
    return "".join(letter for letter, _ in found), [position for _, position in found]


def _windows(letters: str, size: int) -> list[str]:
    return [letters[start : start + size] for start in range(len(letters) - size + 1)]


def _pattern(names: Iterable[str], end: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/=?&.-])(?:{'|'.join(names) or '(?!)'}){end}", re.IGNORECASE)


def _spelt(name: str) -> str:
    return _BETWEEN.join(map(re.escape, name))


def _spelt_in_part(name: str) -> str:
    """As far as its first underscore, or further."""
    head, _, tail = name.partition("_")
    further = ""
    for letter in reversed(tail):
        further = f"(?:{_BETWEEN}{re.escape(letter)}{further})?"
    return _spelt(f"{head}_") + further + _BETWEEN
