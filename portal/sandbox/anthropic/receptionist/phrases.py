"""The receptionist's words: how days, times and services are named, and what it tells."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from portal.sandbox.anthropic.receptionist.facts import Facts, Service
from portal.sandbox.anthropic.receptionist.language.clock import Window, clock_words
from portal.sandbox.anthropic.receptionist.language.dates import DayWish
from portal.sandbox.anthropic.receptionist.offers import Slot
from portal.sandbox.anthropic.receptionist.urgency import Urgency

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def joined(parts: Sequence[str], last: str = "and") -> str:
    """ "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def paragraphs(*parts: str) -> str:
    """The non-empty parts, a blank line between them."""
    return "\n\n".join(part.strip() for part in parts if part.strip())


def day_words(day: date) -> str:
    """ "Tuesday, November 24"."""
    return f"{_WEEKDAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}"


def slot_words(slot: Slot) -> str:
    """ "Tuesday, November 24 at 4:30 PM"."""
    return f"{day_words(slot.day)} at {clock_words(slot.minute)}"


def article(word: str) -> str:
    """The word with "a" or "an"."""
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def wish_words(days: DayWish | None, window: Window | None, today: date) -> str:
    """The wish as the end of a sentence: "on Tuesday, November 24 after 4:00 PM"."""
    return " ".join(part for part in (_days_words(days, today), window.words if window else "") if part)


def _days_words(days: DayWish | None, today: date) -> str:
    if days is None or days.soonest:
        return "over the next days"
    if days.single:
        named = {today: "today", today + timedelta(days=1): "tomorrow"}.get(days.first)
        return f"{named}, {day_words(days.first)}," if named else f"on {day_words(days.first)}"
    if days.only is not None:
        return f"on {joined([day_words(day) for day in sorted(days.only)][:4], 'or')}"
    return f"between {day_words(days.first)} and {day_words(days.last)}"


def slots_words(slots: Iterable[Slot]) -> str:
    """The slots day by day, one line for each day where there are several."""
    by_day: dict[date, list[str]] = {}
    for slot in slots:
        by_day.setdefault(slot.day, []).append(clock_words(slot.minute))
    if len(by_day) == 1:
        ((day, times),) = by_day.items()
        return f"{day_words(day)} at {joined(times, 'or')}."
    return "\n".join(f"- {day_words(day)}: {joined(times, 'or')}" for day, times in by_day.items())


def service_line(service: Service) -> str:
    """One service with what is known of it."""
    details = [f"{service.minutes} min" if service.minutes else "", service.price]
    known = ", ".join(part for part in details if part)
    about = f" – {service.description}" if service.description else ""
    return f"- {service.name}{f' ({known})' if known else ''}{about}"


def services_list(services: Sequence[Service]) -> str:
    return "\n".join(service_line(service) for service in services)


# -- what is told ---------------------------------------------------------------------------------------------------


def checking(service: Service, wish: str) -> str:
    return f"Let me see what is free for {article(service.name)} {wish}".rstrip(" ,") + "."


def failed(note: str, facts: Facts) -> str:
    """Passes on why a confirmed request failed, in the words of the note after "failed:"."""
    why = note.partition("failed:")[2].partition("Nothing was")[0].strip()
    return f"I'm sorry, that didn't work. {why or 'Nothing was changed.'} {contact_team(facts)}"


def nothing_free(wish: str, facts: Facts) -> str:
    reach = f" You can also reach us {facts.contact}." if facts.contact else ""
    return (
        f"I couldn't find a free time {wish.rstrip(',')}, nor in the days after. Which other day may I look at?{reach}"
    )


def greeting(facts: Facts) -> str:
    return (
        f"Hello, and welcome to {facts.business}! I can answer questions and book, move or cancel an appointment "
        "for you."
    )


def how_can_i_help() -> str:
    return "What can I do for you?"


def who_am_i(facts: Facts) -> str:
    return (
        f"I'm the virtual assistant of {facts.business}, not a person. I can tell you about our services, find a "
        f"free "
        "time, and book, move or cancel an appointment. If you'd rather speak to someone, just say so."
    )


def small_talk() -> str:
    return "I'm better with calendars than with that, but I'm glad to chat while we find you a time."


def decline_injection() -> str:
    return (
        "I can't help with that: my instructions and other people's details stay private. I'm happy to help with "
        "an appointment, though."
    )


def stay_calm(facts: Facts) -> str:
    reach = f" You can also reach a person {facts.contact}." if facts.contact else ""
    return f"I'm sorry this is frustrating. Let me try to make it better.{reach}"


def fallback(facts: Facts) -> str:
    reach = f" For anything else you can reach us {facts.contact}." if facts.contact else ""
    return (
        "I'm not sure I understood that. I can answer questions about our services, prices and hours, find free "
        "times, and "
        f"book, move or cancel an appointment.{reach} What would you like to do?"
    )


def handed_off(phone: str, email: str) -> str:
    ways = joined(
        [way for way in (f"call {phone}" if phone else "", f"write to {email}" if email else "") if way], "or"
    )
    reach = f"the best way is to {ways}" if ways else "please contact them directly"
    return f"Our team can help you with this: {reach}. Is there anything I can do meanwhile?"


def contact_team(facts: Facts) -> str:
    if facts.contact:
        return f"Our team can help you with this: you can reach them {facts.contact}."
    return "Our team can help you with this; please get in touch with them directly."


def urgent(kind: Urgency, facts: Facts) -> str:
    """What helps now comes first, then who."""
    first = {
        Urgency.DANGER: "If anyone is in danger, leave the place and call 911 (the emergency number) right away.",
        Urgency.WATER: "If you can reach it safely, turn the water off at the main valve.",
    }.get(kind, "If anyone is in danger, call 911 (the emergency number) right away.")
    call = f"Please don't wait for a message: call us now at {facts.phone}." if facts.phone else "Please call us now."
    return f"I'm sorry, that sounds urgent. {first} {call}"


def handed_off_urgently(services: bool) -> str:
    return (
        "I'll also look for the earliest time." if services else "Our team can tell you on the phone what to do next."
    )


def unknown(facts: Facts, *, besides: bool) -> str:
    """A question that the prompt doesn't answer. It is not repeated, as it may have been misread."""
    what = (
        "To the other part of your question I don't know the answer" if besides else "I don't know the answer to that"
    )
    return f"{what}; our team can tell you{f', {facts.contact}' if facts.contact else ''}."


def done(opening: str, what: str, reference: str | None) -> str:
    told = f": {what}." if what else "."
    return f"{opening}{told}{f' Your booking reference is {reference}.' if reference else ''}"


def recalled(booked: Sequence[str]) -> str:
    """What was booked in this conversation."""
    listed = booked[0] if len(booked) == 1 else "\n" + "\n".join(f"- {what}" for what in booked)
    return f"You have booked: {listed}."


def one_by_one(count: int, names: Sequence[str]) -> str:
    """Said when several bookings are wanted at once: nothing is forgotten."""
    listed = f" ({joined(names)})" if len(names) > 1 else ""
    return f"That makes {count} bookings{listed}; I'll take them one after the other, beginning with the first."


def next_one(service: Service | None, days: str) -> str:
    what = article(service.name) if service is not None else "the booking"
    return f"Now the next one: {what}{f' {days}' if days else ''}.".replace(" ,", ",").replace(",.", ".")
