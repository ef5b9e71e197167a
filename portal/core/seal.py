"""A transaction's scope, sealed: the database believes who acts only where the MAC is of a key that it knows.

The key is derived from SECRET_KEY. ``portal migrate`` installs it, and the previous one while keys are changed. Format:
HMAC-SHA256 in hexadecimal, a dot, and the JSON that it is of; ``portal.sealed_scope()`` reads it.
"""

import hmac
import json
import time
from collections.abc import Mapping

from portal.core.secrets import derived_key
from portal.core.settings import get_settings

# From being sealed until the transaction begins, not until it ends. A pooler may let a transaction wait.
SECONDS = 300
PURPOSE = "scope"
BLOCK = 64  # of SHA-256, in bytes

# Goes on while the machine sleeps, and whatever the wall clock is set to.
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_ahead: float | None = None


def learn_database_time(now: float) -> None:
    """The database's clock says ``now`` (seconds since 1970): by it seals are timed, whatever this machine's says."""
    global _ahead
    _ahead = now - time.clock_gettime(CLOCK)


def seal(scope: Mapping[str, str | None]) -> str:
    """The scope under a MAC; good for transactions that begin within SECONDS."""
    now = time.time() if _ahead is None else _ahead + time.clock_gettime(CLOCK)
    held = {name: value for name, value in scope.items() if value is not None}
    content = json.dumps({**held, "until": round(now + SECONDS, 3)}, separators=(",", ":"))
    return f"{hmac.digest(derived_key(PURPOSE), content.encode(), 'sha256').hex()}.{content}"


def pads() -> tuple[bytes, bytes]:
    """What the database must know to check a seal.

    The inner and outer pad of HMAC-SHA256 (RFC 2104): MAC = sha256(outer + sha256(inner + content)).
    """
    return _pads(derived_key(PURPOSE))


def previous_pads() -> tuple[bytes, bytes] | tuple[None, None]:
    """The same of SECRET_KEY_PREVIOUS, while keys are changed."""
    if get_settings().secret_key_previous is None:
        return None, None
    return _pads(derived_key(PURPOSE, previous=True))


def _pads(key: bytes) -> tuple[bytes, bytes]:
    block = key.ljust(BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
