"""Short dialogues, written as text: what a customer says, what must be answered, and what is booked in the end.

A file is a trade. ``==`` names a dialogue; ``>`` is a line of the customer's; what follows holds for its answer:

    < words      a regular expression that it contains (a fact, a number), whatever the case
    + words      the same for one part of a message that has several: what is missing was dropped in silence
    ! words      a regular expression that it does not contain; ``! @card``: nothing of that kind is shown
    @ kind       what it shows: ``offers``, ``card`` or ``handoff``

    = service, day time, name, e-mail      one booking in the end (without any ``=``, or with a bare one: none)

A day is ``tomorrow``, ``a``, ``b`` (open days of the coming week), ``far`` (two weeks ahead) or ``*`` for any. A time
is ``14:30``, or ``#2`` for the second of the times that were offered last. Placeholders in braces: see ``Days.words``.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

FOLDER = Path(__file__).with_name("dialogues")
KINDS = ("offers", "card", "handoff")
#: One dialogue in this many is held apart: nothing may be tuned on it.
PARTS = 3


@dataclass
class Line:
    """What the customer says, and what holds for the answer."""

    says: str
    hears: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    shows: list[str] = field(default_factory=list)
    hides: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Booked:
    """A booking as it must stand in the end."""

    service: str
    day: str
    time: str
    name: str
    email: str


@dataclass
class Dialogue:
    """One conversation."""

    trade: str
    name: str
    lines: list[Line] = field(default_factory=list)
    bookings: list[Booked] = field(default_factory=list)

    @property
    def is_held_apart(self) -> bool:
        """Told by the name's digest, so that nobody chooses."""
        digest = hashlib.sha256(f"{self.trade}: {self.name}".encode()).digest()
        return digest[0] % PARTS == 0

    def __str__(self) -> str:
        return f"{self.trade}: {self.name}"


@dataclass(frozen=True)
class Days:
    """The days that dialogues speak of; the business is closed on one, so that there is something to refuse."""

    today: date

    def __getitem__(self, name: str) -> date:
        ahead = {"tomorrow": 1, "a": 2, "b": 3, "closed": 5, "far": 16}
        return self.today + timedelta(days=ahead[name])

    def words(self) -> dict[str, str]:
        far = self["far"]
        ending = "th" if 10 < far.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(far.day % 10, "th")
        return {
            "a": f"{self['a']:%A}",
            "b": f"{self['b']:%A}",
            "closed": f"{self['closed']:%A}",
            "far_weekday": f"{far:%A}",
            "far_date": f"{far:%B} {far.day}",
            "far_ordinal": f"{far.day}{ending}",
            "wrong_weekday": f"{far + timedelta(days=1):%A}",
        }


def read(trade: str) -> list[Dialogue]:
    """The dialogues of a trade. Raises ValueError for a line that is none of the kinds."""
    found: list[Dialogue] = []
    for number, written in enumerate((FOLDER / f"{trade}.txt").read_text().splitlines(), 1):
        mark, _, text = written.strip().partition(" ")
        if mark == "==":
            found.append(Dialogue(trade, text))
        elif mark:
            try:
                _add(found[-1], mark, text.strip())
            except (IndexError, KeyError, TypeError) as error:
                raise ValueError(f"{trade}.txt, line {number}: {written!r} is not understood") from error
    return found


def _add(dialogue: Dialogue, mark: str, text: str) -> None:
    if mark == ">":
        dialogue.lines.append(Line(text))
    elif mark == "=":
        dialogue.bookings += [_booked(text)] if text else []
    elif mark == "!" and text.startswith("@") and text[1:] in KINDS:
        dialogue.lines[-1].hides.append(text[1:])
    elif mark == "@" and text not in KINDS:
        raise KeyError(text)
    else:
        line = dialogue.lines[-1]
        {"<": line.hears, "+": line.parts, "!": line.never, "@": line.shows}[mark].append(text)


def _booked(text: str) -> Booked:
    service, when, name, email = (part.strip() for part in text.split(","))
    day, time = when.split()
    return Booked(service, day, time, name, email)
