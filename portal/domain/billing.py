"""A tenant's plan: what there is to choose, and its subscription as Stripe has it.

Stripe's events come late, twice, out of order or not at all, and show a moment that may be over: each one only says
whose subscription to look at. What Stripe answers then is kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from portal.core import clock, db
from portal.core.cache import cache
from portal.core.errors import Unavailable
from portal.domain import events
from portal.domain.events import Event, Finishing
from portal.models import TenantIntegrations
from portal.providers import stripe
from portal.providers.stripe import BillingBusy, Price, Subscription

if TYPE_CHECKING:
    from portal.providers.stripe.client import StripeClient

TRIES: Final = 6
OFFERS_SECONDS: Final = 300
CUSTOMER_SECONDS: Final = 300
REFERENCE: Final = re.compile(r"[\x21-\x7e]{1,255}")
# What is told of a subscription in the audit log, without Stripe's ids.
TOLD: Final = ("stripe_status", "stripe_plan", "stripe_ends_at")


class Plan(StrEnum):
    """The plans, by the lookup keys of their prices at Stripe."""

    STARTER = "starter"
    GROWTH = "growth"
    PREMIUM = "premium"

    @property
    def label(self) -> str:
        return self.value.title()


class BillingNotConfigured(Unavailable):
    reason = "billing_not_configured"
    default = "Billing is not set up on this platform. Nothing needs to be paid here."


@dataclass(frozen=True)
class Offer:
    """A plan and what it costs a month, in minor units of ``currency``."""

    plan: Plan
    price_cents: int
    currency: str


def client() -> "StripeClient":
    """The platform's account. Raises BillingNotConfigured."""
    found = stripe.platform_client()
    if found is None:
        raise BillingNotConfigured
    return found


def offers() -> tuple[Offer, ...]:
    """What can be chosen, cheapest plan first; kept for some minutes.

    Raises BillingNotConfigured, BillingUnavailable, BillingBusy, KeyRefused.
    """
    return cache.load("billing", "offers", OFFERS_SECONDS, _offers)


def price(api: "StripeClient", plan: Plan) -> Price | None:
    """What a plan costs a month now; None while it is not sold."""
    return _prices(api).get(plan)


def sync(tenant_id: UUID, *, actor_type: str) -> Subscription | None:
    """Look at the tenant's subscription at Stripe and keep what is there; returns it.

    Whoever looked later has the newer answer: where another one was kept while we asked, we ask again. Raises
    BillingNotConfigured, BillingUnavailable, BillingBusy, KeyRefused.
    """
    api, access = client(), db.worker(tenant_id)
    for _ in range(TRIES):
        with access.begin() as scope:
            before = _row(scope)
            customer_id, mark = before.stripe_customer_id, before.stripe_synced_at
        if customer_id is None:
            return None
        found = api.subscription_of(customer_id)
        values = _values(api, found)
        with access.begin() as scope:
            row = _row(scope, lock=True)
            if (row.stripe_customer_id, row.stripe_synced_at) == (customer_id, mark):
                _keep(scope, row, values, actor_type)
                return found
    raise BillingBusy


def process(access: db.Access, event: Event, *, finishing: Finishing) -> None:
    """Bring the subscription that an event is about up to date. Raises as :func:`sync`."""
    # At the door its customer may not have been anybody's yet.
    tenant_id = access.tenant_id or tenant_of(customer_of(event.payload))
    if tenant_id is None:
        result = "no customer of ours"
    else:
        found = sync(tenant_id, actor_type="webhook")
        result = f"subscription {found.status}" if found else "no subscription"
    with finishing() as scope:
        events.finish(scope, event.id, result)


def customer_of(event: Mapping[str, Any]) -> str | None:
    """Whose id an event of Stripe's names: of the customer it is about, or of the customer's whatever."""
    data = event.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if not isinstance(about, dict):
        return None
    named = about.get("id") if about.get("object") == "customer" else about.get("customer")
    return named if isinstance(named, str) and REFERENCE.fullmatch(named) else None


def tenant_of(customer_id: str | None) -> UUID | None:
    """The tenant that is this customer. Who is nobody's now may be somebody's in a moment: that is not kept."""
    if customer_id is None:
        return None

    def ask() -> tuple[UUID | None]:
        rows = db.worker().run_once("select portal.tenant_of_stripe_customer(%(customer)s) as id", customer=customer_id)
        return (rows[0].id,)

    def seconds(found: tuple[UUID | None]) -> float:
        return CUSTOMER_SECONDS if found[0] else 0

    return cache.load("stripe-customers", customer_id, seconds, ask)[0]


# --- Inside ----------------------------------------------------------------------------------------------------------


def _offers() -> tuple[Offer, ...]:
    prices = _prices(client())
    return tuple(
        Offer(plan, found.unit_amount, found.currency.upper())
        for plan in Plan
        if (found := prices.get(plan)) is not None and found.unit_amount is not None
    )


def _prices(api: "StripeClient") -> dict[Plan, Price]:
    found = api.prices([plan.value for plan in Plan])
    return {Plan(each.lookup_key): each for each in found if each.lookup_key in set(Plan) and each.is_monthly}


def _values(api: "StripeClient", found: Subscription | None) -> dict[str, Any]:
    return {
        "stripe_subscription_id": found.id if found else None,
        "stripe_status": found.status.value if found else None,
        "stripe_plan": _plan_of(api, found.price) if found and found.price else None,
        "stripe_period_end": found.period_end if found else None,
        "stripe_ends_at": found.ends_at if found else None,
    }


def _plan_of(api: "StripeClient", paid: Price) -> str | None:
    """By the price's key; one that was replaced has none any more, but is of the same product. None: none of ours."""
    if paid.lookup_key in set(Plan):
        return paid.lookup_key
    return next((plan.value for plan, each in _prices(api).items() if each.product == paid.product), None)


def _keep(scope: db.Scope, row: TenantIntegrations, values: dict[str, Any], actor_type: str) -> None:
    changes = {
        name: {"before": _told(getattr(row, name)), "after": _told(values[name])}
        for name in TOLD
        if getattr(row, name) != values[name]
    }
    for name, value in values.items():
        setattr(row, name, value)
    row.stripe_synced_at = _mark_after(row.stripe_synced_at)
    scope.session.add(row)
    scope.session.flush()
    if changes:
        scope.audit(
            "billing.subscription_changed", actor_type=actor_type, target_type="integration",
            target_id=str(scope.tenant_id), details={"changes": changes},
        )  # fmt: skip


def _row(scope: db.Scope, *, lock: bool = False) -> TenantIntegrations:
    return scope.session.get_one(
        TenantIntegrations, scope.tenant_id, with_for_update=True if lock else None, populate_existing=True
    )


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _mark_after(mark: datetime | None) -> datetime:
    """Now, and another mark than before whatever clocks do."""
    return max(clock.now(), mark + timedelta(microseconds=1)) if mark else clock.now()
