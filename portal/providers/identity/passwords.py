"""Passwords as Argon2id hashes. Every check costs the same, also where there is nothing to check against."""

import threading
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from portal.core.errors import InvalidArgument
from portal.providers.identity.types import WeakPassword

MIN_LENGTH, MAX_LENGTH = 10, 200
# OWASP's choice for web servers: 19 MiB and two passes, some 20-40 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# A crowd of sign-ins must not take every core and all memory from the sites.
_at_once = threading.BoundedSemaphore(4)


def check_strength(password: str, email: str) -> None:
    """Raises WeakPassword, InvalidArgument (far too long)."""
    if len(password) > MAX_LENGTH:
        raise InvalidArgument(f"A password has at most {MAX_LENGTH} characters.")
    plain = password.casefold()
    if len(password) < MIN_LENGTH or len(set(plain)) < 5:
        raise WeakPassword(f"A password has at least {MIN_LENGTH} characters, and not all alike.")
    if plain in (email.casefold(), email.partition("@")[0].casefold()):
        raise WeakPassword("A password must not be the e-mail address.")


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(_bytes(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one. Without a stored one the same work is done for nothing."""
    with _at_once:
        try:
            return _hasher.verify(stored or _nobodys_hash(), _bytes(password)) and stored is not None
        except (Argon2Error, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher.hash(b"\x00 nobody's password")


def _bytes(password: str) -> bytes:
    # The same characters typed on another system may be other code points.
    return unicodedata.normalize("NFKC", password).encode()
