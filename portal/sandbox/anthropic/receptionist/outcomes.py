"""What to say when the surrounding program tells what became of a request."""

from portal.sandbox.anthropic.receptionist import phrases, questions
from portal.sandbox.anthropic.receptionist.errands import advance
from portal.sandbox.anthropic.receptionist.facts import Facts
from portal.sandbox.anthropic.receptionist.frame import Frame, Goal, Outcome
from portal.sandbox.anthropic.receptionist.move import Move
from portal.sandbox.anthropic.receptionist.toolbox import Toolbox

_MORE = "Is there anything else I can do for you?"
_DONE = {
    Outcome.BOOKED: "You're all set, your booking is confirmed",
    Outcome.MOVED: "Done, your booking has been moved",
    Outcome.CANCELLED: "Your booking is cancelled",
}


def after_outcome(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """Tells the outcome, then goes on: with the next of several bookings, or with what failed."""
    outcome = frame.turn.outcome
    if outcome in _DONE:
        reference = frame.booked if outcome is not Outcome.CANCELLED else None
        told = phrases.done(_DONE[outcome], frame.turn.told, reference)
        return _next(frame, facts, tools).after(told) if frame.turn.restarted else Move(f"{told} {_MORE}")
    if outcome is Outcome.PENDING:
        told = "Your booking is on its way: the calendar still has to confirm it, and I won't book it twice."
        return _next(frame, facts, tools).after(told) if frame.turn.restarted else Move(f"{told} {_MORE}")
    if outcome is Outcome.DECLINED:
        return after_no(frame)
    if frame.goal is None:
        return Move(phrases.failed(frame.turn.note, facts))
    step = advance(frame, facts, tools)
    if outcome is Outcome.TAKEN:
        return step.after("I'm sorry, that time has just been taken by someone else.")
    if outcome is Outcome.EXPIRED:
        return step.after("That took a little too long, so the request expired. Nothing was booked.")
    return step.after("I'm sorry, that didn't work. Nothing was changed.")


def after_no(frame: Frame) -> Move:
    """The customer said no to what was put up for confirmation."""
    if frame.goal is None:
        return Move("All right, your booking stays as it is. Is there anything else I can do for you?")
    return Move("No problem. What shall I change: the service, the day, the time or your details?")


def _next(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """The next of several bookings; who it is for is asked first where that is somebody else."""
    days = phrases.wish_words(frame.days, None, facts.now.date()) if frame.days is not None else ""
    lead = phrases.next_one(frame.service, days)
    if frame.name is None and frame.goal is Goal.BOOK:
        lead = f"{lead} {questions.ask_contact(name=True, email=frame.email is None, other=True)}"
    return advance(frame, facts, tools).after(lead)
