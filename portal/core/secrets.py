"""Sealing tenants' secrets, and signing links.

Secrets are sealed with AES-256-GCM bound to tenant and name, so that a sealed value copied to another tenant or name
does not open. Links are signed JWTs with one key per purpose.
"""

import base64
import os
import time
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from portal.core.errors import Forbidden, PortalError
from portal.core.settings import get_settings

VERSION = "v1"


class SecretUnreadable(PortalError):
    reason = "secret_unreadable"
    default = "A stored secret cannot be opened with this deployment's SECRET_KEY. Please enter it again."


def seal(tenant_id: UUID, name: str, secret: str) -> str:
    """``secret`` sealed for this tenant and name, as text."""
    nonce = os.urandom(12)
    sealed = AESGCM(derived_key("seal")).encrypt(nonce, secret.encode(), _bound_to(tenant_id, name))
    return f"{VERSION}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def open_sealed(tenant_id: UUID, name: str, sealed: str) -> str:
    """The secret. Raises SecretUnreadable for another key, tenant or name, or a changed text."""
    try:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(f"{VERSION}."))
        return AESGCM(derived_key("seal")).decrypt(raw[:12], raw[12:], _bound_to(tenant_id, name)).decode()
    except (InvalidTag, ValueError) as error:
        raise SecretUnreadable from error


def sign(purpose: str, payload: dict[str, Any], *, ttl_seconds: int) -> str:
    """A signed, URL-safe token of a small payload that only ``verify`` of the same purpose accepts."""
    claims = payload | {"exp": int(time.time()) + ttl_seconds}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(derived_key(f"sign:{purpose}")))


def verify(purpose: str, token: str) -> dict[str, Any]:
    """The payload of a token. Raises Forbidden when it was changed, is of another purpose, or too old."""
    try:
        decoded = jwt.decode(token, OctKey.import_key(derived_key(f"sign:{purpose}")), algorithms=["HS256"])
        jwt.JWTClaimsRegistry(exp={"essential": True}).validate(decoded.claims)
    except (JoseError, ValueError) as error:
        raise Forbidden("This link is not valid any more.") from error
    return dict(decoded.claims)


@lru_cache(maxsize=32)
def derived_key(purpose: str) -> bytes:
    """32 bytes for one purpose, derived from SECRET_KEY: a leak of one key tells nothing of another."""
    secret = get_settings().secret_key.get_secret_value().encode()
    return HKDF(algorithm=SHA256(), length=32, salt=b"portal", info=purpose.encode()).derive(secret)


def _bound_to(tenant_id: UUID, name: str) -> bytes:
    return f"{tenant_id}:{name}".encode()
