"""Signing in over HTTP: cookies and tokens, second step, CSRF, and who may manage members."""

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import OctKey

from portal.api.app import Api
from portal.api.middleware import wrap
from portal.core import cache
from portal.core.secrets import derived_key
from tests.api.conftest import Caller, failure
from tests.domain.accounts.conftest import PASSWORD, Business, business

__all__ = ["business"]

HOST = "localhost"
ORIGIN = {"Origin": f"http://{HOST}:8000"}
SIGN_IN, ME = "/v1/admin/auth/sign-in", "/v1/admin/me"


class Admin(Caller):
    """A browser or program at the admin's host."""

    def enter(self, email: str, password: str = PASSWORD, *, cookie: bool = False) -> dict[str, Any]:
        answer = self.post(SIGN_IN, json={"email": email, "password": password, "cookie": cookie}, headers=ORIGIN)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body | {"cookie": answer.cookies.get("portal_session")}

    def bearer(self, email: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.enter(email)['access_token']}"}

    def cookie(self, email: str) -> dict[str, str]:
        return {"Cookie": f"portal_session={self.enter(email, cookie=True)['cookie']}"}


@pytest.fixture
def admin(api: Api, business: Business, runner: Any) -> Admin:
    assert cache.cache.wait_until_live()
    return Admin(runner, wrap(api), HOST)


class TestSignIn:
    def test_tokens(self, admin: Admin, business: Business) -> None:
        answer = admin.post(SIGN_IN, json={"email": business.owner.email, "password": PASSWORD})
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        body = answer.json()
        assert (body["status"], body["token_type"], body["expires_in"]) == ("signed_in", "bearer", 900)
        me = admin.get(ME, headers={"Authorization": f"Bearer {body['access_token']}"}).json()
        assert me == body["user"]
        assert me["email"] == business.owner.email
        assert [(t["slug"], t["role"]) for t in me["tenants"]] == [("shop", "tenant_admin")]

    def test_cookie(self, admin: Admin, business: Business) -> None:
        body = {"email": business.owner.email, "password": PASSWORD, "cookie": True}
        answer = admin.post(SIGN_IN, json=body, headers=ORIGIN)
        assert answer.json()["access_token"] is None
        [header, device] = answer.headers.get_list("set-cookie")
        assert header.startswith("portal_session=")
        assert {part.strip() for part in header.split(";")[1:]} == {
            "HttpOnly", "Max-Age=604800", "Path=/", "SameSite=lax"
        }  # fmt: skip
        assert admin.get(ME, headers={"Cookie": header.partition(";")[0]}).status_code == 200
        assert device.startswith("portal_device_")
        assert {part.strip() for part in device.split(";")[1:]} == {
            "HttpOnly", "Max-Age=34560000", "Path=/v1/admin/auth", "SameSite=lax"
        }  # fmt: skip
        assert admin.get(ME, headers={"Cookie": device.partition(";")[0]}).status_code == 401

    def test_a_known_browser_signs_in_while_strangers_guess(self, admin: Admin, business: Business) -> None:
        right = {"email": business.owner.email, "password": PASSWORD, "cookie": True}
        entered = admin.post(SIGN_IN, json=right, headers=ORIGIN)
        known = {"Cookie": entered.headers.get_list("set-cookie")[1].partition(";")[0]}
        wrong = {"email": business.owner.email, "password": "wrong password"}
        assert [admin.post(SIGN_IN, json=wrong).status_code for _ in range(12)][-1] == 429
        assert admin.post(SIGN_IN, json=right, headers=ORIGIN).status_code == 429
        assert admin.post(SIGN_IN, json=right, headers=ORIGIN | known).status_code == 200

    def test_cookie_is_secure_over_https(
        self, admin: Admin, configure: Callable[..., None], business: Business
    ) -> None:
        configure(TRUSTED_PROXIES="203.0.113.9")
        assert cache.cache.wait_until_live()
        body = {"email": business.owner.email, "password": PASSWORD, "cookie": True}
        headers = {"Origin": f"https://{HOST}:8000", "X-Forwarded-Proto": "https"}
        assert "; Secure" in admin.post(SIGN_IN, json=body, headers=headers).headers["set-cookie"]

    def test_replaces_the_browsers_session(self, admin: Admin, business: Business) -> None:
        old = admin.cookie(business.owner.email)
        body = {"email": business.owner.email, "password": PASSWORD, "cookie": True}
        admin.post(SIGN_IN, json=body, headers=ORIGIN | old)
        assert admin.get(ME, headers=old).status_code == 401

    def test_refusals_are_alike(self, admin: Admin) -> None:
        for email, password in (("owner@shop.example", "wrong password"), ("nobody@shop.example", PASSWORD)):
            answer = admin.post(SIGN_IN, json={"email": email, "password": password})
            error = failure(answer)
            assert answer.status_code == 401
            assert error["message"] == "The e-mail address or the password is wrong."
            assert error["details"] == {"reason": "wrong_credentials"}

    def test_limited(self, admin: Admin, business: Business) -> None:
        answers = [
            admin.post(SIGN_IN, json={"email": business.owner.email, "password": "wrong password"}).status_code
            for _ in range(11)
        ]
        assert answers == [401] * 10 + [429]

    def test_without_redis_it_can_be_tried_again(self, admin: Admin, configure: Callable[..., None]) -> None:
        """Nobody guesses uncounted."""
        configure(REDIS_URL="redis://127.0.0.1:1/0")
        answer = admin.post(SIGN_IN, json={"email": "owner@shop.example", "password": PASSWORD})
        assert (answer.status_code, failure(answer)["code"]) == (503, "UNAVAILABLE")

    def test_bad_bodies(self, admin: Admin) -> None:
        bodies: list[dict[str, Any]] = [
            {}, {"email": "a@b.example"}, {"email": ["a@b.example"], "password": PASSWORD},
            {"email": "a@b.example", "password": 5}, {"email": "a@b.example", "password": "x" * 401},
            {"email": "a@b.example", "password": PASSWORD, "admin": True},
            {"email": "a\r\nb@b.example", "password": PASSWORD},
        ]  # fmt: skip
        for body in bodies:
            answer = admin.post(SIGN_IN, json=body)
            assert (answer.status_code, failure(answer)["code"]) == (400, "INVALID_ARGUMENT"), body


