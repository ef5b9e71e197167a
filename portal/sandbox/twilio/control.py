"""Orders for the Twilio stand-in: accounts, how numbers behave, messages from phones, and what was really sent."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.sandbox.orders import understood
from portal.sandbox.twilio import views
from portal.sandbox.twilio.accounts import AccountSpec, Behaviour, Phone
from portal.sandbox.twilio.carrier import Carrier
from portal.sandbox.twilio.inbox import Inbox
from portal.sandbox.twilio.store import Message, Store


class InboundOrder(BaseModel):
    """`phone` writes `body` to `to`. `url` is told instead of the service's webhook."""

    model_config = ConfigDict(extra="forbid")

    to: Phone
    phone: Phone
    body: str
    url: str | None = None


class CallbackOrder(BaseModel):
    """Tell a message's callback of a status once more, whatever its state; to `url` where that is given."""

    model_config = ConfigDict(extra="forbid")

    sid: str
    status: str
    url: str | None = None


class TwilioControl:
    """``/_sandbox/twilio/...``"""

    def __init__(self, store: Store, carrier: Carrier, inbox: Inbox) -> None:
        self._store = store
        self._carrier = carrier
        self._inbox = inbox

    def routes(self) -> list[Route]:
        base = "/_sandbox/twilio"
        return [
            Route(f"{base}/accounts", self.list_accounts, methods=["GET"]),
            Route(f"{base}/accounts", understood(self.put_account), methods=["POST"]),
            Route(f"{base}/numbers", understood(self.put_behaviour), methods=["POST"]),
            Route(f"{base}/inbound", understood(self.inbound), methods=["POST"]),
            Route(f"{base}/callback", understood(self.callback), methods=["POST"]),
            Route(f"{base}/messages", self.list_messages, methods=["GET"]),
            Route(f"{base}/opt_outs", self.list_opt_outs, methods=["GET"]),
        ]

    async def list_accounts(self, request: Request) -> Response:
        shown = [account.model_dump(mode="json", exclude={"auth_token"}) for account in self._store.accounts.values()]
        return JSONResponse({"accounts": shown})

    async def put_account(self, request: Request) -> Response:
        account = self._store.put_account(AccountSpec.model_validate_json(await request.body()))
        return JSONResponse(account.model_dump(mode="json"))

    async def put_behaviour(self, request: Request) -> Response:
        behaviour = Behaviour.model_validate_json(await request.body())
        self._store.behaviours[behaviour.to] = behaviour
        return JSONResponse(behaviour.model_dump(mode="json"))

    async def inbound(self, request: Request) -> Response:
        order = InboundOrder.model_validate_json(await request.body())
        account = next((each for each in self._store.accounts.values() if each.owns(order.to)), None)
        if account is None:
            return JSONResponse({"error": {"message": "no account has that number"}}, status_code=404)
        message = await self._inbox.receive(account, to=order.to, phone=order.phone, body=order.body, url=order.url)
        return JSONResponse(views.message(message), status_code=201)

    async def callback(self, request: Request) -> Response:
        order = CallbackOrder.model_validate_json(await request.body())
        message = self._store.messages.get(order.sid)
        if message is None:
            return JSONResponse({"error": {"message": "there is no such message"}}, status_code=404)
        account = self._store.accounts[message.account_sid]
        answered = await self._carrier.tell_again(account, message, order.status, url=order.url)
        return JSONResponse({"answered": answered})

    async def list_messages(self, request: Request) -> Response:
        """All messages as they really are, in the order they were made; `under_way` is how many still change."""
        wanted = {name: value for name, value in request.query_params.items() if name in ("to", "direction")}
        account_sid = request.query_params.get("account_sid")
        found = [
            _whole(message)
            for message in self._store.messages.values()
            if account_sid in (None, message.account_sid)
            and all(getattr(message, name) == value for name, value in wanted.items())
        ]
        return JSONResponse({"messages": found, "under_way": self._carrier.under_way})

    async def list_opt_outs(self, request: Request) -> Response:
        shown = sorted(self._store.opt_outs, key=lambda each: (each.sender, each.phone))
        return JSONResponse({"opt_outs": [asdict(each) for each in shown]})


def _whole(message: Message) -> dict[str, Any]:
    """With what the API keeps to itself: where it reported to, and what was answered."""
    kept = {
        "number": message.number,
        "status_callback": message.status_callback,
        "callbacks": [asdict(callback) for callback in message.callbacks],
    }
    return views.message(message) | kept
