"""Free times that the calendar gave: which to name, and which one a customer means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.sandbox.anthropic.receptionist.language.clock import HALF_DAY, Window
from portal.sandbox.anthropic.receptionist.language.dates import DayWish
from portal.sandbox.anthropic.receptionist.language.words import fold, has_phrase

MOST_SHOWN = 5
_MOST_ALTERNATIVES = 3
_ORDINALS = (
    (r"first|1st|earliest|soonest", 0),
    (r"second|2nd", 1),
    (r"third|3rd", 2),
    (r"fourth|4th", 3),
    (r"fifth|5th", 4),
    (r"last|latest|final", -1),
)
_ANY = (
    r"any|anything|whichever|either|doesn't matter|don't mind|you (?:pick|choose|decide)|whatever|all (?:good|fine)",
)
_OPTION = re.compile(r"(?:option|number|#)\s*(?P<number>\d)\b")
_NUMBER_ALONE = re.compile(r"(?P<number>\d)[.)!]*$")


@dataclass(frozen=True)
class Slot:
    """One free time, local to the business."""

    start: datetime
    label: str = ""

    @property
    def minute(self) -> int:
        """Minutes after midnight."""
        return self.start.hour * 60 + self.start.minute

    @property
    def day(self) -> date:
        return self.start.date()

    @property
    def start_local(self) -> str:
        """As tools take it: `2026-11-24T16:30`."""
        return self.start.isoformat(timespec="minutes")


@dataclass(frozen=True)
class Offers:
    """The answer of one availability check."""

    service_id: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Shown:
    """The few slots that are named; `fits` is False when they are only the nearest to the wish."""

    slots: tuple[Slot, ...]
    fits: bool


def read_offers(arguments: dict[str, Any], result: dict[str, Any], refused: frozenset[datetime]) -> Offers:
    """The slots of a `check_availability` result without those that the calendar refused before."""
    slots: list[Slot] = []
    for item in result.get("slots") or ():
        slot = _read_slot(item)
        if slot is not None and slot.start not in refused:
            slots.append(slot)
    service_id = str(result.get("service_id") or arguments.get("service_id") or "")
    return Offers(service_id, tuple(sorted(slots, key=lambda slot: slot.start)))


def _read_slot(item: Any) -> Slot | None:
    text = item.get("start_local", item.get("start")) if isinstance(item, dict) else item
    try:
        start = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return Slot(start.replace(tzinfo=None), str(item.get("label", "")) if isinstance(item, dict) else "")


def show(offers: Offers, days: DayWish | None, window: Window | None, *, first_only: bool = False) -> Shown:
    """Up to five slots that fit the wish, else the three nearest to it; a pure function, so a later reading "
    "agrees."""
    fitting = [slot for slot in offers.slots if _fits(slot, days, window)]
    if fitting and first_only:
        return Shown((fitting[0],), fits=True)
    if fitting:
        return Shown(tuple(_sample(fitting, window)), fits=True)
    nearest = sorted(
        offers.slots, key=lambda slot: (_days_off(slot, days), window.distance(slot.minute) if window else 0)
    )
    chosen = sorted(nearest[:_MOST_ALTERNATIVES], key=lambda slot: slot.start)
    return Shown(tuple(chosen), fits=False)


def _fits(slot: Slot, days: DayWish | None, window: Window | None) -> bool:
    return (days is None or days.admits(slot.day)) and (window is None or window.admits(slot.minute))


def _days_off(slot: Slot, days: DayWish | None) -> int:
    if days is None or days.admits(slot.day):
        return 0
    return max(1, (days.first - slot.day).days, (slot.day - days.last).days)


def _sample(slots: list[Slot], window: Window | None) -> list[Slot]:
    if len(slots) <= MOST_SHOWN:
        return slots
    if window is not None and window.target is not None:
        nearest = sorted(slots, key=lambda slot: window.distance(slot.minute))[:MOST_SHOWN]
        return sorted(nearest, key=lambda slot: slot.start)
    by_day: dict[date, list[Slot]] = {}
    for slot in slots:
        by_day.setdefault(slot.day, []).append(slot)
    if len(by_day) == 1:
        return _spread(slots, MOST_SHOWN)
    share = max(1, MOST_SHOWN // min(len(by_day), MOST_SHOWN))
    first_days = list(by_day.values())[:MOST_SHOWN]
    return [slot for day in first_days for slot in _spread(day, share)][:MOST_SHOWN]


def _spread(slots: list[Slot], count: int) -> list[Slot]:
    """`count` slots spread evenly over a day, the first always among them."""
    if len(slots) <= count:
        return slots
    if count == 1:
        return slots[:1]
    step = (len(slots) - 1) / (count - 1)
    return [slots[round(index * step)] for index in range(count)]


@dataclass(frozen=True)
class Reading:
    """What a message says about times: folded text, the same without its dates, and the wishes read from it.

    `chooses`: it answers an offer, so that a time told roughly ("3ish") is one of those.
    """

    text: str
    undated: str
    days: DayWish | None
    window: Window | None
    agrees: bool
    chooses: bool = False


def choose(reading: Reading, offers: Offers, shown: Sequence[Slot], current: Slot | None) -> Slot | None:
    """The slot that a message picks, or None when it picks none; `current` is the one chosen so far."""
    named = _by_label(reading.text, offers.slots) or _by_number(_OPTION.search(reading.undated), shown)
    if named is not None:
        return named
    window = reading.window
    if window is not None and window.target is not None and not window.also and (window.exact or reading.chooses):
        timed = _by_time(reading, offers.slots, shown, current)
        if timed is not None:
            return timed
    return _by_position(reading, shown)


def _by_number(match: re.Match[str] | None, shown: Sequence[Slot]) -> Slot | None:
    number = int(match["number"]) if match is not None else 0
    return shown[number - 1] if 1 <= number <= len(shown) else None


def _by_label(text: str, slots: Sequence[Slot]) -> Slot | None:
    for slot in slots:
        if (slot.label and fold(slot.label) in text) or slot.start_local.lower() in text:
            return slot
    return None


def _by_time(reading: Reading, slots: Sequence[Slot], shown: Sequence[Slot], current: Slot | None) -> Slot | None:
    window = reading.window
    if window is None or window.target is None:
        return None
    minutes = {window.target, (window.target + HALF_DAY) % (2 * HALF_DAY)} if window.either_half else {window.target}
    days = reading.days
    matching = [slot for slot in slots if slot.minute in minutes and (days is None or days.admits(slot.day))]
    if days is None and current is not None:
        return next((slot for slot in matching if slot.day == current.day), matching[0] if matching else None)
    return next((slot for slot in matching if slot in shown), matching[0] if matching else None)


def _by_position(reading: Reading, shown: Sequence[Slot]) -> Slot | None:
    if shown and has_phrase(reading.text, r"(?:the )?later (?:one|of)"):
        return shown[-1]
    if shown and has_phrase(reading.text, r"(?:the )?earlier (?:one|of)"):
        return shown[0]
    if not shown or (reading.days is not None and not reading.days.soonest):
        return None
    alone = _by_number(_NUMBER_ALONE.match(reading.undated.strip()), shown)
    if alone is not None or reading.window is not None:
        return alone
    for pattern, index in _ORDINALS:
        if has_phrase(reading.text, rf"(?:{pattern})(?! name)") and index < len(shown):
            return shown[index]
    if has_phrase(reading.undated, *_ANY) and not has_phrase(
        reading.undated, r"any (?:other|more|later|earlier|chance)|anything (?:else|later|earlier)"
    ):
        return shown[0]
    return shown[0] if len(shown) == 1 and reading.agrees else None
