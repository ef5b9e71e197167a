"""GoTrue's routes, as far as a portal needs them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.sandbox.clock import clock
from portal.sandbox.gotrue.signing import LIFETIME_SECONDS
from portal.sandbox.gotrue.store import ANON_KEY, REUSE_SECONDS, SERVICE_KEY, Session, Store, User

BASE = "/auth/v1"
SHORTEST_PASSWORD = 6
Handler = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """An error answer: status, code and words as the real server has them."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(code)


class AuthApi:
    """``/gotrue/auth/v1/...``"""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        user = f"{BASE}/admin/users/{{user_id}}"
        return [
            Route(f"{BASE}/health", self.health, methods=["GET"]),
            Route(f"{BASE}/.well-known/jwks.json", self.jwks, methods=["GET"]),
            Route(f"{BASE}/token", self._answering(self.token), methods=["POST"]),
            Route(f"{BASE}/logout", self._answering(self.logout), methods=["POST"]),
            Route(f"{BASE}/user", self._answering(self.get_user), methods=["GET"]),
            Route(f"{BASE}/user", self._answering(self.put_user), methods=["PUT"]),
            Route(f"{BASE}/recover", self._answering(self.recover), methods=["POST"]),
            Route(f"{BASE}/invite", self._answering(self.invite), methods=["POST"]),
            Route(f"{BASE}/admin/generate_link", self._answering(self.generate_link), methods=["POST"]),
            Route(f"{BASE}/admin/users", self._answering(self.list_users), methods=["GET"]),
            Route(f"{BASE}/admin/users", self._answering(self.create_user), methods=["POST"]),
            Route(user, self._answering(self.admin_get_user), methods=["GET"]),
            Route(user, self._answering(self.admin_put_user), methods=["PUT"]),
            Route(user, self._answering(self.admin_delete_user), methods=["DELETE"]),
        ]

    def _answering(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            if request.headers.get("apikey") not in (SERVICE_KEY, ANON_KEY):
                return JSONResponse({"message": "Invalid API key"}, status_code=401)
            try:
                return await handler(request)
            except Refused as refused:
                return _error(request, refused)

        return answer

    async def health(self, request: Request) -> Response:
        return JSONResponse({"version": "v2", "name": "GoTrue", "description": "GoTrue is a user registration API"})

    async def jwks(self, request: Request) -> Response:
        headers = {"Cache-Control": "public, max-age=600"}
        return JSONResponse({"keys": self._store.signer.published()}, headers=headers)

    async def token(self, request: Request) -> Response:
        body = await _body(request)
        grant = request.query_params.get("grant_type")
        if grant == "password":
            session = self._store.open_session(self._checked(body))
        elif grant == "refresh_token":
            session = self._refreshed(str(body.get("refresh_token", "")))
        else:
            raise Refused(400, "validation_failed", "unsupported_grant_type")
        return JSONResponse(self._granted(request, session))

    async def logout(self, request: Request) -> Response:
        user, session = self._bearer(request)
        every = self._store.sessions_of(user.id)
        scope = request.query_params.get("scope", "global")
        ending = {"global": every, "local": [session], "others": [other for other in every if other is not session]}
        if scope not in ending:
            raise Refused(400, "validation_failed", "Unsupported logout scope")
        self._store.end(ending[scope])
        return Response(status_code=204)

    async def get_user(self, request: Request) -> Response:
        return JSONResponse(self._bearer(request)[0].as_dict())

    async def put_user(self, request: Request) -> Response:
        user, _ = self._bearer(request)
        body = await _body(request)
        if "password" in body:
            user.password = _strong(body["password"])
        return JSONResponse(user.as_dict())

    async def recover(self, request: Request) -> Response:
        user = self._store.by_email(_email(await _body(request)))
        if user is not None:
            self._store.mails.append({"to": user.email, "type": "recovery"})
        return JSONResponse({})

    async def invite(self, request: Request) -> Response:
        _require_service(request)
        user = self._unconfirmed(_email(await _body(request)))
        self._store.mails.append({"to": user.email, "type": "invite"})
        return JSONResponse(user.as_dict())

    async def generate_link(self, request: Request) -> Response:
        """Makes the user where the kind of link wants one; mails nothing."""
        _require_service(request)
        body = await _body(request)
        kind, email = body.get("type"), _email(body)
        if kind in ("signup", "invite"):
            user = self._unconfirmed(email, _strong(body.get("password")) if kind == "signup" else None)
        elif (found := self._store.by_email(email)) is not None:
            user = found
        else:
            raise Refused(404, "user_not_found", "User with this email not found")
        token = secrets.token_hex(28)
        link = {
            "action_link": f"{_issuer(request)}/verify?token={token}&type={kind}&redirect_to=", "hashed_token": token,
            "email_otp": f"{secrets.randbelow(10**6):06d}", "redirect_to": "", "verification_type": kind,
        }  # fmt: skip
        return JSONResponse(user.as_dict() | link)

    async def list_users(self, request: Request) -> Response:
        _require_service(request)
        users = [user.as_dict() for user in self._store.users.values()]
        return JSONResponse({"users": users, "aud": "authenticated"})

    async def create_user(self, request: Request) -> Response:
        _require_service(request)
        body = await _body(request)
        if self._store.by_email(_email(body)) is not None:
            raise Refused(422, "email_exists", "A user with this email address has already been registered")
        user = self._store.add(User(_email(body)))
        self._change(user, body)
        return JSONResponse(user.as_dict())

    async def admin_get_user(self, request: Request) -> Response:
        return JSONResponse(self._admins_user(request).as_dict())

    async def admin_put_user(self, request: Request) -> Response:
        user = self._admins_user(request)
        self._change(user, await _body(request))
        return JSONResponse(user.as_dict())

    async def admin_delete_user(self, request: Request) -> Response:
        user = self._admins_user(request)
        self._store.end(self._store.sessions_of(user.id))
        del self._store.users[user.id]
        return JSONResponse({})

    def _checked(self, body: dict[str, Any]) -> User:
        user = self._store.by_email(str(body.get("email", "")))
        if user is None or user.password is None or user.password != body.get("password"):
            raise Refused(400, "invalid_credentials", "Invalid login credentials")
        if user.confirmed_at is None:
            raise Refused(400, "email_not_confirmed", "Email not confirmed")
        if user.banned:
            raise Refused(400, "user_banned", "User is banned")
        return user

    def _refreshed(self, token: str) -> Session:
        for session in self._store.sessions.values():
            if token not in (session.refresh_token, session.previous) or not token:
                continue
            if session.ended or session.user_id not in self._store.users:
                break
            if token == session.previous:
                # A lost answer is asked for again at once; later it is a thief or a victim.
                if (clock.now() - session.rotated_at).total_seconds() > REUSE_SECONDS:
                    session.ended = True
                    raise Refused(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
                return session
            session.rotate()
            return session
        raise Refused(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")

    def _granted(self, request: Request, session: Session) -> dict[str, Any]:
        user = self._store.users[session.user_id]
        claims = {
            "sub": user.id, "aud": "authenticated", "role": "authenticated", "email": user.email, "phone": "",
            "app_metadata": user.app_metadata, "user_metadata": user.user_metadata, "aal": "aal1",
            "amr": [{"method": "password", "timestamp": int(clock.now().timestamp())}], "session_id": session.id,
            "is_anonymous": False,
        }  # fmt: skip
        return {
            "access_token": self._store.signer.sign(claims, _issuer(request)), "token_type": "bearer",
            "expires_in": LIFETIME_SECONDS, "expires_at": int(clock.now().timestamp()) + LIFETIME_SECONDS,
            "refresh_token": session.refresh_token, "user": user.as_dict(),
        }  # fmt: skip

    def _bearer(self, request: Request) -> tuple[User, Session]:
        claims = self._store.signer.read(_bearer_token(request))
        if claims is None:
            raise Refused(403, "bad_jwt", "invalid JWT: unable to parse or verify signature")
        session = self._store.sessions.get(str(claims.get("session_id")))
        user = self._store.users.get(str(claims.get("sub")))
        if session is None or session.ended or user is None:
            raise Refused(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        return user, session

    def _unconfirmed(self, email: str, password: str | None = None) -> User:
        user = self._store.by_email(email)
        if user is not None and user.confirmed_at is not None:
            raise Refused(422, "email_exists", "A user with this email address has already been registered")
        return user or self._store.add(User(email, password))

    def _admins_user(self, request: Request) -> User:
        _require_service(request)
        user = self._store.users.get(request.path_params["user_id"])
        if user is None:
            raise Refused(404, "user_not_found", "User not found")
        return user

    def _change(self, user: User, body: dict[str, Any]) -> None:
        if "password" in body:
            user.password = _strong(body["password"])
        if body.get("email_confirm") is True:
            user.confirmed_at = user.confirmed_at or clock.now()
        if "ban_duration" in body:
            user.banned = body["ban_duration"] != "none"
        user.app_metadata |= body.get("app_metadata") or {}
        user.user_metadata |= body.get("user_metadata") or {}


def _require_service(request: Request) -> None:
    token = _bearer_token(request)
    if not token:
        raise Refused(401, "no_authorization", "This endpoint requires a valid Bearer token")
    if token != SERVICE_KEY:
        raise Refused(403, "not_admin", "User not allowed")


def _bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _issuer(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/gotrue{BASE}"


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise Refused(400, "bad_json", "Could not parse request body as JSON") from error
    if not isinstance(body, dict):
        raise Refused(400, "bad_json", "Could not parse request body as JSON")
    return body


def _email(body: dict[str, Any]) -> str:
    email = body.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise Refused(400, "validation_failed", "Unable to validate email address: invalid format")
    return email.strip().lower()


def _strong(password: Any) -> str:
    if not isinstance(password, str) or len(password) < SHORTEST_PASSWORD:
        raise Refused(422, "weak_password", f"Password should be at least {SHORTEST_PASSWORD} characters.")
    return password


def _error(request: Request, refused: Refused) -> Response:
    """The newer shape for those who ask for it by version, else the older one."""
    if request.headers.get("x-supabase-api-version", "") >= "2024-01-01":
        body: dict[str, Any] = {"code": refused.code, "message": refused.message}
    else:
        body = {"code": refused.status, "error_code": refused.code, "msg": refused.message}
    headers = {"X-Sb-Error-Code": refused.code}
    return JSONResponse(body, status_code=refused.status, headers=headers)
