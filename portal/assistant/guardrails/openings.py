"""How much of a sentence may be read before its end is known: all that no claim can have begun in.

Read from the grammar of claims itself: from every word on, the text so far is a claim, may become one with what
follows, or neither. Where it is neither, it never will be, and is let out.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import regex

from portal.assistant.guardrails.claims import CLAUSES, LOOSE_PARTS, MARKS, REFERENCE, STATEMENTS, plain


def _loosened(pattern: str) -> str:
    for part in LOOSE_PARTS:
        pattern = pattern.replace(part, "")
    return pattern


#: The same patterns for a machine that knows of matches that have only begun.
_STATEMENTS = tuple(regex.compile(_loosened(pattern.pattern)) for pattern in STATEMENTS)
_REFERENCE = regex.compile(REFERENCE.pattern, regex.IGNORECASE)
_BLANKS = re.compile(r"[,()\s]+")
_TOKEN = re.compile(r"\S+")
_WORD = re.compile(r"\b\w")
#: Within a word they would hide it: one half would be shown before the other makes it a claim.
_HIDING = re.compile(r"(?<=[^\W_])[*_`~>#|,()]+(?=[^\W_])")
#: What waits for the word that it belongs to.
_LOOSE = " \t\n*_`~>#|([\"'“‘«¿¡-–—"


def neutral_length(sentence: str, shown: int = 0) -> int:
    """How many characters of an unfinished sentence may be shown, ``shown`` of which already are."""
    start = max(sentence.rfind(" ", 0, shown), sentence.rfind("\n", 0, shown)) + 1
    opening = next((position for position, rest in _rests(sentence[start:]) if _may_claim(rest)), len(sentence))
    return max(shown, len(sentence[: start + opening].rstrip(_LOOSE)))


def _rests(text: str) -> Iterator[tuple[int, str]]:
    """From each word on, the text that follows; and where its token, with marks and quotes, begins."""
    for token in _TOKEN.finditer(text):
        for word in _WORD.finditer(text, token.start(), token.end()):
            yield token.start(), text[word.start() :]


def _may_claim(rest: str) -> bool:
    """Whether a claim begins with the first word of ``rest``, or may once more follows."""
    first = _TOKEN.match(rest)
    word = rest[: first.end() + 1] if first else ""
    opened = _opened_by(word)
    if not opened:
        return _HIDING.search(word) is not None
    said = plain(rest) + (" " if rest[-1].isspace() else "")
    whole = _BLANKS.sub(" ", said)
    if any(pattern.match(whole, partial=True) for pattern in opened if pattern is not _REFERENCE):
        return True
    clauses = CLAUSES.split(said, 1)
    if len(clauses) > 1 and any(pattern.match(clauses[0]) for pattern in opened):
        return True
    return _REFERENCE in opened and _names_code(rest)


@lru_cache(maxsize=5000)
def _opened_by(word: str) -> tuple["regex.Pattern[str]", ...]:
    """The patterns that may match from this word on, which has its end where a blank follows it."""
    if not word or _HIDING.search(word):
        return ()
    said = _BLANKS.sub(" ", plain(word) + (" " if word[-1].isspace() else ""))
    opened = tuple(pattern for pattern in _STATEMENTS if pattern.match(said, partial=True))
    return (*opened, _REFERENCE) if _names_code(word) else opened


def _names_code(rest: str) -> bool:
    return _REFERENCE.match(MARKS.sub("", rest), partial=True) is not None
