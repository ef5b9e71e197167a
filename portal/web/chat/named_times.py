"""Times that words name, among a card's buttons: what the answer speaks of is in sight, what was chosen is marked."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from portal.domain import phrases
from portal.web.chat.cards import Card, SlotDay, SlotOption

#: ``4:30 PM``, ``4 pm``, ``16:30``, and ``4:30`` of "4:30 or 5:00 PM", which may be either half of the day.
CLOCK: Final = re.compile(r"(?<![\d:.])(\d{1,2})(?::(\d\d))?\s*(?:([ap])\.?m\b\.?)?(?![\d:])", re.IGNORECASE)
WEEKDAY: Final = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?s?\b", re.IGNORECASE)
DATE: Final = re.compile(
    rf"\b({'|'.join(month[:3] for month in phrases.MONTHS)})[a-z]*\.? (\d{{1,2}})\b", re.IGNORECASE
)

Clock = tuple[int, int]


def with_named_in_sight(card: Card, text: str) -> Card:
    """The card with every time unfolded that ``text`` names."""
    named = _named(card, text)
    if not named:
        return card
    days = [_unfolded(day, named) for day in (*card.days, *card.more_days)]
    shown = len(card.days)
    is_in_sight: Callable[[int, SlotDay], bool] = lambda place, day: place < shown or bool(_options(day) & named)  # noqa: E731
    return replace(
        card,
        days=[day for place, day in enumerate(days) if is_in_sight(place, day)],
        more_days=[day for place, day in enumerate(days) if not is_in_sight(place, day)],
    )


def with_choice(card: Card, said: str) -> Card:
    """The card with the one time marked that the customer said next; as it is where they named none, or several."""
    named = _named(card, said)
    if len(named) != 1:
        return card
    card = with_named_in_sight(card, said)
    return replace(card, days=[_marked(day, named) for day in card.days])


def _named(card: Card, text: str) -> frozenset[SlotOption]:
    clocks = set(_clocks(text)) if card.kind == "slots" else set()
    if not clocks:
        return frozenset()
    days = [*card.days, *card.more_days]
    by_day = [frozenset(option for option in _options(day) if set(_clocks(option.label)) & clocks) for day in days]
    spoken_of = [named for day, named in zip(days, by_day, strict=True) if _is_spoken_of(day, text)]
    # Where no day is named, it is the first that has such a time.
    chosen = spoken_of if any(spoken_of) else [named for named in by_day if named][:1]
    return frozenset[SlotOption]().union(*chosen)


def _clocks(text: str) -> Iterable[Clock]:
    for hour, minute, half in CLOCK.findall(text):
        if not minute and not half:
            continue
        clock = int(hour), int(minute or 0)
        if not half and clock[0] != 0:
            yield clock
            yield clock[0] + 12, clock[1]
        elif half:
            yield clock[0] % 12 + (12 if half in "pP" else 0), clock[1]


def _is_spoken_of(day: SlotDay, text: str) -> bool:
    """``day.title`` is ``Tuesday, November 24``; a date names more exactly than its weekday."""
    [own] = DATE.findall(day.title)
    if dates := {_date(found) for found in DATE.findall(text)}:
        return _date(own) in dates
    return day.title[:3].casefold() in {found.casefold() for found in WEEKDAY.findall(text)}


def _date(found: tuple[str, str]) -> tuple[str, int]:
    return found[0].casefold(), int(found[1])


def _options(day: SlotDay) -> frozenset[SlotOption]:
    return frozenset((*day.times, *day.more))


def _unfolded(day: SlotDay, named: frozenset[SlotOption]) -> SlotDay:
    times = [*day.times, *(option for option in day.more if option in named)]
    times.sort(key=lambda option: min(_clocks(option.label)))
    return replace(day, times=times, more=[option for option in day.more if option not in named])


def _marked(day: SlotDay, chosen: frozenset[SlotOption]) -> SlotDay:
    return replace(day, times=[replace(option, is_chosen=option in chosen) for option in day.times])
