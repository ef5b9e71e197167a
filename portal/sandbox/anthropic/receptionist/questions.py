"""What the receptionist asks. Questions keep the words by which `understanding.expectations` finds them again."""

from collections.abc import Sequence
from datetime import date

from portal.sandbox.anthropic.receptionist.facts import Service
from portal.sandbox.anthropic.receptionist.language.dates import Mention, Trouble
from portal.sandbox.anthropic.receptionist.offers import Shown, Slot
from portal.sandbox.anthropic.receptionist.phrases import (
    article,
    day_words,
    joined,
    services_list,
    slot_words,
    slots_words,
)


def ask_service(services: Sequence[Service]) -> str:
    if not services:
        return "Which service would you like to book?"
    return f"Which service would you like to book?\n{services_list(services)}"


def ask_which(options: Sequence[Service]) -> str:
    return f"Which one do you mean?\n{services_list(options)}\nPlease tell me which service you'd like."


def ask_day(service: Service | None) -> str:
    if service is None:
        return "Which day would suit you, and do you prefer a certain time of day?"
    takes = f" takes {service.minutes} minutes" if service.minutes else " it is"
    costs = f" and costs {service.price}" if service.price and service.minutes else ""
    return f"{service.name}{takes}{costs}. Which day would suit you, and do you prefer a certain time of day?"


def past_day(day: date) -> str:
    return f"{day_words(day)} has already passed. Which day would suit you instead?"


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


def unoffered(services: Sequence[Service]) -> str:
    """Something was asked for that isn't here; what it was is not repeated, as it may have been misread."""
    lead = "I'm afraid that isn't among our services. Here is what we do:"
    return f"{lead}\n{services_list(services)}\nWhich service would you like?"


def ask_combined(combined: Service, services: Sequence[Service]) -> str:
    apart = joined([service.name for service in services])
    return (
        f"We do both in one visit:\n{services_list([combined])}\n"
        f"Shall I take that, or would you rather have two bookings ({apart})?"
    )


def ask_other_day(trouble: Mention) -> str:
    """Why a day that was named is none, and which is meant."""
    if trouble.trouble is Trouble.WRONG_WEEKDAY:
        first, last = trouble.first, trouble.last
        weekday = day_words(first).partition(",")[0]
        return f"That date is a {weekday}. Which day do you mean: {day_words(first)} or {day_words(last)}?"
    return "That date doesn't exist in the calendar. Which day do you mean?"


def ask_contact(*, name: bool, email: bool, other: bool = False) -> str:
    """`other`: it is for somebody else than the one before."""
    wanted = joined([part for part, missing in (("name", name), ("e-mail address", email)) if missing])
    if other and not email:
        return "May I have the name of the person it is for, please?"
    return (
        f"May I have your {wanted}, please? A phone number is optional."
        if email
        else f"May I have your {wanted}, please?"
    )


def confirm(summary: str) -> str:
    """Goes with the card, and asks for nothing else."""
    recap = f"Here is what I have: {summary.rstrip('.')}." if summary else "Everything is ready."
    return f"{recap}\nIf that is right, press Confirm or simply say yes, and I'll take care of it."


def waiting_for_confirmation(summary: str) -> str:
    about = f" ({summary.rstrip('.')})" if summary else ""
    return f"Your request{about} is waiting for you: press Confirm or say yes, or tell me what to change."
