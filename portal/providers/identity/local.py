"""Our own identity provider: passwords in our database, tokens shaped like Supabase's."""

import time
from typing import ClassVar
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import OctKey

from portal.core import db
from portal.core.auth import new_token, token_hash
from portal.core.ids import new_id
from portal.core.secrets import derived_key
from portal.core.settings import get_settings
from portal.providers.identity import passwords
from portal.providers.identity.claims import header_of, verified
from portal.providers.identity.types import (
    ACCESS_SECONDS,
    AUDIENCE,
    AccountExists,
    Claims,
    Proof,
    StoredPassword,
    TokenRefused,
    Tokens,
    WrongCredentials,
)

ALGORITHM = "HS256"


class LocalIdentity:
    """Argon2id hashes and HS256 tokens under a key derived from SECRET_KEY."""

    opens_sessions_elsewhere: ClassVar[bool] = False

    def sign_in(self, email: str, password: str) -> Proof:
        with db.identity().begin() as scope:
            found = scope.execute("select * from portal.find_login(:email)", email=email).one_or_none()
        # One path for everybody: who is unknown, disabled or without a password costs the same check.
        stored = found.password_hash if found is not None and not found.disabled else None
        if not passwords.verify(stored, password) or found is None:
            raise WrongCredentials
        if stored and passwords.is_outdated(stored):
            with db.identity().begin() as scope:
                hashed = passwords.hash_password(password)
                scope.execute("select portal.set_password_hash(:id, :hash)", id=found.user_id, hash=hashed)
        return Proof(found.user_id, found.email)

    def tokens(self, proof: Proof, *, session_id: UUID, refresh_token: str) -> Tokens:
        access = _access_token(proof.user_id, proof.email, session_id)
        return Tokens(access, refresh_token, ACCESS_SECONDS)

    def refresh(self, refresh_token: str) -> tuple[Claims, Tokens]:
        renewed = new_token()
        with db.identity().begin() as scope:
            found = scope.execute(
                "select * from portal.rotate_session(:old, :new)",
                old=token_hash(refresh_token), new=token_hash(renewed),
            ).one_or_none()  # fmt: skip
        if found is None:
            raise TokenRefused
        claims = Claims(found.user_id, found.session_id, found.email)
        access = _access_token(claims.user_id, claims.email, claims.session_id)
        return claims, Tokens(access, renewed, ACCESS_SECONDS)

    def verify_token(self, token: str) -> Claims:
        if header_of(token).get("alg") != ALGORITHM:
            raise TokenRefused
        return verified(token, _key(), algorithm=ALGORITHM, issuer=issuer())

    def store_password(self, email: str, password: str, *, user_id: UUID | None) -> StoredPassword:
        passwords.check_strength(password, email)
        if user_id is None:
            with db.identity().begin() as scope:
                if scope.execute("select 1 from portal.find_login(:email)", email=email).scalar():
                    raise AccountExists
        return StoredPassword(user_id or new_id(), passwords.hash_password(password))

    def sign_out(self, access_token: str) -> None:
        """Nothing to do: the session is a row of ours, which the caller ends."""


def issuer() -> str:
    return get_settings().public_url(get_settings().base_domain) + "/auth/v1"


def _key() -> OctKey:
    return OctKey.import_key(derived_key("identity"))


def _access_token(user_id: UUID, email: str, session_id: UUID) -> str:
    now = int(time.time())
    claims = {
        "iss": issuer(), "sub": str(user_id), "aud": AUDIENCE, "role": AUDIENCE, "iat": now,
        "exp": now + ACCESS_SECONDS, "email": email, "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]}, "user_metadata": {},
        "aal": "aal1", "amr": [{"method": "password", "timestamp": now}],
        "session_id": str(session_id), "is_anonymous": False,
    }  # fmt: skip
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, _key())