class TestCsrf:
    def test_a_cookie_needs_the_own_origin_for_changes(self, admin: Admin, business: Business) -> None:
        cookie = admin.cookie(business.owner.email)
        out = "/v1/admin/auth/sign-out"
        for headers in (
            {},
            {"Origin": "http://shop.localhost:8000"},
            {"Origin": "null"},
            {"Origin": "https://evil.example"},
        ):
            answer = admin.post(out, headers=cookie | headers)
            assert (answer.status_code, failure(answer)["details"]["reason"]) == (403, "foreign_origin")
        assert admin.get(ME, headers=cookie).status_code == 200
        assert admin.post(out, headers=cookie | ORIGIN).status_code == 204
        assert admin.get(ME, headers=cookie).status_code == 401

    def test_no_cookie_is_set_for_other_pages(self, admin: Admin, business: Business) -> None:
        body = {"email": business.owner.email, "password": PASSWORD, "cookie": True}
        for headers in ({}, {"Origin": "http://shop.localhost:8000"}):
            answer = admin.post(SIGN_IN, json=body, headers=headers)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers

    def test_tokens_need_none(self, admin: Admin, business: Business) -> None:
        assert admin.post("/v1/admin/auth/sign-out", headers=admin.bearer(business.owner.email)).status_code == 204


class TestTokens:
    def ask(self, admin: Admin, token: str) -> int:
        return admin.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code

    def test_refresh(self, admin: Admin, business: Business) -> None:
        first = admin.enter(business.owner.email)
        answer = admin.post("/v1/admin/auth/refresh", json={"refresh_token": first["refresh_token"]})
        assert self.ask(admin, answer.json()["access_token"]) == 200
        again = admin.post("/v1/admin/auth/refresh", json={"refresh_token": first["refresh_token"]})
        assert (again.status_code, failure(again)["details"]["reason"]) == (401, "token_refused")

    def test_signed_out(self, admin: Admin, business: Business) -> None:
        token = admin.enter(business.owner.email)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert admin.post("/v1/admin/auth/sign-out", headers=headers).status_code == 204
        assert self.ask(admin, token) == 401

    def test_expired(self, admin: Admin, business: Business) -> None:
        token = admin.enter(business.owner.email)["access_token"]
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=906), tick=True):
            assert self.ask(admin, token) == 401

    def test_forged(self, admin: Admin, business: Business) -> None:
        token = admin.enter(business.owner.email)["access_token"]
        head, claims, signature = token.split(".")
        none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
        other = json.loads(base64.urlsafe_b64decode(claims + "=="))
        other["sub"] = str(business.operator.id)
        swapped = base64.urlsafe_b64encode(json.dumps(other).encode()).decode().rstrip("=")
        for forged in (
            f"{none}.{claims}.", f"{none}.{claims}.{signature}", f"{head}.{swapped}.{signature}",
            f"{head}.{claims}.", f"{head}.{claims}", "", "a.b.c", "x" * 9000, f"{head}.{claims}.{signature[:-2]}AA",
        ):  # fmt: skip
            assert self.ask(admin, forged) == 401
        assert self.ask(admin, token) == 200

    def test_wrong_claims(self, admin: Admin, business: Business) -> None:
        token = admin.enter(business.owner.email)["access_token"]
        key = OctKey.import_key(derived_key("identity"))
        claims = jwt.decode(token, key).claims
        assert self.ask(admin, jwt.encode({"alg": "HS256"}, dict(claims), key)) == 200
        changes: list[dict[str, Any]] = [
            {"aud": "anon"}, {"aud": None}, {"iss": "http://localhost:9000/auth/v1"}, {"iss": None}, {"exp": None},
            {"exp": 1}, {"sub": None}, {"sub": "x"}, {"session_id": None}, {"session_id": str(uuid4())},
            {"role": "service_role"}, {"role": None}, {"is_anonymous": True},
        ]  # fmt: skip
        for change in changes:
            changed = {name: value for name, value in (claims | change).items() if value is not None}
            assert self.ask(admin, jwt.encode({"alg": "HS256"}, changed, key)) == 401, change

    def test_keys_of_other_purposes_do_not_sign(self, admin: Admin, business: Business) -> None:
        token = admin.enter(business.owner.email)["access_token"]
        claims = jwt.decode(token, OctKey.import_key(derived_key("identity"))).claims
        for purpose in ("sign:manage", "links", "queue"):
            other = OctKey.import_key(derived_key(purpose))
            assert self.ask(admin, jwt.encode({"alg": "HS256"}, dict(claims), other)) == 401

    def test_other_headers_sign_nobody_in(self, admin: Admin, business: Business) -> None:
        cookie = admin.cookie(business.owner.email)
        for header in ("", "Bearer", "Basic abc", "bearer  ", "Token x"):
            assert admin.get(ME, headers={"Authorization": header} | cookie).status_code == 401


