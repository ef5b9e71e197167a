"""Whether something happens at this moment that cannot wait for a calendar: danger, water, pain."""

from collections.abc import Sequence
from enum import StrEnum

from portal.sandbox.anthropic.receptionist.facts import Service
from portal.sandbox.anthropic.receptionist.language.words import has_phrase
from portal.sandbox.anthropic.receptionist.services import described, hear_service


class Urgency(StrEnum):
    """DANGER is for the emergency services; WATER and PAIN for the business, now."""

    DANGER = "danger"
    WATER = "water"
    PAIN = "pain"
    OTHER = "other"


_DANGER = (
    r"chest pains?|can't breathe|cannot breathe|not breathing|unconscious|passed out|heart attack|gas leak|"
    r"(?:smell|smells|smelling|smell of) (?:of )?gas|gas smell|on fire|electric shock|electrocuted|severe bleeding",
)
_FLOODS = (
    r"flood(?:ed|ing|s)?|burst|bursting|gushing|overflow(?:ed|ing|s)?|spraying everywhere|"
    r"sewage (?:is |coming |backing )?(?:up|in|everywhere)",
)
_WET = (r"water|leak(?:s|ing)?|pipes?|toilet|tap|faucet|boiler|heater|sewage|drain|washing machine|dishwasher",)
_OUT_OF_HAND = (
    r"everywhere|all over|pouring|pours|running out|coming (?:through|out|down|in|from)|won't stop|can't stop|"
    r"doesn't stop|not stopping|keeps (?:coming|running)|rising|soaked|help|emergency|through (?:the|my|"
    r"our) (?:ceiling|"
    r"floor|wall|roof)|out of control|everything is wet|under water|urgent(?:ly)?",
)
_ACHES = (
    r"tooth ?ache|pains?|hurts?|hurting|aching|aches?|agony|abscess|bleeding|swollen|swelling|tooth is killing|"
    r"killing me|"
    r"(?:knocked|broke|broken|chipped|cracked|lost) (?:out |off )?(?:a |my |the )?(?:\w+ )?(?:tooth|teeth|crown|"
    r"filling)",
)
_STRONGLY = (
    r"severe|unbearable|terrible|awful|killing|can't (?:sleep|eat|stand|bear)|so (?:much|bad)|really bad(?:ly)?|"
    r"bad(?:ly)?|"
    r"throbbing|agony|help|emergency|urgent(?:ly)?|all night|a lot|bleeding|knocked|broke|broken|swollen|"
    r"excruciating|"
    r"right now|asap|today|abscess",
)
#: Other languages need no more than their words for help.
_HELP = (r"ayuda|urgente|urgence|au secours|aide[zr]|hilfe|notfall|aiuto|urgenza|socorro|emergência|emergencia",)
_HYPOTHETICAL = (
    r"what if|what about|in case|if i (?:have|had|get)|do you (?:do|offer|handle|have|take|fix|repair|see|provide)|"
    r"how much|"
    r"how long|(?:is|was|are) (?:\w+ )?(?:gone|fixed|better|stopped)|no longer|not an emergency|isn't urgent|"
    r"no emergency|"
    r"should i take|is there (?:a|an) (?:extra|fee|charge)",
)


def urgency_of(text: str) -> Urgency | None:
    """What folded text reports as happening now; None for questions about such things."""
    if has_phrase(text, *_DANGER) and not has_phrase(text, r"what if|do you (?:handle|repair|fix)"):
        return Urgency.DANGER
    if has_phrase(text, *_HYPOTHETICAL):
        return None
    if has_phrase(text, *_FLOODS) or (has_phrase(text, *_WET) and has_phrase(text, *_OUT_OF_HAND)):
        return Urgency.WATER
    if has_phrase(text, *_ACHES) and has_phrase(text, *_STRONGLY):
        return Urgency.PAIN
    if has_phrase(text, r"(?:it's|this is|its|have|got) (?:an |a real )?emergency|emergency!|help!"):
        return Urgency.OTHER
    return None


def fitting_service(text: str, kind: Urgency, services: Sequence[Service]) -> Service | None:
    """What to book for it: a visit for emergencies, else what repairs it."""
    if kind is Urgency.DANGER:
        return None
    for service in services:
        if "emergency" in service.name.lower() or "urgent" in service.name.lower():
            return service
    if kind is not Urgency.WATER:
        return None
    leak = "drain clogged" if has_phrase(text, r"toilet|drain|sewage|sink is (?:blocked|clogged)") else "leak"
    found = hear_service(leak, services).services or described("leak pipe water", services)
    return found[0] if found else None


def asks_for_help(text: str) -> bool:
    """Whether folded text of another language calls for help."""
    return has_phrase(text, *_HELP)
