"""Where the conversation stands, found by reading it anew from the beginning each time."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from portal.sandbox.anthropic.receptionist.facts import Facts, Service
from portal.sandbox.anthropic.receptionist.language.clock import HALF_DAY, Window, clock_words
from portal.sandbox.anthropic.receptionist.language.dates import DayWish
from portal.sandbox.anthropic.receptionist.language.words import word_set
from portal.sandbox.anthropic.receptionist.offers import Offers, Shown, Slot
from portal.sandbox.anthropic.receptionist.transcript import ToolRun
from portal.sandbox.anthropic.receptionist.understanding import Expecting, Understood
from portal.sandbox.anthropic.receptionist.wishes import Wish


class Goal(StrEnum):
    """The errand that the customer is on."""

    BOOK = "book"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    LOOK_UP = "look_up"


class Outcome(StrEnum):
    """What a note of the surrounding program reports."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    MOVED = "moved"
    PENDING = "pending"
    TAKEN = "taken"
    EXPIRED = "expired"
    DECLINED = "declined"
    FAILED = "failed"


@dataclass
class Turn:
    """The customer's latest message and what has happened since.

    `by_run`: the outcome was told by a tool, not by a note. `restarted`: the next of several wishes has begun.
    `recalls`: asked what was booked in this conversation; `told`: what was done, in words.
    """

    said: Understood = field(default_factory=Understood)
    runs: list[ToolRun] = field(default_factory=list)
    outcome: Outcome | None = None
    note: str = ""
    changed: bool = False
    picked: bool = False
    abandoned: bool = False
    declined: bool = False
    superseded: bool = False
    spoke: bool = False
    by_run: bool = False
    restarted: bool = False
    recalls: bool = False
    told: str = ""

    def last_run(self, *names: str) -> ToolRun | None:
        """The latest call of this turn if it was of one of the named tools."""
        if self.runs and (not names or self.runs[-1].name in names):
            return self.runs[-1]
        return None

    def count(self, name: str) -> int:
        """How often a tool was called in this turn."""
        return sum(run.name == name for run in self.runs)


@dataclass
class Frame:
    """Everything gathered so far.

    `first_only`: the earliest time is wanted, and no choice.
    `further` waits for what is being booked now; `combined` is a service offered for two; `day_options` are days
    between which the customer was asked to choose; `done` tells what was booked in this conversation, in words.
    """

    goal: Goal | None = None
    service: Service | None = None
    options: tuple[Service, ...] = ()
    days: DayWish | None = None
    window: Window | None = None
    offers: Offers | None = None
    shown: Shown | None = None
    stale: bool = True
    slot: Slot | None = None
    refused: frozenset[datetime] = frozenset()
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    sms: bool | None = None
    notes: str | None = None
    first_only: bool = False
    further: tuple[Wish, ...] = ()
    combined: Service | None = None
    day_options: tuple[date, ...] = ()
    done: tuple[str, ...] = ()
    reference: str | None = None
    booking: dict[str, Any] | None = None
    proposal: Goal | None = None
    summary: str = ""
    booked: str | None = None
    booked_day: date | None = None
    booked_until: int = 0
    handed_off: bool = False
    expecting: Expecting = field(default_factory=Expecting)
    turn: Turn = field(default_factory=Turn)

    @property
    def anchor(self) -> date | None:
        """The day that was spoken of last."""
        if self.slot is not None:
            return self.slot.day
        return self.days.last if self.days is not None and not self.days.soonest else self.booked_day

    @property
    def expecting_choice(self) -> bool:
        """Whether free times were named and the customer was asked to choose."""
        return self.goal in (Goal.BOOK, Goal.RESCHEDULE) and self.slot is None and self.expecting.time

    def end_errand(self) -> None:
        """Forgets the errand, keeps who the customer is."""
        self.goal = None
        self.service, self.options = None, ()
        self.days, self.window, self.first_only = None, None, False
        self.offers, self.shown, self.stale, self.slot = None, None, True, None
        self.reference, self.booking = None, None
        self.proposal, self.summary = None, ""
        self.combined, self.day_options = None, ()

    def begin_next(self) -> None:
        """Begins the next of several wishes, right after the one that is done where it has no time of its own."""
        wish, *further = self.further
        done = self.slot
        after = self.service.minutes if self.service is not None else None
        self.end_errand()
        self.further = tuple(further)
        self.goal, self.service = Goal.BOOK, wish.service
        self.days, self.window = wish.days, wish.window
        if wish.person:
            self.name = None
        if wish.window is None and done is not None and (wish.days is None or wish.days.admits(done.day)):
            self.days = DayWish(done.day, done.day)
            start = done.minute + (after or 0)
            self.window = Window(earliest=start, words=f"from {clock_words(start)}") if start < HALF_DAY * 2 else None
        self.turn.restarted = True

    def begin(self, goal: Goal) -> None:
        """Starts an errand; one that is already on goes on."""
        if self.goal is goal:
            return
        kept = (self.service, self.options) if goal is Goal.BOOK and self.goal is None else (None, ())
        self.end_errand()
        self.goal = goal
        self.service, self.options = kept

    def lose_slot(self) -> None:
        """The chosen time is gone; the calendar must be asked again."""
        if self.slot is not None:
            day = self.slot.day
            self.refused |= {self.slot.start}
            self.days = DayWish(day, day)
        self.slot, self.stale, self.proposal = None, True, None


