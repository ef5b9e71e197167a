"""Sentences that claim something about bookings: what is done, that nothing is, and references.

A grammar over sentences, not a list of them: a subject that is a booking, with a verb that says it is done ("is
confirmed", "has been moved"); somebody who did it ("I've booked you in"); a reference code. A sentence that asks,
promises, makes conditions, speaks of rules or of the past claims nothing. English whole, Spanish, French and German in
their simple forms.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What can be done to a booking."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Claims:
    """What one sentence claims. ``acts``: any of these is said to be done; ``nothing``: that none was."""

    acts: frozenset[Act] = frozenset()
    nothing: bool = False
    references: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.acts or self.nothing or self.references)


_DONE_WORDS = {
    Act.BOOKED: (
        r"booked(?: in)?(?!\s+(?:out|up|solid|until|through))|reserved(?!\s+for\s+(?:members|staff|guests))|scheduled"
        r"|made(?!\s+(?:for|of|with|by|from|up))|secured|placed|locked in|finali[sz]ed|completed|all set|set"
        r"|reservad[oa]s?|agendad[oa]s?|réservée?s?|prise?s?|gebucht|reserviert|vereinbart|eingetragen"
    ),
    Act.MOVED: (
        r"moved|rescheduled|changed|switched|shifted|reprogramad[oa]s?|movid[oa]s?|cambiad[oa]s?|déplacée?s?"
        r"|reportée?s?|modifiée?s?|verschoben|verlegt|umgebucht"
    ),
    Act.CANCELLED: (
        r"cancell?ed|called off|deleted|removed|cancelad[oa]s?|anulad[oa]s?|annulée?s?|storniert|abgesagt|gelöscht"
    ),
}
#: What is confirmed may be any of the three.
_CONFIRMED = r"confirmed|confirmad[oa]s?|confirmée?s?|bestätigt|gone through|went through"
_ANY_DONE = "|".join([*_DONE_WORDS.values(), _CONFIRMED])
_NOUN = (
    r"(?:bookings?|appointments?|reservations?|visits?|sessions?|slots?|spots?|seats?|places?|consultations?|class"
    r"|request|cancell?ation|reserva|cita|turno|réservation|rendez-vous|rdv|termin|buchung|reservierung)"
)
#: "That slot is booked": by others, as likely as not. "Your slot is booked" is a claim.
_TIME_NOUN = r"(?:slots?|spots?|seats?|places?|class|time)"
_OWN = (
    r"(?:your|the|this|that|both|our|his|her|their|my|tu|su|la|el|esta|votre|ta|ton|le|ihr|ihre|ihren|dein|deine|deinen"
    r"|der|die|den|das)"
)
_ADVERB = (
    r"(?:(?:now|all|already|officially|successfully|fully|just|also|hereby|indeed|definitely|both|safely|ya|déjà|bien"
    r"|jetzt|nun|bereits|hiermit|erfolgreich|soeben)\s+)*"
)
_IS = (
    r"(?:is|are|was|were|has been|have been|'s been|'s|'re|has|have|got|está|esta|queda|ha sido|fue|quedó|est|a été"
    r"|a bien été|ist|wurde|sind|wurden)"
)
#: Between a subject and its verb: what it is for and when, but no clause of its own.
_BETWEEN = r"(?:\s+(?!(?:is|are|was|were|has|have|ist|wurde|est)\b)[^\s]+){0,14}?"
#: What may stand before a claim, and is none.
_LEAD = r"(?:(?:yes|so|ok|okay|great)\W+)?"
_LEADS = r"(?:(?:great|done|perfect|yes|ok|okay|all|success|thanks?|thank you|wonderful|excellent|good news)[^\w]+)*"
_OF_OTHERS = rf"(?!\b(?:the|this|that|a)\b(?:\s+\S+){{0,6}}?\s+{_TIME_NOUN}\b)(?!\b(?:the|this|that)\b.*\balready\b)"
#: Without these parts the patterns match more, and say sooner that something is no claim.
LOOSE_PARTS = (_LEAD, _LEADS, _OF_OTHERS)
_SUBJECT = (
    rf"(?:{_OF_OTHERS}\b{_OWN}\s+(?:[\w'&+\-]+\s+){{0,4}}?{_NOUN}\b{_BETWEEN}"
    r"|\bit\b|^\W*" + _LEAD + r"(?:that|this|everything)\b)"
)
#: "Your haircut is booked": whatever it is, only these verbs are about bookings.
_THING = rf"\byour(?:\s+[\w'&+\-]+){{1,5}}?{_BETWEEN}"

_PASSIVE = re.compile(rf"{_SUBJECT}\s*{_IS}\s+{_ADVERB}(?P<done>{_ANY_DONE})\b")
_THING_DONE = re.compile(
    rf"{_THING}\s+(?:is|are|was|were|has been|have been)\s+{_ADVERB}"
    r"(?P<done>booked|reserved|scheduled|rescheduled|cancell?ed|confirmed(?=\s+(?:for|on|at)\b))\b"
)
_YOU_ARE = re.compile(
    rf"\b(?:you are|you're)\s+{_ADVERB}(?P<done>booked|scheduled|rescheduled|confirmed|reserved|locked in"
    r"|good to go for|set for|set on|set at|moved to)\b"
)
_I_DID = re.compile(
    rf"\b(?:i|we)(?:'ve| have|'d)?\s+(?:just\s+)?(?:gone ahead and\s+|went ahead and\s+)?{_ADVERB}"
    r"(?P<done>booked|reserved|scheduled|rescheduled|confirmed|cancell?ed|moved|changed|secured|made|placed|completed"
    r"|locked in|set)\s+"
    rf"(?:(?:it|(?<!confirmed )that|them|you|everything|both)\b(?!\s+(?:clear|easy|sure|a note))"
    rf"|(?:[\w'&+\-]+\s+){{0,6}}?{_NOUN}\b)"
)
_I_DID_ABROAD = re.compile(
    r"\b(?:he|hemos|j'ai|nous avons|ich habe|wir haben)\s+(?:[^\s]+\s+){0,10}?"
    rf"(?P<done>{_ANY_DONE})\b(?=.*{_NOUN})|\b(?:he|hemos|j'ai|nous avons|ich habe|wir haben)\s+.*{_NOUN}.*\s"
    rf"(?P<done2>{_ANY_DONE})\b"
)
_ALONE = re.compile(
    rf"^[^\w]*{_LEADS}"
    rf"(?:(?:{_OWN}\s+)?{_NOUN}\s+)?{_ADVERB}(?P<done>booked|confirmed|cancell?ed|rescheduled|scheduled)"
    r"(?:\s+for\b.*)?[^\w]*$"
)
_CLAIMS = (_PASSIVE, _THING_DONE, _YOU_ARE, _I_DID, _I_DID_ABROAD, _ALONE)

_NOTHING = re.compile(
    rf"\bnothing\s+(?:has been|was|is|got)\s+{_ADVERB}(?:{_ANY_DONE}|done)\b"
    rf"|\bno\s+{_NOUN}\s+(?:has been|have been|was|were|is|got)\s+{_ADVERB}(?:{_ANY_DONE}|created)\b"
    rf"|{_SUBJECT}\s*(?:is|was|has|were|are)\s*(?:not|n't)\s+(?:yet\s+)?(?:been\s+)?{_ADVERB}(?:{_ANY_DONE})\b"
    rf"|\b(?:i|we)\s*(?:have|did|was|were|could)?\s*(?:not|n't)\s+(?:yet\s+)?(?:able to\s+)?(?:actually\s+)?"
    rf"(?:book|booked|ma[dk]e|move|moved|cancel|cancell?ed|reschedule|rescheduled|confirm|confirmed|complete|completed)\s+"
    rf"(?:it|that|anything|you|(?:[\w'\-]+\s+){{0,4}}?{_NOUN})\b"
    rf"|\b{_OWN}\s+(?:[\w'\-]+\s+){{0,3}}?{_NOUN}\b{_BETWEEN}\s*(?:failed|did\s*(?:not|n't) go through)\b"
    r"|\bit did\s*(?:not|n't) go through\b"
    r"|\bno se ha (?:reservado|cambiado|cancelado) nada\b|\brien n'a été (?:réservé|modifié|annulé)\b"
    r"|\b(?:es )?wurde nichts (?:gebucht|geändert|storniert)\b"
)
#: Every way to say that something is done, or that nothing is.
STATEMENTS = (*_CLAIMS, _NOTHING)

REFERENCE = re.compile(
    r"\b(?:reference|ref|confirmation|booking|reservation|referencia|référence|referenz|buchungsnummer)"
    r"(?:\s+(?:number|code|id|no|nr|is|n°|número|numéro|nummer|reference))*\s*[:#.]*\s*(?:is|es|est|ist)?\s*[#:`'\"(]*"
    r"(?P<code>(?-i:(?=[A-Za-z\-]*\d|[A-Z\-]+\b))[A-Za-z0-9][A-Za-z0-9\-]{3,39})\b",
    re.IGNORECASE,
)

#: A clause with one of these states no fact of now.
_HEDGE = re.compile(
    r"\b(?:if|once|when|whenever|until|till|unless|whether|before|as soon as|after you|in case|provided|would|will|'ll"
    r"|can|could(?! not|n't)|may|might|should|shall|must|need|needs|want|to be|being|gets?|typically|usually|always"
    r"|normally|only|any|each|every|ready to|about to|going to|let me|let's|please|try|trying|has to|have to"
    r"|si|cuando|una vez|hasta|puede|puedo|será|quand|une fois|dès que|jusqu'à|peut|peux|sera|lorsque"
    r"|wenn|sobald|falls|bis|kann|könnte|wird|werden|soll|möchten)\b"
)
_PAST = re.compile(
    r"\b(?:last|yesterday|ago|previous|previously|earlier|past|former|back in|original|originally|once before"
    r"|semana pasada|ayer|anterior|dernière?|hier|précédente?|letzte[nrs]?|gestern|vorige[nrs]?)\b"
)
_ASKS = re.compile(
    r"^\W*(?:(?:and|so|but|oh|ok|okay|sorry)\W+)?(?:is|are|was|were|has|have|had|do|does|did|shall|should|can|could"
    r"|would|will|may|what|which|who|why|how|was it)\b"
)
_NEGATED = re.compile(
    r"\b(?:not|never|no|nothing|n't|nada|nunca|pas|rien|nicht|nichts|kein\w*|ningun\w*|no se)\b|n't\b"
)
#: What turns a following or preceding clause into a condition for this one.
_CONDITION = re.compile(
    r"^\W*(?:and |but |so )?(?:once|as soon as|when|provided|after|until|unless|if you (?:confirm|press|agree|like|want"
    r"|say)|if so|cuando|una vez|si|quand|une fois|dès que|wenn|sobald|falls)\b"
)
CLAUSES = re.compile(r"(?:\s*[;:–—()]\s*|,\s+|\s+-\s+|\s+(?:and|but|so|y|pero|et|mais|und|aber)\s+)")
MARKS = re.compile(r"[*_`~>#|]+")
_EXAMPLE = re.compile(r"\b(?:looks? like|e\.g\.|for example|such as|format|starts? with|your e-?mail)\b")
_ASKED = re.compile(
    r"\b(?:am i|are we|is (?:it|my|our|the)|was (?:it|my|our)|did (?:it|that|my|you)|have you|do i have|has (?:it|my)"
    r"|tengo|está mi|suis-je|habe ich|bin ich)\b.*\b(?:book\w*|confirm\w*|appointment|reserv\w*|go through|work"
    r"|went through|cita|rendez-vous|termin|gebucht|cancel\w*|mov\w*|reschedul\w*)\b"
)


def claims_in(sentence: str) -> Claims:
    """What ``sentence`` claims; false when it claims nothing."""
    said = plain(sentence)
    acts: set[Act] = set()
    nothing = False
    for clause in _stating(said):
        if _NOTHING.search(clause):
            nothing = True
        elif not _NEGATED.search(clause):
            acts |= _acts(clause)
    return Claims(frozenset(acts), nothing, frozenset(_references(sentence, said)))


def asks_what_is_booked(message: str) -> bool:
    """Whether a customer asks if something is booked, moved or cancelled."""
    return _ASKED.search(plain(message)) is not None


def _stating(said: str) -> Iterator[str]:
    """The clauses that state a fact of now. The whole sentence is one of them where it has no conditions."""
    clauses = [clause.strip() for clause in CLAUSES.split(said) if clause and clause.strip()]
    for index, clause in enumerate(clauses):
        is_last = index == len(clauses) - 1
        beside = clauses[index - 1 : index] + clauses[index + 1 : index + 2] if index else clauses[1:2]
        if _HEDGE.search(clause) or _PAST.search(clause) or _ASKS.search(clause) or (is_last and said.endswith("?")):
            continue
        if not any(_CONDITION.search(other) for other in beside):
            yield clause
    # Commas stand inside "Your appointment on Tuesday, November 24, 2026 is confirmed".
    if len(clauses) > 1 and not (
        _HEDGE.search(said) or _PAST.search(said) or said.endswith("?") or any(map(_ASKS.search, clauses))
    ):
        yield re.sub(r"[,()]", "", said)


def _acts(clause: str) -> set[Act]:
    found: set[Act] = set()
    for pattern in _CLAIMS:
        for match in pattern.finditer(clause):
            done = match["done"] or match.groupdict().get("done2") or ""
            found |= _acts_of(done, match[0])
    return found


def _acts_of(done: str, said: str) -> set[Act]:
    if re.search(r"\bcancell?ation\b", said):
        return {Act.CANCELLED}
    if re.fullmatch(_CONFIRMED, done):
        return {Act.BOOKED, Act.MOVED}
    for act in (Act.CANCELLED, Act.MOVED):
        if re.fullmatch(_DONE_WORDS[act], done):
            return {act}
    if done.startswith("moved"):
        return {Act.MOVED}
    return {Act.BOOKED}


def _references(sentence: str, said: str) -> Iterator[str]:
    """Codes that are given as a booking's reference: with a digit, or in capitals only, and no year."""
    if _EXAMPLE.search(said):
        return
    for match in REFERENCE.finditer(MARKS.sub("", sentence)):
        code = match["code"]
        is_year = code.isdigit() and len(code) == 4
        if not is_year:
            yield code


def plain(sentence: str) -> str:
    """A text as the grammar reads it: one case and width, without marks, single blanks."""
    said = unicodedata.normalize("NFKC", sentence).casefold().replace("’", "'")
    said = MARKS.sub(" ", said)
    return " ".join(said.split())
