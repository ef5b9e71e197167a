"""Which of the offered services a customer speaks of, by likeness of words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from portal.sandbox.anthropic.receptionist.facts import Service
from portal.sandbox.anthropic.receptionist.language.words import (
    alike,
    content_stems,
    fold,
    has_phrase,
    stem,
    word_set,
    words,
)

#: Everyday words for what services are called.
_EVERYDAY: dict[str, tuple[str, ...]] = {
    "cut": ("haircut",),
    "trim": ("haircut", "trim"),
    "hair": ("haircut",),
    "buzz": ("haircut", "buzz"),
    "checkup": ("exam", "checkup", "cleaning"),
    "check": ("exam", "checkup"),
    "tooth": ("dental", "filling"),
    "teeth": ("dental", "cleaning", "whitening"),
    "whiten": ("whitening",),
    "bleach": ("whitening",),
    "pt": ("personal", "training"),
    "trainer": ("personal", "training"),
    "workout": ("training",),
    "gym": ("training",),
    "leak": ("repair", "leak"),
    "drip": ("repair", "leak", "faucet"),
    "burst": ("leak",),
    "unclog": ("drain",),
    "coach": ("personal", "training"),
    "stretch": ("yoga",),
    "cycle": ("spin",),
    "bike": ("spin",),
    "toothache": ("emergency",),
    "quote": ("estimate",),
    "tap": ("faucet",),
    "clog": ("drain",),
    "block": ("drain",),
    "sink": ("drain",),
    "boiler": ("heater",),
    "dye": ("color", "colour"),
    "ballpark": ("estimate",),
}
_SYNONYMS = {stem(word): meanings for word, meanings in _EVERYDAY.items()}
#: Words in names of services that tell nothing on their own.
_WEAK = frozenset(
    stem(word)
    for word in word_set(
        """
    session classic regular signature express appointment visit service class standard basic full first new with
    minute min hour free
    """
    )
)
#: Who comes for the first time, and what is made for them.
_FIRST_VISIT = re.compile(
    r"\b(?:i'm new|new here|first time|first visit|never been|new (?:patient|client|customer|member))\b"
)
_FOR_THE_NEW = re.compile(r"\b(?:new|intro\w*|first|beginners?|trial)\b", re.IGNORECASE)
#: So many services are taken from one message besides the first.
_MOST_FURTHER = 3
_ASKED_FOR = re.compile(
    r"\b(?:book|schedule|reserve|(?:i|we) (?:need|want|would like)|i'd like|(?:can|could) (?:i|we) (?:get|have|book)|"
    r"do you (?:guys )?(?:do|offer|have|provide|repair|fix|install|make|cut)|interested in|looking for)\s+(?:me\s+|"
    r"you\s+|in\s+)?(?:an?|some|my|any|the)?\s*"
    r"(?P<what>[a-z][a-z' -]{2,40})"
)
_NO_SERVICE = frozenset(
    stem(word)
    for word in word_set(
        """
    appointment booking slot time session visit reservation question question opening availability available
    something anything it that this one help information info today tomorrow monday tuesday wednesday thursday
    friday saturday sunday week weekend next morning afternoon evening noon human person someone somebody
    manager staff people service services book schedule reminder text sms phone number email name parking card
    cash policy hour hours price address location day date another different change cancel reschedule move
    details reference you me us know see speak talk make later earlier soon asap after before around pm am
    haircare discount gift wifi recommendation recommend stay start finish end dinner lunch work busy free sure
    problem emergency look come go back hold wait think ask say tell last first second third same other both
    either new old two three four five minute month job kid child friend wife husband son daughter mom dad
    consultation thing stuff lot bit few while pet dog close open shut pay
    visit please thank thanks tip arrive bring wear pay park
    anymore idea right now option options menu list offer walk drop nice good great day still actually
    """
    )
)


@dataclass(frozen=True)
class Heard:
    """What a message names: one service when it is plain, several when it could be any of them.

    `further` are wanted besides; `unknown` says that one was asked for which isn't offered.
    """

    services: tuple[Service, ...] = ()
    further: tuple[Service, ...] = ()
    unknown: bool = False


def hear_service(text: str, services: Sequence[Service]) -> Heard:
    """What services a folded message speaks of, in the order of the text where there are several."""
    said = _with_joined(content_stems(text))
    best = _best(services, said, text)
    if not best:
        return Heard(unknown=_asks_for_unknown(text, services))
    if len(best) > 1 and not has_phrase(text, "or") and all(_share_said(service, said) == 1 for service in best):
        best.sort(key=lambda service: _position(service, text))
        return Heard(tuple(best[:1]), tuple(best[1:]))
    found = list(best)
    further: list[Service] = []
    joined = has_phrase(text, r"and|also|plus|then")
    while len(found) == 1 and len(further) < _MOST_FURTHER:
        taken = {word for service in (*found, *further) for word in content_stems(service.name)}
        left = [
            word for word in said if not any(alike(w, other) for w in (word, *_synonyms([word])) for other in taken)
        ]
        rest = [service for service in services if service not in found and service not in further]
        more = [s for s in _best(rest, left, "") if _is_wanted_too(s, left, services, joined=joined)]
        if len(more) != 1:
            break
        further += more
    ordered = sorted((*found, *further), key=lambda service: _position(service, text)) if further else found
    return Heard(tuple(ordered[:1]) if further else tuple(found), tuple(ordered[1:]) if further else ())


def _is_wanted_too(service: Service, left: Sequence[str], services: Sequence[Service], *, joined: bool) -> bool:
    """Whether the rest of a message is enough to name one more service: half its name, or a word that only it has."""
    if _share_said(service, left) >= 1 / 2:
        return True
    own = [word for word in _telling(service) if any(alike(word, other) for other in left)]
    others = [word for other in services if other != service for word in _telling(other)]
    only_its = any(not any(alike(word, other) for other in others) for word in own)
    return joined and (only_its or _share_said(service, (*left, *_synonyms(left))) >= 1 / 2)


def both_in_one(first: Service, second: Service, services: Sequence[Service]) -> Service | None:
    """A service that is the two of them in one visit, if there is one."""
    for service in services:
        words = [word for word in content_stems(service.name) if word not in _WEAK]
        shares = [any(alike(word, own) for word in words) for own in (_head(first), _head(second))]
        if service not in (first, second) and len(words) > 1 and all(shares):
            return service
    return None


def _head(service: Service) -> str:
    return next((word for word in content_stems(service.name) if word not in _WEAK), "")


def _best(services: Sequence[Service], said: Sequence[str], text: str) -> list[Service]:
    rated = [(rating, service) for service in services if (rating := _rating(service, said, text)) > 0]
    best = max((rating for rating, _ in rated), default=0)
    return [service for rating, service in rated if rating == best]


def _share_said(service: Service, said: Sequence[str]) -> float:
    """How much of the telling words of its name is said itself, not only meant."""
    name = _telling(service)
    return sum(any(alike(word, other) for other in said) for word in name) / len(name)


def _telling(service: Service) -> list[str]:
    return [word for word in content_stems(service.name) if word not in _WEAK] or list(content_stems(service.name))


def _position(service: Service, text: str) -> int:
    """Where the first of its telling words stands."""
    places = [
        match.start()
        for match in re.finditer(r"[^\W_]+", text)
        if any(alike(stem(match.group()), w) for w in _telling(service))
    ]
    return min(places, default=len(text))


def service_words(services: Sequence[Service]) -> frozenset[str]:
    """Folded words of all names of services; none of them is a person's name."""
    return frozenset(word for service in services for word in words(service.name))


