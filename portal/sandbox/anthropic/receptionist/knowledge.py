"""Answers from what the prompt says: frequently asked questions, policies, hours, prices, address."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher

from portal.sandbox.anthropic.receptionist import phrases
from portal.sandbox.anthropic.receptionist.facts import Entry, Facts, Service, hours_of_day
from portal.sandbox.anthropic.receptionist.intents import Intent, find_intents
from portal.sandbox.anthropic.receptionist.language.words import alike, content_stems, fold, stem, word_set
from portal.sandbox.anthropic.receptionist.services import recommend
from portal.sandbox.anthropic.receptionist.understanding import Understood

_SENTENCE = re.compile(r"[.!?;\n]+|,? \b(?:and|also|but|plus)\b ")
#: Words of nearly every message here; alone they don't make a question one of the list.
_GENERIC = frozenset(
    stem(word)
    for word in word_set(
        """
    book booking appointment schedule today tomorrow time day service haircut offer want need come make take
    possible monday tuesday wednesday thursday friday saturday sunday week next available slot morning afternoon
    evening first one anything something other minute min long business happen happens
    """
    )
)
_RELATED: dict[str, tuple[str, ...]] = {
    "park": ("parking", "car"),
    "car": ("parking",),
    "pay": ("payment", "card", "cash"),
    "paid": ("payment",),
    "card": ("payment", "pay", "credit"),
    "cash": ("payment", "pay"),
    "credit": ("payment", "card"),
    "visa": ("payment", "card", "credit"),
    "debit": ("payment", "card", "credit"),
    "kid": ("children", "child"),
    "son": ("children", "kid"),
    "daughter": ("children", "kid"),
    "child": ("kid",),
    "children": ("kid",),
    "lat": ("late",),
    "cancel": ("cancellation",),
    "cancellation": ("cancel",),
    "cancelation": ("cancel", "cancellation"),
    "walkin": ("walk-in", "walk"),
    "insuranc": ("insurance", "insured"),
    "refund": ("payment", "deposit"),
    "wheelchair": ("accessible", "accessibility", "access"),
    "showup": ("no-show",),
}
_SAME, _SURE, _LIKELY = 0.8, 0.72, 0.5
#: An answer that speaks of the words is a weaker sign than a question that does.
_BY_ANSWER = 0.6
_GENERIC_ONLY = 0.55
_MOST_ENTRIES = 2


def answers(said: Understood, facts: Facts, service: Service | None, *, errand: bool) -> list[str]:
    """Everything in the message that can be answered, each as a paragraph; empty when it asks nothing of the kind.

    `service` is the one spoken of before; `errand` says that the message does something else besides.
    """
    rated = _rated_entries(said, facts, errand=errand)
    sure = [entry for score, entry in rated if score >= _SURE]
    found = [_answer_of(entry) for entry in sure]
    covered = {intent for entry in sure for intent in find_intents(fold(entry.question))}
    spoken_of = said.services.services or ((service,) if service else ())
    built = [text for intent, text in _built_in(said, facts, tuple(spoken_of)) if intent not in covered]
    if not found and not built:
        found = [_answer_of(entry) for score, entry in rated[:1]]
    return list(dict.fromkeys([*built, *found]))


def _answer_of(entry: Entry) -> str:
    return entry.answer if entry.answer.endswith((".", "!", "?")) else f"{entry.answer}."


def _rated_entries(said: Understood, facts: Facts, *, errand: bool) -> list[tuple[float, Entry]]:
    """Entries that are likely meant, best first, at most one for each sentence."""
    entries = [*facts.faqs, *facts.policies]
    frequency = Counter(word for entry in entries for word in set(content_stems(entry.question)))
    best: dict[Entry, float] = {}
    for sentence in [said.text, *_SENTENCE.split(said.text)]:
        if errand and not _asks(sentence):
            continue
        scored = [(_score(sentence, entry, frequency), entry) for entry in entries]
        score, entry = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        if entry is not None and score >= _LIKELY:
            best[entry] = max(score, best.get(entry, 0))
    ranked = sorted(((score, entry) for entry, score in best.items()), key=lambda pair: -pair[0])
    return ranked[:_MOST_ENTRIES]


def _asks(sentence: str) -> bool:
    return Intent.QUESTION in find_intents(sentence.strip())


def _score(sentence: str, entry: Entry, frequency: Counter[str]) -> float:
    """How much of the entry's question the sentence says, or the reverse; rare words count more."""
    question = fold(entry.question)
    if abs(len(question) - len(sentence)) <= len(question) // 3:
        likeness = SequenceMatcher(None, sentence.strip(), question).ratio()
        if likeness >= _SAME:
            return likeness
    said = [word for word in content_stems(sentence) if word not in _GENERIC]
    asked = [word for word in content_stems(entry.question) if word not in _GENERIC]
    if not said:
        return _GENERIC_ONLY * _plain_share(sentence, entry)
    matched_said = [word for word in said if _meets(word, asked)]
    if not matched_said:
        return _BY_ANSWER * _by_answer(said, entry)
    weight = {word: 1 / max(1, frequency[word]) for word in asked}
    matched = sum(weight[word] for word in asked if _meets(word, said))
    of_question = matched / (sum(weight.values()) or 1)
    of_sentence = len(matched_said) / len(said)
    return max(of_question, of_sentence if len(said) <= 4 else 0.6 * of_sentence) * 0.98


