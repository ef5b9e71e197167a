"""Bodies are read whole and bounded before any handler runs."""

import asyncio
from collections.abc import Mapping

from starlette.types import Message, Receive, Scope

from portal.api.errors import BodyTooLarge, BodyTooSlow
from portal.core.errors import InvalidArgument

KILOBYTE = 1024
# First match counts. The event channel's polling transport and uploads are Reflex's.
LIMITS: tuple[tuple[str, int], ...] = (
    ("/v1/webhooks/", 1024 * KILOBYTE),
    ("/v1/admin/", 1100 * KILOBYTE),  # logos and tables
    ("/v1", 256 * KILOBYTE),
    ("/_event", 1024 * KILOBYTE),
    ("/_upload", 5 * 1024 * KILOBYTE),
    ("", 256 * KILOBYTE),
)
SECONDS = 30


class ClientGone(Exception):
    """The visitor left before the body was complete: there is nobody to answer."""


def is_expected(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a body may follow."""
    return (
        scope["method"] not in ("GET", "HEAD")
        or headers.get(b"content-length", b"0") != b"0"
        or b"transfer-encoding" in headers
    )


async def read(scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> Receive:
    """The request's body, read up to its limit, as a new ``receive`` that hands it out and then listens on.

    Raises BodyTooLarge, BodyTooSlow, InvalidArgument (a Content-Length that is no number), ClientGone.
    """
    length = headers.get(b"content-length")
    limit = next(most for prefix, most in LIMITS if scope["path"].startswith(prefix))
    if length is not None and _number(length) > limit:
        raise BodyTooLarge
    try:
        async with asyncio.timeout(SECONDS):
            body = await _collect(receive, limit)
    except TimeoutError:
        raise BodyTooSlow from None
    return _replay(body, receive)


def _number(length: bytes) -> int:
    if not length.isdigit() or len(length) > 12:
        raise InvalidArgument("The Content-Length header is not valid.")
    return int(length)


async def _collect(receive: Receive, limit: int) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
