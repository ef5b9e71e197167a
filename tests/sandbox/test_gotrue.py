"""The GoTrue stand-in: strict like the real one, and its answers fit the vendor's description."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.sandbox.conftest import SPECS, Program

DESCRIPTION = SPECS / "supabase-gotrue.trim.json"
EMAIL, PASSWORD = "owner@shop.example", "correct horse"
described = pytest.mark.skipif(
    not DESCRIPTION.exists(), reason="GoTrue's description of its API is not in ../shared/specs"
)


@dataclass(frozen=True)
class GoTrue:
    """A project asked with its service key."""

    program: Program
    key: str

    def send(self, method: str, path: str, *, bearer: str | None = None, **options: Any) -> httpx.Response:
        headers = {"apikey": self.key, "X-Supabase-Api-Version": "2024-01-01"} | options.pop("headers", {})
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        url = f"{self.program.url}/gotrue/auth/v1{path}"
        return self.program.client.request(method, url, headers=headers, **options)

    def admin(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.send(method, path, bearer=self.key, **options)

    def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        return self.send("POST", "/token?grant_type=password", json={"email": EMAIL, "password": password})

    def refresh(self, token: str) -> httpx.Response:
        return self.send("POST", "/token?grant_type=refresh_token", json={"refresh_token": token})


@pytest.fixture
def gotrue(program: Program) -> GoTrue:
    program.post("/gotrue/users", {"email": EMAIL, "password": PASSWORD})
    return GoTrue(program, program.get("/gotrue/settings")["service_key"])


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@cache
def description() -> Any:
    return json.loads(DESCRIPTION.read_text())


def check(answer: httpx.Response, *, status: int = 200) -> Any:
    """The answer, after comparing it with the description of its route."""
    assert answer.status_code == status, answer.text
    path = answer.request.url.path.removeprefix("/gotrue/auth/v1")
    template = min(
        (known for known in description()["paths"] if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", known), path)),
        key=lambda known: known.count("{"),
    )
    responses = description()["paths"][template][answer.request.method.lower()]["responses"]
    response = responses[str(status)]
    if "$ref" in response:
        response = description()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = json.loads(
        json.dumps(response["content"]["application/json"]["schema"]).replace('"#/components', '"urn:g#/components')
    )
    resource: Resource[Any] = Resource.from_contents(description(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:g", resource)
    Draft202012Validator(schema, registry=registry).validate(answer.json())
    return answer.json()


@described
class TestShapes:
    def test_answers(self, gotrue: GoTrue) -> None:
        granted = check(gotrue.sign_in())
        check(gotrue.refresh(granted["refresh_token"]))
        check(gotrue.send("GET", "/user", bearer=granted["access_token"]))
        check(gotrue.send("PUT", "/user", bearer=granted["access_token"], json={"password": "another one"}))
        check(gotrue.send("POST", "/recover", json={"email": EMAIL}))
        check(gotrue.admin("POST", "/invite", json={"email": "new@shop.example"}))
        link = {"type": "signup", "email": "two@shop.example", "password": "a long one"}
        user = check(gotrue.admin("POST", "/admin/generate_link", json=link))
        check(gotrue.admin("PUT", f"/admin/users/{user['id']}", json={"email_confirm": True}))
        check(gotrue.admin("GET", f"/admin/users/{user['id']}"))
        check(gotrue.admin("GET", "/admin/users"))

    def test_failures_in_the_older_shape(self, gotrue: GoTrue) -> None:
        older = {"X-Supabase-Api-Version": ""}
        wrong = {"email": EMAIL, "password": "wrong"}
        check(gotrue.send("POST", "/token?grant_type=password", json=wrong, headers=older), status=400)
        check(gotrue.admin("POST", "/invite", json={"email": EMAIL}, headers=older), status=422)
        check(gotrue.admin("GET", "/admin/users/none", headers=older), status=404)
        check(gotrue.send("GET", "/admin/users", headers=older), status=401)


class TestTokens:
    def test_signed_by_a_published_key(self, gotrue: GoTrue) -> None:
        granted = gotrue.sign_in().json()
        keys = gotrue.send("GET", "/.well-known/jwks.json").json()
        assert all("d" not in key for key in keys["keys"])
        claims = jwt.decode(granted["access_token"], KeySet.import_key_set(keys), algorithms=["ES256"]).claims
        assert claims["iss"] == f"{gotrue.program.url}/gotrue/auth/v1"
        assert (claims["aud"], claims["role"], claims["email"]) == ("authenticated", "authenticated", EMAIL)
        assert claims["sub"] == granted["user"]["id"]

    def test_refresh_token_counts_once(self, gotrue: GoTrue) -> None:
        first = gotrue.sign_in().json()["refresh_token"]
        second = gotrue.refresh(first).json()["refresh_token"]
        # A lost answer is asked for again at once.
        assert gotrue.refresh(first).json()["refresh_token"] == second
        gotrue.program.post("/clock", {"advance_seconds": 11})
        assert code(gotrue.refresh(first)) == (400, "refresh_token_already_used")
        assert code(gotrue.refresh(second)) == (400, "refresh_token_not_found")

    def test_logout_ends_the_session(self, gotrue: GoTrue) -> None:
        granted, other = gotrue.sign_in().json(), gotrue.sign_in().json()
        assert gotrue.send("POST", "/logout?scope=local", bearer=granted["access_token"]).status_code == 204
        assert code(gotrue.send("GET", "/user", bearer=granted["access_token"])) == (403, "session_not_found")
        assert gotrue.send("GET", "/user", bearer=other["access_token"]).status_code == 200

    def test_expired(self, gotrue: GoTrue) -> None:
        granted = gotrue.sign_in().json()
        gotrue.program.post("/clock", {"advance_seconds": 3601})
        assert code(gotrue.send("GET", "/user", bearer=granted["access_token"])) == (403, "bad_jwt")


class TestRefusals:
    def test_keys(self, gotrue: GoTrue) -> None:
        body = {"email": EMAIL, "password": PASSWORD}
        wrong = gotrue.send("POST", "/token?grant_type=password", json=body, headers={"apikey": "wrong"})
        assert (wrong.status_code, wrong.json()) == (401, {"message": "Invalid API key"})
        assert code(gotrue.send("GET", "/admin/users")) == (401, "no_authorization")
        token = gotrue.sign_in().json()["access_token"]
        assert code(gotrue.send("GET", "/admin/users", bearer=token)) == (403, "not_admin")

    def test_credentials(self, gotrue: GoTrue) -> None:
        assert code(gotrue.sign_in("wrong")) == (400, "invalid_credentials")
        gotrue.program.post("/gotrue/users", {"email": "b@x.example", "password": PASSWORD, "banned": True})
        gotrue.program.post("/gotrue/users", {"email": "u@x.example", "password": PASSWORD, "confirmed": False})
        for email, expected in (("b@x.example", "user_banned"), ("u@x.example", "email_not_confirmed")):
            body = {"email": email, "password": PASSWORD}
            assert code(gotrue.send("POST", "/token?grant_type=password", json=body)) == (400, expected)

    def test_weak_password_and_known_address(self, gotrue: GoTrue) -> None:
        link = {"type": "signup", "email": "new@x.example", "password": "short"}
        assert code(gotrue.admin("POST", "/admin/generate_link", json=link)) == (422, "weak_password")
        link = {"type": "signup", "email": EMAIL.upper(), "password": "long enough"}
        assert code(gotrue.admin("POST", "/admin/generate_link", json=link)) == (422, "email_exists")
