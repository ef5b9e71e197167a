"""Values as people type them → as stored. Each cleaner raises InvalidArgument with ``details.field``.

Text stays text: nothing in it is taken for markup, now or later. Only what no reader could see is left out: control
characters, halves of characters, marks that reverse the reading direction.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import available_timezones

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from portal.core.characters import visible
from portal.core.errors import InvalidArgument
from portal.domain import phones
from portal.domain.hours import KEYS

Cleaner = Callable[[str, Any], Any]
TextCleaner = Callable[[str, Any], str | None]
Rules = Mapping[str, Cleaner]

COLOR: Final = re.compile(r"#[0-9a-f]{6}")
CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])")
MODEL: Final = re.compile(r"[a-z0-9][a-z0-9.:_-]{1,79}")
DAY_MINUTES: Final = 24 * 60
SPANS_PER_DAY: Final = 6
MAX_URL: Final = 500
# Names of hosts that are, or may become, the platform's own.
_RESERVED: Final = """
    admin administrator api app apps assets auth billing blog book booking cdn chat dashboard demo dev docs email
    ftp help imap internal localhost login mail mx news ns ns1 ns2 platform pop portal sandbox secure security smtp
    sso staging static status support system test webhook webhooks www
"""
RESERVED: Final = frozenset(_RESERVED.split())
_CURRENCIES: Final = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES: Final = frozenset(_CURRENCIES.split())


def clean(rules: Rules, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Each given value as its rule stores it. Raises InvalidArgument, also for a field that has no rule."""
    for name in changes:
        if name not in rules:
            raise wrong(name, "This field cannot be changed here.")
    return {name: rules[name](name, value) for name, value in changes.items()}


def wrong(field: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, details={"field": field})


def line(most: int, *, required: bool = False) -> TextCleaner:
    """Text on one line; an empty one is None unless ``required``."""
    return lambda field, value: _fitting(field, " ".join(_text(field, value).split()), most, required)


def paragraphs(most: int, *, required: bool = False) -> TextCleaner:
    """Text with line breaks."""

    def cleaner(field: str, value: Any) -> str | None:
        lines = _text(field, value).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return _fitting(field, "\n".join(each.rstrip() for each in lines).strip(), most, required)

    return cleaner


def lines(most_lines: int, most: int) -> Cleaner:
    """A list of one-line texts, empty ones left out."""

    def cleaner(field: str, value: Any) -> list[str]:
        if not isinstance(value, list | tuple):
            raise wrong(field, "This must be a list.")
        kept = [text for each in value if (text := line(most)(field, each))]
        if len(kept) > most_lines:
            raise wrong(field, f"Please keep to at most {most_lines} lines.")
        return kept

    return cleaner


def whole(least: int, most: int, *, required: bool = True) -> Cleaner:
    """A whole number within bounds; None only where it is not ``required``."""

    def cleaner(field: str, value: Any) -> int | None:
        if value is None and not required:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise wrong(field, f"This must be a whole number from {least} to {most}.")
        return value

    return cleaner


