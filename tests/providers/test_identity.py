"""Supabase as the identity provider: the client, the tokens it accepts, and the portal's own rules on top."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from portal.core import cache
from portal.domain import accounts
from portal.domain.accounts import Device, Kind, SecondStep, SignedIn, second_factor
from portal.domain.permissions import Role, find_role
from portal.providers import identity
from portal.providers.identity import (
    AccountExists,
    IdentityBusy,
    IdentityUnavailable,
    SupabaseIdentity,
    TokenRefused,
    WeakPassword,
    WrongCredentials,
)
from portal.providers.identity.signing_keys import SigningKeys
from tests.domain.accounts.conftest import Business, business, token_of
from tests.factories import Sandbox

__all__ = ["business", "token_of"]

EMAIL, PASSWORD = "somebody@supabase.example", "correct horse battery"
DEVICE = Device("ip-hash", "a browser")


@pytest.fixture
def project(sandbox: Sandbox, configure: Callable[..., None]) -> Iterator[Sandbox]:
    """A Supabase project with one user, which settings point to."""
    configure(SUPABASE_URL=f"{sandbox.url}/gotrue/", SUPABASE_SERVICE_KEY="sandbox-service-key")
    sandbox.post("/_sandbox/gotrue/users", {"email": EMAIL, "password": PASSWORD})
    identity._supabase.cache_clear()
    yield sandbox
    identity._supabase.cache_clear()


def client() -> SupabaseIdentity:
    found = identity.provider()
    assert isinstance(found, SupabaseIdentity)
    return found


def granted() -> identity.Tokens:
    tokens = client().sign_in(EMAIL, PASSWORD).tokens
    assert tokens is not None
    return tokens


@pytest.mark.usefixtures("project")
class TestClient:
    def test_sign_in_and_refresh(self) -> None:
        proof = client().sign_in(EMAIL.title(), PASSWORD)
        assert proof.tokens is not None
        assert proof.email == EMAIL
        claims, renewed = client().refresh(proof.tokens.refresh_token)
        assert (claims.user_id, claims.session_id) == (proof.user_id, proof.session_id)
        assert renewed.refresh_token != proof.tokens.refresh_token
        assert proof.tokens.access_token not in repr(proof)

    @pytest.mark.parametrize(("email", "password"), [(EMAIL, "wrong"), ("nobody@x.example", PASSWORD), ("", "")])
    def test_wrong_credentials(self, email: str, password: str) -> None:
        with pytest.raises(WrongCredentials):
            client().sign_in(email, password)

    def test_banned_and_unconfirmed_are_refused_alike(self, project: Sandbox) -> None:
        project.post("/_sandbox/gotrue/users", {"email": "b@x.example", "password": PASSWORD, "banned": True})
        project.post("/_sandbox/gotrue/users", {"email": "u@x.example", "password": PASSWORD, "confirmed": False})
        for email in ("b@x.example", "u@x.example"):
            with pytest.raises(WrongCredentials):
                client().sign_in(email, PASSWORD)

    def test_sign_out(self) -> None:
        tokens = granted()
        client().sign_out(tokens.access_token)
        with pytest.raises(TokenRefused):
            client().refresh(tokens.refresh_token)
        client().sign_out(tokens.access_token)

    def test_store_password(self) -> None:
        made = client().store_password("new@x.example", PASSWORD, user_id=None)
        assert made.password_hash is None
        assert client().sign_in("new@x.example", PASSWORD).user_id == made.user_id
        with pytest.raises(AccountExists):
            client().store_password("new@x.example", "a second password", user_id=None)
        client().store_password("new@x.example", "a second password", user_id=made.user_id)
        assert client().sign_in("new@x.example", "a second password").user_id == made.user_id
        with pytest.raises(WeakPassword):
            client().store_password("two@x.example", "abc", user_id=None)

    def test_half_made_account_is_taken_up_again(self, project: Sandbox) -> None:
        project.fault(provider="gotrue", match={"method": "PUT"}, status=503, times=1)
        with pytest.raises(IdentityUnavailable):
            client().store_password("new@x.example", PASSWORD, user_id=None)
        made = client().store_password("new@x.example", "a second password", user_id=None)
        assert client().sign_in("new@x.example", "a second password").user_id == made.user_id


@pytest.mark.usefixtures("project")
class TestFailures:
    def test_sign_in_is_tried_again(self, project: Sandbox) -> None:
        project.fault(provider="gotrue", match={"path_regex": "token"}, status=503, times=2)
        assert client().sign_in(EMAIL, PASSWORD).email == EMAIL

    def test_away(self, project: Sandbox) -> None:
        project.fault(provider="gotrue", status=500, times=20)
        for call in (lambda: client().sign_in(EMAIL, PASSWORD), lambda: client().refresh("any")):
            with pytest.raises(IdentityUnavailable):
                call()

    def test_lost_answer_to_a_refresh(self, project: Sandbox) -> None:
        tokens = granted()
        project.fault(provider="gotrue", match={"path_regex": "refresh_token"}, lost_reply=True)
        with pytest.raises(IdentityUnavailable):
            client().refresh(tokens.refresh_token)
        assert client().refresh(tokens.refresh_token)

    def test_limited(self, project: Sandbox) -> None:
        project.fault(provider="gotrue", status=429, headers={"Retry-After": "60"}, times=5)
        with pytest.raises(IdentityBusy):
            client().sign_in(EMAIL, PASSWORD)

    def test_nonsense(self, project: Sandbox) -> None:
        for body in ("<html>", [], {"access_token": "x"}, {"access_token": "x", "refresh_token": "y", "expires_in": 5}):
            project.fault(provider="gotrue", match={"path_regex": "token"}, status=200, body=body)
            with pytest.raises(IdentityUnavailable):
                client().sign_in(EMAIL, PASSWORD)

    def test_our_key_is_refused(self, configure: Callable[..., None]) -> None:
        configure(SUPABASE_SERVICE_KEY="revoked")
        for call in (
            lambda: client().sign_in(EMAIL, PASSWORD),
            lambda: client().store_password("new@x.example", PASSWORD, user_id=None),
        ):
            with pytest.raises(IdentityUnavailable):
                call()


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.usefixtures("project")
class TestTokens:
    def claims(self) -> dict[str, Any]:
        payload = granted().access_token.split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return found

    @pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
    def test_published_keys(self, project: Sandbox, algorithm: str) -> None:
        project.post("/_sandbox/gotrue/keys", {"algorithm": algorithm})
        tokens = granted()
        assert client().verify_token(tokens.access_token).email == EMAIL

    def test_legacy_secret(self, project: Sandbox, configure: Callable[..., None]) -> None:
        project.post("/_sandbox/gotrue/keys", {"algorithm": "HS256"})
        with pytest.raises(IdentityUnavailable):
            granted()
        configure(SUPABASE_JWT_SECRET=project.get("/_sandbox/gotrue/settings")["jwt_secret"])
        assert client().verify_token(granted().access_token).email == EMAIL

    def test_keys_are_fetched_once(self, project: Sandbox) -> None:
        for _ in range(3):
            granted()
        fetched = [r for r in project.get("/_sandbox/requests")["requests"] if r["path"].endswith("jwks.json")]
        assert len(fetched) == 1

    def test_algorithm_confusion(self, project: Sandbox, configure: Callable[..., None]) -> None:
        """The public key used as a shared secret, other algorithms, none at all."""
        (jwk,) = client()._fetch_signing_keys()["keys"]
        claims, public = self.claims(), ECKey.import_key(jwk)
        for secret in (public.as_pem(private=False), json.dumps(jwk).encode(), jwk["x"].encode()):
            for header in ({"alg": "HS256"}, {"alg": "HS256", "kid": jwk["kid"]}):
                signed = f"{part(header)}.{part(claims)}"
                digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
                stolen = f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
                for legacy_secret in ("the-real-legacy-secret-of-this-project", ""):
                    configure(SUPABASE_JWT_SECRET=legacy_secret)
                    with pytest.raises(TokenRefused):
                        client().verify_token(stolen)
        rsa = RSAKey.generate_key(2048)
        with pytest.raises(TokenRefused):
            client().verify_token(jwt.encode({"alg": "RS256", "kid": jwk["kid"]}, claims, rsa))
        mine = ECKey.generate_key("P-256")
        for header in ({"alg": "ES256", "kid": jwk["kid"]}, {"alg": "ES256", "kid": "mine", "jwk": mine.as_dict()}):
            with pytest.raises(TokenRefused):
                client().verify_token(jwt.encode({k: v for k, v in header.items() if k != "jwk"}, claims, mine))
        for header in ({"alg": "none"}, {"alg": "None", "kid": jwk["kid"]}, {"kid": jwk["kid"]}, {"alg": ["ES256"]}):
            with pytest.raises(TokenRefused):
                client().verify_token(f"{part(header)}.{part(claims)}.")

    def test_wrong_claims(self, project: Sandbox, configure: Callable[..., None]) -> None:
        secret = project.get("/_sandbox/gotrue/settings")["jwt_secret"]
        configure(SUPABASE_JWT_SECRET=secret)
        key, claims = OctKey.import_key(secret), self.claims()

        def signed(**change: Any) -> str:
            changed = {name: value for name, value in (claims | change).items() if value is not None}
            return jwt.encode({"alg": "HS256"}, changed, key)

        assert client().verify_token(signed()).email == EMAIL
        for change in (
            {"aud": "anon"}, {"aud": ["other"]}, {"aud": None}, {"iss": "https://evil.example/auth/v1"}, {"iss": None},
            {"exp": int(time.time()) - 6}, {"exp": None}, {"exp": "soon"}, {"sub": None}, {"sub": "service"},
            {"role": "anon"}, {"role": "service_role"}, {"session_id": None}, {"is_anonymous": True},
            {"nbf": int(time.time()) + 60},
        ):  # fmt: skip
            with pytest.raises(TokenRefused):
                client().verify_token(signed(**change))


class TestSigningKeys:
    def keys(self, *answers: Any) -> tuple[SigningKeys, list[int]]:
        asked: list[int] = []

        def fetch() -> Any:
            asked.append(1)
            answer = answers[min(len(asked), len(answers)) - 1]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return SigningKeys(fetch), asked

    def document(self, *keys: ECKey) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) | {"alg": "ES256", "use": "sig"} for key in keys]}

    def test_invented_ids_do_not_make_us_ask(self) -> None:
        key = ECKey.generate_key("P-256", {"kid": "one"})
        keys, asked = self.keys(self.document(key))
        for number in range(50):
            assert keys.find(f"invented {number}") is None
        assert keys.find("one") is not None
        assert len(asked) == 1

    def test_new_key_is_found_and_an_old_one_outlives_an_outage(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one, two = ECKey.generate_key("P-256", {"kid": "one"}), ECKey.generate_key("P-256", {"kid": "two"})
        keys, asked = self.keys(self.document(one), self.document(two, one), IdentityUnavailable())
        now = time.monotonic()
        monkeypatch.setattr("portal.providers.identity.signing_keys.time.monotonic", lambda: now)
        assert keys.find("one")
        now += 31
        assert keys.find("two")
        now += 700
        assert keys.find("one")
        assert len(asked) == 3
        now += 86_400
        with pytest.raises(IdentityUnavailable):
            keys.find("one")

    def test_only_public_signing_keys_count(self) -> None:
        oct_key = OctKey.generate_key(256).as_dict() | {"kid": "shared", "alg": "HS256"}
        curve = ECKey.generate_key("P-384", {"kid": "curve"}).as_dict(private=False)
        sealing = ECKey.generate_key("P-256", {"kid": "sealing"}).as_dict(private=False) | {"use": "enc"}
        broken = {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "!", "y": None}
        keys, _ = self.keys({"keys": [oct_key, curve, sealing, broken, "text", None]})
        for kid in ("shared", "curve", "sealing", "broken"):
            assert keys.find(kid) is None


@pytest.mark.usefixtures("project")
class TestPortal:
    """The portal's sessions, second factor and memberships on top of it."""

    def enter(self, email: str = EMAIL, password: str = PASSWORD, kind: Kind = Kind.COOKIE) -> SignedIn:
        result = accounts.sign_in(email, password, device=DEVICE, kind=kind)
        assert isinstance(result, SignedIn)
        return result

    def test_first_sign_in_makes_them_known(self, business: Business) -> None:
        opened = self.enter()
        assert accounts.session_principal(opened.cookie) == opened.principal
        assert accounts.me(opened.principal).tenants == ()
        stored = business.run("select password_hash from portal.users where email = %s", EMAIL)
        assert stored == [(None,)]

    def test_nobody_is_taken_for_another_by_address_alone(self, business: Business, project: Sandbox) -> None:
        project.post("/_sandbox/gotrue/users", {"email": business.owner.email, "password": PASSWORD})
        with pytest.raises(WrongCredentials):
            self.enter(business.owner.email)

    def test_invited_newcomer(self, business: Business, token_of: Callable[[str], str]) -> None:
        assert cache.cache.wait_until_live()
        link = accounts.invite(business.owner.principal, business.id, email="new@shop.example", role=Role.TENANT_STAFF)
        accounts.accept_invite(token_of(link.url), password="a password of theirs")
        joined = self.enter("new@shop.example", "a password of theirs").principal
        assert find_role(joined, business.id) is Role.TENANT_STAFF

    def test_invited_account_signs_in_first(self, business: Business, token_of: Callable[[str], str]) -> None:
        link = accounts.invite(business.owner.principal, business.id, email=EMAIL, role=Role.TENANT_STAFF)
        with pytest.raises(AccountExists):
            accounts.accept_invite(token_of(link.url), password="a password of mine")
        accounts.accept_invite(token_of(link.url), signed_in=self.enter().principal)
        assert find_role(self.enter().principal, business.id) is Role.TENANT_STAFF

    def test_tokens(self, business: Business) -> None:
        opened = self.enter(kind=Kind.TOKEN)
        assert opened.tokens is not None
        assert accounts.token_principal(opened.tokens.access_token) == opened.principal
        renewed = accounts.refresh(opened.tokens.refresh_token)
        assert renewed.tokens is not None
        accounts.sign_out(opened.principal, access_token=renewed.tokens.access_token)
        assert accounts.token_principal(renewed.tokens.access_token) is None

    def test_signing_in_elsewhere(self, business: Business) -> None:
        """A token that the project gave without us counts once we know its user, unless a second factor is on."""
        direct = granted().access_token
        assert accounts.token_principal(direct) is None
        who = self.enter().principal
        cache.cache.clear()
        assert accounts.token_principal(direct) is not None
        business.run(
            "update portal.users set totp_enabled_at = now(), totp_secret = 'sealed' where id = %s", who.user_id
        )
        cache.cache.clear()
        assert accounts.token_principal(direct) is None

    def test_second_factor_holds_back_the_tokens(self, business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
        self.enter()
        monkeypatch.setattr(second_factor, "is_on", lambda _: True)
        monkeypatch.setattr(second_factor, "check", lambda *_: None)
        waiting = accounts.sign_in(EMAIL, PASSWORD, device=DEVICE, kind=Kind.TOKEN)
        assert isinstance(waiting, SecondStep)
        opened = accounts.finish_sign_in(waiting.challenge, "123456", device=DEVICE)
        assert opened.tokens is not None
        assert accounts.token_principal(opened.tokens.access_token) == opened.principal

    def test_disabled_here_is_out_whatever_supabase_says(self, business: Business) -> None:
        opened = self.enter(kind=Kind.TOKEN)
        assert opened.tokens is not None
        accounts.set_user_disabled(business.operator.principal, opened.principal.user_id, disabled=True)
        assert accounts.token_principal(opened.tokens.access_token) is None
        with pytest.raises(WrongCredentials):
            self.enter()
