"""Choosing a plan: one customer, one open Checkout, and who may."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from portal.core.errors import Forbidden, InvalidArgument, NotFound
from portal.domain.admin import billing
from portal.domain.admin.billing import Kind, NothingToManage
from portal.domain.billing import BillingNotConfigured, Plan
from portal.providers.stripe import BillingUnavailable, SubscriptionStatus
from tests.domain.admin.conftest import Shop, shop
from tests.domain.billing.conftest import Subscriber
from tests.factories import PLANS, Sandbox

__all__ = ["shop"]
CREATE = {"method": "POST", "path_regex": "/v1/customers$"}


class TestOffers:
    def test_with_their_prices(self, subscriber: Subscriber) -> None:
        found = billing.offers(subscriber.owner, subscriber.tenant.id)
        assert {offer.plan.value: offer.price_cents for offer in found} == PLANS
        assert [offer.plan.label for offer in found] == ["Starter", "Growth", "Premium"]
        assert {offer.currency for offer in found} == {"USD"}

    def test_what_is_not_sold_by_the_month_is_left_out(self, subscriber: Subscriber) -> None:
        price = {"id": "price_y", "product": "prod_y", "product_name": "Y", "unit_amount": 1, "lookup_key": "growth"}
        subscriber.sandbox.stripe(prices=[price | {"interval": "year"}])
        assert billing.offers(subscriber.owner, subscriber.tenant.id) == ()
        with pytest.raises(InvalidArgument) as refused:
            subscriber.choose("growth")
        assert refused.value.details["field"] == "plan"


class TestChoose:
    def test_customer_and_checkout(self, subscriber: Subscriber) -> None:
        page = subscriber.choose("growth")
        assert page.kind is Kind.CHECKOUT
        state = subscriber.sandbox.billing()
        [customer], [session] = state["customers"], state["checkouts"]
        assert (customer["name"], customer["email"]) == ("Shop", "shop@example.com")
        assert customer["metadata"] == {"tenant_id": str(subscriber.tenant.id)}
        assert (session["price"], session["customer"]) == ("price_growth", customer["id"])
        assert session["subscription_metadata"]["tenant_id"] == str(subscriber.tenant.id)
        back = f"http://localhost:8000/admin/tenants/{subscriber.tenant.id}/settings/integrations?billing="
        assert (session["success_url"], session["cancel_url"]) == (f"{back}done", f"{back}back")
        assert subscriber.row()["customer_id"] == customer["id"]
        assert subscriber.audit() == ["billing.customer_made"]

    def test_again_is_the_same(self, subscriber: Subscriber) -> None:
        first, again = subscriber.choose(), subscriber.choose()
        other = subscriber.choose("premium")
        assert first == again != other
        # Whoever still has the first page open cannot pay twice.
        assert subscriber.sandbox.client.post(first.url).status_code == 410
        assert len(subscriber.sandbox.billing()["customers"]) == 1

    @pytest.mark.parametrize(
        ("host", "origin"),
        [
            ("shop.localhost:8000", "http://shop.localhost:8000"),
            ("localhost", "http://localhost:8000"),
            ("evil.example", "http://localhost:8000"),
        ],
    )
    def test_back_to_where_one_was(self, subscriber: Subscriber, host: str, origin: str) -> None:
        subscriber.choose(host=host)
        [session] = subscriber.sandbox.billing()["checkouts"]
        assert session["success_url"].startswith(f"{origin}/admin/tenants/")

    def test_paid_already(self, subscriber: Subscriber) -> None:
        """Also when no event told us: what Stripe says now is kept."""
        subscriber.subscribe("growth")
        page = subscriber.choose("premium")
        assert (page.kind, "State: active" in subscriber.sandbox.client.get(page.url).text) == (Kind.PORTAL, True)
        found = billing.get(subscriber.owner, subscriber.tenant.id)
        assert (found.is_configured, found.status, found.plan) == (True, SubscriptionStatus.ACTIVE, Plan.GROWTH)
        assert len(subscriber.sandbox.billing()["checkouts"]) == 1

    def test_after_the_end_anew(self, subscriber: Subscriber) -> None:
        subscriber.change(subscriber.subscribe(), status="canceled")
        page = subscriber.choose()
        assert page.kind is Kind.CHECKOUT
        subscriber.pay(page)
        assert len(subscriber.sandbox.billing()["subscriptions"]) == 2

    def test_deleted_at_stripe(self, subscriber: Subscriber) -> None:
        subscriber.subscribe()
        subscriber.choose()
        gone = subscriber.row()["customer_id"]
        subscriber.sandbox.delete_stripe_customer(gone)
        page = subscriber.choose()
        row = subscriber.row()
        assert (page.kind, row["status"], row["plan"]) == (Kind.CHECKOUT, None, None)
        assert row["customer_id"] not in (gone, None)
        assert subscriber.audit()[-2:] == ["billing.customer_gone", "billing.customer_made"]

    def test_at_the_same_time(self, subscriber: Subscriber) -> None:
        with ThreadPoolExecutor(6) as pool:
            pages = {page.url for page in pool.map(lambda _: subscriber.choose(), range(6))}
        state = subscriber.sandbox.billing()
        assert (len(pages), len(state["customers"]), len(state["checkouts"])) == (1, 1, 1)
        assert subscriber.audit() == ["billing.customer_made"]

    def test_answer_lost_and_long_ago(self, subscriber: Subscriber) -> None:
        """Made, but never stored: found by the key within the hour, by Stripe's search after a day."""
        for _ in range(2):
            subscriber.sandbox.fault(provider="stripe", match={"path_regex": "/v1/customers/cus_"}, status=500, times=3)
            with pytest.raises(BillingUnavailable):
                subscriber.choose()
            assert subscriber.row()["customer_id"] is None
        subscriber.sandbox.post("/_sandbox/clock", {"advance_seconds": 90_000})
        subscriber.rows("update portal.tenant_integrations set stripe_customer_begun_at = now() - interval '1 day'")
        subscriber.choose()
        [customer] = subscriber.sandbox.billing()["customers"]
        assert subscriber.row()["customer_id"] == customer["id"]

    @pytest.mark.parametrize("plan", ["gold", "", "STARTER"])
    def test_no_such_plan(self, subscriber: Subscriber, plan: str) -> None:
        with pytest.raises(InvalidArgument):
            subscriber.choose(plan)
        assert subscriber.sandbox.billing()["customers"] == []

    def test_not_configured(self, subscriber: Subscriber, configure: Callable[..., None]) -> None:
        configure(STRIPE_API_KEY="")
        with pytest.raises(BillingNotConfigured):
            subscriber.choose()
        assert not billing.get(subscriber.owner, subscriber.tenant.id).is_configured

    def test_key_refused(self, subscriber: Subscriber, configure: Callable[..., None]) -> None:
        configure(STRIPE_API_KEY="sk_test_wrong")
        for ask in (subscriber.choose, lambda: billing.offers(subscriber.owner, subscriber.tenant.id)):
            with pytest.raises(BillingNotConfigured):
                ask()


class TestManage:
    def test_only_with_a_customer(self, subscriber: Subscriber) -> None:
        ids: Any = (subscriber.owner, subscriber.tenant.id)
        with pytest.raises(NothingToManage):
            billing.manage(*ids)
        subscriber.change(subscriber.subscribe(), status="canceled")
        page = billing.manage(*ids)
        assert "There is no subscription" in subscriber.sandbox.client.get(page.url).text
        subscriber.sandbox.delete_stripe_customer(subscriber.row()["customer_id"])
        with pytest.raises(NothingToManage):
            billing.manage(*ids)


class TestWhoMay:
    def test_admins_and_the_platform(self, shop: Shop, sandbox: Sandbox) -> None:
        sandbox.stripe()
        assert billing.choose(shop.operator, shop.id, "starter") == billing.choose(shop.owner, shop.id, "starter")
        for who, refusal in ((shop.staff, Forbidden), (shop.stranger, NotFound)):
            for ask in (billing.get, billing.offers, billing.manage):
                with pytest.raises(refusal):
                    ask(who, shop.id)
            with pytest.raises(refusal):
                billing.choose(who, shop.id, "premium")
        assert [each["price"] for each in sandbox.billing()["checkouts"]] == ["price_starter"]
