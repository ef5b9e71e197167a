"""Stripe's events: repeated, reordered, early or of nobody, they end in the row that Stripe's answer makes."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from portal.core import queue
from portal.domain import billing
from tests.domain.billing.conftest import Subscriber, changes


class TestProcess:
    def test_subscribed(self, subscriber: Subscriber) -> None:
        made = subscriber.subscribe("growth")
        # Its payload says "incomplete", which was true for a moment.
        first = subscriber.told()[0]
        assert first["data"]["object"]["status"] == "incomplete"
        assert subscriber.process(first) == "done"
        row = subscriber.row()
        assert (row["subscription_id"], row["status"], row["plan"]) == (made["id"], "active", "growth")
        assert row["period_end"].isoformat()[:19] == made["period_end"][:19]
        assert row["ends_at"] is None
        assert subscriber.results() == ["subscription active"]
        assert changes(subscriber) == [
            (
                "webhook",
                {
                    "stripe_status": {"before": None, "after": "active"},
                    "stripe_plan": {"before": None, "after": "growth"},
                },
            )
        ]

    def test_any_order_any_number(self, subscriber: Subscriber) -> None:
        made = subscriber.subscribe()
        subscriber.change(made, price="price_premium")
        subscriber.change(made, status="past_due")
        told, ends = subscriber.told(), []
        assert len(told) == 6
        for order in itertools.islice(itertools.permutations(told), 0, None, 240):
            subscriber.rows(
                "update portal.tenant_integrations"
                " set stripe_status = null, stripe_plan = null, stripe_synced_at = null"
            )
            assert [subscriber.process(body) for body in (*order, order[0])] == ["done"] * 7
            ends.append(subscriber.row())
        assert {(row["status"], row["plan"]) for row in ends} == {("past_due", "premium")}
        # One entry a round, however many events told of it.
        assert len(changes(subscriber)) == len(ends) == 3

    def test_ending_and_ended(self, subscriber: Subscriber) -> None:
        made = subscriber.subscribe()
        subscriber.change(made, cancel_at_period_end=True)
        subscriber.process(subscriber.told()[-1])
        row = subscriber.row()
        assert (row["status"], row["ends_at"]) == ("active", row["period_end"])
        subscriber.change(made, status="canceled")
        subscriber.process(subscriber.told()[-1])
        assert subscriber.row()["status"] == "canceled"
        assert subscriber.row()["ends_at"] < row["ends_at"]

    def test_price_was_replaced(self, subscriber: Subscriber) -> None:
        """Who pays an older price of a plan has that plan; a price of something else is no plan of ours."""
        made = subscriber.subscribe("growth")
        of_growth = {"product": "prod_growth", "product_name": "Growth"}
        now = {"id": "price_new", "unit_amount": 12_000, "lookup_key": "growth"} | of_growth
        before = {"id": "price_growth", "unit_amount": 9900, "active": False} | of_growth
        other = {"id": "price_other", "unit_amount": 1, "product": "prod_other", "product_name": "Other"}
        subscriber.sandbox.stripe(prices=[now, before, other])
        subscriber.process(subscriber.told()[-1])
        assert subscriber.row()["plan"] == "growth"
        subscriber.change(made, price="price_other")
        subscriber.process(subscriber.told()[-1])
        assert (subscriber.row()["plan"], subscriber.row()["status"]) == (None, "active")

    def test_customer_was_not_known_at_the_door(self, subscriber: Subscriber) -> None:
        subscriber.subscribe()
        assert subscriber.process(subscriber.told()[-1], known=False) == "done"
        assert (subscriber.row()["status"], subscriber.results()) == ("active", ["subscription active"])

    @pytest.mark.parametrize("about", [{"customer": "cus_none"}, {"object": "customer", "id": "cus_none"}, {}, None])
    def test_of_nobody(self, subscriber: Subscriber, about: Any) -> None:
        subscriber.subscribe()
        body = {"id": "evt_x", "type": "anything", "data": {"object": about}}
        assert subscriber.process(body, known=False) == "done"
        assert (subscriber.row()["status"], subscriber.results()) == (None, ["no customer of ours"])

    def test_customer_deleted(self, subscriber: Subscriber) -> None:
        subscriber.subscribe()
        subscriber.sandbox.delete_stripe_customer(subscriber.row()["customer_id"])
        subscriber.process(subscriber.told()[-1])
        assert (subscriber.row()["status"], subscriber.results()) == ("canceled", ["subscription canceled"])

    def test_stripe_is_away(self, subscriber: Subscriber) -> None:
        subscriber.subscribe()
        subscriber.sandbox.fault(provider="stripe", status=500, times=3)
        assert subscriber.process(subscriber.told()[-1]) == "retry"
        assert (subscriber.row()["status"], subscriber.results()) == (None, ["billing_unavailable"])
        subscriber.rows("update portal.jobs set run_at = now()")
        queue.drain()
        assert (subscriber.row()["status"], subscriber.results()) == ("active", ["subscription active"])

    def test_not_configured_any_more(self, subscriber: Subscriber, configure: Callable[..., None]) -> None:
        subscriber.subscribe()
        told = subscriber.told()[-1]
        configure(STRIPE_API_KEY="")
        assert subscriber.process(told) == "dead"
        assert subscriber.results() == ["billing_not_configured"]


class TestSync:
    def test_an_older_answer_gives_way(self, subscriber: Subscriber) -> None:
        """One worker's answer is held back on its way; meanwhile another one keeps a newer."""
        made = subscriber.subscribe()
        held = {"method": "GET", "path_regex": "/v1/subscriptions"}
        subscriber.sandbox.fault(provider="stripe", match=held, delay_reply_ms=700)
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(billing.sync, subscriber.tenant.id, actor_type="webhook")
            while not [each for each in subscriber.sandbox.get("/_sandbox/faults")["faults"] if each["hits"]]:
                pass
            subscriber.change(made, status="past_due")
            billing.sync(subscriber.tenant.id, actor_type="webhook")
            found = slow.result()
        assert found is not None
        assert (found.status, subscriber.row()["status"]) == ("past_due", "past_due")

    def test_without_a_customer(self, subscriber: Subscriber) -> None:
        assert billing.sync(subscriber.tenant.id, actor_type="webhook") is None
