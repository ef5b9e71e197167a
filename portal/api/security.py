"""Headers that every answer carries. The policy of HTML pages is set where pages are made."""

from functools import lru_cache

from starlette.types import Message

Header = tuple[bytes, bytes]

COMMON: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin"),
    (
        b"permissions-policy",
        b"accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), usb=()",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
CONTENT_POLICY: Header = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
# Only for this host: names beside and below a custom domain are not ours to bind.
TRANSPORT: Header = (b"strict-transport-security", b"max-age=31536000")
CROSS_ORIGIN = frozenset(
    b"access-control-" + name
    for name in (
        b"allow-origin", b"allow-credentials", b"allow-methods", b"allow-headers", b"expose-headers", b"max-age",
        b"allow-private-network",
    )
)  # fmt: skip
JSON = (*COMMON, CONTENT_POLICY)


def secure(message: Message, *, request_id: bytes, https: bool) -> Message:
    """A response start with the headers added that the application did not set itself; never any CORS header."""
    headers = tuple(map(tuple, message.get("headers", ())))
    return {**message, "headers": [*_secured(headers, https), (b"x-request-id", request_id)]}


@lru_cache(maxsize=512)
def _secured(headers: tuple[Header, ...], https: bool) -> tuple[Header, ...]:
    given = dict(headers)
    html = given.get(b"content-type", b"").startswith(b"text/html")
    added = [header for header in (COMMON if html else JSON) if header[0] not in given]
    if https and TRANSPORT[0] not in given:
        added.append(TRANSPORT)
    return (*(header for header in headers if header[0] not in CROSS_ORIGIN), *added)
