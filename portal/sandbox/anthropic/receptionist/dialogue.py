"""The receptionist's decisions: given where the conversation stands, what to say or do next."""

from portal.sandbox.anthropic.receptionist import errands, knowledge, phrases, scheduling
from portal.sandbox.anthropic.receptionist.facts import Facts
from portal.sandbox.anthropic.receptionist.frame import Frame, Goal, Outcome
from portal.sandbox.anthropic.receptionist.intents import Intent
from portal.sandbox.anthropic.receptionist.move import Move
from portal.sandbox.anthropic.receptionist.toolbox import Toolbox
from portal.sandbox.anthropic.receptionist.understanding import Expecting

#: More rounds in one turn mean that something goes in circles.
_MOST_ROUNDS = 6
#: A refusal in more words than this may be about something else.
_SHORT = 4

_PROPOSING = ("create_booking", "cancel_booking", "reschedule_booking")
_ADVANCE = {
    Goal.BOOK: scheduling.book,
    Goal.CANCEL: errands.cancel,
    Goal.RESCHEDULE: errands.reschedule,
    Goal.LOOK_UP: errands.look_up,
}


def decide(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """The next move. A tool's answer comes first, then the program's notes, then the customer's words."""
    turn = frame.turn
    if len(turn.runs) >= _MOST_ROUNDS:
        return Move(f"I'm sorry, I can't get this done just now. {phrases.contact_team(facts)}")
    if turn.runs:
        return _after_tool(frame, facts, tools)
    if turn.outcome is not None:
        return _after_outcome(frame, facts, tools)
    return _after_message(frame, facts, tools)


def _after_tool(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    run = frame.turn.runs[-1]
    if frame.turn.outcome is not None and run.name in _PROPOSING:
        return _after_outcome(frame, facts, tools)
    match run.name:
        case "check_availability" if run.error is not None:
            return _calendar_failed(run.error, facts)
        case "create_booking":
            return scheduling.after_create(frame, facts, tools)
        case "reschedule_booking":
            return errands.after_reschedule(frame, facts, tools)
        case "cancel_booking":
            return errands.after_cancel(frame, facts, tools)
        case "get_booking_details":
            return errands.after_details(frame, facts, tools)
        case "escalate_to_human":
            result = run.result
            return Move(
                phrases.handed_off(str(result.get("phone") or facts.phone), str(result.get("email") or facts.email))
            )
        case "get_services" | "get_business_info":
            answered = knowledge.answers(frame.turn.said, facts, frame.service, errand=frame.goal is not None)
            return _advance(frame, facts, tools).after(*answered) if frame.goal else _close(answered, facts)
    return _advance(frame, facts, tools)


def _calendar_failed(error: tuple[str, str], facts: Facts) -> Move:
    code, message = error
    if code.lower() == "service_not_found" or "not offered here" in message:
        return Move(f"I couldn't find that service in the calendar. {phrases.ask_service(facts.services)}")
    if any(word in f"{code} {message}".lower() for word in ("past", "range", "date", "ahead", "over;")):
        return Move(f"The calendar can't be asked for that day. {phrases.ask_day(None)}")
    return Move(
        f"I can't reach the calendar just now, so I won't guess. Please try again in a moment. "
        f"{phrases.contact_team(facts)}"
    )


def _after_outcome(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    more = "Is there anything else I can do for you?"
    reference = f" Your booking reference is {frame.booked}." if frame.booked else ""
    match frame.turn.outcome:
        case Outcome.BOOKED:
            return Move(f"You're all set, your booking is confirmed.{reference} {more}")
        case Outcome.MOVED:
            return Move(f"Done, your booking has been moved.{reference} {more}")
        case Outcome.CANCELLED:
            return Move(f"Your booking is cancelled. {more}")
        case Outcome.PENDING:
            return Move(
                f"Your booking is on its way: the calendar still has to confirm it, and I won't book it twice. {more}"
            )
        case Outcome.DECLINED if frame.turn.changed:
            return _after_message(frame, facts, tools)
        case Outcome.DECLINED:
            return _after_no(frame)
    if frame.goal is None:
        return Move(phrases.failed(frame.turn.note, facts))
    step = _advance(frame, facts, tools)
    if frame.turn.outcome is Outcome.TAKEN:
        return step.after("I'm sorry, that time has just been taken by someone else.")
    if frame.turn.outcome is Outcome.EXPIRED:
        return step.after("That took a little too long, so the request expired. Nothing was booked.")
    return step.after("I'm sorry, that didn't work. Nothing was changed.")


def _after_message(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    turn, said = frame.turn, frame.turn.said
    if said.has(Intent.INJECTION):
        return Move(phrases.decline_injection()).before(_pending_question(frame, facts))
    escalation = _escalation(frame, facts, tools)
    if escalation is not None:
        return escalation
    if turn.abandoned:
        return Move("No problem, I've dropped that. Is there anything else I can do for you?")
    if turn.declined and not turn.changed:
        return _after_no(frame)

    answered = _answers(frame, facts)
    if said.has(Intent.NO) and frame.expecting_choice and not turn.changed and not answered:
        return Move(phrases.no_time_suits())
    if frame.goal is None:
        return _without_errand(frame, facts, tools, answered)
    if frame.goal is Goal.BOOK and frame.proposal is Goal.BOOK and not turn.changed:
        return Move(phrases.waiting_for_confirmation(frame.summary)).after(*answered)
    step = _advance(frame, facts, tools)
    if not answered and _missed(frame):
        answered = ["Sorry, I didn't quite get that."]
    return step.after(*_courtesies(frame), *answered)


def _answers(frame: Frame, facts: Facts) -> list[str]:
    said = frame.turn.said
    found = knowledge.answers(said, facts, frame.service, errand=frame.goal is not None)
    talk = []
    if said.has(Intent.WHO_ARE_YOU):
        talk.append(phrases.who_am_i(facts))
    if said.has(Intent.HOW_ARE_YOU):
        talk.append("I'm doing well, thank you for asking!")
    if said.has(Intent.JOKE) and not found and not said.brings_particulars:
        talk.append(phrases.small_talk())
    if said.has(Intent.ABUSE) and not found:
        talk.append(phrases.stay_calm(facts))
    return [*talk, *found]


def _courtesies(frame: Frame) -> list[str]:
    said = frame.turn.said
    if said.has(Intent.GREETING) and not frame.turn.spoke and frame.expecting == Expecting():
        return ["Hello!"]
    if (
        frame.goal is Goal.BOOK
        and frame.proposal is None
        and frame.slot is None
        and (said.name or said.email or said.phone)
    ):
        return [f"Thank you, {said.name}." if said.name else "Thank you, I've noted that."]
    if said.bad_email and frame.email is None and frame.slot is None:
        return [phrases.bad_email()]
    if frame.turn.superseded and frame.slot is not None:
        return ["Of course, I'll change that."]
    return []


def _missed(frame: Frame) -> bool:
    """Whether the message brought the errand no further, nor was a plain courtesy."""
    said = frame.turn.said
    helped = frame.turn.changed or said.brings_particulars or said.bad_email or said.services.unknown is not None
    understood = said.intents - {Intent.QUESTION, Intent.YES, Intent.NO}
    return not helped and not understood


def _escalation(frame: Frame, facts: Facts, tools: Toolbox) -> Move | None:
    said = frame.turn.said
    booked_as_emergency = said.has(Intent.EMERGENCY) and any("emergency" in s.name.lower() for s in facts.services)
    reasons = (
        (Intent.EMERGENCY, "The customer reports an emergency.", phrases.emergency()),
        (
            Intent.ADVICE,
            "The customer asks for professional advice.",
            "That is a question for a professional, so I'd rather not guess.",
        ),
        (Intent.COMPLAINT, "The customer has a complaint.", "I'm sorry to hear that. I'll bring in a person."),
        (Intent.HUMAN, "The customer asks to speak to a person.", "Of course, I'll get someone for you."),
    )
    for intent, reason, words in reasons:
        if not said.has(intent) or (intent is Intent.EMERGENCY and booked_as_emergency):
            continue
        call = tools.call("escalate_to_human", reason=reason)
        return Move(words, call) if call is not None else Move(f"{words} {phrases.contact_team(facts)}")
    return None


def _after_no(frame: Frame) -> Move:
    if frame.goal is None:
        return Move("All right, your booking stays as it is. Is there anything else I can do for you?")
    return Move("No problem. What shall I change: the service, the day, the time or your details?")


def _without_errand(frame: Frame, facts: Facts, tools: Toolbox, answered: list[str]) -> Move:
    said = frame.turn.said
    if said.services.unknown is not None and (said.has(Intent.SERVICES, Intent.QUESTION) or not answered):
        return Move(phrases.unknown_service(said.services.unknown, facts.services)).after(*answered)
    if answered:
        return _close(answered, facts)
    if not facts.services and said.has(Intent.SERVICES, Intent.PRICE, Intent.DURATION):
        return Move(call=tools.call("get_services")) if "get_services" in tools else Move(phrases.contact_team(facts))
    if said.has(Intent.HOURS, Intent.ADDRESS, Intent.CONTACT) and "get_business_info" in tools:
        return Move(call=tools.call("get_business_info"))
    if said.services.services and said.has(Intent.QUESTION):
        return Move(
            f"Yes, we do:\n{phrases.services_list(said.services.services)}\nWould you like to book? Which day would "
            f"suit you?"
        )
    return _small_talk(frame, facts)


def _small_talk(frame: Frame, facts: Facts) -> Move:
    said = frame.turn.said
    if said.has(Intent.BYE):
        return Move("Thank you for stopping by. Have a lovely day!")
    if said.has(Intent.NO) and len(said.text.split()) <= _SHORT:
        return Move("All right. If you need anything, I'm here.")
    if said.has(Intent.THANKS, Intent.COMPLIMENT):
        return Move("You're very welcome! Is there anything else I can do for you?")
    if said.has(Intent.GREETING):
        return Move(f"{phrases.greeting(facts)} {phrases.how_can_i_help()}")
    if said.has(Intent.YES):
        return Move(phrases.ask_service(facts.services))
    return Move(phrases.fallback(facts))


def _close(answered: list[str], facts: Facts) -> Move:
    if not answered:
        return Move(phrases.fallback(facts))
    return Move(phrases.paragraphs(*answered, "Is there anything else I can do for you, or shall I find you a time?"))


def _advance(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    if frame.goal is None:
        return Move(phrases.how_can_i_help())
    return _ADVANCE[frame.goal](frame, facts, tools)


def _pending_question(frame: Frame, facts: Facts) -> str:
    """What was open before the customer digressed, asked again without any tool."""
    if frame.proposal is not None:
        return phrases.waiting_for_confirmation(frame.summary)
    if frame.goal is Goal.BOOK and frame.service is not None:
        if frame.slot is not None:
            return (
                phrases.ask_contact(name=frame.name is None, email=frame.email is None, phone=False)
                if frame.name is None or frame.email is None
                else ""
            )
        if frame.shown is not None and frame.shown.slots and not frame.stale:
            return "Which time suits you best?"
        return phrases.ask_day(frame.service)
    return "Which service would you like to book?" if facts.services else phrases.how_can_i_help()
