"""Whether an answer asks for nothing but the yes to the card beside it: decided by code, from the answer's own words.

Where something else was asked, or another time was named, a "yes" would be an answer to that. A question is known by
what it is made of: known words, those of the card, and one that asks for the yes. What is not understood counts as
another question; then the customer is asked once more, and nothing is lost.
"""

import re

_SENTENCE = re.compile(r"(?<=[.!?？…])[\"'”’)*_]*\s+|\n+|¿")
_ASKING = re.compile(
    r"[?？]|\b(?:would you (?:like|prefer|rather)|do you (?:want|need)|want me to|(?:shall|should) (?:i|we)"
    r"|(?:let me know|tell me) (?:if|whether)|(?:say|reply|write|answer|type)\W+(?:with\W+)?yes\W+(?:if|for))\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_CLOCK = re.compile(r"\b(\d{1,2})(?::(\d\d))?(\s?[ap]\.?m\b)?", re.IGNORECASE)


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DAYS = _vocabulary(
    """
    monday tuesday wednesday thursday friday saturday sunday
    lunes martes miércoles jueves viernes sábado domingo lundi mardi mercredi jeudi vendredi samedi dimanche
    montag dienstag mittwoch donnerstag freitag samstag sonntag
    """
)
#: Every question for the yes has one of these, or a verb of the card's own act; another act's verbs are unknown.
_ASKS = _vocabulary(
    """
    confirm confirmed right correct ok okay good great fine perfect work works ahead proceed finalize finalise complete
    confirmo confirmar confirmamos confirme correcto bien confirmer confirmez bon bestätigen bestätige richtig passt
    stimmt
    """
)
_ACTS = {
    "create": _vocabulary(
        """
        book booked reserve reserved schedule scheduled reservar reservo reservamos réserver réserve buchen buche
        reservieren
        """
    ),
    "cancel": _vocabulary(
        """
        cancel cancelled canceled cancelling cancelar cancelo anular annuler annule stornieren storniere absagen
        """
    ),
    "reschedule": _vocabulary(
        """
        move moved reschedule rescheduled mover muevo cambiar cambio déplacer déplace verschieben verschiebe
        """
    ),
}
_PLAIN = _vocabulary(
    """
    a an the this that it its is are does do did don t s ll d re i me my we us you your will would shall should can
    could may like want to with for on at in from of and now please then so just all everything details look looks
    sound sounds have has if yes by go up booking appointment reservation cancellation request slot time date new st nd
    rd th am pm press pressing button simply reply write say type below finish visit
    la el los las lo esta este su tu es está todo todos que quiere quieres desea deseas para con cita hora reserva datos
    le les ce cet cette votre ton est c tout je vous voulez souhaitez dois puis pour rendez rendezvous réservation
    der die das den dem diesen dieser ihren ihre deinen ist alles soll ich möchten sie für mit termin buchung
    """
)


def asks_only_for(answer: str, kind: str, card: str) -> bool:
    """Whether ``answer`` (as shown) asks for nothing but a yes to the ``card`` (its words) of a ``kind`` of change."""
    named = _words(card)
    questions = (sentence for sentence in _SENTENCE.split(answer) if _ASKING.search(sentence))
    return (
        all(_asks_for_the_yes(_words(_without_times(question)), kind, named) for question in questions)
        and _clock_times(answer) <= _clock_times(card)
        and all(_is_named(day, named) for day in _words(answer) & _DAYS)
    )


def _asks_for_the_yes(question: frozenset[str], kind: str, named: frozenset[str]) -> bool:
    asks = _ASKS | _ACTS.get(kind, frozenset())
    known = _PLAIN | asks
    return bool(question & asks) and all(word in known or _is_named(word, named) for word in question)


def _is_named(word: str, named: frozenset[str]) -> bool:
    """On the card, if only in full or in short ("Dec", "December")."""
    return word in named or (len(word) >= 3 and any(_same_start(word, other) for other in named))


def _same_start(one: str, other: str) -> bool:
    return len(other) >= 3 and (one.startswith(other) or other.startswith(one))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _without_times(text: str) -> str:
    """Without clock times, which are compared as such."""
    return _CLOCK.sub(lambda match: " " if match[2] or match[3] else match[0], text)


def _clock_times(text: str) -> set[tuple[int, int]]:
    """Hour on a clock's face and minute: a card may say 4:30 PM where the answer says 16:30."""
    found = (match.groups() for match in _CLOCK.finditer(text))
    return {(int(hour) % 12, int(minute or 0)) for hour, minute, half in found if minute or half}
