"""The calls, through the vendor's SDK; its requests go out over our own connections, with our time limits.

Every method raises BillingUnavailable or BillingBusy when asking again can help, KeyRefused when the platform's key is
not accepted, ObjectNotFound where what is named does not exist, and ProviderRefused for other refusals. What makes
something carries a key of ours, under which Stripe does it once however often it is asked; all else may be repeated.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import stripe
from pydantic import TypeAdapter

from portal.core.errors import ProviderError, ProviderRefused
from portal.core.settings import get_settings
from portal.providers import http
from portal.providers.stripe import shapes
from portal.providers.stripe.errors import BillingBusy, BillingUnavailable, KeyRefused, ObjectNotFound
from portal.providers.stripe.shapes import Checkout, Customer, Price, Subscription

API_VERSION: Final = "2026-10-28.endive"
SECONDS: Final = 10.0
# Of the SDK: it asks again where the same key is being worked on (409). What fails otherwise is asked again below it.
KEY_IN_USE_TRIES: Final = 2
MOST_LISTED: Final = 100
RECENT_CHECKOUTS: Final = 20
FAILURES: Final = http.Failures(unavailable=BillingUnavailable, busy=BillingBusy)
# What the SDK adds about this machine is left out.
SENT_HEADERS: Final = frozenset({"authorization", "content-type", "idempotency-key", "stripe-version"})
CONFLICT: Final = 409
T = TypeVar("T")

# It writes sentences that may quote what we sent.
logging.getLogger("stripe").setLevel(logging.WARNING)


class Transport(stripe.HTTPClient):
    """The SDK's way out."""

    name = "portal"

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> Any:
        """Answer, status and headers. A call carries a key or may be repeated, so it counts as a read."""
        kept = {name: value for name, value in headers.items() if name.lower() in SENT_HEADERS}
        kept["User-Agent"] = "booking-portal"
        call = http.Call(method.upper(), url, kept, content=post_data, read_seconds=SECONDS)
        answer = http.perform(call, failures=FAILURES, watch=http.Watch())
        return answer.text, answer.status_code, answer.headers

    def close(self) -> None:
        """Connections are the process's."""


