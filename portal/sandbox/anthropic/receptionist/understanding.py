"""One customer message, read: what it wants, and every particular that it brings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from portal.sandbox.anthropic.receptionist.facts import Facts, Service
from portal.sandbox.anthropic.receptionist.intents import Intent, find_intents
from portal.sandbox.anthropic.receptionist.language import contact
from portal.sandbox.anthropic.receptionist.language.clock import Window, find_window
from portal.sandbox.anthropic.receptionist.language.dates import (
    DayWish,
    Mention,
    find_dates,
    wished_days,
    without_dates,
)
from portal.sandbox.anthropic.receptionist.language.foreign import language_of
from portal.sandbox.anthropic.receptionist.language.spelling import written_out
from portal.sandbox.anthropic.receptionist.language.words import fold, has_phrase, words
from portal.sandbox.anthropic.receptionist.services import Heard, everyday_words, hear_service, service_words
from portal.sandbox.anthropic.receptionist.urgency import Urgency, urgency_of
from portal.sandbox.anthropic.receptionist.wishes import Wish, further_wishes

_INFORMATION = frozenset(
    {
        Intent.PRICE,
        Intent.DURATION,
        Intent.HOURS,
        Intent.ADDRESS,
        Intent.CONTACT,
        Intent.SERVICES,
        Intent.RECOMMEND,
    }
)
_NO_SMS = (r"no (?:sms|texts?|messages|reminders?)|don't (?:text|message)|without (?:sms|texts?)",)
_SMS = (r"sms|text(?:s| me| reminders?)?|reminders?",)
#: "Actually 4" changes a time even when none was asked for.
_OTHER_TIME = re.compile(
    r"\b(?:actually|make (?:it|that)|(?:can|could) (?:we|i|you) (?:do|have|say|make it)|rather|instead|change (?:it|"
    r"that) to|how about|"
    r"what about)(?: at)? \d{1,2}\b(?! \w*min)"
)
_NOTES = re.compile(r"\b(?:notes?|ps|p\.s\.)\s*[:,-]\s*(?P<text>.{3,300})", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Expecting:
    """What the receptionist asked for last, so that a bare answer is read as one."""

    name: bool = False
    email: bool = False
    reference: bool = False
    time: bool = False
    day: bool = False
    service: bool = False
    phone: bool = False
    booking: bool = False
    combined: bool = False

    def with_those_of(self, other: "Expecting") -> "Expecting":
        """What either of two answers of one turn asks for."""
        return Expecting(**{name: getattr(self, name) or getattr(other, name) for name in vars(self)})


@dataclass(frozen=True)
class Understood:
    """A message: `text` is folded and written out, `undated` the same without its dates.

    `further` is wanted besides the service, days and times told here; `trouble` is a day that is none; `language` the
    code of another language than English.
    """

    raw: str = ""
    text: str = ""
    undated: str = ""
    intents: frozenset[Intent] = frozenset()
    services: Heard = field(default_factory=Heard)
    days: DayWish | None = None
    window: Window | None = None
    name: str | None = None
    email: str | None = None
    bad_email: bool = False
    phone: str | None = None
    sms: bool | None = None
    reference: str | None = None
    notes: str | None = None
    further: tuple[Wish, ...] = ()
    trouble: Mention | None = None
    urgency: Urgency | None = None
    language: str | None = None

    def has(self, *intents: Intent) -> bool:
        """Whether any of the intents holds."""
        return not self.intents.isdisjoint(intents)

    @property
    def asks_information(self) -> bool:
        return not self.intents.isdisjoint(_INFORMATION)

    @property
    def brings_particulars(self) -> bool:
        """Whether the message tells anything that a booking needs."""
        told = (self.days, self.window, self.name, self.email, self.phone, self.reference, self.notes)
        return any(value is not None for value in told) or bool(self.services.services)


def understand(raw: str, facts: Facts, expecting: Expecting, anchor: date | None = None) -> Understood:
    """Reads a message by itself; what it changes is the frame's business. `anchor` is the day spoken of before."""
    today = facts.now.date()
    email, phone = contact.find_email(raw), contact.find_phone(raw)
    reference = contact.find_reference(raw, expected=expecting.reference)
    name = _name(raw, reference, facts, expecting)
    notes = match["text"].strip() if (match := _NOTES.search(raw)) else None
    text = _written_out(raw if match is None else raw[: match.start()], name, facts)
    timely = _without_contacts(text, email, phone, reference)
    mentions = find_dates(timely, today, anchor)
    undated = without_dates(timely, mentions)
    heard = hear_service(text, facts.services)
    days = wished_days(timely, mentions, today)
    window = find_window(undated, bare=_may_be_bare(undated, expecting))
    first, further = further_wishes(timely, Wish(_only(heard), days, window), heard, facts, today)
    return Understood(
        raw=raw,
        text=text,
        undated=undated,
        intents=find_intents(text),
        services=heard,
        days=first.days,
        window=first.window,
        name=name,
        email=email,
        bad_email=email is None and _tried_email(raw, expecting),
        phone=phone,
        sms=_sms(text),
        reference=reference,
        notes=notes,
        further=further,
        trouble=next((mention for mention in mentions if mention.trouble is not None), None),
        urgency=urgency_of(text),
        language=language_of(fold(raw)),
    )