def _plain_share(sentence: str, entry: Entry) -> float:
    """For a sentence of generic words alone: the share of them that the question has."""
    said, asked = content_stems(sentence), content_stems(entry.question)
    return sum(word in asked for word in said) / len(said) if len(said) > 1 and _asks(sentence) else 0.0


def _by_answer(said: list[str], entry: Entry) -> float:
    """The share of a short sentence that the answer speaks of."""
    told = content_stems(entry.answer)
    hits = sum(any(alike(word, other) for other in told) for word in said)
    return hits / len(said) if 0 < len(said) <= 3 else 0.0


def _meets(word: str, others: list[str]) -> bool:
    related = [stem(other) for other in _RELATED.get(word, ())]
    return any(alike(candidate, other) for candidate in [word, *related] for other in others)


def _built_in(said: Understood, facts: Facts, services: tuple[Service, ...]) -> Iterator[tuple[Intent, str]]:
    if said.has(Intent.RECOMMEND) and facts.services:
        yield Intent.RECOMMEND, _recommendation(said, facts)
    elif said.has(Intent.SERVICES) and facts.services and not said.services.services and said.services.unknown is None:
        yield Intent.SERVICES, f"Here is what we offer:\n{phrases.services_list(facts.services)}"
    elif said.has(Intent.PRICE, Intent.DURATION):
        yield from _particulars(said, facts, services)
    if said.has(Intent.HOURS) and facts.hours:
        yield Intent.HOURS, _hours(said, facts)
    if said.has(Intent.ADDRESS) and facts.address:
        yield Intent.ADDRESS, f"You'll find us at {facts.address}."
    if said.has(Intent.CONTACT) and facts.contact:
        yield Intent.CONTACT, f"You can reach us {facts.contact}."


def _recommendation(said: Understood, facts: Facts) -> str:
    fitting = said.services.services or recommend(said.text, facts.services)
    return f"I'd suggest this:\n{phrases.services_list(fitting)}"


def _particulars(said: Understood, facts: Facts, services: tuple[Service, ...]) -> Iterator[tuple[Intent, str]]:
    if not services:
        if said.has(Intent.PRICE) and any(service.price for service in facts.services):
            yield Intent.PRICE, f"These are our prices:\n{phrases.services_list(facts.services)}"
        elif said.has(Intent.DURATION) and facts.services and "how long does" in said.text:
            yield Intent.DURATION, f"That depends on the service:\n{phrases.services_list(facts.services)}"
        return
    for service in services[:4]:
        takes = f"takes {service.minutes} minutes" if service.minutes else ""
        costs = f"costs {service.price}" if service.price else ""
        wanted = [text for intent, text in ((Intent.PRICE, costs), (Intent.DURATION, takes)) if said.has(intent)]
        facts_told = [text for text in wanted if text] or [text for text in (takes, costs) if text]
        if facts_told:
            intent = Intent.PRICE if said.has(Intent.PRICE) else Intent.DURATION
            yield intent, f"{service.name} {phrases.joined(facts_told)}."


def _hours(said: Understood, facts: Facts) -> str:
    if said.days is not None and said.days.single and not said.has(Intent.BOOK):
        line = hours_of_day(facts, said.days.first.weekday())
        if line is not None:
            return f"{line.rstrip('.')}."
    return "Our opening hours:\n" + "\n".join(f"- {line}" for line in facts.hours)
