"""Taking personal data and secrets out of what is about to be logged: by field name, and by pattern inside text."""

import re
import traceback
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import Any
from uuid import UUID

from portal.core.errors import PortalError

REDACTED = "[redacted]"
MAX_DEPTH = 6
MAX_ITEMS = 50
MAX_TEXT = 4000

# Counters such as ``input_tokens`` stay: the words end where the name or a separator ends.
SENSITIVE_NAME = re.compile(
    r"(?:^|[_\-.])(?:e-?mails?|phone|mobile|password|passwd|passphrase|secret|token|api_?key|private_?key|signature"
    r"|authorization|auth|cookies?|headers?|environ|query|query_string|body|payload|raw|notes?|message|text|content"
    r"|prompt|answer|question|transcript|(?:customer|attendee|first|last|full|display|user)_?name|attendees?|customer"
    r"|address|ip|user_agent|router_data|dsn|database_url|redis_url)$",
    re.IGNORECASE,
)

AT = r"(?:@|%40)"
LOCAL_PART = r"(?:\"[^\"\n]{1,64}\"|[^\s@<>\"(),:;\[\]\\]{1,128}?)"
EMAIL = re.compile(rf"{LOCAL_PART}{AT}[^\s@<>\"'(),:;\[\]\\/?&]+", re.IGNORECASE)
SECRETS = re.compile(
    r"(?:\b(?:bearer|basic)\s+\S+"
    r"|\bsk-[A-Za-z0-9_\-]{8,}|\b[srp]k_(?:live|test)_\w+|\bwhsec_\w+|\bcal_(?:live_)?\w{8,}|\b(?:AC|SK)[0-9a-f]{32}\b"
    r"|\beyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]+){1,4})",
    re.IGNORECASE,
)
TOKEN_IN_PATH = re.compile(r"(/(?:manage|bookings)/)[^\s/?#\"']+")
URL_QUERY = re.compile(r"((?:https?|wss?)://[^\s?#\"']+|/[\w\-./]+)[?#][^\s\"']+")
LONG_TOKEN = re.compile(r"[A-Za-z0-9_\-+/=]{32,}")
NUMBERS = re.compile(
    r"(?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    r"|(?P<time>\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?)"
    r"|(?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}\b)"
    r"|(?P<phone>\+\(?\d(?:[ \t().\-/\u00a0\u2010-\u2013]{0,3}\d){6,14}"
    r"|(?<![\w.])\(?\d(?:[ \t().\-/\u00a0\u2010-\u2013]{0,3}\d){6,16}(?!\w))",
    re.IGNORECASE,
)


def redact_text(text: str) -> str:
    """The text without e-mail addresses, phone numbers, keys, tokens and query strings."""
    text = text[:MAX_TEXT]
    text = SECRETS.sub("[secret]", text)
    if "@" in text or "%40" in text:
        text = EMAIL.sub("[email]", text)
    text = TOKEN_IN_PATH.sub(r"\1[token]", text)
    text = URL_QUERY.sub(r"\1", text)
    text = NUMBERS.sub(_number, text)
    return LONG_TOKEN.sub(_long_token, text)


def redact_value(name: str, value: Any, depth: int = 0) -> Any:
    """``value`` as it may be logged under ``name``: a plain JSON value, no object's own words about itself."""
    if value is None or isinstance(value, bool):
        return value
    if SENSITIVE_NAME.search(name):
        return REDACTED
    if isinstance(value, str) and not isinstance(value, Enum):
        return redact_text(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _container(name, value, depth) if depth < MAX_DEPTH else REDACTED
    return _scalar(value)


def exception_lines(error: BaseException, trace: TracebackType | None = None) -> list[str]:
    """A traceback with files, lines and types, causes first. Messages only of errors whose words are ours.

    Any other message may quote a customer's input or a statement's parameters.
    """
    lines = []
    for cause in reversed(list(_chain(error))):
        frames = traceback.extract_tb(trace if cause is error and trace is not None else cause.__traceback__)
        lines += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        lines.append(describe(cause))
    return lines


def describe(error: BaseException) -> str:
    """An exception in a few words without personal data."""
    name = type(error).__name__
    if isinstance(error, PortalError):
        return f"{name}: {redact_text(error.message)}"
    if isinstance(error, AttributeError | NameError | ImportError | RecursionError):
        return f"{name}: {redact_text(str(error))}"
    state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    return f"{name} (SQLSTATE {state})" if state else name


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < 10:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _container(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        items = list(value.items())[:MAX_ITEMS]
        return {redact_text(str(key)): redact_value(str(key), item, depth + 1) for key, item in items}
    return [redact_value(name, item, depth + 1) for item in list(value)[:MAX_ITEMS]]


def _scalar(value: Any) -> str:
    if isinstance(value, UUID | date | timedelta | Decimal | Enum):
        return str(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, BaseException):
        return describe(value)
    if isinstance(value, PurePath):
        return redact_text(str(value))
    return f"<{type(value).__name__}>"


def _number(match: re.Match[str]) -> str:
    text = match.group()
    if match.lastgroup != "phone":
        return text
    digits = sum(character.isdigit() for character in text)
    # A bare run of seven to nine digits is more often an id or a count than a telephone number.
    return text if digits == len(text) and digits < 10 else "[phone]"


def _long_token(match: re.Match[str]) -> str:
    text = match.group()
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return "[token]" if mixed and NUMBERS.fullmatch(text) is None else text