class StripeClient:
    """The platform's Stripe account. Cheap to make: connections are shared by the whole process."""

    def __init__(self, api_key: str, *, base_url: str | None = None) -> None:
        self._base_url = (base_url or get_settings().stripe_base_url).rstrip("/")
        self._api = stripe.StripeClient(
            api_key,
            base_addresses={"api": self._base_url},
            http_client=Transport(),
            max_network_retries=KEY_IN_USE_TRIES,
            stripe_version=API_VERSION,
        ).v1

    def __repr__(self) -> str:
        return f"StripeClient({self._base_url})"

    # --- Customers ---------------------------------------------------------------------------------------------------

    def find_customer(self, tenant_id: UUID) -> Customer | None:
        """The customer made for this tenant; one of the last minute may be missing: see ``create_customer``."""
        query = f"metadata['tenant_id']:'{tenant_id}'"
        found = _read(shapes.CUSTOMERS, lambda: _data(self._api.customers.search({"query": query, "limit": 1})))
        return found[0] if found else None

    def create_customer(self, tenant_id: UUID, *, key: str) -> Customer:
        """A customer that is this tenant. The same key gives the same customer, for a day at least.

        Nothing is sent that may change between two tries: under one key Stripe refuses other values.
        """
        metadata = {"tenant_id": str(tenant_id)}
        return _read(
            shapes.CUSTOMER,
            lambda: self._api.customers.create({"metadata": metadata}, {"idempotency_key": _key("customer", key)}),
        )

    def customer(self, customer_id: str) -> Customer:
        """As it is now; Stripe keeps a trace of one that was deleted. Raises ObjectNotFound."""
        return _read(shapes.CUSTOMER, lambda: self._api.customers.retrieve(customer_id))

    def describe_customer(self, customer_id: str, *, name: str, email: str | None) -> Customer:
        """Who the customer is, for invoices and receipts. Raises ObjectNotFound where it was deleted."""
        values: Any = {"name": name} | ({"email": email} if email else {})
        return _read(shapes.CUSTOMER, lambda: self._api.customers.update(customer_id, values))

    # --- Plans -------------------------------------------------------------------------------------------------------

    def prices(self, lookup_keys: Sequence[str]) -> list[Price]:
        """The active prices under these keys."""
        wanted: Any = {"lookup_keys": list(lookup_keys), "active": True, "limit": MOST_LISTED}
        return _read(shapes.PRICES, lambda: _data(self._api.prices.list(wanted)))

    # --- Paying ------------------------------------------------------------------------------------------------------

    def checkouts(self, customer_id: str) -> list[Checkout]:
        """The customer's latest Checkout sessions, newest first, ended ones too."""
        wanted: Any = {"customer": customer_id, "limit": RECENT_CHECKOUTS}
        return _read(shapes.CHECKOUTS, lambda: _data(self._api.checkout.sessions.list(wanted)))

    def begin_checkout(
        self,
        customer_id: str,
        price: Price,
        *,
        success_url: str,
        cancel_url: str,
        metadata: Mapping[str, str],
        key: str,
    ) -> Checkout:
        """A page of Stripe's on which the customer subscribes. ``metadata`` is the session's and the subscription's."""
        values: Any = {
            "mode": "subscription",
            "customer": customer_id,
            "line_items": [{"price": price.id, "quantity": 1}],
            "success_url": success_url,
            "cancel_url": cancel_url,
            "metadata": dict(metadata),
            "subscription_data": {"metadata": dict(metadata)},
        }
        options: Any = {"idempotency_key": _key("checkout", key, customer_id, price.id, success_url, cancel_url)}
        return _read(shapes.CHECKOUT, lambda: self._api.checkout.sessions.create(values, options))

    def expire_checkout(self, session_id: str) -> None:
        """Nobody can pay there any more. Raises ProviderRefused where somebody has, or it ended otherwise."""
        _read(shapes.CHECKOUT, lambda: self._api.checkout.sessions.expire(session_id))

    def open_portal(self, customer_id: str, *, return_url: str) -> str:
        """Address of a page of Stripe's for invoices, cards, changing and cancelling; good for a few minutes."""
        values: Any = {"customer": customer_id, "return_url": return_url}
        return _read(shapes.PORTAL_SESSION, lambda: self._api.billing_portal.sessions.create(values)).url

    def subscription_of(self, customer_id: str) -> Subscription | None:
        """The customer's subscription as it is now: the newest of those that go on, else of those that are over."""
        wanted: Any = {"customer": customer_id, "status": "all", "limit": MOST_LISTED}
        found = _read(shapes.SUBSCRIPTIONS, lambda: _data(self._api.subscriptions.list(wanted)))
        return max(found, key=lambda each: (not each.status.is_over, each.created), default=None)


def _key(purpose: str, *parts: str) -> str:
    """A key under which Stripe does something once; what it is about differs, so the key does."""
    return f"{purpose}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:40]}"


def _data(page: Any) -> list[Any]:
    found = page.to_dict().get("data")
    # What is no list is no answer: an entry that cannot be read says so.
    return found if isinstance(found, list) else [None]


def _read(shape: TypeAdapter[T], ask: Callable[[], Any]) -> T:
    """What was asked, in our words."""
    try:
        found = ask()
    except stripe.StripeError as error:
        # Not chained: it knows what was sent and answered.
        raise _refusal(error) from None
    return http.parsed(shape, found if isinstance(found, list) else found.to_dict(), BillingUnavailable)


def _refusal(error: stripe.StripeError) -> ProviderError:
    status, code = error.http_status or 0, error.code or ""
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return KeyRefused(provider_status=status, provider_code=code)
    if isinstance(error, stripe.RateLimitError) or status == CONFLICT:
        return BillingBusy()
    if code == "resource_missing":
        return ObjectNotFound(provider_status=status, provider_code=code)
    if isinstance(error, stripe.APIError | stripe.APIConnectionError):
        return BillingUnavailable()
    return ProviderRefused(provider_status=status, provider_code=code)
