"""Whether a message says yes or no to the proposal on the table: decided by code, and only when nothing else is said.

A message counts when *all* of it is made of known phrases. Anything more ("yes but at 5", "yes? how much", "not yet")
is for the model to answer, and the card stays.
"""

import re
import unicodedata
from enum import StrEnum


class Consent(StrEnum):
    """YES_PLAIN and NO_PLAIN ("yes", "no") answer whatever was asked last; the others name the act themselves."""

    YES = "yes"
    YES_PLAIN = "yes_plain"
    NO = "no"
    NO_PLAIN = "no_plain"
    UNCLEAR = "unclear"
    NONE = "none"


MAX_LENGTH = 80

_IT = r"(?: (?:it|them|(?:the|that|this|my)(?: (?:booking|appointment|slot|time|one))?))?"
_PLAIN_YES = (
    r"y|yes|yeah|yea|yep|yup|yess+|sure|sure thing|ok|okay|k|of course|absolutely|definitely|certainly|correct"
    r"|that'?s (?:right|correct|fine|good|perfect|it)|that is (?:right|correct|fine|good)"
    r"|(?:sounds|looks) (?:good|great|perfect|fine|right)|(?:that|this) works|works for me|all good|yes i do"
    r"|i do|i agree|agreed|👍|✅|👌"
)
_ACT = {
    "create": (
        rf"book{_IT}|make the booking|lock (?:it|that) in|reserve{_IT}|schedule{_IT}"
        r"|i'?ll take (?:it|that(?: one)?|this(?: one)?)"
    ),
    "cancel": rf"cancel{_IT}|delete it",
    "reschedule": rf"move{_IT}|reschedule{_IT}|change{_IT}|switch{_IT}",
}
_ANY_ACT = (
    rf"confirm(?:ed)?{_IT}|i confirm{_IT}|go ahead|go for it|do it|please do|let'?s do (?:it|that|this)"
    r"|proceed|make it so"
)
_FILLER = (
    r"please|pls|thanks|thank you|thank you so much|thx|ty|great|perfect|excellent|awesome|lovely|cool|nice|and|then"
    r"|now|for me|so|just|😊|🙂|🙏"
)
#: "Ok, thanks" may just as well be a goodbye.
_POLITE_END = re.compile(r"(?:(?:ok|okay|k|sure|cool) )+(?:thanks|thank you|thank you so much|thx|ty)")
_PLAIN_NO = r"no|nope|nah|no thanks|no thank you|n|not now|👎"
_ACT_NO = (
    r"never ?mind|forget (?:it|that|about it)"
    r"|(?:don'?t|do not)(?: (?:do|book|confirm|cancel|move|change) (?:it|that|this))?"
    r"|leave it(?: as it is)?|stop|decline|i changed my mind|i don'?t want (?:it|that)(?: any ?more)?"
)
_ACT_NO_CREATE = r"cancel(?: (?:it|that|this))?|discard it"


def consent_in(message: str, kind: str) -> Consent:
    """What ``message`` says to a waiting proposal of ``kind`` (create, cancel, reschedule)."""
    said = _normalise(message)
    if not said or len(said) > MAX_LENGTH or "?" in said or _POLITE_END.fullmatch(said):
        return Consent.NONE
    for consent, pattern in _PATTERNS[kind]:
        if pattern.fullmatch(said):
            return consent
    return Consent.NONE


def _normalise(message: str) -> str:
    said = unicodedata.normalize("NFKC", message).casefold().replace("’", "'").replace("\ufe0f", "")
    said = re.sub(r"[\U0001f3fb-\U0001f3ff]", "", said)  # skin tones
    return " ".join(re.sub(r"[,.!;:\-–—]+", " ", said).split())


def _made_of(required: str, allowed: str) -> re.Pattern[str]:
    """Only allowed phrases, a required one among them; phrases end at a word's end."""
    return re.compile(rf"(?:(?:{allowed})(?: |$))*?(?:{required})(?: (?:{allowed}))*")


def _patterns(kind: str) -> list[tuple[Consent, re.Pattern[str]]]:
    act = f"{_ANY_ACT}|{_ACT[kind]}"
    act_no = _ACT_NO + (f"|{_ACT_NO_CREATE}" if kind == "create" else "")
    yes = f"{_PLAIN_YES}|{_FILLER}"
    no = f"{_PLAIN_NO}|please|thanks|thank you|actually|sorry|i|just|then|ok|okay"
    return [
        (Consent.YES, _made_of(act, f"{act}|{yes}")),
        (Consent.YES_PLAIN, _made_of(_PLAIN_YES, yes)),
        (Consent.NO, _made_of(act_no, f"{act_no}|{no}")),
        (Consent.NO_PLAIN, _made_of(_PLAIN_NO, no)),
    ]


_PATTERNS = {kind: _patterns(kind) for kind in _ACT}
