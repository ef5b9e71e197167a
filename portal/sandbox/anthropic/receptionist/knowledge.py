"""Answers from what the prompt says: frequently asked questions, policies, services, hours, prices, address."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from portal.sandbox.anthropic.receptionist import phrases
from portal.sandbox.anthropic.receptionist.clauses import clauses, is_question
from portal.sandbox.anthropic.receptionist.facts import Entry, Facts, Service, hours_of_day
from portal.sandbox.anthropic.receptionist.intents import Intent, find_intents
from portal.sandbox.anthropic.receptionist.language.dates import find_dates, without_dates
from portal.sandbox.anthropic.receptionist.language.words import alike, content_stems, has_phrase, stem
from portal.sandbox.anthropic.receptionist.retrieval import SURE, Index, is_generic
from portal.sandbox.anthropic.receptionist.services import described, everyday_words, hear_service, meant, recommend
from portal.sandbox.anthropic.receptionist.understanding import Understood

#: Clauses with one of these are answered elsewhere, or are no questions about the business.
_NOT_ASKED = frozenset(
    {
        Intent.BOOK, Intent.CANCEL, Intent.RESCHEDULE, Intent.LOOK_UP, Intent.HUMAN, Intent.WHO_ARE_YOU,
        Intent.HOW_ARE_YOU, Intent.GREETING, Intent.THANKS, Intent.BYE, Intent.ABUSE, Intent.COMPLAINT,
        Intent.JOKE, Intent.RECOMMEND,
        Intent.SERVICES, Intent.ADVICE, Intent.INJECTION, Intent.COMPLIMENT, Intent.SHOW,
    }
)  # fmt: skip
_ERRANDS = frozenset({Intent.CANCEL, Intent.RESCHEDULE, Intent.LOOK_UP, Intent.HUMAN, Intent.SHOW})
_OFFERED = (r"do you|can you|could you|is there|are there|have you|difference|tell me|what is|what's",)
_THINGS = (r"do you (?:sell|have|take|accept|use|stock|carry)",)
_COURTESIES = frozenset({Intent.THANKS, Intent.BYE, Intent.GREETING, Intent.YES, Intent.NO, Intent.COMPLIMENT})
_BUILT_IN = (
    Intent.RECOMMEND,
    Intent.SERVICES,
    Intent.PRICE,
    Intent.DURATION,
    Intent.HOURS,
    Intent.ADDRESS,
    Intent.CONTACT,
)
_MOST_ANSWERS = 4


@dataclass(frozen=True)
class Knowledge:
    """What could be answered, each part a paragraph; `unknown` parts could not, `unoffered` asked for no service "
    "here."""

    texts: tuple[str, ...] = ()
    unknown: int = 0
    unoffered: bool = False


def answers(said: Understood, facts: Facts, service: Service | None, *, errand: bool) -> Knowledge:
    """Looks every clause of the message up. `service` is the one spoken of before; `errand` says that the message "
    "does
    something else besides, so that only what is put as a question counts."""
    texts: list[str] = []
    unknown, unoffered = 0, False
    for clause in clauses(said.text):
        if errand and not is_question(clause):
            continue
        found = _answer(clause, said, facts, service, errand=errand)
        texts += found or ([] if errand else _offered(clause, facts))
        if not found and _is_unanswered(clause, facts, said, errand=errand):
            unknown += 1
            unoffered |= hear_service(clause, facts.services).unknown and has_phrase(
                clause, r"book|do you .*|offer|want|need|get"
            )
    kept = tuple(dict.fromkeys(texts))[:_MOST_ANSWERS]
    return Knowledge(kept, unknown, unoffered and not has_phrase(said.text, r"do you (?:have|sell|take|accept|give)"))


def _answer(clause: str, said: Understood, facts: Facts, service: Service | None, *, errand: bool) -> list[str]:
    """One clause: what is asked of a named service, what the lists say, then what is known of the business."""
    intents = find_intents(clause)
    named = hear_service(clause, facts.services).services
    if not named and not intents.isdisjoint({Intent.PRICE, Intent.DURATION}):
        named = tuple(described(clause, facts.services)) if _tells_more(clause) else ()
    spoken_of = named or said.services.services or ((service,) if service else ())
    exact = not intents.isdisjoint({Intent.PRICE, Intent.DURATION}) and bool(named)
    aside = {word for service in named for word in content_stems(service.name)}
    if Intent.HOURS in intents and facts.hours and has_phrase(clause, r"open|close|closed|hours|work"):
        return [_hours(said, facts)]
    settled = not intents.isdisjoint(_ERRANDS) or (not is_question(clause) and not intents.isdisjoint(_COURTESIES))
    found = None if exact or settled else _index(facts).find(_undated(clause, facts), aside)
    others = {service.name for service in facts.services if named and service not in named}
    if found is not None and found.entry.question in others:
        found = None  # it is a named service that is spoken of, not another that is described alike
    if found is not None and found.score < SURE and not is_question(clause):
        found = None
    if found is not None and (found.score >= SURE or intents.isdisjoint(_BUILT_IN)):
        return [_text_of(found.entry)]
    built = list(_built_in(clause, intents, said, facts, tuple(spoken_of)))
    return built or ([_text_of(found.entry)] if found is not None else [])


