"""The Stripe client against the stand-in, over HTTP, with faults; its requests are as Stripe describes them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.core.errors import ProviderError, ProviderRefused
from portal.core.settings import get_settings
from portal.providers import stripe
from portal.providers.stripe import BillingBusy, BillingUnavailable, KeyRefused, ObjectNotFound, SubscriptionStatus
from portal.providers.stripe.client import StripeClient
from tests.conftest import free_port
from tests.factories import PLANS, STRIPE, Sandbox
from tests.sandbox import stripe_description

CREATE = {"method": "POST", "path_regex": "/v1/customers$"}
TENANT = UUID(int=7)
URLS = {"success_url": "https://shop.example/done", "cancel_url": "https://shop.example/back"}


@pytest.fixture
def client(sandbox: Sandbox) -> StripeClient:
    sandbox.stripe(search_lag_seconds=0)
    found = stripe.platform_client()
    assert found is not None
    return found


def begin(client: StripeClient, customer: str, *, plan: str = "starter", key: str = "k") -> stripe.Checkout:
    [price] = client.prices([plan])
    return client.begin_checkout(customer, price, metadata={"plan": plan}, key=key, **URLS)


def subscribed(client: StripeClient, sandbox: Sandbox, *, plan: str = "starter") -> str:
    """A customer with a subscription."""
    customer = client.create_customer(uuid4(), key=uuid4().hex).id
    sandbox.client.post(begin(client, customer, plan=plan).url or "")
    return customer


class TestPlatformClient:
    @pytest.mark.parametrize("missing", ["STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"])
    def test_needs_both(self, client: StripeClient, configure: Any, missing: str) -> None:
        assert stripe.is_configured()
        configure(**{missing: ""})
        assert stripe.platform_client() is None

    def test_shows_no_key(self, client: StripeClient) -> None:
        assert STRIPE["api_key"] not in repr(client)


class TestCustomer:
    def test_found_and_described(self, client: StripeClient, sandbox: Sandbox) -> None:
        assert client.find_customer(TENANT) is None
        made = client.create_customer(TENANT, key="k")
        client.describe_customer(made.id, name="Bob's", email="bob@shop.example")
        assert client.find_customer(TENANT) == made
        [kept] = sandbox.billing()["customers"]
        assert (kept["name"], kept["email"]) == ("Bob's", "bob@shop.example")

    def test_once_for_a_key(self, client: StripeClient, sandbox: Sandbox) -> None:
        assert client.create_customer(TENANT, key="k") == client.create_customer(TENANT, key="k")
        assert client.create_customer(TENANT, key="other").id != client.create_customer(TENANT, key="k").id
        assert len(sandbox.billing()["customers"]) == 2

    @pytest.mark.parametrize("fault", [{"lost_reply": True}, {"drop_before": True}, {"status": 500}])
    def test_a_lost_answer_makes_no_second_one(
        self, client: StripeClient, sandbox: Sandbox, fault: dict[str, Any]
    ) -> None:
        sandbox.fault(provider="stripe", match=CREATE, times=1, **fault)
        made = client.create_customer(TENANT, key="k")
        assert [each["id"] for each in sandbox.billing()["customers"]] == [made.id]

    def test_gone(self, client: StripeClient, sandbox: Sandbox) -> None:
        made = client.create_customer(TENANT, key="k")
        assert client.customer(made.id) == made
        sandbox.delete_stripe_customer(made.id)
        assert client.customer(made.id).deleted
        for ask in (
            lambda: client.customer("cus_none"),
            lambda: client.describe_customer(made.id, name="x", email=None),
        ):
            with pytest.raises(ObjectNotFound):
                ask()


class TestPlans:
    def test_monthly_prices(self, client: StripeClient) -> None:
        found = client.prices(list(PLANS))
        assert {price.lookup_key: price.unit_amount for price in found} == PLANS
        assert {(price.currency, price.is_monthly) for price in found} == {("usd", True)}
        assert client.prices(["nothing"]) == []


class TestCheckout:
    def test_lives(self, client: StripeClient, sandbox: Sandbox) -> None:
        customer = client.create_customer(TENANT, key="k").id
        first, same = begin(client, customer), begin(client, customer)
        second = begin(client, customer, plan="growth")
        assert first == same
        assert [each.id for each in client.checkouts(customer)] == [second.id, first.id]
        assert first.url not in repr(first)
        client.expire_checkout(first.id)
        assert [(each.status, each.url) for each in client.checkouts(customer)] == [
            ("open", second.url),
            ("expired", None),
        ]
        with pytest.raises(ProviderRefused):
            client.expire_checkout(first.id)
        assert second.metadata == {"plan": "growth"}


class TestSubscription:
    def test_none_yet(self, client: StripeClient) -> None:
        assert client.subscription_of(client.create_customer(TENANT, key="k").id) is None

    def test_as_it_is(self, client: StripeClient, sandbox: Sandbox) -> None:
        found = client.subscription_of(subscribed(client, sandbox, plan="growth"))
        assert found is not None
        assert found.price is not None
        assert (found.status, found.price.lookup_key, found.ends_at) == (SubscriptionStatus.ACTIVE, "growth", None)
        assert found.period_end is not None
        assert timedelta(days=27) < found.period_end - datetime.now(UTC) < timedelta(days=32)

    def test_ends(self, client: StripeClient, sandbox: Sandbox) -> None:
        customer = subscribed(client, sandbox)
        [kept] = sandbox.billing()["subscriptions"]
        sandbox.post("/_sandbox/stripe/subscriptions", {"id": kept["id"], "cancel_at_period_end": True})
        ending = client.subscription_of(customer)
        sandbox.post("/_sandbox/stripe/subscriptions", {"id": kept["id"], "status": "canceled"})
        ended = client.subscription_of(customer)
        assert ending is not None
        assert ended is not None
        assert (ending.ends_at, ending.status.is_over) == (ending.period_end, False)
        assert (ended.ends_at == ended.ended_at, ended.status.is_over) == (True, True)

    def test_the_one_that_goes_on(self, client: StripeClient, sandbox: Sandbox) -> None:
        customer = subscribed(client, sandbox)
        sandbox.client.post(begin(client, customer, plan="premium", key="again").url or "")
        first, second = sandbox.billing()["subscriptions"]
        sandbox.post("/_sandbox/stripe/subscriptions", {"id": second["id"], "status": "canceled"})
        found = client.subscription_of(customer)
        assert found is not None
        assert found.id == first["id"]

    def test_unknown_status(self) -> None:
        assert SubscriptionStatus("invented") is SubscriptionStatus.UNKNOWN


class TestPortal:
    def test_address(self, client: StripeClient, sandbox: Sandbox) -> None:
        url = client.open_portal(subscribed(client, sandbox), return_url="https://shop.example/")
        assert "State: active" in sandbox.client.get(url).text


class TestFailures:
    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ({"status": 500}, BillingUnavailable),
            ({"status": 429, "headers": {"Retry-After": "9"}}, BillingBusy),
            ({"status": 409, "body": {"error": {"code": "idempotency_key_in_use", "message": "x"}}}, BillingBusy),
            ({"status": 401, "body": {"error": {"message": "x"}}}, KeyRefused),
            ({"status": 403, "body": {"error": {"message": "x"}}}, KeyRefused),
            ({"status": 402, "body": {"error": {"code": "card_declined", "message": "x"}}}, ProviderRefused),
            ({"status": 200, "body": "nonsense"}, BillingUnavailable),
            ({"status": 200, "body": {"data": [{"nothing": 1}]}}, BillingUnavailable),
        ],
    )
    def test_kinds(
        self, client: StripeClient, sandbox: Sandbox, fault: dict[str, Any], kind: type[ProviderError]
    ) -> None:
        sandbox.fault(provider="stripe", times=None, **fault)
        with pytest.raises(kind) as raised:
            client.prices(["starter"])
        assert type(raised.value) is kind
        assert "x" not in str(raised.value.__cause__)

    def test_not_there(self, sandbox: Sandbox) -> None:
        with pytest.raises(BillingUnavailable):
            StripeClient("sk_test_x", base_url=f"http://127.0.0.1:{free_port()}").prices(["starter"])

    def test_in_use_is_waited_for(self, client: StripeClient, sandbox: Sandbox) -> None:
        body = {"error": {"code": "idempotency_key_in_use", "message": "x", "type": "idempotency_error"}}
        sandbox.fault(provider="stripe", match=CREATE, status=409, body=body)
        client.create_customer(TENANT, key="k")
        assert len(sandbox.billing()["customers"]) == 1


class TestRequests:
    @pytest.mark.skipif(not stripe_description.FILE.exists(), reason=stripe_description.NO_FILE)
    def test_as_described(self, client: StripeClient, sandbox: Sandbox) -> None:
        client.find_customer(TENANT)
        customer = subscribed(client, sandbox)
        client.describe_customer(customer, name="Bob's & sons", email="bob@shop.example")
        client.expire_checkout(begin(client, customer, key="again").id)
        client.checkouts(customer)
        client.subscription_of(customer)
        client.open_portal(customer, return_url="https://shop.example/")
        asked = [
            each for each in sandbox.get("/_sandbox/requests", provider="stripe")["requests"] if "/v1/" in each["path"]
        ]
        assert len({(each["method"], each["path"]) for each in asked}) > 8
        for each in asked:
            path = each["path"].removeprefix("/stripe")
            encoded = each["query"] if each["method"] == "GET" else each["body"] or ""
            assert stripe_description.wrong_request(each["method"], path, encoded) == [], path
            # Nothing of this machine goes along.
            assert each["headers"]["user-agent"] == "booking-portal"
            assert "x-stripe-client-user-agent" not in each["headers"]
            assert each["headers"]["stripe-version"] == stripe_description.description()["info"]["version"]

    def test_base_url_is_a_setting(self, client: StripeClient) -> None:
        assert get_settings().stripe_base_url in repr(client)
