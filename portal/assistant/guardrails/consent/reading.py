"""What a message says to a waiting request, from what its phrases say.

A message counts when *all* of it is made of known phrases of one language. Anything more ("yes but at 5", "yes? how
much", "not yet") is for the model to answer, and the card stays.
"""

from enum import StrEnum

from portal.assistant.guardrails.consent import english, french, german, spanish
from portal.assistant.guardrails.consent.grammar import Grammar, Sense
from portal.assistant.guardrails.consent.spelling import words_of


class Consent(StrEnum):
    """YES_PLAIN and NO_PLAIN ("yes", "no") answer whatever was asked last; YES and NO name the act or end the request.

    UNCLEAR can mean either ("move it" may ask for another time): whoever reads it has to ask.
    """

    YES = "yes"
    YES_PLAIN = "yes_plain"
    NO = "no"
    NO_PLAIN = "no_plain"
    UNCLEAR = "unclear"
    NONE = "none"


#: Whoever writes more says more than yes or no.
MAX_CHARACTERS = 200
MAX_WORDS = 25
KINDS = ("create", "cancel", "reschedule")

_LANGUAGES = (english.LANGUAGE, spanish.LANGUAGE, french.LANGUAGE, german.LANGUAGE)
_GRAMMARS = {kind: [Grammar(language, kind) for language in _LANGUAGES] for kind in KINDS}
_ANY_NO = Sense.NO | Sense.REFUSAL
_MORE_THAN_NO = Sense.PRAISE | Sense.YES | Sense.ACT | Sense.EITHER | Sense.UNSURE


def consent_in(message: str, kind: str) -> Consent:
    """What ``message`` says to a waiting request of ``kind`` (create, cancel, reschedule)."""
    if len(message) > MAX_CHARACTERS or len(words := words_of(message)) > MAX_WORDS:
        return Consent.NONE
    senses = {sense for grammar in _GRAMMARS[kind] for sense in grammar.senses(words)}
    return _agreed({_meaning(sense) for sense in senses})


def _meaning(said: Sense) -> Consent:
    """The meaning of one reading. A yes and a no together are neither."""
    if said & _ANY_NO and said & _MORE_THAN_NO:
        return Consent.NONE
    if Sense.REFUSAL in said:
        return Consent.NO
    if Sense.NO in said:
        return Consent.UNCLEAR if Sense.DONE in said else Consent.NO_PLAIN
    if Sense.UNSURE in said or (Sense.EITHER in said and not said & (Sense.YES | Sense.ACT)):
        return Consent.UNCLEAR
    if Sense.ACT in said or Sense.EITHER in said:
        return Consent.YES
    # "Ok, thanks" may just as well be a goodbye.
    if said & (Sense.YES | Sense.PRAISE) or (Sense.WEAK in said and not said & (Sense.CLOSING | Sense.DONE)):
        return Consent.YES_PLAIN
    return Consent.NONE


def _agreed(meanings: set[Consent]) -> Consent:
    """One meaning for all readings: a no stands unless one reads a yes, a yes only when none reads anything else."""
    if meanings & {Consent.NO, Consent.NO_PLAIN}:
        if meanings & {Consent.YES, Consent.YES_PLAIN}:
            return Consent.NONE
        return Consent.NO if Consent.NO in meanings else Consent.NO_PLAIN
    careful_first = (Consent.UNCLEAR, Consent.NONE, Consent.YES_PLAIN, Consent.YES)
    return next((meaning for meaning in careful_first if meaning in meanings), Consent.NONE)
