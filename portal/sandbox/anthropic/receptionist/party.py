"""For how many people, or how often, something is wanted: "two haircuts for me and my brother" are two bookings."""

import re
from collections.abc import Sequence

from portal.sandbox.anthropic.receptionist.facts import Service
from portal.sandbox.anthropic.receptionist.language.words import alike, stem, words

_COUNTS = {"two": 2, "2": 2, "both": 2, "three": 3, "3": 3, "four": 4, "4": 4, "couple": 2}
_COUNT = "|".join(_COUNTS)
_OTHERS = (
    r"(?:my|our|the) (?:\w+ )?(?:wife|husband|partner|son|daughter|kids?|child|children|brother|sister|mum|mom|"
    r"mother|dad|"
    r"father|friend|boyfriend|girlfriend|colleague|roommate|cousin|neighbou?r|mate|buddy|twins?|boys?|girls?|grandma|"
    r"grandpa|fianc[ée]e?|boss|other half)|a (?:friend|mate|buddy|colleague)"
)
_TOGETHER = re.compile(
    rf"\b(?:(?:me|myself|i) (?:and|\+|plus) (?:{_OTHERS})|(?:{_OTHERS}) (?:and|\+|plus) (?:me|i|myself)\b|"
    rf"(?:{_OTHERS}) and (?:{_OTHERS})|(?:{_OTHERS}) (?:come|join|be there|tag along)s? (?:too|as well|along|"
    rf"with me)|"
    rf"(?:bring|with) (?:{_OTHERS}) (?:too|as well|along|and book))"
)
_HEADS = re.compile(
    rf"\b(?:(?:for|of|are|we're|the) )?(?P<count>{_COUNT}) (?:of us|people|persons|adults|kids|children|guests|"
    rf"friends|"
    r"spots|places|seats|chairs|appointments|bookings|slots|sessions)\b"
)
_TIMES = re.compile(rf"\b(?P<count>{_COUNT}) (?P<what>(?:[a-z'-]+ ){{0,3}}[a-z'-]+s)\b")
#: No more than this is booked one after the other.
MOST = 4


def party_of(text: str, services: Sequence[Service]) -> int:
    """How many bookings folded text asks for of one service; 1 where it says nothing of several."""
    counted = [_COUNTS[match["count"]] for match in _HEADS.finditer(text)]
    for match in _TIMES.finditer(text):
        named = [stem(word) for word in words(match["what"])]
        if any(
            alike(word, other) for word in named for service in services for other in map(stem, words(service.name))
        ):
            counted.append(_COUNTS[match["count"]])
    if _TOGETHER.search(text):
        counted.append(2)
    return min(MOST, max(counted, default=1))
