"""Long lists a page at a time: each page names where the next one begins, so that nothing is skipped or shown twice."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from portal.core.errors import InvalidArgument

T = TypeVar("T")
R = TypeVar("R")
DEFAULT, MOST = 50, 200


@dataclass(frozen=True)
class Page(Generic[T]):
    """``next``: pass it as ``after`` for the next page; None on the last one."""

    items: tuple[T, ...]
    next: str | None


def size(limit: int) -> int:
    """Raises InvalidArgument outside 1..200."""
    if not 1 <= limit <= MOST:
        raise InvalidArgument(f"A page has 1 to {MOST} entries.", details={"field": "limit"})
    return limit


def page(rows: Sequence[R], limit: int, show: Callable[[R], T], place: Callable[[R], Sequence[Any]]) -> Page[T]:
    """A page of at most ``limit``, from rows of which one more was asked for; ``place`` gives a row's sort key."""
    shown = rows[:limit]
    following = encode(*place(shown[-1])) if len(rows) > limit else None
    return Page(tuple(show(row) for row in shown), following)


def encode(*place: Any) -> str:
    parts = [part.isoformat() if isinstance(part, datetime) else str(part) for part in place]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_time_and_id(after: str | None) -> tuple[datetime, UUID] | None:
    """Raises InvalidArgument for anything but a place that :func:`encode` wrote."""
    if after is None:
        return None
    try:
        moment, row_id = _decode(after)
        found = datetime.fromisoformat(moment)
        if found.tzinfo is None:
            raise ValueError
        return found, UUID(row_id)
    except (ValueError, TypeError):
        raise _unknown() from None


def decode_text(after: str | None) -> str | None:
    if after is None:
        return None
    try:
        (found,) = _decode(after)
        return str(found)
    except (ValueError, TypeError):
        raise _unknown() from None


def _decode(after: str) -> list[str]:
    try:
        decoded = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (binascii.Error, UnicodeDecodeError, RecursionError) as error:
        raise ValueError from error
    if not isinstance(decoded, list) or not all(isinstance(part, str) for part in decoded):
        raise ValueError
    return decoded


def _unknown() -> InvalidArgument:
    return InvalidArgument("This place in the list is not known. Please start from its beginning.")
