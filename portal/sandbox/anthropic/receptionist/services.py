"""Which of the offered services a customer speaks of, by likeness of words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from portal.sandbox.anthropic.receptionist.facts import Service
from portal.sandbox.anthropic.receptionist.language.words import alike, content_stems, fold, stem, word_set, words

#: Everyday words for what services are called.
_SYNONYMS: dict[str, tuple[str, ...]] = {
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
    "tap": ("faucet",),
    "clog": ("drain",),
    "block": ("drain",),
    "sink": ("drain",),
    "boiler": ("heater",),
    "shave": ("shave", "beard"),
    "dye": ("color", "colour"),
}
#: Words in names of services that tell nothing on their own.
_WEAK = frozenset(
    stem(word)
    for word in word_set(
        """
    session classic regular signature express appointment visit service class standard basic full first new with
    minute min hour
    """
    )
)
_ASKED_FOR = re.compile(
    r"\b(?:book|schedule|reserve|need|want|get|like|offer|do you do|do you have|have|do|give|provide|sell|about|for|"
    r"interested in|"
    r"looking for)\s+(?:me\s+|you\s+)?(?:an?|some|my|any|the)?\s*(?P<what>[a-z][a-z' -]{2,40})"
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
    """Services that a message names: one when it is plain, several when it could be any of them."""

    services: tuple[Service, ...] = ()
    unknown: str | None = None

    @property
    def one(self) -> Service | None:
        return self.services[0] if len(self.services) == 1 else None


def hear_service(text: str, services: Sequence[Service]) -> Heard:
    """What service a folded message speaks of; `unknown` is one asked for by name that isn't offered."""
    said = _with_joined(content_stems(text))
    rated = [(rating, service) for service in services if (rating := _rating(service, said, text)) > 0]
    if not rated:
        return Heard(unknown=_unknown(text, services))
    best = max(rating for rating, _ in rated)
    return Heard(tuple(service for rating, service in rated if rating == best))


def service_words(services: Sequence[Service]) -> frozenset[str]:
    """Folded words of all names of services; none of them is a person's name."""
    return frozenset(word for service in services for word in words(service.name))


def described(text: str, services: Sequence[Service]) -> tuple[Service, ...]:
    """Up to two services whose description speaks of what the message does, best first."""
    said = [*_with_joined(content_stems(text)), *_synonyms(content_stems(text))]
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


def _synonyms(stems: Sequence[str]) -> list[str]:
    return [stem(other) for word in stems for other in _SYNONYMS.get(word, ())]


def _rating(service: Service, said: Sequence[str], text: str) -> float:
    """0 for no match; a name said in full rates highest, then the share of its telling words, said or meant."""
    if fold(service.name) in text:
        return 10 + len(service.name) / 100
    name = [word for word in content_stems(service.name) if word not in _WEAK] or list(content_stems(service.name))
    unsaid = [word for word in said if not any(alike(word, other) for other in name)]
    meant = _synonyms(unsaid)
    direct = sum(any(alike(word, other) for other in said) for word in name)
    matched = sum(any(alike(word, other) for other in (*said, *meant)) for word in name)
    share = matched / len(name)
    if share == 1:
        return 5 + matched / 10 + direct / 100
    return share + direct / 100 if share >= 1 / 3 else 0


def _unknown(text: str, services: Sequence[Service]) -> str | None:
    described = {word for service in services for word in content_stems(service.description)}
    for match in _ASKED_FOR.finditer(text):
        what = re.split(
            r"\b(?:for|on|at|with|and|but|tomorrow|today|next|this|please|in|from|to|or|after|before|if|when|as|by|"
            r"is|are)\b",
            match["what"],
        )[0]
        stems = content_stems(what)
        telling = [word for word in stems if word not in _NO_SERVICE]
        if telling and len(telling) == len(stems) <= 3 and not any(word in described for word in telling):
            return what.strip(" -'")
    return None