def _offered(clause: str, facts: Facts) -> list[str]:
    """Whether there is such a service here, for who asks."""
    heard = hear_service(clause, facts.services)
    named = (*heard.services, *heard.further)
    by_name = any(
        alike(word, own) for service in named for own in content_stems(service.name) for word in content_stems(clause)
    )
    about_a_thing = has_phrase(clause, *_THINGS)
    if not named or (about_a_thing and not by_name) or not has_phrase(clause, *_OFFERED):
        return []
    lead = (
        "Yes, we do:"
        if has_phrase(clause, r"do you|can you|could you|is there|are there|have you")
        else "What we offer:"
    )
    return [f"{lead}\n{phrases.services_list(named)}"]


def _tells_more(clause: str) -> bool:
    return bool(content_stems(clause))


@lru_cache(maxsize=64)
def _index(facts: Facts) -> Index:
    """Questions and policies, and each service with what is said about it."""
    services = [Entry(service.name, phrases.service_line(service)) for service in facts.services if service.description]
    named = Counter(word for service in facts.services for word in content_stems(service.name))
    return Index(
        [*facts.faqs, *facts.policies, *services],
        {*(word for word in named if named[word] > 1), *map(stem, everyday_words())},
    )


def _text_of(entry: Entry) -> str:
    if entry.answer[:1].islower():
        return f"{entry.question}: {entry.answer.rstrip('.')}."
    if entry.answer.startswith("- "):
        return f"This may be what you mean:\n{entry.answer}"
    return entry.answer if entry.answer.endswith((".", "!", "?")) else f"{entry.answer}."


def _is_unanswered(clause: str, facts: Facts, said: Understood, *, errand: bool) -> bool:
    """Whether a clause asks something of the business that nothing here takes up."""
    if not is_question(clause):
        return False
    intents = find_intents(clause) - {Intent.QUESTION, Intent.YES, Intent.NO}
    heard = hear_service(clause, facts.services)
    if heard.unknown and not has_phrase(clause, r"(?:any|some)thing"):
        return True
    if not intents.isdisjoint(_NOT_ASKED) or said.reference is not None or re.search(r"\d{1,2}:\d\d|\d ?[ap]m", clause):
        return False
    taken = {word for service in heard.services for word in content_stems(f"{service.name} {service.description}")}
    undated = _undated(clause, facts)
    left = [word for word in content_stems(undated) if not is_generic(word) and not any(alike(word, w) for w in taken)]
    if heard.services or undated != clause:
        # "Do you sell hair wax?" speaks of hair, but asks for no haircut.
        about_a_thing = has_phrase(clause, *_THINGS)
        return bool(left) and not (all if about_a_thing else any)(meant(word) for word in left)
    return bool(left) or (not errand and bool(content_stems(undated)))


def _undated(clause: str, facts: Facts) -> str:
    return without_dates(clause, find_dates(clause, facts.now.date()))


def _built_in(
    clause: str, intents: frozenset[Intent], said: Understood, facts: Facts, services: tuple[Service, ...]
) -> Iterator[str]:
    if Intent.RECOMMEND in intents and facts.services:
        yield f"I'd suggest this:\n{phrases.services_list(said.services.services or recommend(clause, facts.services))}"
    elif (
        Intent.SERVICES in intents
        and facts.services
        and not services
        and not hear_service(clause, facts.services).unknown
    ):
        yield f"Here is what we do:\n{phrases.services_list(facts.services)}"
    elif not intents.isdisjoint({Intent.PRICE, Intent.DURATION}):
        yield from _particulars(clause, intents, facts, services)
    if Intent.HOURS in intents and facts.hours:
        yield _hours(said, facts)
    if Intent.ADDRESS in intents and facts.address:
        yield f"You'll find us at {facts.address}."
    if Intent.CONTACT in intents and facts.contact:
        yield f"You can reach us {facts.contact}."


def _particulars(clause: str, intents: frozenset[Intent], facts: Facts, services: tuple[Service, ...]) -> Iterator[str]:
    if not services:
        asks_more = any(not is_generic(word) for word in content_stems(_undated(clause, facts)))
        if Intent.PRICE in intents and not asks_more and any(service.price for service in facts.services):
            yield f"These are our prices:\n{phrases.services_list(facts.services)}"
        elif "how long do" in clause and facts.services:
            yield f"That depends on the service:\n{phrases.services_list(facts.services)}"
        return
    for service in services[:4]:
        takes = f"takes {service.minutes} minutes" if service.minutes else ""
        costs = f"costs {service.price}" if service.price else ""
        wanted = [text for intent, text in ((Intent.PRICE, costs), (Intent.DURATION, takes)) if intent in intents]
        told = [text for text in wanted if text] or [text for text in (takes, costs) if text]
        if told:
            yield f"{service.name} {phrases.joined(told)}."


def _hours(said: Understood, facts: Facts) -> str:
    if said.days is not None and said.days.single and not said.has(Intent.BOOK):
        line = hours_of_day(facts, said.days.first.weekday())
        if line is not None:
            return f"{line.rstrip('.')}."
    return "Our opening hours:\n" + "\n".join(f"- {line}" for line in facts.hours)
