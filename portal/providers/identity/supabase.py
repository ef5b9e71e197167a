"""Supabase Auth (GoTrue): it keeps the passwords and signs the tokens.

Sources: supabase/auth openapi.yaml; tokens by https://supabase.com/docs/guides/auth/jwts.
"""

from typing import Any, ClassVar, Final
from uuid import UUID

import httpx
import structlog
from joserfc.jwk import OctKey

from portal.core.errors import OutcomeUnknown, ProviderRefused
from portal.providers import http
from portal.providers.identity.claims import header_of, verified
from portal.providers.identity.signing_keys import SigningKeys
from portal.providers.identity.types import (
    AccountExists,
    Claims,
    IdentityBusy,
    IdentityUnavailable,
    Proof,
    StoredPassword,
    TokenRefused,
    Tokens,
    WeakPassword,
    WrongCredentials,
)

VERSION: Final = "2024-01-01"
SECONDS: Final = 8.0
FAILURES: Final = http.Failures(unavailable=IdentityUnavailable, busy=IdentityBusy)
EXISTS: Final = frozenset({"email_exists", "user_already_exists"})
log = structlog.get_logger("portal.identity")


class SupabaseIdentity:
    """One Supabase project. ``legacy_secret`` is the JWT secret of one that still signs with HS256."""

    opens_sessions_elsewhere: ClassVar[bool] = True

    def __init__(self, url: str, service_key: str, legacy_secret: str = "") -> None:
        self.issuer = f"{url.rstrip('/')}/auth/v1"
        self._key = service_key
        self._legacy_secret = legacy_secret
        self._signing_keys = SigningKeys(self._fetch_signing_keys)

    def __repr__(self) -> str:
        return f"SupabaseIdentity({self.issuer})"

    def sign_in(self, email: str, password: str) -> Proof:
        # Safe to repeat: at worst a session is opened that nobody uses.
        answer = self._call("POST", "/token?grant_type=password", json={"email": email, "password": password})
        if answer.is_client_error:
            raise WrongCredentials
        tokens, claims = self._granted(answer)
        return Proof(claims.user_id, claims.email, claims.session_id, tokens)

    def tokens(self, proof: Proof, *, session_id: UUID, refresh_token: str) -> Tokens:
        if proof.tokens is None:
            raise TokenRefused
        return proof.tokens

    def refresh(self, refresh_token: str) -> tuple[Claims, Tokens]:
        body = {"refresh_token": refresh_token}
        answer = self._call("POST", "/token?grant_type=refresh_token", json=body, is_write=True)
        if answer.is_client_error:
            raise TokenRefused
        tokens, claims = self._granted(answer)
        return claims, tokens

    def verify_token(self, token: str) -> Claims:
        header = header_of(token)
        if header.get("alg") == "HS256":
            if not self._legacy_secret:
                raise TokenRefused
            legacy = OctKey.import_key(self._legacy_secret)
            return verified(token, legacy, algorithm="HS256", issuer=self.issuer)
        pinned = self._signing_keys.find(str(header.get("kid")))
        if pinned is None or header.get("alg") != pinned[1]:
            raise TokenRefused
        return verified(token, pinned[0], algorithm=pinned[1], issuer=self.issuer)

    def store_password(self, email: str, password: str, *, user_id: UUID | None) -> StoredPassword:
        known = user_id or self._make_account(email, password)
        # The link that brought them here proves as much as Supabase's own mail would.
        body = {"password": password, "email_confirm": True}
        answer = self._call("PUT", f"/admin/users/{known}", json=body, admin=True, is_write=True)
        self._accepted(answer)
        return StoredPassword(known, None)

    def sign_out(self, access_token: str) -> None:
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = self._call("POST", "/logout?scope=local", headers=headers)
        if answer.is_client_error and answer.status_code not in (401, 403, 404):
            raise ProviderRefused(provider_status=answer.status_code, provider_code=_code(answer))

    def _make_account(self, email: str, password: str) -> UUID:
        """A new account, without any mail. One that was begun before and never confirmed is taken up again."""
        body = {"type": "signup", "email": email, "password": password}
        answer = self._call("POST", "/admin/generate_link", json=body, admin=True, is_write=True)
        self._accepted(answer)
        try:
            return UUID(answer.json()["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise IdentityUnavailable from error

    def _accepted(self, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        code = _code(answer)
        if code in EXISTS:
            raise AccountExists
        if code == "weak_password":
            raise WeakPassword
        raise ProviderRefused(provider_status=answer.status_code, provider_code=code)

    def _granted(self, answer: httpx.Response) -> tuple[Tokens, Claims]:
        try:
            body = answer.json()
            tokens = Tokens(str(body["access_token"]), str(body["refresh_token"]), int(body["expires_in"]))
        except (ValueError, KeyError, TypeError) as error:
            raise IdentityUnavailable from error
        try:
            return tokens, self.verify_token(tokens.access_token)
        except TokenRefused as error:
            # Its own fresh token: our settings do not fit the project (SUPABASE_JWT_SECRET, SUPABASE_URL).
            log.exception("identity_tokens_unreadable")
            raise IdentityUnavailable from error

    def _fetch_signing_keys(self) -> Any:
        answer = self._call("GET", "/.well-known/jwks.json")
        try:
            document = answer.json() if answer.is_success else None
        except ValueError:
            document = None
        if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
            raise IdentityUnavailable
        return document

    def _call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        headers: dict[str, str] | None = None,
        admin: bool = False,
        is_write: bool = False,
    ) -> httpx.Response:
        """An answer below 500 whose key was accepted. Raises IdentityUnavailable, IdentityBusy."""
        sent = {"apikey": self._key, "X-Supabase-Api-Version": VERSION} | (headers or {})
        if admin:
            sent["Authorization"] = f"Bearer {self._key}"
        call = http.Call(method, self.issuer + path, sent, json=json, read_seconds=SECONDS, is_write=is_write)
        try:
            answer = http.perform(call, failures=FAILURES, watch=http.Watch())
        except OutcomeUnknown as error:
            # None of our changes harms when it is made again.
            raise IdentityUnavailable from error
        if headers is None and _is_key_refused(answer, admin=admin):
            log.error("identity_key_refused", status=answer.status_code)
            raise IdentityUnavailable
        return answer


def _is_key_refused(answer: httpx.Response, *, admin: bool) -> bool:
    return answer.status_code in (401, 403) and (admin or _code(answer) in ("", "no_authorization", "bad_jwt"))


def _code(answer: httpx.Response) -> str:
    """The error's code, in the newer and the older shape; empty when there is none."""
    body = http.fields(answer)
    found = body.get("error_code") or body.get("code") or body.get("error") or ""
    return found if isinstance(found, str) else ""
