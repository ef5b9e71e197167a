"""The public keys that a Supabase project signs its tokens with, fetched once and kept."""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey

from portal.core.errors import ProviderError

KEPT_SECONDS = 600
# A key that we do not know may be new; but tokens with invented ids must not make us ask all the time.
ASK_AGAIN_SECONDS = 30
# With its provider away a kept key goes on counting for this long.
STALE_SECONDS = 86_400
log = structlog.get_logger("portal.identity")

Pinned = tuple[Key, str]


class SigningKeys:
    """``kid`` → key and the one algorithm it may be used with. ``fetch`` gets the JWKS document."""

    def __init__(self, fetch: Callable[[], Any]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._keys: dict[str, Pinned] = {}
        self._fetched_at = self._asked_at = -STALE_SECONDS * 2.0

    def find(self, kid: str) -> Pinned | None:
        """The key of this id. Raises ProviderError when it must be fetched and cannot be."""
        age = time.monotonic() - self._fetched_at
        if (found := self._keys.get(kid)) and age < KEPT_SECONDS:
            return found
        with self._lock:
            if time.monotonic() - self._asked_at >= ASK_AGAIN_SECONDS:
                self._refresh(kid)
            usable = time.monotonic() - self._fetched_at < STALE_SECONDS
            return self._keys.get(kid) if usable else None

    def _refresh(self, wanted: str) -> None:
        self._asked_at = time.monotonic()
        try:
            document = self._fetch()
        except ProviderError:
            if wanted not in self._keys or time.monotonic() - self._fetched_at >= STALE_SECONDS:
                # Nothing to fall back on: the next request may try at once.
                self._asked_at = -STALE_SECONDS * 2.0
                raise
            log.warning("signing_keys_stale")
            return
        self._keys = dict(filter(None, map(_pinned, document.get("keys", []))))
        self._fetched_at = time.monotonic()


def _pinned(jwk: Any) -> tuple[str, Pinned] | None:
    """A key with its algorithm by its own kind, whatever a token's header says. Other kinds are left out."""
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str) or jwk.get("use", "sig") != "sig":
        return None
    try:
        if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256" and jwk.get("alg", "ES256") == "ES256":
            return jwk["kid"], (ECKey.import_key(_public(jwk, "crv", "x", "y")), "ES256")
        if jwk.get("kty") == "RSA" and jwk.get("alg", "RS256") == "RS256":
            return jwk["kid"], (RSAKey.import_key(_public(jwk, "n", "e")), "RS256")
    except (JoseError, ValueError, KeyError, TypeError):
        log.warning("signing_key_unreadable")
    return None


def _public(jwk: dict[str, Any], *names: str) -> dict[str, str | list[str]]:
    return {"kty": jwk["kty"]} | {name: jwk[name] for name in names}
