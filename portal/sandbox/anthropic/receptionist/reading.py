"""Happenings of the conversation, put into the frame one after the other."""

from collections.abc import Iterable
from datetime import datetime

from portal.sandbox.anthropic.receptionist.facts import Facts
from portal.sandbox.anthropic.receptionist.frame import (
    Frame,
    Goal,
    Outcome,
    known_service,
    read_booked,
    read_outcome,
    read_uid,
)
from portal.sandbox.anthropic.receptionist.hearing import hear
from portal.sandbox.anthropic.receptionist.language.dates import DayWish
from portal.sandbox.anthropic.receptionist.language.words import has_phrase
from portal.sandbox.anthropic.receptionist.offers import read_offers, show
from portal.sandbox.anthropic.receptionist.transcript import Answered, Happening, Noted, Said, ToolRun
from portal.sandbox.anthropic.receptionist.understanding import Expecting, expectations, understand

_PROPOSING = {"create_booking": Goal.BOOK, "cancel_booking": Goal.CANCEL, "reschedule_booking": Goal.RESCHEDULE}
#: Errors after which the errand can't be done here at all.
_FINAL = frozenset({"too_late_to_change", "not_changeable", "calendar_not_connected"})
_DONE = frozenset({Outcome.BOOKED, Outcome.CANCELLED, Outcome.MOVED, Outcome.PENDING})


def read_story(story: Iterable[Happening], facts: Facts) -> Frame:
    """The frame after everything that happened."""
    frame = Frame()
    for happening in story:
        match happening:
            case Said(text):
                hear(frame, understand(text, facts, frame.expecting, frame.anchor), facts)
            case Answered(text):
                frame.expecting = expectations(text).with_those_of(frame.expecting if frame.turn.spoke else Expecting())
                frame.turn.spoke = True
            case ToolRun():
                _note_run(frame, happening, facts)
            case Noted(text):
                _note(frame, text)
    return frame


def _note_run(frame: Frame, run: ToolRun, facts: Facts) -> None:
    frame.turn.runs.append(run)
    if run.name == "check_availability" and run.error is None:
        _note_offers(frame, run)
    elif run.name in _PROPOSING:
        _note_proposal(frame, run)
    elif run.name == "get_booking_details":
        booking = run.result.get("booking")
        frame.booking = booking if isinstance(booking, dict) else {}
        if frame.goal is Goal.RESCHEDULE:
            hints = (frame.booking.get(key) for key in ("service_id", "service", "service_name", "title"))
            frame.service = known_service(facts, *hints) or frame.service
            _stay_on_its_day(frame)
        if run.error is not None:
            frame.reference = None
        elif frame.goal is Goal.LOOK_UP:
            frame.goal, frame.booked = None, frame.reference
    elif run.name == "escalate_to_human":
        frame.handed_off = True


def _stay_on_its_day(frame: Frame) -> None:
    """A booking that is moved to another time, with no day named, stays on its day."""
    try:
        start = datetime.fromisoformat(str((frame.booking or {}).get("start_local")))
    except ValueError:
        return
    if frame.days is None and frame.window is not None:
        frame.days = DayWish(start.date(), start.date())


def _note_offers(frame: Frame, run: ToolRun) -> None:
    frame.offers = read_offers(run.input, run.result, frame.refused)
    if frame.slot is not None and frame.slot.start not in {slot.start for slot in frame.offers.slots}:
        frame.slot = None
    frame.shown = show(frame.offers, frame.days, frame.window, first_only=frame.first_only)
    frame.stale = False
    window, days = frame.window, frame.days
    exact = window is not None and window.target is not None and window.exact and not window.also
    if exact and days is not None and days.single and frame.shown.fits and frame.slot is None:
        frame.slot = frame.shown.slots[0]
        frame.turn.picked = True


def _note_proposal(frame: Frame, run: ToolRun) -> None:
    error = run.error
    if error is None:
        frame.summary = str(run.result.get("summary") or "")
        if run.result.get("status") in (None, "needs_confirmation"):
            frame.proposal = _PROPOSING[run.name]
        else:
            frame.turn.by_run = True
            _finish(frame, read_outcome(f"booking {run.result['status']}") or Outcome.BOOKED, str(run.result))
        return
    told = f"{error[0]} {error[1]}".lower()
    if error[0] == "not_now":
        return
    if error[0] in _FINAL:
        frame.end_errand()
    elif has_phrase(told, r".*e-?mail.*") and "match" not in told:
        frame.email = None
    elif "phone" in told:
        frame.phone = None
    elif run.name == "create_booking" or "time" in told or "slot" in told:
        frame.lose_slot()
    else:
        frame.reference = None


def _note(frame: Frame, text: str) -> None:
    outcome = read_outcome(text)
    if outcome is not None:
        _finish(frame, outcome, text)


def _finish(frame: Frame, outcome: Outcome, text: str) -> None:
    frame.turn.outcome, frame.turn.note = outcome, text
    if frame.goal is Goal.CANCEL and outcome in (Outcome.FAILED, Outcome.DECLINED, Outcome.TAKEN):
        frame.end_errand()
        return
    if outcome is Outcome.DECLINED:
        frame.proposal = None
        if not frame.turn.changed:
            frame.turn.declined, frame.slot = True, None
        return
    if outcome in (Outcome.TAKEN, Outcome.EXPIRED, Outcome.FAILED):
        if frame.slot is not None and outcome is not Outcome.TAKEN:
            kept = frame.slot
            frame.slot, frame.stale, frame.proposal = None, True, None
            frame.days = DayWish(kept.day, kept.day)
        else:
            frame.lose_slot()
    elif outcome in _DONE:
        uid = read_uid(text)
        frame.turn.told = read_booked(text)
        if outcome is Outcome.CANCELLED:
            frame.booked = None
        elif outcome in (Outcome.BOOKED, Outcome.MOVED):
            frame.booked = uid or frame.booked
            frame.booked_day = frame.slot.day if frame.slot is not None else frame.booked_day
        _remember(frame, outcome)
        if frame.goal is Goal.BOOK and frame.further and outcome in (Outcome.BOOKED, Outcome.PENDING):
            frame.begin_next()
        else:
            frame.end_errand()
        frame.expecting = Expecting()


def _remember(frame: Frame, outcome: Outcome) -> None:
    """What stands booked by this conversation, in words, and until when the last of it takes."""
    if frame.slot is not None and frame.service is not None:
        frame.booked_until = frame.slot.minute + (frame.service.minutes or 0)
    reference = f" (reference {frame.booked})" if frame.booked else ""
    told = f"{frame.turn.told}{reference}" if frame.turn.told else ""
    if outcome is Outcome.BOOKED and told:
        frame.done = (*frame.done, told)
    elif outcome is Outcome.MOVED:
        frame.done = (*frame.done[:-1], told) if told else frame.done
    elif outcome is Outcome.CANCELLED:
        frame.done = frame.done[:-1]
