"""The receptionist's decisions: given where the conversation stands, what to say or do next."""

from portal.sandbox.anthropic.receptionist import errands, knowledge, phrases, questions, scheduling
from portal.sandbox.anthropic.receptionist.errands import advance
from portal.sandbox.anthropic.receptionist.facts import Facts
from portal.sandbox.anthropic.receptionist.frame import Frame, Goal, Outcome
from portal.sandbox.anthropic.receptionist.intents import Intent
from portal.sandbox.anthropic.receptionist.knowledge import Knowledge
from portal.sandbox.anthropic.receptionist.language.foreign import only_english
from portal.sandbox.anthropic.receptionist.move import Move
from portal.sandbox.anthropic.receptionist.outcomes import after_no, after_outcome
from portal.sandbox.anthropic.receptionist.smalltalk import chat, courtesies, small_talk
from portal.sandbox.anthropic.receptionist.toolbox import Toolbox
from portal.sandbox.anthropic.receptionist.urgency import asks_for_help

#: More rounds in one turn mean that something goes in circles.
_MOST_ROUNDS = 6
_PROPOSING = ("create_booking", "cancel_booking", "reschedule_booking")


def decide(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    """The next move. A tool's answer comes first, then the program's notes, then the customer's words."""
    turn = frame.turn
    if len(turn.runs) >= _MOST_ROUNDS:
        return Move(f"I'm sorry, I can't get this done just now. {phrases.contact_team(facts)}")
    if turn.runs:
        return _after_tool(frame, facts, tools)
    if turn.outcome is Outcome.DECLINED and turn.changed:
        return _after_message(frame, facts, tools)
    if turn.outcome is not None:
        return after_outcome(frame, facts, tools)
    return _after_message(frame, facts, tools)


# --- After a tool ----------------------------------------------------------------------------------------------------


def _after_tool(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    run = frame.turn.runs[-1]
    if frame.turn.by_run and run.name in _PROPOSING:
        return after_outcome(frame, facts, tools)
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
            return _after_handing_over(frame, facts, tools)
        case "get_services" | "get_business_info":
            known = knowledge.answers(frame.turn.said, facts, frame.service, errand=frame.goal is not None)
            return advance(frame, facts, tools).after(*known.texts) if frame.goal else _close(known.texts, facts)
    return advance(frame, facts, tools)


def _after_handing_over(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    run = frame.turn.runs[-1]
    if frame.turn.said.urgency is not None:
        books = frame.goal is Goal.BOOK and frame.service is not None
        lead = phrases.handed_off_urgently(books)
        return advance(frame, facts, tools).after(lead) if books else Move(lead)
    phone, email = run.result.get("phone") or facts.phone, run.result.get("email") or facts.email
    return Move(phrases.handed_off(str(phone), str(email)))


def _calendar_failed(error: tuple[str, str], facts: Facts) -> Move:
    code, message = error
    if code.lower() == "service_not_found" or "not offered here" in message:
        return Move(f"I couldn't find that service in the calendar. {questions.ask_service(facts.services)}")
    if any(word in f"{code} {message}".lower() for word in ("past", "range", "date", "ahead", "over;")):
        return Move(f"The calendar can't be asked for that day. {questions.ask_day(None)}")
    return Move(
        f"I can't reach the calendar just now, so I won't guess. Please try again in a moment. "
        f"{phrases.contact_team(facts)}"
    )


# --- After a message -------------------------------------------------------------------------------------------------


def _after_message(frame: Frame, facts: Facts, tools: Toolbox) -> Move:
    turn, said = frame.turn, frame.turn.said
    handed_over = _handing_over(frame, facts, tools)
    if handed_over is not None:
        return handed_over
    if turn.abandoned:
        return Move("No problem, I've dropped that. Is there anything else I can do for you?")
    if turn.declined and not turn.changed:
        return after_no(frame)

    known = knowledge.answers(said, facts, frame.service, errand=frame.goal is not None)
    told = [*chat(said, facts, answered=bool(known.texts)), *known.texts]
    if turn.recalls:
        return Move(f"{phrases.recalled(frame.done)} Is there anything else I can do for you?").after(*told)
    if said.has(Intent.NO) and frame.expecting_choice and not turn.changed and not told:
        return Move(questions.no_time_suits())
    if frame.goal is None:
        return _without_errand(frame, facts, tools, told, known)
    if known.unknown and not (known.unoffered and frame.service is None):
        told.append(phrases.unknown(facts, besides=True))
    return _with_errand(frame, facts, tools, told)


def _with_errand(frame: Frame, facts: Facts, tools: Toolbox, told: list[str]) -> Move:
    turn, said = frame.turn, frame.turn.said
    if said.trouble is not None and frame.goal in (Goal.BOOK, Goal.RESCHEDULE):
        return Move(questions.ask_other_day(said.trouble)).after(*told)
    if frame.combined is not None and frame.service is not None:
        apart = [service for service in (frame.service, *(wish.service for wish in frame.further)) if service]
        return Move(questions.ask_combined(frame.combined, apart)).after(*told)
    if said.further and frame.further and turn.changed:
        named = [service.name for service in (frame.service, *(w.service for w in frame.further)) if service]
        names = list(dict.fromkeys(named))
        told.append(phrases.one_by_one(1 + len(frame.further), names))
    step = advance(frame, facts, tools)
    if not told and _missed(frame):
        told = ["Sorry, I didn't quite get that."]
    return step.after(*courtesies(frame), *told)


def _missed(frame: Frame) -> bool:
    """Whether the message brought the errand no further, nor was a plain courtesy or a yes."""
    said = frame.turn.said
    helped = frame.turn.changed or said.brings_particulars or said.bad_email or said.services.unknown
    return not helped and not said.intents - {Intent.QUESTION, Intent.NO}


def _handing_over(frame: Frame, facts: Facts, tools: Toolbox) -> Move | None:
    """What a person, or nobody, must see to; other languages too, as nothing of them was understood."""
    said = frame.turn.said
    if said.language is not None:
        words = only_english(said.language, facts.phone)
        call = tools.call("escalate_to_human", reason="Help is asked for in another language.")
        return Move(words, call if asks_for_help(said.text) else None)
    if said.has(Intent.INJECTION):
        return Move(phrases.decline_injection()).before(_pending_question(frame, facts))
    if said.urgency is not None and frame.proposal is None:
        call = tools.call("escalate_to_human", reason="The customer reports something urgent.")
        return Move(phrases.urgent(said.urgency, facts), call)
    reasons = (
        (
            Intent.ADVICE,
            "The customer asks for professional advice.",
            "That is a question for a professional, so I'd rather not guess.",
        ),
        (Intent.COMPLAINT, "The customer has a complaint.", "I'm sorry to hear that. I'll bring in a person."),
        (Intent.HUMAN, "The customer asks to speak to a person.", "Of course, I'll get someone for you."),
    )
    for intent, reason, words in reasons:
        if said.has(intent):
            call = tools.call("escalate_to_human", reason=reason)
            return Move(words, call) if call is not None else Move(f"{words} {phrases.contact_team(facts)}")
    return None


def _without_errand(frame: Frame, facts: Facts, tools: Toolbox, told: list[str], known: Knowledge) -> Move:
    said = frame.turn.said
    if not facts.services and said.has(Intent.SERVICES, Intent.PRICE, Intent.DURATION) and not told:
        return Move(call=tools.call("get_services")) if "get_services" in tools else Move(phrases.contact_team(facts))
    elif said.has(Intent.HOURS, Intent.ADDRESS, Intent.CONTACT) and not told and "get_business_info" in tools:
        return Move(call=tools.call("get_business_info"))
    if not told and (known.unoffered or (said.services.unknown and not known.unknown)):
        return Move(questions.unoffered(facts.services))
    if known.unoffered:
        told.append("The other thing isn't among our services.")
    elif known.unknown:
        told.append(phrases.unknown(facts, besides=bool(told)))
    if said.trouble is not None:
        return Move(questions.ask_other_day(said.trouble)).after(*told)
    if told:
        return _close(told, facts)
    return small_talk(frame, facts)


def _close(told: list[str] | tuple[str, ...], facts: Facts) -> Move:
    if not told:
        return Move(phrases.fallback(facts))
    return Move(phrases.paragraphs(*told, "Is there anything else I can do for you, or shall I find you a time?"))


def _pending_question(frame: Frame, facts: Facts) -> str:
    """What was open before the customer digressed, asked again without any tool."""
    if frame.proposal is not None:
        return questions.waiting_for_confirmation(frame.summary)
    if frame.goal is Goal.BOOK and frame.service is not None:
        if frame.slot is not None:
            missing = frame.name is None or frame.email is None
            return questions.ask_contact(name=frame.name is None, email=frame.email is None) if missing else ""
        if frame.shown is not None and frame.shown.slots and not frame.stale:
            return "Which time suits you best?"
        return questions.ask_day(frame.service)
    return "Which service would you like to book?" if facts.services else phrases.how_can_i_help()
