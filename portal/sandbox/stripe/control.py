"""Orders for the Stripe stand-in: accounts, what happens to subscriptions, telling events again, and what there is."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.sandbox.orders import understood
from portal.sandbox.stripe.accounts import AccountSpec
from portal.sandbox.stripe.courier import Courier
from portal.sandbox.stripe.life import Life
from portal.sandbox.stripe.store import Store

Status = Literal["incomplete", "incomplete_expired", "trialing", "active", "past_due", "canceled", "unpaid", "paused"]


class SubscriptionOrder(BaseModel):
    """What becomes of a subscription: a card is declined, a period ends, somebody cancels."""

    model_config = ConfigDict(extra="forbid")

    id: str
    status: Status | None = None
    price: str | None = None
    cancel_at_period_end: bool | None = None
    period_end: AwareDatetime | None = None


class EventsOrder(BaseModel):
    """Tell of these events again, in this order."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(min_length=1)


class StripeControl:
    """``/_sandbox/stripe/...``"""

    def __init__(self, store: Store, life: Life, courier: Courier) -> None:
        self._store = store
        self._life = life
        self._courier = courier

    def routes(self) -> list[Route]:
        base = "/_sandbox/stripe"
        return [
            Route(f"{base}/accounts", understood(self.put_account), methods=["POST"]),
            Route(f"{base}/subscriptions", understood(self.change), methods=["POST"]),
            Route(f"{base}/events", understood(self.tell), methods=["POST"]),
            Route(f"{base}/state", self.show, methods=["GET"]),
        ]

    async def put_account(self, request: Request) -> Response:
        account = self._store.put_account(AccountSpec.model_validate_json(await request.body()))
        return JSONResponse(account.model_dump(mode="json"))

    async def change(self, request: Request) -> Response:
        order = SubscriptionOrder.model_validate_json(await request.body())
        found = self._store.subscriptions.get(order.id)
        if found is None:
            return JSONResponse({"error": {"message": "there is no such subscription"}}, status_code=404)
        values = order.model_dump(exclude={"id"}, exclude_none=True)
        self._life.change(self._store.accounts[found.account], found, **values)
        return JSONResponse(found.model_dump(mode="json"))

    async def tell(self, request: Request) -> Response:
        order = EventsOrder.model_validate_json(await request.body())
        events = [self._store.events[each] for each in order.ids if each in self._store.events]
        if len(events) != len(order.ids):
            return JSONResponse({"error": {"message": "there is no such event"}}, status_code=404)
        self._courier.tell(self._store.accounts[events[0].account], events)
        return JSONResponse({"told": len(events)})

    async def show(self, request: Request) -> Response:
        """Everything as it really is, in the order it was made; ``under_way`` is how many acts are still told of."""
        shown: dict[str, Any] = {
            name: [each.model_dump(mode="json") for each in getattr(self._store, name).values()]
            for name in ("customers", "checkouts", "subscriptions", "portal_sessions")
        }
        events = [
            {"id": each.id, "type": each.type, "answers": each.answers, "body": json.loads(each.body)}
            for each in self._store.events.values()
        ]
        return JSONResponse(shown | {"events": events, "under_way": self._courier.under_way})