class TestSecondFactor:
    def test_whole_way(self, admin: Admin, business: Business) -> None:
        headers = admin.bearer(business.owner.email)
        enrol = "/v1/admin/auth/totp/enrol"
        assert admin.post(enrol, json={"password": "wrong password"}, headers=headers).status_code == 401
        begun = admin.post(enrol, json={"password": PASSWORD}, headers=headers).json()
        assert begun["qr_code"].startswith("data:image/svg+xml")
        totp, now = pyotp.TOTP(begun["secret"]), time.time()
        wrong = admin.post("/v1/admin/auth/totp/confirm", json={"code": "abcdef"}, headers=headers)
        assert failure(wrong)["details"]["reason"] == "wrong_code"
        confirmed = admin.post("/v1/admin/auth/totp/confirm", json={"code": totp.at(now)}, headers=headers)
        codes = confirmed.json()["recovery_codes"]

        waiting = admin.post(SIGN_IN, json={"email": business.owner.email, "password": PASSWORD}).json()
        assert waiting["status"] == "second_step"
        assert waiting["access_token"] is None
        assert waiting["user"] is None
        finish = {"challenge": waiting["challenge"], "code": codes[0]}
        answer = admin.post("/v1/admin/auth/totp/sign-in", json=finish)
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert admin.get(ME, headers=bearer).json()["has_second_factor"] is True
        off = admin.post("/v1/admin/auth/totp/disable", json={"code": codes[1]}, headers=bearer)
        assert off.status_code == 204
        assert "access_token" in admin.enter(business.owner.email)


class TestLinks:
    def test_invitation(self, admin: Admin, business: Business) -> None:
        headers = admin.bearer(business.owner.email)
        body = {"email": "new@shop.example", "role": "tenant_staff"}
        made = admin.post(f"/v1/admin/tenants/{business.id}/invites", json=body, headers=headers)
        assert made.status_code == 201
        token = made.json()["url"].partition("?token=")[2]
        shown = admin.get("/v1/admin/auth/links", params={"token": token}).json()
        assert shown == {
            "purpose": "invite", "email": "new@shop.example", "has_account": False, "business_name": "Shop",
            "role": "tenant_staff",
        }  # fmt: skip
        accept = "/v1/admin/auth/invites/accept"
        assert admin.post(accept, json={"token": token}).status_code == 400
        assert admin.post(accept, json={"token": token, "password": "a password of theirs"}).status_code == 200
        assert admin.post(accept, json={"token": token, "password": "a password of theirs"}).status_code == 404
        entered = admin.enter("new@shop.example", "a password of theirs")
        assert entered["user"]["tenants"][0]["role"] == "tenant_staff"

    def test_existing_account_signs_in_first(self, admin: Admin, business: Business) -> None:
        body = {"email": business.stranger.email, "role": "tenant_staff"}
        made = admin.post(
            f"/v1/admin/tenants/{business.id}/invites", json=body, headers=admin.bearer(business.owner.email)
        )
        token = made.json()["url"].partition("?token=")[2]
        accept = "/v1/admin/auth/invites/accept"
        refused = admin.post(accept, json={"token": token, "password": "a password of mine"})
        assert (refused.status_code, failure(refused)["details"]["reason"]) == (409, "account_exists")
        headers = admin.bearer(business.stranger.email)
        assert admin.post(accept, json={"token": token}, headers=headers).status_code == 200
        assert len(admin.get(ME, headers=headers).json()["tenants"]) == 2

    def test_forgotten_answers_alike(self, admin: Admin, business: Business) -> None:
        answers = {
            (answer.status_code, answer.text)
            for email in (business.owner.email, "nobody@shop.example")
            for answer in [admin.post("/v1/admin/auth/password/forgotten", json={"email": email})]
        }
        assert answers == {(202, '{"status":"accepted"}')}

    def test_reset_and_change(self, admin: Admin, business: Business) -> None:
        headers = admin.bearer(business.owner.email)
        made = admin.post(
            f"/v1/admin/tenants/{business.id}/members/{business.staff.id}/reset-link", headers=headers
        ).json()
        body = {"token": made["url"].partition("?token=")[2], "password": "a second password"}
        assert admin.post("/v1/admin/auth/password/reset", json=body).status_code == 204
        entered = admin.enter(business.staff.email, "a second password")
        change = {"current_password": "a second password", "new_password": "a third password"}
        bearer = {"Authorization": f"Bearer {entered['access_token']}"}
        assert admin.post("/v1/admin/auth/password", json=change, headers=bearer).status_code == 204
        admin.enter(business.staff.email, "a third password")


