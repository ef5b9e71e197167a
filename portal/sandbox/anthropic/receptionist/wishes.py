"""Several bookings in one message, each with its own service, days and times."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.sandbox.anthropic.receptionist.facts import Facts, Service
from portal.sandbox.anthropic.receptionist.language.clock import Window, find_window
from portal.sandbox.anthropic.receptionist.language.dates import DayWish, find_dates, wished_days, without_dates
from portal.sandbox.anthropic.receptionist.language.words import has_phrase
from portal.sandbox.anthropic.receptionist.party import MOST, party_of
from portal.sandbox.anthropic.receptionist.services import Heard, hear_service

_PARTS = re.compile(r",|;|\.\s|\band\b|\bthen\b|\bplus\b|&")


@dataclass(frozen=True)
class Wish:
    """What is to be booked; `person` says that it is for somebody else, whose name is not known yet."""

    service: Service | None = None
    days: DayWish | None = None
    window: Window | None = None
    person: bool = False


def further_wishes(text: str, first: Wish, heard: Heard, facts: Facts, today: date) -> tuple[Wish, tuple[Wish, ...]]:
    """The first wish of a folded message and those after it, as far as it has any."""
    if heard.further and heard.services:
        return _one_a_service(text, first, (heard.services[0], *heard.further), facts, today)
    party = party_of(text, facts.services)
    if party > 1:
        other = replace(first, window=None, person=not has_phrase(text, r"(?:houses?|places|flats|apartments|times)"))
        return first, (other,) * (party - 1)
    return _one_a_day(text, first)


def _one_a_service(
    text: str, first: Wish, services: Sequence[Service], facts: Facts, today: date
) -> tuple[Wish, tuple[Wish, ...]]:
    """Each service with the days and times of its own part of the text, if it has any; else those of the whole."""
    parts = [part for part in _PARTS.split(text) if part.strip()]
    told: list[Wish] = []
    for service in services:
        part = next((part for part in parts if service in hear_service(part, facts.services).services), "")
        mentions = find_dates(part, today)
        window = find_window(without_dates(part, mentions), bare=False)
        person = bool(told) and has_phrase(part, r"for (?:my|our|him|her|them|a friend)")
        told.append(Wish(service, wished_days(part, mentions, today), window, person))
    timed = [wish for wish in told if wish.window is not None]
    whole = [replace(wish, days=wish.days or first.days) for wish in told]
    if len(timed) > 1:
        return whole[0], tuple(whole[1:])
    return replace(whole[0], window=first.window), tuple(replace(wish, window=None) for wish in whole[1:])


def _one_a_day(text: str, first: Wish) -> tuple[Wish, tuple[Wish, ...]]:
    """ "On Tuesday and on Thursday at 8": two days joined by "and", at one time, are two bookings."""
    days, window = first.days, first.window
    exact = window is not None and window.target is not None and window.exact
    if days is None or days.only is None or not exact or has_phrase(text, r"or|between|either"):
        return first, ()
    single = [replace(first, days=DayWish(day, day)) for day in sorted(days.only)[:MOST]]
    return (single[0], tuple(single[1:])) if single else (first, ())
