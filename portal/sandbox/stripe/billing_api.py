"""Checkout and portal sessions, and subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from portal.sandbox.clock import clock
from portal.sandbox.stripe import views
from portal.sandbox.stripe.accounts import AccountSpec
from portal.sandbox.stripe.customers_api import Listing
from portal.sandbox.stripe.errors import StripeError, missing
from portal.sandbox.stripe.forms import Form, taken
from portal.sandbox.stripe.life import OVER, price_of
from portal.sandbox.stripe.protocol import Call, Handler
from portal.sandbox.stripe.store import Checkout, PortalSession, Store, Subscription, new_id, of

Url = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=5000)]
Metadata = Annotated[dict[str, str], Field(max_length=50)]


class LineItem(Form):
    price: str
    quantity: int = Field(ge=1)


class SubscriptionData(Form):
    metadata: Metadata = Field(default_factory=dict)


class CheckoutForm(Form):
    """Only subscriptions on the hosted page."""

    mode: Literal["subscription"]
    customer: str
    line_items: list[LineItem] = Field(min_length=1, max_length=1)
    success_url: Url
    cancel_url: Url
    metadata: Metadata = Field(default_factory=dict)
    subscription_data: SubscriptionData = Field(default_factory=SubscriptionData)


class CheckoutsForm(Listing):
    customer: str | None = None
    status: Literal["open", "complete", "expired"] | None = None


class PortalForm(Form):
    customer: str
    return_url: Url


class SubscriptionsForm(Listing):
    """Without a status those that are over are left out."""

    customer: str | None = None
    status: str | None = None


class BillingApi:
    def __init__(self, store: Store) -> None:
        self._store = store

    def paths(self) -> Mapping[str, Mapping[str, Handler]]:
        return {
            "/v1/checkout/sessions": {"GET": self.list_checkouts, "POST": self.begin_checkout},
            "/v1/checkout/sessions/{session}": {"GET": self.fetch_checkout},
            "/v1/checkout/sessions/{session}/expire": {"POST": self.expire_checkout},
            "/v1/billing_portal/sessions": {"POST": self.open_portal},
            "/v1/subscriptions": {"GET": self.list_subscriptions},
            "/v1/subscriptions/{subscription}": {"GET": self.fetch_subscription},
        }

    async def begin_checkout(self, call: Call) -> dict[str, Any]:
        form = taken(CheckoutForm, call.given)
        customer = self._store.customer(call.account, form.customer, "customer")
        [item] = form.line_items
        price = price_of(call.account, item.price, "line_items[0][price]")
        if not price.active:
            raise StripeError(400, "The price specified is inactive.", param="line_items[0][price]")
        session_id = new_id("cs_test")
        made = Checkout(
            id=session_id,
            account=call.account.api_key,
            created_at=clock.now(),
            customer=customer.id,
            price=price.id,
            success_url=form.success_url,
            cancel_url=form.cancel_url,
            url=f"{call.origin}/pay/{session_id}",
            metadata=form.metadata,
            subscription_metadata=form.subscription_data.metadata,
        )
        self._store.checkouts[made.id] = made
        return views.checkout(made, price)

    async def list_checkouts(self, call: Call) -> dict[str, Any]:
        form = taken(CheckoutsForm, call.given)
        found = [
            views.checkout(each, price_of(call.account, each.price))
            for each in reversed(self._store.checkouts.values())
            if each.account == call.account.api_key
            and form.customer in (None, each.customer)
            and form.status in (None, each.status_now)
        ]
        return views.listing("/v1/checkout/sessions", found, limit=form.limit)

    async def fetch_checkout(self, call: Call) -> dict[str, Any]:
        found = self._checkout(call)
        return views.checkout(found, price_of(call.account, found.price))

    async def expire_checkout(self, call: Call) -> dict[str, Any]:
        found = self._checkout(call)
        if found.status_now != "open":
            message = f'Only Checkout Sessions with a status in ["open"] can be expired. It is {found.status_now}.'
            raise StripeError(400, message)
        found.status = "expired"
        return views.checkout(found, price_of(call.account, found.price))

    async def open_portal(self, call: Call) -> dict[str, Any]:
        form = taken(PortalForm, call.given)
        customer = self._store.customer(call.account, form.customer, "customer")
        session_id = new_id("bps")
        made = PortalSession(
            id=session_id,
            account=call.account.api_key,
            created_at=clock.now(),
            customer=customer.id,
            return_url=form.return_url,
            url=f"{call.origin}/portal/{session_id}",
        )
        self._store.portal_sessions[made.id] = made
        return views.portal_session(made)

    async def list_subscriptions(self, call: Call) -> dict[str, Any]:
        form = taken(SubscriptionsForm, call.given)
        found = [
            _shown(call.account, each)
            for each in reversed(self._store.subscriptions.values())
            if each.account == call.account.api_key
            and form.customer in (None, each.customer)
            and (form.status in ("all", each.status) or (form.status is None and each.status not in OVER))
        ]
        return views.listing("/v1/subscriptions", found, limit=form.limit)

    async def fetch_subscription(self, call: Call) -> dict[str, Any]:
        found = of(self._store.subscriptions, call.account, call.path["subscription"])
        if found is None:
            raise missing("subscription", call.path["subscription"])
        return _shown(call.account, found)

    def _checkout(self, call: Call) -> Checkout:
        found = of(self._store.checkouts, call.account, call.path["session"])
        if found is None:
            raise missing("checkout.session", call.path["session"])
        return found


def _shown(account: AccountSpec, subscription: Subscription) -> dict[str, Any]:
    return views.subscription(subscription, price_of(account, subscription.price))
