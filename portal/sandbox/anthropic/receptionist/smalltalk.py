"""Courtesies, and answers to what is neither an errand nor a question about the business."""

from portal.sandbox.anthropic.receptionist import phrases, questions
from portal.sandbox.anthropic.receptionist.facts import Facts
from portal.sandbox.anthropic.receptionist.frame import Frame, Goal
from portal.sandbox.anthropic.receptionist.intents import Intent
from portal.sandbox.anthropic.receptionist.language.words import has_phrase
from portal.sandbox.anthropic.receptionist.move import Move
from portal.sandbox.anthropic.receptionist.understanding import Expecting, Understood

#: A refusal in more words than this may be about something else.
_SHORT = 4


def chat(said: Understood, facts: Facts, *, answered: bool) -> list[str]:
    """Answers to what is said besides errands and questions; ``answered``: the message asked something that was "
    "told."""
    told = []
    if said.has(Intent.WHO_ARE_YOU):
        told.append(phrases.who_am_i(facts))
    if has_phrase(
        said.text,
        r"speak (?:spanish|german|french|italian|portuguese|another language|any other)|in (?:spanish|german|french)",
    ):
        told.append("Here I only speak English.")
    if said.has(Intent.HOW_ARE_YOU):
        told.append("I'm doing well, thank you for asking!")
    if said.has(Intent.JOKE) and not answered and not said.brings_particulars:
        told.append(phrases.small_talk())
    if said.has(Intent.ABUSE) and not answered:
        told.append(phrases.stay_calm(facts))
    return told


def courtesies(frame: Frame) -> list[str]:
    """What is said before an errand goes on: a greeting, thanks for the name, a word about an address that is "
    "none."""
    said = frame.turn.said
    if said.has(Intent.GREETING) and not frame.turn.spoke and frame.expecting == Expecting():
        return ["Hello!"]
    told_contact = said.name or said.email or said.phone
    if frame.goal is Goal.BOOK and frame.proposal is None and frame.slot is None and told_contact:
        return [f"Thank you, {said.name}." if said.name else "Thank you, I've noted that."]
    if said.bad_email and frame.email is None and frame.slot is None:
        return [questions.bad_email()]
    if frame.turn.superseded and frame.slot is not None:
        return ["Of course, I'll change that."]
    return []


def small_talk(frame: Frame, facts: Facts) -> Move:
    """The answer where there is no errand, and nothing was asked that could be told."""
    said = frame.turn.said
    if said.has(Intent.BYE):
        return Move("Thank you for stopping by. Have a lovely day!")
    if said.has(Intent.NO) and len(said.text.split()) <= _SHORT:
        return Move("All right. If you need anything, I'm here.")
    if said.has(Intent.THANKS, Intent.COMPLIMENT):
        return Move("You're very welcome! Is there anything else I can do for you?")
    if said.has(Intent.GREETING):
        return Move(f"{phrases.greeting(facts)} {phrases.how_can_i_help()}")
    if said.has(Intent.YES) and len(said.text.split()) <= _SHORT:
        return Move(questions.ask_service(facts.services))
    return Move(phrases.fallback(facts))
