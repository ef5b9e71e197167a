"""Whether a webhook is from whom it says: over the bytes as they came, compared in constant time."""

import hashlib
import hmac
from typing import Final

# How old a signed message of Stripe's may be, and how far ahead its clock.
TOLERANCE_SECONDS: Final = 300
HEX_DIGITS: Final = 64


def calcom(secret: str, body: bytes, given: bytes) -> bool:
    """``X-Cal-Signature-256``: hexadecimal HMAC-SHA256. What is sent without a secret is no signature."""
    return len(given) == HEX_DIGITS and hmac.compare_digest(_sha256(secret, body), given.lower())


def stripe(secret: str, body: bytes, given: bytes, *, now: float) -> bool:
    """``Stripe-Signature``: ``t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">``, with several ``v1`` while keys change."""
    parts = [part.strip().partition(b"=") for part in given.split(b",")]
    times = [value for name, _, value in parts if name == b"t"]
    if len(times) != 1 or not times[0].isdigit() or len(times[0]) > 12:
        return False
    if abs(now - int(times[0])) > TOLERANCE_SECONDS:
        return False
    expected = _sha256(secret, times[0] + b"." + body)
    return any(hmac.compare_digest(expected, value) for name, _, value in parts if name == b"v1")


def _sha256(secret: str, message: bytes) -> bytes:
    return hmac.digest(secret.encode(), message, hashlib.sha256).hex().encode()
