"""Holds a dialogue through the production loop and judges it: by what is stored, and by rules on the text."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from portal.assistant.events import Handoff, ProposalCard, Slots
from portal.assistant.prompt import stable
from portal.domain.tenants import site
from portal.sandbox.anthropic import receptionist
from tests.assistant.driver import Chat, Heard
from tests.evals.dialogue import Booked, Days, Dialogue, Line, read

SHOWN = {"offers": Slots, "card": ProposalCard, "handoff": Handoff}
TIME = re.compile(r"\b(\d{1,2}):(\d\d) ([AP])M\b")
#: Modules whose strings are what the receptionist says by itself.
ITS_WORDS = (
    "phrases.py",
    "questions.py",
    "dialogue.py",
    "errands.py",
    "scheduling.py",
    "outcomes.py",
    "smalltalk.py",
    "clock.py",
    "foreign.py",
)


@dataclass
class Verdict:
    """What was wrong with a dialogue, by kind; nothing, when all is well."""

    dialogue: Dialogue
    story: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    echoed: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.wrong or self.dropped or self.echoed)

    def __str__(self) -> str:
        told = [*self.wrong, *(f"dropped: {part}" for part in self.dropped), *(f"echo: {word}" for word in self.echoed)]
        return "\n    ".join([f"--- {self.dialogue}", *self.story, *(f"*** {line}" for line in told)])


def hold(dialogue: Dialogue, chat: Chat, days: Days) -> Verdict:
    """Say the lines one after the other, then look at answers and bookings."""
    verdict = Verdict(dialogue)
    named: list[str] = []
    own = _words(stable(site(chat.made.id))) | _its_words() | _contact_words(dialogue)
    for line in dialogue.lines:
        said = line.says.format(**days.words())
        heard = chat.say(said)
        verdict.story += [f"> {said}", f"  {heard.text} {_cards(heard)}"]
        _judge_answer(verdict, line, heard, days)
        verdict.echoed += sorted((_words(said) & _words(heard.text)) - own - _words(" ".join(days.words().values())))
        named = (_times(heard.text) if heard.all(Slots) else []) or named
    _judge_bookings(verdict, chat, days, named)
    return verdict


def _judge_answer(verdict: Verdict, line: Line, heard: Heard, days: Days) -> None:
    if heard.error is not None:
        verdict.wrong.append(f"error {heard.error.code}")
    if not heard.text.strip():
        verdict.wrong.append("silence")
    words = days.words()
    for wanted in line.hears:
        if not _says(heard, _filled(wanted, words)):
            verdict.wrong.append(f"not said: {wanted}")
    verdict.dropped += [wanted for wanted in line.parts if not _says(heard, _filled(wanted, words))]
    verdict.wrong += [f"said: {words_}" for words_ in line.never if _says(heard, words_)]
    verdict.wrong += [f"not shown: {kind}" for kind in line.shows if not heard.all(SHOWN[kind])]
    verdict.wrong += [f"shown: {kind}" for kind in line.hides if heard.all(SHOWN[kind])]
    if heard.all(ProposalCard) and "?" in heard.text:
        verdict.wrong.append("asks something besides the card")


def _filled(pattern: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        pattern = pattern.replace("{" + name + "}", value)
    return pattern


def _says(heard: Heard, pattern: str) -> bool:
    return re.search(pattern, heard.text, re.IGNORECASE) is not None


def _judge_bookings(verdict: Verdict, chat: Chat, days: Days, named: list[str]) -> None:
    zone = ZoneInfo(chat.made.timezone)
    found = sorted(_told(row, zone) for row in chat.bookings() if row["status"] == "confirmed")
    wanted = sorted(_wanted(booking, days, named) for booking in verdict.dialogue.bookings)
    if len(found) != len(wanted) or not all(map(_agrees, wanted, found)):
        verdict.wrong.append(f"booked {found or 'nothing'}, wanted {wanted or 'nothing'}")


def _told(row: dict, zone: ZoneInfo) -> tuple[str, str, str, str, str]:  # type: ignore[type-arg]
    start: datetime = row["start_time"].astimezone(UTC).astimezone(zone)
    return row["service_name"], f"{start:%Y-%m-%d}", f"{start:%H:%M}", row["attendee_name"], row["attendee_email"]


def _wanted(booking: Booked, days: Days, named: list[str]) -> tuple[str, str, str, str, str]:
    day = booking.day if booking.day == "*" else days[booking.day].isoformat()
    time = booking.time
    if time.startswith("#"):
        number = int(time[1:])
        index = number - 1 if number > 0 else number
        time = named[index] if -len(named) <= index < len(named) else "no such time was named"
    return booking.service, day, time.zfill(5), booking.name, booking.email


def _agrees(wanted: tuple[str, ...], found: tuple[str, ...]) -> bool:
    return all(one in ("*", other) for one, other in zip(wanted, found, strict=True))


def _times(text: str) -> list[str]:
    """The times that an answer names, as ``14:30``."""
    return [f"{int(hour) % 12 + (12 if half == 'P' else 0):02d}:{minute}" for hour, minute, half in TIME.findall(text)]


def _cards(heard: Heard) -> str:
    return " ".join(f"[{kind}]" for kind, event in SHOWN.items() if heard.all(event))


# --- Echoes ----------------------------------------------------------------------------------------------------------


def _words(text: str) -> set[str]:
    """Longer words; a shorter one may be anybody's."""
    return {word for word in re.findall(r"[^\W\d_]+", text.lower()) if len(word) > 3}


def _contact_words(dialogue: Dialogue) -> set[str]:
    """Who customers of this trade say they are."""
    told = [booked for other in read(dialogue.trade) for booked in other.bookings]
    return {word for booked in told for word in _words(f"{booked.name} {booked.email}")}


@cache
def _its_words() -> set[str]:
    """Every word that the receptionist says by itself: what it repeats beyond these, it has from the customer."""
    folder = Path(receptionist.__file__).parent
    sources = [path for path in folder.rglob("*.py") if path.name in ITS_WORDS]
    return {word for path in sources for text in _strings(path) for word in _words(text)}


def _strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
