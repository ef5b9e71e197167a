"""The next step of each errand; here are those about a booking that exists: cancel it, move it, look it up."""

from typing import Any

from portal.sandbox.anthropic.receptionist import phrases, questions
from portal.sandbox.anthropic.receptionist.facts import Facts
from portal.sandbox.anthropic.receptionist.frame import Frame, Goal
from portal.sandbox.anthropic.receptionist.move import Move
from portal.sandbox.anthropic.receptionist.scheduling import after_create, book, seek_slot
from portal.sandbox.anthropic.receptionist.toolbox import Toolbox


def advance(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """The next step of the errand that is on."""
    if frame.goal is None:
        return Move(phrases.how_can_i_help())
    return _STEPS[frame.goal](frame, facts, tools)


def cancel(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """The next step towards a cancellation."""
    if frame.proposal is Goal.CANCEL and frame.turn.count("cancel_booking"):
        return Move(questions.waiting_for_confirmation(frame.summary))
    asked = _ask_identity(frame, "cancel your booking")
    if asked is not None:
        return asked
    call = tools.call("cancel_booking", booking_uid=frame.reference, email=frame.email)
    if call is None:
        return Move(f"I can't cancel bookings from here right now. {phrases.contact_team(facts)}")
    return Move("" if frame.proposal is Goal.CANCEL else "Let me find that booking.", call)


def reschedule(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """The next step towards moving a booking: who, which service, which new time, then the proposal."""
    if frame.proposal is Goal.RESCHEDULE and frame.turn.count("reschedule_booking"):
        return Move(questions.waiting_for_confirmation(frame.summary))
    asked = _ask_identity(frame, "move your booking")
    if asked is not None:
        return asked
    if frame.booking is None and frame.turn.count("get_booking_details") == 0:
        call = tools.call("get_booking_details", booking_uid=frame.reference, email=frame.email)
        if call is not None:
            return Move("Let me find that booking.", call)
    if frame.slot is None:
        if frame.service is not None and frame.days is None and frame.window is None and frame.offers is None:
            return Move(f"I found your booking{_named(frame)}. Which day would suit you instead, and what time of day?")
        return seek_slot(frame, facts, tools)
    call = tools.call(
        "reschedule_booking",
        booking_uid=frame.reference,
        email=frame.email,
        start_time_local=frame.slot.start_local,
        new_start_time_local=frame.slot.start_local,
    )
    if call is None:
        return Move(f"I can't move bookings from here right now. {phrases.contact_team(facts)}")
    return Move("" if frame.turn.runs else f"I'll prepare the move to {phrases.slot_words(frame.slot)}.", call)


def look_up(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """The next step towards telling a booking's details."""
    if frame.reference is None:
        asked = questions.ask_reference(reference=True, email=False, purpose="look that up")
        return Move(asked)
    call = tools.call("get_booking_details", booking_uid=frame.reference, email=frame.email)
    if call is not None:
        return Move("One moment, I'm looking it up.", call)
    if frame.email is None and "get_booking_details" in tools:
        return Move(questions.ask_reference(reference=False, email=True, purpose="look that up"))
    return Move(f"I can't look up bookings from here right now. {phrases.contact_team(facts)}")


def after_details(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """What to say when `get_booking_details` has answered."""
    run = frame.turn.runs[-1]
    if run.error is not None and not _is_not_found(run.error):
        return refused(frame, facts)
    if run.error is not None or not frame.booking:
        return Move(
            "I couldn't find a booking with that reference. Could you check the booking reference and send it "
            "again, please?"
        )
    if frame.goal is Goal.RESCHEDULE:
        return reschedule(frame, facts, tools)
    return Move(f"Here are the details: {_described(frame.booking)}. Is there anything you'd like to change?")


def after_cancel(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """What to say when `cancel_booking` has answered."""
    run = frame.turn.runs[-1]
    if run.error is None:
        if frame.proposal is None:
            return Move("Your booking is cancelled. Is there anything else I can do for you?")
        return Move(questions.confirm(frame.summary))
    return refused(frame, facts)


def refused(frame: Frame, facts: Facts) -> Move:
    """Explains an error about an existing booking, in the tool's words where they are meant for customers."""
    error = frame.turn.runs[-1].error or ("", "")
    message = error[1]
    if _is_not_found(error):
        return Move(
            "I couldn't find a booking with that reference and e-mail. Could you check both and send me the booking "
            "reference again, please?"
        )
    said = f" {message.rstrip('.')}." if message else ""
    return Move(f"I'm sorry, I can't do that.{said} {phrases.contact_team(facts)}")


def after_reschedule(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """What to say when `reschedule_booking` has answered; a refused time is replaced, anything else explained."""
    time_refused = frame.goal is Goal.RESCHEDULE and frame.slot is None
    if frame.turn.runs[-1].error is None or time_refused:
        return after_create(frame, facts, tools)
    return refused(frame, facts)


def _is_not_found(error: tuple[str, str]) -> bool:
    told = " ".join(error).lower()
    return any(word in told for word in ("not found", "not_found", "match"))


def _ask_identity(frame: Frame, purpose: str) -> Move | None:
    if frame.turn.said.bad_email and frame.email is None:
        return Move(questions.bad_email())
    if frame.reference is None or frame.email is None:
        return Move(
            questions.ask_reference(reference=frame.reference is None, email=frame.email is None, purpose=purpose)
        )
    return None


def _named(frame: Frame) -> str:
    return f" for {phrases.article(frame.service.name)}" if frame.service is not None else ""


def _described(booking: dict[str, Any]) -> str:
    """The details that a customer wants to hear, in whatever fields they came."""
    service = _first(booking, "service", "service_name", "title")
    when = _first(booking, "when", "start_label", "label", "start_local", "start")
    status = _first(booking, "status")
    parts = [part for part in (service, when, f"status {status}" if status else "") if part]
    return ", ".join(parts) or "the booking exists, but there is nothing more I can tell"


def _first(booking: dict[str, Any], *keys: str) -> str:
    for key in keys:
        value = booking.get(key)
        if isinstance(value, dict):
            value = value.get("name")
        if value:
            return str(value)
    return ""


_STEPS = {Goal.BOOK: book, Goal.CANCEL: cancel, Goal.RESCHEDULE: reschedule, Goal.LOOK_UP: look_up}