def flag(field: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong(field, "This must be true or false.")
    return value


def web_address(field: str, value: Any) -> str | None:
    """An absolute http or https address without credentials; None for an empty one."""
    text = line(MAX_URL)(field, value)
    if text is None:
        return None
    sentence = "Please give an address that begins with https:// or http://."
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise wrong(field, sentence) from None
    if not fits or parts.username is not None or parts.password is not None or re.search(r"[\s\"'<>\\`]", text):
        raise wrong(field, sentence)
    return text


def color(field: str, value: Any) -> str:
    """``#rrggbb`` in lower case."""
    text = _text(field, value).strip().lower()
    if not COLOR.fullmatch(text):
        raise wrong(field, "Please give the colour as #rrggbb, for example #2563eb.")
    return text


def timezone(field: str, value: Any) -> str:
    """An IANA zone that this machine knows."""
    text = _text(field, value).strip()
    if text not in available_timezones() or text in ("localtime", "Factory"):
        raise wrong(field, "Please choose a time zone such as America/New_York.")
    return text


def currency(field: str, value: Any) -> str:
    text = _text(field, value).strip().upper()
    if text not in CURRENCIES:
        raise wrong(field, "Please give a currency code such as USD.")
    return text


def country(field: str, value: Any) -> str:
    """ISO 3166 code of two letters."""
    text = _text(field, value).strip().upper()
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise wrong(field, "Please give a country code of two letters, such as US.")
    return text


def phone(home: str) -> Cleaner:
    """E.164; national numbers are read as of the country ``home``. None for an empty one."""

    def cleaner(field: str, value: Any) -> str | None:
        text = line(40)(field, value)
        if text is None:
            return None
        try:
            return phones.e164(text, country=home)
        except phones.WrongNumber as error:
            raise wrong(field, str(error)) from None

    return cleaner


def email(field: str, value: Any) -> str | None:
    text = line(254)(field, value)
    if text is None:
        return None
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise wrong(field, "That e-mail address does not look right.") from None


def slug(field: str, value: Any) -> str:
    """The first part of a tenant's host: 3 to 40 letters, digits and inner hyphens; none of the platform's names."""
    text = _text(field, value).strip().lower()
    if not SLUG.fullmatch(text) or text.startswith("xn--"):
        raise wrong(field, "Please use 3 to 40 lower-case letters, digits and hyphens, for example bobs-barbershop.")
    if text in RESERVED:
        raise wrong(field, "This name is reserved. Please choose another one.")
    return text


def model(field: str, value: Any) -> str | None:
    """Name of a language model; None for the deployment's own choice."""
    text = line(80)(field, value)
    if text is not None and not MODEL.fullmatch(text):
        raise wrong(field, "That is not the name of a model.")
    return text


def one_of(*choices: str) -> Cleaner:
    def cleaner(field: str, value: Any) -> str:
        if value not in choices:
            raise wrong(field, f"This must be one of: {', '.join(choices)}.")
        return str(value)

    return cleaner


def ids(field: str, value: Sequence[Any]) -> list[UUID]:
    """Ids, each once."""
    try:
        found = [each if isinstance(each, UUID) else UUID(str(each)) for each in value]
    except ValueError:
        raise wrong(field, "That is not a list of ids.") from None
    if len(set(found)) != len(found):
        raise wrong(field, "Each may be named once.")
    return found


# --- Opening hours ---------------------------------------------------------------------------------------------------


def hours(field: str, value: Any) -> dict[str, list[list[str]]]:
    """``{"mon": [["09:00", "18:00"], …], …}`` in order, without days that are closed.

    A closing time at or before its opening time lies on the next day; ``24:00`` is the end of the day. Spans may touch
    but not overlap, also not across midnight and from Sunday to Monday.
    """
    if not isinstance(value, Mapping):
        raise wrong(field, "Opening hours must name days from mon to sun.")
    days = {}
    for day, spans in value.items():
        if day not in KEYS:
            raise wrong(field, "Opening hours must name days from mon to sun.")
        days[str(day)] = sorted(_span(f"{field}.{day}", span) for span in _spans(f"{field}.{day}", spans))
    _refuse_overlaps(field, days)
    return {day: days[day] for day in KEYS if days.get(day)}


def _spans(field: str, spans: Any) -> Sequence[Any]:
    if not isinstance(spans, list | tuple) or len(spans) > SPANS_PER_DAY:
        raise wrong(field, f"A day has at most {SPANS_PER_DAY} spans, each with an opening and a closing time.")
    return spans


def _span(field: str, span: Any) -> list[str]:
    if not isinstance(span, list | tuple) or len(span) != 2 or not all(isinstance(each, str) for each in span):
        raise wrong(field, "Each span is an opening and a closing time.")
    opens, closes = (each.strip() for each in span)
    if not CLOCK.fullmatch(opens) or not (CLOCK.fullmatch(closes) or closes == "24:00"):
        raise wrong(field, "Please write times as HH:MM, for example 09:00.")
    if opens == closes:
        raise wrong(field, "A span must have a length; 00:00 to 24:00 is the whole day.")
    return [opens, closes]


def _refuse_overlaps(field: str, days: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """On the circle of the week's minutes, each span must end before the next begins."""
    found = sorted(
        (index * DAY_MINUTES + _minutes(opens), _length(opens, closes), day)
        for index, day in enumerate(KEYS)
        for opens, closes in days.get(day, ())
    )
    week = len(KEYS) * DAY_MINUTES
    for index, (start, length, day) in enumerate(found):
        following = found[(index + 1) % len(found)][0] + (week if index + 1 == len(found) else 0)
        if len(found) > 1 and start + length > following:
            raise wrong(f"{field}.{day}", "These opening hours overlap.")


def _length(opens: str, closes: str) -> int:
    return (_minutes(closes) - _minutes(opens)) % DAY_MINUTES or DAY_MINUTES


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


# --- Text ------------------------------------------------------------------------------------------------------------


def _text(field: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(field, "This must be text.")
    return visible(value.replace("\t", " "))


def _fitting(field: str, text: str, most: int, required: bool) -> str | None:
    if required and not text:
        raise wrong(field, "This must not be empty.")
    if len(text) > most:
        raise wrong(field, f"Please keep this under {most} characters.")
    return text or None
