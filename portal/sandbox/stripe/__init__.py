"""Stand-in for Stripe Billing: customers, prices, hosted Checkout, the customer portal, subscriptions, webhooks.

Accounts come from the control API or a seed file. No money moves, but a subscription begins when somebody pays on the
hosted page, and every change of it is told to the account's webhook endpoints, signed. A key is honoured for a day and
refused with other parameters; a customer of the last minute is not found by searching, as it is in life.
"""

from typing import Any

from starlette.routing import Mount

from portal.sandbox.state import Provider
from portal.sandbox.stripe.accounts import AccountSpec
from portal.sandbox.stripe.billing_api import BillingApi
from portal.sandbox.stripe.control import StripeControl
from portal.sandbox.stripe.courier import Courier
from portal.sandbox.stripe.customers_api import CustomersApi
from portal.sandbox.stripe.life import Life
from portal.sandbox.stripe.pages import Pages
from portal.sandbox.stripe.protocol import nothing, routes_of
from portal.sandbox.stripe.store import Store

__all__ = ["provider"]


def _build() -> Provider:
    store, courier = Store(), Courier()
    life = Life(store, courier)

    def reset() -> None:
        store.reset()
        courier.drop_all()

    def seed(data: dict[str, Any]) -> None:
        for account in data["accounts"]:
            store.put_account(AccountSpec.model_validate(account))

    return Provider(
        name="stripe",
        routes=[
            *routes_of(store, (CustomersApi(store, life), BillingApi(store))),
            *Pages(store, life).routes(),
            Mount("/", app=nothing),
        ],
        control_routes=StripeControl(store, life, courier).routes(),
        reset=reset,
        seed=seed,
        snapshot=store.snapshot,
        restore=store.restore,
    )


provider = _build()
