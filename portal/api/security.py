"""Headers that every answer carries. The policy of HTML pages is set where pages are made."""

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
NAMES = frozenset(name for name, _ in (*COMMON, CONTENT_POLICY, TRANSPORT)) | {b"x-request-id"}


def secure(message: Message, *, request_id: bytes, https: bool) -> Message:
    """A response start with the headers added that the application did not set itself; never any CORS header."""
    kept: list[Header] = []
    given: set[bytes] = set()
    html = False
    for header in message.get("headers", ()):
        name = header[0].lower()
        if name in NAMES:
            given.add(name)
        elif name == b"content-type":
            html = header[1].startswith(b"text/html")
        elif name.startswith(b"access-control-"):
            continue
        kept.append(header)
    kept += [header for header in COMMON if header[0] not in given] if given else COMMON
    if not html and CONTENT_POLICY[0] not in given:
        kept.append(CONTENT_POLICY)
    if https:
        kept.append(TRANSPORT)
    kept.append((b"x-request-id", request_id))
    return {**message, "headers": kept}
