"""What a customer's answer to a text message asks for.

Twilio acts on its own words alone. Whoever asks to stop in other words is not asked to guess them (in the United States
any reasonable means counts), and what only may be such a wish is for the business to decide.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    """UNSURE: perhaps a wish to get no more messages; nothing is sent until the business has read it."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"
    UNSURE = "UNSURE"


MOST_READ: Final = 400
MOST_IN_SIGNATURE: Final = 3

# Orders, alone or among words of courtesy. CANCEL only alone: with a word more it speaks of the appointment.
_ORDERS: Final = (
    r"stop|stop all|stopall|unsubscribe|unsub|end|quit|revoke|optout|opt out|opt me out|remove me|leave me alone"
    r"|alto|baja|parar|arr[eê]te[rz]?|arr[eê]t|stopp|abmelden|abbestellen"
)
_COURTESY: Final = (
    r"please|pls|plz|thanks|thank you|thx|ty|now|right now|already|immediately|it|this|that|all|everything|ok|okay"
    r"|sorry|hi|hello|hey|por favor|gracias|s'il vous pla[iî]t|svp|merci|bitte|danke"
)
_MESSAGES: Final = (
    r"(?:texts?|text messages?|messages?|msgs?|sms(?:es)?|reminders?|alerts?|notifications?|spam|updates?)"
)
_SENDING: Final = r"(?:texting|messaging|contacting|spamming|bothering|writing|calling|sending)"
_WHOSE: Final = r"(?:(?:all|any|the|these|this|those|that|your|of|more|further|such|me|us|my) )*"
# Requests in a sentence's words.
_REQUEST: Final = re.compile(
    rf"\bstop (?:with )?{_WHOSE}(?:{_SENDING}|{_MESSAGES})\b"
    rf"|\b(?:no|not any) (?:more|further) {_MESSAGES}\b"
    rf"|\b(?:don'?t|do not|never|cease to|quit) (?:ever )?(?:send(?:ing)? {_WHOSE}{_MESSAGES}"
    r"|(?:text(?:ing)?|messag(?:e|ing)|sms|contact(?:ing)?|bother(?:ing)?|spam(?:ming)?|writ(?:e|ing)(?: to)?)"
    r" (?:me|us|this number|my (?:number|phone)))\b"
    r"|\b(?:take|get|remove|delete|drop) (?:me|us|my (?:phone )?number|this number)"
    rf"(?: (?:off|from) {_WHOSE}(?:\w+ )?lists?)?\b"
    r"|\bunsubscribe (?:me|us|my number|this number)\b|\b(?:opt|opting) (?:me |us )?out\b|\blose my number\b"
    rf"|\b(?:want|wish|like) to (?:unsubscribe|opt out|stop (?:getting|receiving) {_WHOSE}{_MESSAGES})\b"
    r"|\b(?:no|ya no) (?:me|nos) (?:env[ií]en?|mand(?:e|en)|escrib(?:a|an))\b|\bno (?:quiero )?m[aá]s mensajes\b"
    r"|\bplus de (?:messages?|sms|textos?)\b|\barr[eê]tez (?:de|les)\b|\bkeine (?:weiteren )?(?:nachrichten|sms)\b"
)
# What turns a request into something else, or limits it.
_HEDGE: Final = re.compile(
    r"\b(?:why|when|if|unless|until|till|before|after|while|except|but|only|not yet|how|did|didn'?t|have|has|who|what"
    r"|told you not|instead|earlier|later|today|tomorrow|tonight|during|at \d|\d+)\b"
)
_REFUSED: Final = re.compile(
    r"\b(?:don'?t|do not|never|please not|no need to) (?:ever )?(?:stop|unsubscribe|opt|remove|end)\b"
)
# Other senses of the word.
_ELSEWHERE: Final = re.compile(
    r"\b(?:bus|tram|train|metro|non|pit|full|short) stops?\b|\bnonstop\b|\bstopwatch\b"
    r"|\bstop(?:ping|ped|s)? (?:by|in|at|over|off|on)\b"
)
_SUSPICIOUS: Final = re.compile(
    r"\b(?:stop|stopp|unsubscribe\w*|opt(?:ed|ing)? out|optout|no more|spam|arr[eê]te[rz]?|abmelden)\b"
)
_ALONE: Final = re.compile(rf"(?:(?:{_COURTESY}) )*(?:{_ORDERS})(?: (?:{_COURTESY}|{_ORDERS}))*")
_LEADING: Final = re.compile(
    rf"\W*(?:(?:{_COURTESY})\W+)*(?:{_ORDERS})[^\S\n]*[^\w \t'?][^\w?]*(?P<rest>.*)", re.DOTALL
)
_START: Final = re.compile(r"(?:start|unstop|yes)(?: (?:please|thanks|thank you))?")
_HELP: Final = re.compile(r"help|info")


def read(body: str, opt_out_type: str | None = None) -> Answer | None:
    """What Twilio recognised (``OptOutType``, where Advanced Opt-Out is on), else what the words say; None: neither."""
    named = (opt_out_type or "").strip().upper()
    if named in (Answer.STOP, Answer.START, Answer.HELP):
        return Answer(named)
    said = unicodedata.normalize("NFKC", body[:MOST_READ]).casefold().replace("’", "'")
    words = " ".join(re.sub(r"[^\w']+|_|(?<!\w)'|'(?!\w)", " ", said).split())
    if words == "cancel" or _ALONE.fullmatch(words) or _is_signed(said):
        return Answer.STOP
    if _START.fullmatch(words):
        return Answer.START
    if _HELP.fullmatch(words):
        return Answer.HELP
    return _in_a_sentence(words)


def _is_signed(said: str) -> bool:
    """ "STOP - Ana", "Stop. Thank you": the order, a sign, and a few words that add no wish."""
    found = _LEADING.fullmatch(said)
    if found is None or "?" in said:
        return False
    rest = found["rest"].split()
    return len(rest) <= MOST_IN_SIGNATURE and not any(character.isdigit() for character in found["rest"])


def _in_a_sentence(words: str) -> Answer | None:
    if _REFUSED.search(words):
        return None
    # What stands around the request decides: its own words may hold a "don't".
    if (found := _REQUEST.search(words)) is not None:
        around = f"{words[: found.start()]} {words[found.end() :]}"
        return Answer.UNSURE if _HEDGE.search(around) else Answer.STOP
    return Answer.UNSURE if _SUSPICIOUS.search(_ELSEWHERE.sub(" ", words)) else None