class TestMembersMatrix:
    """Each route × each role: 2xx only where the table says so, and nothing of another tenant."""

    def ask(self, admin: Admin, name: str, tenant: Any, member: Any, headers: dict[str, str]) -> httpx.Response:
        base = f"/v1/admin/tenants/{tenant}"
        return {
            "list": lambda: admin.get(f"{base}/members", headers=headers),
            "change": lambda: admin.ask(
                "PATCH", f"{base}/members/{member}", json={"status": "active"}, headers=headers
            ),
            "reset": lambda: admin.post(f"{base}/members/{member}/reset-link", headers=headers),
            "invite": lambda: admin.post(
                f"{base}/invites", json={"email": f"{uuid4()}@x.example", "role": "tenant_staff"}, headers=headers
            ),
            "revoke": lambda: admin.ask("DELETE", f"{base}/invites/{uuid4()}", headers=headers),
            "platform invite": lambda: admin.post(
                "/v1/admin/platform/invites", json={"email": f"{uuid4()}@x.example"}, headers=headers
            ),
            "disable": lambda: admin.ask(
                "PUT", f"/v1/admin/platform/users/{member}/disabled", json={"disabled": False},
                headers=headers,
            ),
        }[name]()  # fmt: skip

    @pytest.mark.parametrize(
        ("route", "platform", "owner", "staff", "stranger", "nobody"),
        [
            ("list", 200, 200, 403, 404, 401),
            ("change", 204, 204, 403, 404, 401),
            ("reset", 201, 201, 403, 404, 401),
            ("invite", 201, 201, 403, 404, 401),
            ("revoke", 404, 404, 403, 404, 401),
            ("platform invite", 201, 403, 403, 403, 401),
            ("disable", 204, 403, 403, 403, 401),
        ],
    )
    def test_route(
        self, admin: Admin, business: Business, route: str, platform: int, owner: int, staff: int, stranger: int,
        nobody: int,
    ) -> None:  # fmt: skip
        people = {
            business.operator.email: platform, business.owner.email: owner, business.staff.email: staff,
            business.stranger.email: stranger,
        }  # fmt: skip
        for email, status in people.items():
            answer = self.ask(admin, route, business.id, business.staff.id, admin.bearer(email))
            assert answer.status_code == status, (email, answer.text)
        assert self.ask(admin, route, business.id, business.staff.id, {}).status_code == nobody

    def test_last_admin(self, admin: Admin, business: Business) -> None:
        answer = admin.ask(
            "PATCH", f"/v1/admin/tenants/{business.id}/members/{business.owner.id}", json={"role": "tenant_staff"},
            headers=admin.bearer(business.owner.email),
        )  # fmt: skip
        assert (answer.status_code, failure(answer)["details"]["reason"]) == (409, "last_admin")

    def test_disabled_member_is_out_at_once(self, admin: Admin, business: Business) -> None:
        headers = admin.cookie(business.staff.email)
        assert len(admin.get(ME, headers=headers).json()["tenants"]) == 1
        path = f"/v1/admin/tenants/{business.id}/members/{business.staff.id}"
        change = admin.ask("PATCH", path, json={"status": "disabled"}, headers=admin.bearer(business.owner.email))
        assert change.status_code == 204
        assert admin.get(ME, headers=headers).json()["tenants"] == []