_OUTCOMES: tuple[tuple[Outcome, str], ...] = (
    (Outcome.TAKEN, r"taken|no longer (?:available|free)|just gone|slot is gone|not available"),
    (Outcome.EXPIRED, r"expired|timed out|too old"),
    (Outcome.DECLINED, r"declined|withdrew|withdrawn|did not confirm|didn't confirm|rejected|said no"),
    (Outcome.FAILED, r"failed|could not|couldn't|cannot be|can't be|unavailable|error|refused"),
    (Outcome.PENDING, r"pending|being confirmed|outcome unknown|not known yet|awaiting the calendar"),
    (Outcome.MOVED, r"rescheduled|moved"),
    (Outcome.CANCELLED, r"cancell?ed|cancellation (?:is )?(?:done|confirmed)"),
    (Outcome.BOOKED, r"confirmed|booked|accepted"),
)
_UID = re.compile(
    r"\b(?:booking|reference|uid)\s*(?:reference|uid|id)?\s*[:#]?\s*(?P<uid>[A-Za-z0-9][\w-]{3,63})\b", re.IGNORECASE
)
_BOOKED = re.compile(
    r"(?:is (?:confirmed for|rescheduled to)|Booking \S+ for|The request for) (?P<what>.+? on .+?)(?: is |\.|$)"
)
_NOT_UIDS = frozenset(
    word_set(
        """
    with from this that been will could just under have page is was for and the
    """
    )
)


def read_outcome(note: str) -> Outcome | None:
    """What a note reports, or None when it is about something else."""
    text = note.lower()
    if not re.search(r"book|customer|proposal|appointment|slot|confirm|cancel|reschedul", text):
        return None
    return next((outcome for outcome, pattern in _OUTCOMES if re.search(rf"\b(?:{pattern})\b", text)), None)


def read_uid(note: str) -> str | None:
    """The booking reference that a note names: a word with a digit or capitals after "Booking"."""
    for match in _UID.finditer(note):
        uid = match["uid"]
        if uid.lower() not in _NOT_UIDS and (any(c.isdigit() for c in uid) or not (uid.islower() or uid.istitle())):
            return uid
    return None


def read_booked(note: str) -> str:
    """What a note says is booked: "Haircut on Tuesday, November 24, 2026, 4:30–5:00 PM"; empty where it names "
    "nothing."""
    match = _BOOKED.search(note)
    return re.sub(r"\s*\([\w/+-]+\)$", "", match["what"]) if match else ""


def known_service(facts: Facts, *hints: Any) -> Service | None:
    """The service that a booking's details name, by id or by name."""
    for hint in hints:
        for service in facts.services:
            if hint and str(hint).lower() in (service.id.lower(), service.name.lower()):
                return service
    return None
