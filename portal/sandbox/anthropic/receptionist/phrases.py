"""The receptionist's words. Questions keep the words by which `understanding.expectations` finds them again."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from portal.sandbox.anthropic.receptionist.facts import Facts, Service
from portal.sandbox.anthropic.receptionist.language.clock import Window, clock_words
from portal.sandbox.anthropic.receptionist.language.dates import DayWish
from portal.sandbox.anthropic.receptionist.offers import Shown, Slot

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


def service_names(services: Sequence[Service]) -> str:
    return joined([service.name for service in services], "or")


# -- what is asked ---------------------------------------------------------------------------------------------------


def ask_service(services: Sequence[Service]) -> str:
    if not services:
        return "Which service would you like to book?"
    return f"Which service would you like to book?\n{services_list(services)}"


def ask_which(options: Sequence[Service]) -> str:
    return f"Which one do you mean?\n{services_list(options)}\nPlease tell me which service you'd like."


def unknown_service(what: str, services: Sequence[Service]) -> str:
    return (
        f"I'm sorry, we don't offer {what}. Here is what we do:\n{services_list(services)}\nWhich service would "
        "you like?"
    )


def ask_day(service: Service | None) -> str:
    if service is None:
        return "Which day would suit you, and do you prefer a certain time of day?"
    takes = f" takes {service.minutes} minutes" if service.minutes else " it is"
    costs = f" and costs {service.price}" if service.price and service.minutes else ""
    return f"{service.name}{takes}{costs}. Which day would suit you, and do you prefer a certain time of day?"


def past_day(day: date) -> str:
    return f"{day_words(day)} has already passed. Which day would suit you instead?"


def checking(service: Service, wish: str) -> str:
    return f"Let me see what is free for {article(service.name)} {wish}".rstrip(" ,") + "."


def offer(service: Service, shown: Shown, wish: str) -> str:
    """Free times, as an answer to the wish or as the nearest to it."""
    if len(shown.slots) == 1:
        only = (
            f"{slot_words(shown.slots[0])} is free for {article(service.name)}. Shall I take it, or would "
            "another day suit you better?"
        )
        return only if shown.fits else f"I have nothing {wish}. The nearest is: {only}".replace(" ,", ",")
    listed = slots_words(shown.slots)
    glue = "\n" if listed.startswith("-") else " "
    if shown.fits:
        lead = f"Here are free times for {article(service.name)}:"
    else:
        lead = f"I have nothing {wish.rstrip(',')}, I'm afraid. The nearest free times are:"
    return f"{lead}{glue}{listed}\nWhich time suits you best?"


def nothing_free(wish: str, facts: Facts) -> str:
    reach = f" You can also reach us {facts.contact}." if facts.contact else ""
    return (
        f"I couldn't find a free time {wish.rstrip(',')}, nor in the days after. Which other day may I look at?{reach}"
    )


def ask_contact(*, name: bool, email: bool, phone: bool) -> str:
    wanted = joined([part for part, missing in (("name", name), ("e-mail address", email)) if missing])
    question = f"May I have your {wanted}, please?"
    if phone:
        question += " If you'd like text reminders, add a phone number (optional)."
    return question


def failed(note: str, facts: Facts) -> str:
    """Passes on why a confirmed request failed, in the words of the note after "failed:"."""
    why = note.partition("failed:")[2].partition("Nothing was")[0].strip()
    return f"I'm sorry, that didn't work. {why or 'Nothing was changed.'} {contact_team(facts)}"


def no_time_suits() -> str:
    return "No problem. Which other day or time of day may I look at? Or just tell me if you'd rather leave it."


def bad_email() -> str:
    return (
        "That e-mail address doesn't look complete. Could you check it and send your e-mail again? "
        "It should look like name@example.com."
    )


def slot_taken_up(slot: Slot, service: Service) -> str:
    return f"{slot_words(slot)} is free for {article(service.name)}."


def ask_reference(*, reference: bool, email: bool, purpose: str) -> str:
    wanted = joined(
        [
            part
            for part, missing in (("booking reference", reference), ("the e-mail address you booked with", email))
            if missing
        ]
    )
    return f"I can {purpose}. Please tell me your {wanted}.".replace("your the", "the")


def confirm(summary: str, *, invite_phone: bool) -> str:
    recap = f"Here is what I have: {summary.rstrip('.')}." if summary else "Everything is ready."
    text = f"{recap}\nIf that is right, press Confirm or simply say yes, and I'll take care of it."
    if invite_phone:
        text += "\n(If you'd like a text reminder, tell me a mobile number first. It's optional.)"
    return text


def waiting_for_confirmation(summary: str) -> str:
    about = f" ({summary.rstrip('.')})" if summary else ""
    return f"Your request{about} is waiting for you: press Confirm or say yes, or tell me what to change."


# -- answers ---------------------------------------------------------------------------------------------------------


def greeting(facts: Facts) -> str:
    return (
        f"Hello, and welcome to {facts.business}! I can answer questions and book, move or cancel an appointment "
        "for you."
    )


def how_can_i_help() -> str:
    return "What can I do for you?"


def who_am_i(facts: Facts) -> str:
    return (
        f"I'm the virtual assistant of {facts.business}, not a person. I can tell you about our services, find a free "
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


def emergency() -> str:
    return "If anyone is in danger, please call the emergency number right away."
