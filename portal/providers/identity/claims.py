"""Reading access tokens: the same checks whoever signed them."""

import base64
import binascii
import json
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from portal.providers.identity.types import AUDIENCE, Claims, TokenRefused

MAX_TOKEN = 8192
# Clocks of two machines differ a little.
LEEWAY_SECONDS = 5


def header_of(token: str) -> dict[str, Any]:
    """A token's header, unverified: good for choosing the key, nothing else. Raises TokenRefused."""
    if len(token) > MAX_TOKEN or token.count(".") != 2:
        raise TokenRefused
    part = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error) as error:
        raise TokenRefused from error
    if not isinstance(header, dict):
        raise TokenRefused
    return header


def verified(token: str, key: Key, *, algorithm: str, issuer: str) -> Claims:
    """The claims of a token signed by this key with this very algorithm. Raises TokenRefused."""
    registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": AUDIENCE},
        role={"essential": True, "value": AUDIENCE},
        exp={"essential": True},
        sub={"essential": True},
        session_id={"essential": True},
    )
    try:
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        registry.validate(claims)
        if claims.get("is_anonymous") is True:
            raise TokenRefused
        return Claims(UUID(claims["sub"]), UUID(str(claims["session_id"])), str(claims.get("email") or "").lower())
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused from error
