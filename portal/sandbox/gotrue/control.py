"""Orders for the GoTrue stand-in: make users, change the signing key, see what was mailed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.sandbox.clock import clock
from portal.sandbox.gotrue.signing import LEGACY_SECRET
from portal.sandbox.gotrue.store import SERVICE_KEY, Store, User
from portal.sandbox.orders import understood


class UserOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str
    password: str | None = None
    confirmed: bool = True
    banned: bool = False


class KeyOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    algorithm: Literal["ES256", "RS256", "HS256"] = "ES256"
    revoke: bool = False


class GoTrueControl:
    """``/_sandbox/gotrue/...``"""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        return [
            Route("/_sandbox/gotrue/settings", self.settings, methods=["GET"]),
            Route("/_sandbox/gotrue/users", understood(self.add_user), methods=["POST"]),
            Route("/_sandbox/gotrue/keys", understood(self.rotate_key), methods=["POST"]),
            Route("/_sandbox/gotrue/mails", self.mails, methods=["GET"]),
        ]

    async def settings(self, request: Request) -> Response:
        return JSONResponse({"service_key": SERVICE_KEY, "jwt_secret": LEGACY_SECRET})

    async def add_user(self, request: Request) -> Response:
        order = UserOrder.model_validate_json(await request.body())
        if self._store.by_email(order.email) is not None:
            return JSONResponse({"error": {"message": "there is such a user"}}, status_code=409)
        confirmed_at = clock.now() if order.confirmed else None
        user = self._store.add(User(order.email.lower(), order.password, confirmed_at, order.banned))
        return JSONResponse(user.as_dict(), status_code=201)

    async def rotate_key(self, request: Request) -> Response:
        order = KeyOrder.model_validate_json(await request.body())
        return JSONResponse({"kid": self._store.signer.rotate(order.algorithm, revoke=order.revoke)})

    async def mails(self, request: Request) -> Response:
        return JSONResponse({"mails": self._store.mails})
