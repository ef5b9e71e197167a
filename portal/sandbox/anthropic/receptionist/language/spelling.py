"""Texting style and slips of the keyboard, written out: "u free tmrw arvo?" is "are you free tomorrow afternoon?"."""

import re
from collections.abc import Collection
from functools import lru_cache

from portal.sandbox.anthropic.receptionist.language.words import fold, word_set

_SHORT = {
    "u": "you", "ur": "your", "r": "are", "y": "why", "n": "and", "&": "and", "w/": "with", "im": "i'm", "ive": "i've",
    "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "isnt": "isn't", "cant": "can't", "wont": "won't",
    "whats": "what's", "wats": "what's", "thats": "that's", "hows": "how's", "wat": "what", "wot": "what",
    "hw": "how", "wen": "when", "wer": "where", "cud": "could", "wud": "would", "shud": "should", "cld": "could",
    "wld": "would", "abt": "about", "b4": "before", "bc": "because", "gonna": "going to", "wanna": "want to",
    "gotta": "have to", "lemme": "let me", "gimme": "give me", "pls": "please", "plz": "please", "plse": "please",
    "thx": "thanks", "thnx": "thanks", "ty": "thank you", "appt": "appointment", "appts": "appointments",
    "appmt": "appointment", "apt": "appointment", "resched": "reschedule", "cxl": "cancel", "avail": "available",
    "tmrw": "tomorrow", "tmr": "tomorrow", "tmw": "tomorrow", "tomo": "tomorrow", "tomoz": "tomorrow",
    "2moro": "tomorrow", "2morrow": "tomorrow", "2mrw": "tomorrow", "2day": "today", "2nite": "tonight",
    "tonite": "tonight", "arvo": "afternoon", "wknd": "weekend", "nxt": "next", "wk": "week", "hrs": "hours",
    "sum1": "someone", "any1": "anyone", "yh": "yes", "ya": "yes", "ye": "yes", "kk": "ok",
}  # fmt: skip
_TOKEN = re.compile(r"[\w'&]+/?")
#: A lone digit that is a word: "need 2 bring", "someone 4 a clogged drain".
_DIGIT_WORDS = (
    (re.compile(r"\b(need|want|have|able|like|going|how|what|when|where) 2 (?=[a-z]{2})"), r"\1 to "),
    (re.compile(r"(?<=[a-z]) 4 (?=(?:a|an|the|my|me|us|some)\b)"), " for "),
)
#: Words that are so often meant, and mistyped, that a near miss is taken for them.
_COMMON = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday january february august september october november
    december today tomorrow morning afternoon evening weekend appointment available availability booking cancel
    cancellation reschedule schedule earliest latest please price address parking insurance children emergency
    question service opening confirm address second another anything everything something someone somebody there
    their these those where which while would could should about after again before being between brother cannot
    coming either family first friend going great hello house later leave maybe might minute month mother never
    other people person really right sorry still thank thanks think three today together until visit water weeks
    without world wrong years leaking leaks holiday father sister daughter makes doing really kitchen bathroom
    basement ceiling heating toilet shower sinks pipes pouring pours flooding through charge charges costs
    morning's cover covers trained train trains lessons dates hours dinner lunch night times works looking meant
    monthly weekly shave short shorter quick quite quiet still price prices large change changes changed
    """
)


@lru_cache(maxsize=4096)
def written_out(text: str, vocabulary: frozenset[str] = frozenset()) -> str:
    """Folded text with short forms written out, and near misses of common words (or the vocabulary's) put right."""
    text = _TOKEN.sub(lambda match: _plain(match.group(), vocabulary), fold(text))
    for pattern, plain in _DIGIT_WORDS:
        text = pattern.sub(plain, text)
    return text


def _plain(word: str, vocabulary: frozenset[str]) -> str:
    if word in _SHORT:
        return _SHORT[word]
    if len(word) < 5 or not word.isalpha() or word in _COMMON or word in vocabulary:
        return word
    known = vocabulary | _COMMON
    if any(word.startswith(other) or other.startswith(word) for other in known if len(other) > 4):
        return word  # another form of a word that is known
    return _nearest(word, known) or word


def _nearest(word: str, known: Collection[str]) -> str | None:
    """The one word that a single slip (two in long words) makes into this."""
    most = 1 if len(word) < 8 else 2
    near = [
        (slips, other)
        for other in known
        if abs(len(other) - len(word)) <= most and len(other) > 4 and (slips := _slips(word, other, most)) <= most
    ]
    return min(near, default=(0, None))[1]


def _slips(one: str, other: str, most: int) -> int:
    """Letters left out, added, changed, or swapped with a neighbour; counting ends where there are more than `most`."""
    if one[0] != other[0]:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, against in enumerate(other, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != against))
            if before and column > 1 and (letter, one[row - 2]) == (other[column - 2], against):
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before, last = last, current
    return last[-1]