def _only(heard: Heard) -> Service | None:
    return heard.services[0] if len(heard.services) == 1 else None


def _written_out(raw: str, name: str | None, facts: Facts) -> str:
    """Folded text without slips; the customer's name stays as it is, and so does what is no word."""
    known = frozenset(word for word in _vocabulary(facts) if len(word) > 4)
    own = frozenset(words(name or "")) | frozenset(words(" ".join(re.findall(r"\S+@\S+", raw))))
    return written_out(raw, known | own)


def _vocabulary(facts: Facts) -> Iterator[str]:
    yield from everyday_words()
    for service in facts.services:
        yield from words(service.name)
        yield from words(service.name.replace("-", ""))  # "checkup" for "check-up"
    for entry in (*facts.faqs, *facts.policies):
        yield from words(f"{entry.question} {entry.answer}")


def _may_be_bare(undated: str, expecting: Expecting) -> bool:
    """Whether a number alone may be a time of day."""
    return expecting.time or (expecting.day and len(undated.split()) <= 4) or bool(_OTHER_TIME.search(undated))


def _without_contacts(text: str, email: str | None, phone: str | None, reference: str | None) -> str:
    """Folded text without addresses and numbers, whose digits are no times and whose parts are no weekdays."""
    text = re.sub(r"\S+@\S+", " ", text)
    for told in (phone, reference):
        if told is not None:
            text = text.replace(fold(told), " ")
    return fold(text)


def _tried_email(raw: str, expecting: Expecting) -> bool:
    return "@" in raw and not re.search(r"@\s*\d", raw) if not expecting.email else contact.tried_email(raw)


def _name(raw: str, reference: str | None, facts: Facts, expecting: Expecting) -> str | None:
    cleaned = raw if reference is None else raw.replace(reference, " , ")
    name = contact.find_name(cleaned, expected=expecting.name, not_names=service_words(facts.services))
    if name is None or not expecting.name or _introduced(cleaned):
        return name
    # A bare answer that reads as days, times or a wish is no name, however it is written.
    folded = fold(name)
    if find_dates(folded, _any_day(facts)) or find_intents(folded) - {Intent.GREETING}:
        return None
    return name


def _introduced(raw: str) -> bool:
    return has_phrase(fold(raw), r"name|i'm|i am|this is|call me")


def _any_day(facts: Facts) -> date:
    return facts.now.date()


def _sms(text: str) -> bool | None:
    if has_phrase(text, *_NO_SMS):
        return False
    return True if has_phrase(text, *_SMS) else None


_QUESTIONS: tuple[tuple[str, str], ...] = (
    ("name", r"\bname\b"),
    ("email", r"\be-?mail\b"),
    ("reference", r"\breference\b"),
    ("time", r"which time|what time|which of (?:these|those)|one of these|suits you best|like one of|shall i take"),
    ("day", r"which day|what day|another day|time of day"),
    ("service", r"which (?:service|one|of them)|what would you like to book"),
    ("combined", r"one visit"),
    ("booking", r"shall i find you a time|would you like to book"),
    ("phone", r"phone number"),
)


def expectations(answer: str) -> Expecting:
    """What the receptionist's own words ask for."""
    text = fold(answer)
    asks = "?" in text or "please" in text or "tell me" in text
    asked = {field for field, pattern in _QUESTIONS if asks and re.search(pattern, text)}
    return Expecting(**dict.fromkeys(asked, True))
