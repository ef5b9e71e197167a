"""Stand-in for Cal.com's API v2, as a self-hosted server was seen to answer.

Accounts come from the control API or a seed file. It keeps bookings in memory, enforces version headers, keys, limits
and metadata sizes, computes slots from each account's hours, and lets exactly one of several racers have a time. As its
clock runs, attendees pay for what has a price, and meetings end.
"""

from typing import Any

from starlette.routing import BaseRoute, Mount, Route

from portal.sandbox.calcom.accounts import AccountSpec
from portal.sandbox.calcom.bookings import BookingDesk
from portal.sandbox.calcom.bookings_api import BookingsApi
from portal.sandbox.calcom.catalog_api import CatalogApi
from portal.sandbox.calcom.control import CalcomControl
from portal.sandbox.calcom.limits import RateLimiter
from portal.sandbox.calcom.passing import Passing
from portal.sandbox.calcom.protocol import Resource, not_found
from portal.sandbox.calcom.slots_api import SlotsApi
from portal.sandbox.calcom.store import Store
from portal.sandbox.calcom.webhooks import Courier
from portal.sandbox.calcom.webhooks_api import WebhooksApi
from portal.sandbox.state import Provider

__all__ = ["provider"]


def _build() -> Provider:
    store, limiter = Store(), RateLimiter()
    courier = Courier(store)
    apis = (CatalogApi(store), SlotsApi(store), BookingsApi(store, BookingDesk(store), courier), WebhooksApi(store))
    paths = {path: operations for api in apis for path, operations in api.paths().items()}
    routes: list[BaseRoute] = [
        Route(path, Resource(store, limiter, operations), include_in_schema=False) for path, operations in paths.items()
    ]

    def reset() -> None:
        store.reset()
        limiter.clear()

    def seed(data: dict[str, Any]) -> None:
        for account in data["accounts"]:
            store.put_account(AccountSpec.model_validate(account))

    return Provider(
        name="calcom",
        routes=[*routes, Mount("/", app=not_found)],
        control_routes=CalcomControl(store).routes(),
        reset=reset,
        seed=seed,
        snapshot=store.snapshot,
        restore=store.restore,
        pass_time=Passing(store, courier).pass_time,
    )


provider = _build()
