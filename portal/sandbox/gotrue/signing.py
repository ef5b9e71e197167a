"""The keys that the stand-in signs access tokens with, and publishes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey

from portal.sandbox.clock import clock

LEGACY_SECRET = "sandbox-legacy-jwt-secret-of-forty-characters"  # noqa: S105 - a stand-in's
LIFETIME_SECONDS = 3600
Signing = ECKey | RSAKey | OctKey


class Signer:
    """Signs with the newest key; every published one still counts."""

    def __init__(self) -> None:
        self._first = _new_key("ES256")
        self.reset()

    def reset(self) -> None:
        """Back to the key of this process's start, so that whoever kept it need not ask again."""
        self.algorithm = "ES256"
        self._keys: list[Signing] = [self._first]

    def rotate(self, algorithm: str, *, revoke: bool) -> str | None:
        """Sign with a new key from now on; with `revoke` the older ones count no more. Returns the key's id."""
        self.algorithm = algorithm
        key = _new_key(algorithm)
        self._keys = [key] if revoke else [key, *self._keys]
        return key.kid

    def sign(self, claims: dict[str, Any], issuer: str) -> str:
        now = int(clock.now().timestamp())
        key = self._keys[0]
        header = {"alg": self.algorithm, "typ": "JWT"} | ({"kid": key.kid} if key.kid else {})
        return jwt.encode(header, {"iss": issuer, "iat": now, "exp": now + LIFETIME_SECONDS} | claims, key)

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token of ours that is not expired."""
        registry = jwt.JWTClaimsRegistry(now=lambda: int(clock.now().timestamp()), exp={"essential": True})
        for key in self._keys:
            try:
                decoded = jwt.decode(token, key, algorithms=["ES256", "RS256", "HS256"])
                registry.validate(decoded.claims)
            except (JoseError, ValueError):
                continue
            return dict(decoded.claims)
        return None

    def published(self) -> list[dict[str, Any]]:
        """Public keys only: a shared secret is never shown."""
        shown = []
        for key in self._keys:
            if not isinstance(key, OctKey):
                kind = "ES256" if isinstance(key, ECKey) else "RS256"
                public: dict[str, Any] = dict(key.as_dict(private=False))
                shown.append(public | {"alg": kind, "use": "sig", "key_ops": ["verify"], "ext": True})
        return shown


def _new_key(algorithm: str) -> Signing:
    if algorithm == "HS256":
        return OctKey.import_key(LEGACY_SECRET)
    parameters: Any = {"kid": str(uuid4())}
    if algorithm == "RS256":
        return RSAKey.generate_key(2048, parameters)
    return ECKey.generate_key("P-256", parameters)
