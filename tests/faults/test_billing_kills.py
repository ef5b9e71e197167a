"""Whatever moment a process dies at: one customer at Stripe, and the subscription as Stripe has it."""

import itertools
import json
from uuid import UUID

import pytest

from portal.core.auth import Principal
from portal.domain.admin import billing
from tests.domain.billing.conftest import Subscriber, changes, subscriber
from tests.faults.conftest import Die
from tests.faults.killing import addresses, kills

__all__ = ["subscriber"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


def choose(order: str) -> None:
    """What a web process does when an owner chooses a plan."""
    wanted = json.loads(order)
    who = Principal(UUID(wanted["user"]), "owner@shop.example", False, UUID(int=1))
    billing.choose(who, UUID(wanted["tenant"]), "starter")


class TestKilled:
    def test_while_a_plan_is_chosen(self, subscriber: Subscriber, die_at_each_step: Die) -> None:
        def make() -> str:
            return json.dumps({"user": str(subscriber.owner.user_id), "tenant": str(subscriber.tenant.id)})

        def check() -> None:
            page = subscriber.choose()
            state = subscriber.sandbox.billing()
            [customer], [session] = state["customers"], state["checkouts"]
            assert (subscriber.row()["customer_id"], session["url"]) == (customer["id"], page.url)
            assert subscriber.audit() == ["billing.customer_made"]
            subscriber.sandbox.reset()
            subscriber.sandbox.stripe()
            subscriber.rows("update portal.tenant_integrations set stripe_customer_id = null, stripe_synced_at = null")
            subscriber.rows("delete from portal.audit_log")

        assert die_at_each_step(make, addresses("STRIPE_BASE_URL"), check, do=choose) > 30

    @kills("process_stripe_webhook")
    def test_while_an_event_is_processed(self, subscriber: Subscriber, die_at_each_step: Die) -> None:
        subscription = subscriber.subscribe()
        statuses = itertools.cycle(("past_due", "active"))
        now: list[str] = []

        def make() -> UUID:
            now.append(next(statuses))
            subscriber.change(subscription, status=now[-1])
            return subscriber.receive(subscriber.told()[-1])

        def check() -> None:
            assert subscriber.row()["status"] == now[-1]
            assert [each["stripe_status"]["after"] for _, each in changes(subscriber)] == now
            assert subscriber.results() == [f"subscription {status}" for status in now]

        assert die_at_each_step(make, addresses("STRIPE_BASE_URL"), check) > 20
