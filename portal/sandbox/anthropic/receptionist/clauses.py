"""A message in its parts: "how much is it, and where can I park?" asks twice."""

import re

_SENTENCE = re.compile(r"[^.!?;\n]+(?:[.!?;\n]+|$)")
_STARTS = (
    r"(?:what|when|where|who|why|how|which|do|does|did|is|are|can|could|will|would|should|may|have|any|also|i|i'd|"
    r"i'm|"
    r"my|we|please|book)"
)
#: Commas part only before what may stand alone; "and" parts wherever it stands.
_GLUE = re.compile(
    rf",\s*(?:and |but |also |plus )?(?={_STARTS}\b)|,?\s+\b(?:and also|and|also|but|plus|or)\b\s+(?={_STARTS}\b)"
)
_ASKS = re.compile(
    r"^(?:and |also |but |so |ok |okay |well |hi |hello |hey |hiya |oh |um |please |sorry )*,?\s*"
    r"(?:what|what's|when|where|where's|who|who's|why|how|how's|which|do|does|did|is|are|am|can|could|will|would|"
    r"should|may|"
    r"have you|any|wondering|tell me)\b"
)
_PLAIN = re.compile(r"^(?:hi|hello|hey|hiya|ok|okay|thanks|thank you|please|sorry|yes|no|and|also|but|so|well|oh)[ ,]+")


def clauses(text: str) -> list[str]:
    """The parts of a folded message, each with its punctuation, without greetings before them."""
    found: list[str] = []
    for sentence in _SENTENCE.findall(text):
        parts = [part.strip(" ,") for part in _GLUE.split(sentence)]
        found += [part for part in parts if part]
    return [_bare(clause) for clause in found]


def is_question(clause: str) -> bool:
    """Whether a clause asks something."""
    return clause.endswith("?") or _ASKS.match(clause) is not None


def _bare(clause: str) -> str:
    while (match := _PLAIN.match(clause)) and match.end() < len(clause):
        clause = clause[match.end() :]
    return clause
