"""The words of text messages: a tenant's own where there are any, with placeholders that are checked when saved.

Twilio takes certain words as opting out or in: CANCEL unsubscribes whoever answers it. So no text may ask for them.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from portal.core.characters import JOINERS, visible
from portal.core.errors import InvalidArgument
from portal.domain.notifications.segments import Size, measure, plain
from portal.domain.notifications.types import Kind
from portal.domain.phrases import MONTHS, WEEKDAYS, clock_time
from portal.domain.tenants import Site

MOST_LETTERS: Final = 480
MOST_SENT: Final = 1500
DEFAULTS: Final[Mapping[Kind, str]] = {
    Kind.CONFIRMATION: "{business}: your {service} on {date} at {time} is confirmed. Reply STOP to opt out.",
    Kind.REMINDER_24H: "{business}: a reminder of your {service} on {date} at {time}. See you then!",
    Kind.REMINDER_2H: "{business}: your {service} is coming up on {date} at {time}. See you soon!",
    Kind.CANCELLATION: "{business}: your {service} on {date} at {time} was cancelled.",
    Kind.RESCHEDULE: "{business}: your {service} was moved to {date} at {time}.",
}
PLACEHOLDERS: Final[Mapping[str, str]] = {
    "business": "the business's name",
    "service": "what is booked",
    "date": "the day, such as Tue, Nov 24",
    "time": "the time, such as 4:30 PM",
    "name": "the customer's first name",
    "phone": "the business's phone number",
    "address": "the business's address",
}
PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
# Twilio acts on these. STOP and HELP may be offered for what they do.
TAKEN: Final = r"cancel|stopall|unsubscribe|end|quit|revoke|optout|yes|start|unstop"
ELSE: Final = r"(?!\W+(?:to|if)\W+(?:\w+\W+){0,4}?(?:opt|unsubscribe|end|stop|messages|texts|receiv))"
FILLERS: Final = r"with|back|us|the|a|an|word|simply|just|by|or|only|to\s+this(?:\s+(?:message|text|sms))?"
ASKS_FOR: Final = re.compile(
    r"\b(?:reply|answer|respond|text|texting|send|write|type|say|return|enter)\b"
    rf"(?:\s+(?:{FILLERS}))*\s*[:\-]?\s*[\"'(\[]*(?:{TAKEN}|stop{ELSE})\b",
    re.IGNORECASE,
)
# "YES to confirm or CANCEL to cancel"
OFFERS: Final = re.compile(rf"\b(?:{TAKEN.upper()}|STOP(?i:{ELSE}))\b[\"')\]]*\s+(?:to|if|for)\b")
MOST_OF_NAME: Final = 24
IN_NAMES: Final = frozenset("'’ʼ-‐" + JOINERS)
# A name that we do not have leaves no gap, no stray comma and no small letter at the beginning.
NO_NAME: Final = re.compile(r"(?:^\{name\}[\s,:;!.]*(?P<next>\w?))|(?:,?\s*\{name\})")


@dataclass(frozen=True)
class Facts:
    """What placeholders stand for. ``start`` is aware; ``zone`` an IANA name."""

    business: str
    service: str
    start: datetime
    zone: str
    customer: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True)
class Rendered:
    text: str
    size: Size


def template(kind: Kind, own: Mapping[str, str]) -> str:
    """The tenant's words, or ours."""
    return own.get(kind) or DEFAULTS[kind]


def check(field: str, text: str) -> str:
    """The template as it is stored. Raises InvalidArgument with ``details.field``."""
    cleaned = " ".join(plain(text).split())
    if not cleaned:
        raise _wrong(field, "A message must not be empty.")
    if len(cleaned) > MOST_LETTERS:
        raise _wrong(field, f"Please keep a message under {MOST_LETTERS} characters.")
    for name in PLACEHOLDER.findall(cleaned):
        if name not in PLACEHOLDERS:
            raise _wrong(field, f"There is no placeholder {{{name}}}. There are {_known()}.")
    if re.search(r"[{}]", PLACEHOLDER.sub("", cleaned)):
        raise _wrong(field, f"Curly brackets stand around placeholders only: {_known()}.")
    if ASKS_FOR.search(cleaned) or OFFERS.search(cleaned):
        raise _wrong(
            field,
            "Please do not ask customers to answer words such as CANCEL or YES: phone networks take them as opting out"
            " of messages, or in.",
        )
    return cleaned


def facts(site: Site, service: str, start: datetime, customer: str) -> Facts:
    """What the placeholders of a site's message stand for."""
    profile = site.profile
    address = ", ".join(part for part in (profile.address_line1, profile.city) if part)
    return Facts(profile.business_name, service, start, profile.timezone, customer, profile.phone or "", address)


def render(text: str, facts: Facts) -> Rendered:
    """The message as it is sent. A value's own brackets are no placeholders."""
    values = _values(facts)
    if not values["name"]:
        text = NO_NAME.sub(lambda match: (match["next"] or "").upper(), text)
    body = PLACEHOLDER.sub(lambda match: values.get(match[1], ""), text)
    body = " ".join(plain(body).split())[:MOST_SENT]
    return Rendered(body, measure(body))


def _values(facts: Facts) -> dict[str, str]:
    local = facts.start.astimezone(ZoneInfo(facts.zone))
    return {
        "business": facts.business,
        "service": facts.service,
        "date": f"{WEEKDAYS[local.weekday()][:3]}, {MONTHS[local.month - 1][:3]} {local.day}",
        "time": clock_time(local),
        "name": _given_name(facts.customer),
        "phone": facts.phone,
        "address": facts.address,
    }


def _given_name(name: str) -> str:
    """The first word if it looks like a name: what a stranger typed must not become our message."""
    first = visible(name).split(maxsplit=1)[0] if name.strip() else ""
    is_name = 0 < len(first) <= MOST_OF_NAME and all(_is_of_name(character) for character in first)
    # One letter of an alphabet is an initial; one sign of a script without capitals may be a whole name.
    is_initial = len(first) == 1 and first.upper() != first.lower()
    return first if is_name and not is_initial and unicodedata.category(first[0])[0] == "L" else ""


def _is_of_name(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" or character in IN_NAMES


def _known() -> str:
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


def _wrong(field: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, details={"field": field})
