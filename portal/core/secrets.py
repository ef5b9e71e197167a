"""Sealing tenants' secrets, and signing links.

Secrets are sealed with AES-256-GCM bound to tenant and name, so that a sealed value copied to another tenant or name
does not open. Links are signed JWTs with one key per purpose.
"""

import base64
import os
import time
from contextlib import suppress
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
    """The secret, sealed under this SECRET_KEY or the previous one.

    Raises SecretUnreadable for another key, tenant or name, or a changed text.
    """
    for key in _keys("seal"):
        with suppress(InvalidTag, ValueError):
            raw = base64.urlsafe_b64decode(sealed.removeprefix(f"{VERSION}."))
            return AESGCM(key).decrypt(raw[:12], raw[12:], _bound_to(tenant_id, name)).decode()
    raise SecretUnreadable


def sign(purpose: str, payload: dict[str, Any], *, ttl_seconds: int) -> str:
    """A signed, URL-safe token of a small payload that only ``verify`` of the same purpose accepts."""
    claims = payload | {"exp": int(time.time()) + ttl_seconds}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(derived_key(f"sign:{purpose}")))


def verify(purpose: str, token: str) -> dict[str, Any]:
    """The payload of a token. Raises Forbidden when it was changed, is of another purpose, or too old."""
    for key in _keys(f"sign:{purpose}"):
        with suppress(JoseError, ValueError):
            decoded = jwt.decode(token, OctKey.import_key(key), algorithms=["HS256"])
            jwt.JWTClaimsRegistry(exp={"essential": True}).validate(decoded.claims)
            return dict(decoded.claims)
    raise Forbidden("This link is not valid any more.")


@lru_cache(maxsize=64)
def derived_key(purpose: str, *, previous: bool = False) -> bytes:
    """32 bytes for one purpose, derived from SECRET_KEY: a leak of one key tells nothing of another."""
    settings = get_settings()
    secret = settings.secret_key_previous if previous else settings.secret_key
    if secret is None:
        raise LookupError("there is no previous key")
    material = secret.get_secret_value().encode()
    return HKDF(algorithm=SHA256(), length=32, salt=b"portal", info=purpose.encode()).derive(material)


def _keys(purpose: str) -> list[bytes]:
    """The key of this purpose, and the previous one while keys are changed."""
    keys = [derived_key(purpose)]
    return [*keys, derived_key(purpose, previous=True)] if get_settings().secret_key_previous else keys


def _bound_to(tenant_id: UUID, name: str) -> bytes:
    return f"{tenant_id}:{name}".encode()
