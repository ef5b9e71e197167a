"""What a customer's answer to a text message asks for."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    STOP = "STOP"
    START = "START"
    HELP = "HELP"


# Twilio's own words, and what people write besides. Whoever asks to stop in other words is not asked to guess ours.
WORDS: Final[Mapping[str, Answer]] = {
    **dict.fromkeys(("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE"), Answer.STOP),
    **dict.fromkeys(("OPTOUT", "OPT OUT", "STOP IT", "STOP PLEASE", "PLEASE STOP", "REMOVE ME"), Answer.STOP),
    **dict.fromkeys(("START", "UNSTOP", "YES"), Answer.START),
    **dict.fromkeys(("HELP", "INFO"), Answer.HELP),
}
BETWEEN: Final = re.compile(r"[\W_]+")


def read(body: str, opt_out_type: str | None = None) -> Answer | None:
    """What Twilio recognised (``OptOutType``, where Advanced Opt-Out is on), else what the words say; None: neither."""
    named = (opt_out_type or "").strip().upper()
    if named in Answer.__members__:
        return Answer(named)
    return WORDS.get(BETWEEN.sub(" ", body[:200]).strip().upper())