def described(text: str, services: Sequence[Service]) -> tuple[Service, ...]:
    """Up to two services whose description speaks of what the message does, best first."""
    said = [word for word in (*content_stems(text), *_synonyms(content_stems(text))) if word not in _WEAK | _NO_SERVICE]
    scores = {
        service.id: sum(any(alike(s, w) for s in said) for w in set(content_stems(service.description)))
        for service in services
    }
    fitting = [service for service in services if scores[service.id] > 0]
    return tuple(sorted(fitting, key=lambda service: -scores[service.id])[:2])


def recommend(text: str, services: Sequence[Service]) -> tuple[Service, ...]:
    """What to suggest: services that are named or described, else the first two."""
    return hear_service(text, services).services or described(text, services) or tuple(services[:2])


def _with_joined(stems: Sequence[str]) -> list[str]:
    """The stems, and neighbours as one word: "hair cut" is a haircut."""
    return [*stems, *(first + second for first, second in pairwise(stems))]


def everyday_words() -> frozenset[str]:
    """Everyday words for services."""
    return frozenset(_EVERYDAY)


def meant(word: str) -> bool:
    """Whether a stem is an everyday word for a service."""
    return word in _SYNONYMS


def _synonyms(stems: Sequence[str]) -> list[str]:
    return [stem(other) for word in stems for other in _SYNONYMS.get(word, ())]


def _rating(service: Service, said: Sequence[str], text: str) -> float:
    """0 for no match; a name said in full rates highest, then the share of its telling words, said or meant."""
    if text and re.search(rf"\b{re.escape(fold(service.name))}\b", text):
        return 10 + len(service.name) / 100
    if text and _FIRST_VISIT.search(text) and _FOR_THE_NEW.search(service.name):
        return 4
    name = _telling(service)
    unsaid = [word for word in said if not any(alike(word, other) for other in name)]
    meant = _synonyms(unsaid)
    direct = sum(any(alike(word, other) for other in said) for word in name)
    matched = sum(any(alike(word, other) for other in (*said, *meant)) for word in name)
    share = matched / len(name)
    if share == 1:
        return 5 + matched / 10 + direct / 100
    return share + direct / 100 if share >= 1 / 3 else 0


def _asks_for_unknown(text: str, services: Sequence[Service]) -> bool:
    """Whether something is asked for by a name that no service bears or describes."""
    known = {word for service in services for word in content_stems(service.description)}
    for match in _ASKED_FOR.finditer(text):
        what = re.split(
            r"\b(?:for|on|at|with|and|but|tomorrow|today|next|this|please|in|from|to|or|after|before|if|when|as|by|"
            r"is|are)\b",
            match["what"],
        )[0]
        stems = content_stems(what)
        telling = [word for word in stems if word not in _NO_SERVICE]
        if telling and len(telling) == len(stems) <= 3 and not any(word in known for word in telling):
            return True
    return False
