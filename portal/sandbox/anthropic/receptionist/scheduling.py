"""Booking and moving: from a wish to a free time to a proposal."""

from datetime import date, timedelta

from portal.sandbox.anthropic.receptionist import phrases, questions
from portal.sandbox.anthropic.receptionist.facts import Facts
from portal.sandbox.anthropic.receptionist.frame import Frame, Goal
from portal.sandbox.anthropic.receptionist.language.clock import AROUND, Window
from portal.sandbox.anthropic.receptionist.language.dates import DayWish
from portal.sandbox.anthropic.receptionist.move import Move
from portal.sandbox.anthropic.receptionist.offers import Slot
from portal.sandbox.anthropic.receptionist.toolbox import Toolbox

#: The longest range that is asked of the calendar at once, and how far it is widened when nothing was free.
_LONGEST = timedelta(days=13)
_WIDER = timedelta(days=7)
_MOST_CHECKS = 3
_LAST_MINUTE = 24 * 60 - 1


def book(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """The next step towards a new booking."""
    if frame.service is None:
        return _ask_service(frame, facts, tools)
    if frame.proposal is Goal.BOOK and frame.turn.count("create_booking"):
        return Move(questions.waiting_for_confirmation(frame.summary))
    if frame.slot is None:
        return seek_slot(frame, facts, tools)
    if frame.turn.said.bad_email and frame.email is None:
        return Move(questions.bad_email())
    if frame.name is None or frame.email is None:
        return _ask_contact(frame)
    return _create(frame, facts, tools)


def seek_slot(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """Asks for a day, asks the calendar, or names free times. The frame has a service and no slot."""
    service = frame.service
    today = facts.now.date()
    if service is None:
        return _ask_service(frame, facts, tools)
    if frame.days is None and frame.window is None and frame.offers is None:
        return Move(questions.ask_day(service))
    if frame.days is not None and frame.days.last < today:
        return Move(questions.past_day(frame.days.last))
    if frame.stale or frame.offers is None or (frame.offers.service_id and frame.offers.service_id != service.id):
        return _check(frame, facts, tools)
    if not frame.offers.slots:
        wider = _look_wider(frame, facts, tools)
        if wider is not None:
            return wider
    return _present(frame, facts)


def _look_wider(frame: Frame, facts: Facts, tools: Toolbox) -> Move | None:
    """Nothing was free: the whole of the same days where only a part was asked for, then the days after."""
    run = frame.turn.last_run("check_availability")
    if run is None or frame.turn.count("check_availability") >= _MOST_CHECKS:
        return None
    if "earliest_time" in run.input or "latest_time" in run.input:
        return _check(frame, facts, tools)
    first = max(facts.now.date(), frame.days.first) if frame.days else facts.now.date()
    last = first + _WIDER
    return _ask_calendar(frame, facts, tools, first, last) if run.input.get("end_date") != last.isoformat() else None


def _present(frame: Frame, facts: Facts) -> Move:
    wish = phrases.wish_words(frame.days, frame.window, facts.now.date())
    if frame.service is None or frame.offers is None or frame.shown is None or not frame.shown.slots:
        return Move(phrases.nothing_free(wish, facts))
    return Move(questions.offer(frame.service, frame.shown, wish))


def _ask_service(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    said = frame.turn.said
    if not facts.services and frame.turn.count("get_services") == 0:
        call = tools.call("get_services")
        if call is not None:
            return Move(call=call)
    if said.services.unknown:
        return Move(questions.unoffered(facts.services))
    if len(facts.services) == 1:
        frame.service = facts.services[0]
        return seek_slot(frame, facts, tools)
    if frame.options:
        return Move(questions.ask_which(frame.options))
    return Move(questions.ask_service(facts.services))


def _check(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    today = facts.now.date()
    days = frame.days or DayWish(today, today + _WIDER, soonest=True)
    first = max(days.first, today)
    narrow = frame.turn.count("check_availability") == 0
    return _ask_calendar(frame, facts, tools, first, min(days.last, first + _LONGEST), narrow=narrow)


def _bounds(window: Window, single_day: bool) -> dict[str, str]:
    """The wish as the calendar takes it where it knows times of day; on a single day with room around one time."""
    low, high = window.earliest, window.latest
    if window.target is not None and not window.either_half:
        room = AROUND if single_day or not window.exact else 0
        low, high = max(0, window.target - room), min(_LAST_MINUTE, window.target + room)
    bounds = {"earliest_time": low, "latest_time": high}
    return {name: f"{minute // 60:02d}:{minute % 60:02d}" for name, minute in bounds.items() if minute is not None}


def _ask_calendar(frame: Frame, facts: Facts, tools: Toolbox, first: date, last: date, *, narrow: bool = False) -> Move:
    service = frame.service
    if service is None or frame.turn.count("check_availability") >= _MOST_CHECKS:
        return Move(phrases.contact_team(facts))
    call = tools.call(
        "check_availability",
        service_id=service.id,
        start_date=first.isoformat(),
        end_date=last.isoformat(),
        **(_bounds(frame.window, first == last) if narrow and frame.window is not None else {}),
    )
    if call is None:
        return Move(f"I can't look into the calendar right now. {phrases.contact_team(facts)}")
    if frame.turn.runs:
        return Move(call=call)
    return Move(phrases.checking(service, phrases.wish_words(frame.days, frame.window, facts.now.date())), call)


def _ask_contact(frame: Frame) -> Move:
    question = questions.ask_contact(name=frame.name is None, email=frame.email is None)
    if frame.turn.picked and frame.slot is not None and frame.service is not None:
        return Move(f"{questions.slot_taken_up(frame.slot, frame.service)} {question}")
    thanks = f"Thank you, {frame.name}. " if frame.name and frame.turn.said.name else ""
    return Move(f"{thanks}{question}")


def _create(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    service, slot = frame.service, frame.slot
    if service is None or slot is None:
        return seek_slot(frame, facts, tools)
    call = tools.call(
        "create_booking",
        service_id=service.id,
        start_time_local=slot.start_local,
        customer_name=frame.name,
        customer_email=frame.email,
        customer_phone=frame.phone,
        notes=frame.notes,
        consent_sms=frame.sms if frame.phone is not None else None,
    )
    if call is not None:
        return Move(_lead_in(frame, slot), call)
    if "create_booking" not in tools and frame.turn.count("check_availability") == 0:
        # The tool comes with times on offer; those of before have lapsed.
        return _ask_calendar(frame, facts, tools, slot.day, slot.day)
    return Move(f"I can't prepare the booking right now. {phrases.contact_team(facts)}")


def _look_again(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """Times of before have lapsed: the calendar is asked for that day."""
    if frame.slot is None or frame.turn.count("check_availability"):
        return seek_slot(frame, facts, tools)
    return _ask_calendar(frame, facts, tools, frame.slot.day, frame.slot.day)


def _lead_in(frame: Frame, slot: Slot) -> str:
    if frame.turn.runs:
        return ""
    thanks = f"Thank you, {frame.name}. " if frame.turn.said.name and not frame.turn.superseded else ""
    if frame.proposal is Goal.BOOK:
        return "Here is your request again."
    return f"{thanks}I'll prepare {phrases.slot_words(slot)}."


def after_create(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """What to say when `create_booking` or `reschedule_booking` has answered."""
    run = frame.turn.runs[-1]
    if run.error is None:
        if frame.proposal is None:
            return Move("That is done. Is there anything else I can do for you?")
        return Move(questions.confirm(frame.summary))
    return explain_error(frame, facts, tools)


def explain_error(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """Says why a proposal was refused and goes on with what is needed next."""
    code, message = frame.turn.runs[-1].error or ("", "")
    told = f"{code} {message}".lower()
    if code == "not_now" and "check_availability" in told:
        return _look_again(frame, facts, tools)
    if code == "not_now":
        return Move(questions.waiting_for_confirmation(frame.summary))
    if "email" in told or "e-mail" in told:
        return Move(questions.bad_email())
    if "phone" in told:
        return Move(
            "That phone number doesn't look right. Could you send your phone number again, or say that you'd rather "
            "go without?"
        )
    if (
        any(word in told for word in ("busy", "unavailable", "rate_limited", "timeout", "internal"))
        and "slot" not in told
    ):
        return Move(f"I can't reach the calendar just now; please try again in a moment. {phrases.contact_team(facts)}")
    if frame.turn.count("create_booking") + frame.turn.count("reschedule_booking") > 2:
        return Move(f"That didn't work out, I'm sorry. {phrases.contact_team(facts)}")
    step = seek_slot(frame, facts, tools)
    lead = "I'm sorry, that time can't be booked"
    lead += (
        " any more: it has just been taken."
        if any(w in told for w in ("taken", "conflict"))
        else f". {message}".rstrip()
    )
    return step.after(lead if lead.endswith((".", "!")) else f"{lead}.")
