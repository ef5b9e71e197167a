"""What a business pays for its plan: seeing it, choosing one, and managing it at Stripe.

A tenant is one customer there. Who begins to make it stores the moment first, and asks under a key named by it: whoever
comes after a crash, or at the same time, asks under the same key and gets the same customer. An hour later the key is
renewed; by then Stripe's search, which is tried first and finds what is older than a minute, knows of the customer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog

from portal.core import clock, db
from portal.core.auth import Principal
from portal.core.errors import Conflict, ProviderRefused
from portal.core.settings import get_settings
from portal.core.tenant import normalise, resolve
from portal.domain import billing, tenants
from portal.domain.admin import edits, fields
from portal.domain.billing import BillingNotConfigured, Offer, Plan
from portal.domain.permissions import Action, require
from portal.models import TenantIntegrations
from portal.providers import stripe
from portal.providers.stripe import BillingBusy, Checkout, KeyRefused, ObjectNotFound, SubscriptionStatus

if TYPE_CHECKING:
    from portal.providers.stripe.client import StripeClient

KEY_LIFE: Final = timedelta(hours=1)
TRIES: Final = 3
OPEN: Final = "open"
PAGE: Final = "/admin/tenants/{tenant_id}/settings/integrations"
# What the address that Stripe sends people back to says.
DONE, BACK, MANAGED = "done", "back", "managed"
# What goes when the customer does.
OF_CUSTOMER: Final = (
    "stripe_customer_id", "stripe_subscription_id", "stripe_status", "stripe_plan", "stripe_period_end",
    "stripe_ends_at",
)  # fmt: skip
log = structlog.get_logger("portal.billing")


class NothingToManage(Conflict):
    reason = "no_subscription"
    default = "There is no subscription yet. Please choose a plan first."


class Kind(StrEnum):
    """Which of Stripe's pages an address leads to."""

    CHECKOUT = "checkout"
    PORTAL = "portal"


@dataclass(frozen=True)
class Billing:
    """As Stripe last said. ``status`` None: no subscription. ``plan`` None: none of those that are on offer.

    ``ends_at``: when it ends or ended, None while it goes on. ``is_configured``: whether this platform bills at all.
    """

    is_configured: bool
    status: SubscriptionStatus | None
    plan: Plan | None
    period_end: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class Page:
    """A page of Stripe's to send the person to; good for a while."""

    kind: Kind
    url: str


def get(principal: Principal, tenant_id: UUID) -> Billing:
    """Raises NotFound, Forbidden."""
    with require(principal, tenant_id, Action.BILLING_VIEW).begin() as scope:
        row = edits.existing(scope.session.get(TenantIntegrations, tenant_id))
        return Billing(
            is_configured=stripe.is_configured(),
            status=SubscriptionStatus(row.stripe_status) if row.stripe_status else None,
            plan=Plan(row.stripe_plan) if row.stripe_plan else None,
            period_end=row.stripe_period_end,
            ends_at=row.stripe_ends_at,
        )


def offers(principal: Principal, tenant_id: UUID) -> tuple[Offer, ...]:
    """The plans. Raises BillingNotConfigured, BillingUnavailable, BillingBusy, NotFound, Forbidden."""
    require(principal, tenant_id, Action.BILLING_VIEW)
    with _explaining():
        return billing.offers()


def choose(principal: Principal, tenant_id: UUID, plan: str, *, host: str | None = None) -> Page:
    """Where to pay for a plan; where there is a subscription already, the page on which it is changed.

    Asked twice, it answers the same Checkout while that is open, and no other stays open beside it. ``host`` is the
    one of ours that the person is on, and comes back to.

    Raises InvalidArgument, BillingNotConfigured, BillingUnavailable, BillingBusy, NotFound, Forbidden.
    """
    access = require(principal, tenant_id, Action.BILLING_MANAGE)
    chosen = Plan(fields.one_of(*Plan)("plan", plan))
    with _explaining():
        api = billing.client()
        customer_id = _customer(access, api)
        for _ in range(TRIES):
            subscription = billing.sync(tenant_id, actor_type="system")
            if subscription is not None and not subscription.status.is_over:
                return Page(Kind.PORTAL, api.open_portal(customer_id, return_url=_back(tenant_id, host, MANAGED)))
            if (url := _checkout(api, tenant_id, customer_id, chosen, host)) is not None:
                return Page(Kind.CHECKOUT, url)
    raise BillingBusy


def manage(principal: Principal, tenant_id: UUID, *, host: str | None = None) -> Page:
    """Where invoices, cards, changing and cancelling are. Raises NothingToManage, and as :func:`choose`."""
    access = require(principal, tenant_id, Action.BILLING_MANAGE)
    with _explaining():
        api = billing.client()
        with access.begin() as scope:
            customer_id = edits.existing(scope.session.get(TenantIntegrations, tenant_id)).stripe_customer_id
        if customer_id is None:
            raise NothingToManage
        try:
            return Page(Kind.PORTAL, api.open_portal(customer_id, return_url=_back(tenant_id, host, MANAGED)))
        except ObjectNotFound:
            raise NothingToManage from None


# --- The customer ----------------------------------------------------------------------------------------------------


def _customer(access: db.Access, api: "StripeClient") -> str:
    """The tenant's customer at Stripe, made where there is none (any more)."""
    customer_id, begun_at = _known(access)
    if customer_id is not None:
        if _is_there(api, customer_id):
            return customer_id
        begun_at = _forget(access, customer_id)
    tenant_id = access.tenant
    made = api.find_customer(tenant_id) or api.create_customer(tenant_id, key=f"{tenant_id}|{begun_at.isoformat()}")
    profile = tenants.site(tenant_id).profile
    api.describe_customer(made.id, name=profile.business_name, email=profile.email)
    with access.begin() as scope:
        row = edits.lock(scope, TenantIntegrations, tenant_id)
        if row.stripe_customer_id is None:
            _write(scope, row, stripe_customer_id=made.id, stripe_customer_begun_at=None)
            edits.record(scope, "billing.customer_made", "integration", tenant_id, {"customer": made.id})
        return row.stripe_customer_id or made.id


def _known(access: db.Access) -> tuple[str | None, datetime]:
    """The customer that is stored, and since when one is being made: from now, unless somebody began before."""
    with access.begin() as scope:
        row = edits.lock(scope, TenantIntegrations, access.tenant)
        begun_at = row.stripe_customer_begun_at
        if row.stripe_customer_id is None and (begun_at is None or begun_at < clock.now() - KEY_LIFE):
            begun_at = clock.now()
            _write(scope, row, stripe_customer_begun_at=begun_at)
        return row.stripe_customer_id, begun_at or clock.now()


def _is_there(api: "StripeClient", customer_id: str) -> bool:
    try:
        return not api.customer(customer_id).deleted
    except ObjectNotFound:
        return False


def _forget(access: db.Access, customer_id: str) -> datetime:
    """Somebody deleted the customer at Stripe, and with it the subscription; returns since when a new one is made."""
    with access.begin() as scope:
        row = edits.lock(scope, TenantIntegrations, access.tenant)
        if row.stripe_customer_id == customer_id:
            _write(scope, row, **dict.fromkeys(OF_CUSTOMER), stripe_customer_begun_at=clock.now())
            edits.record(scope, "billing.customer_gone", "integration", access.tenant, {"customer": customer_id})
        return row.stripe_customer_begun_at or clock.now()


def _write(scope: db.Scope, row: TenantIntegrations, **values: Any) -> None:
    """Under the version it has: forms over the accounts at other providers are not outdated by this."""
    for name, value in values.items():
        setattr(row, name, value)
    scope.session.add(row)
    scope.session.flush()


# --- Checkout --------------------------------------------------------------------------------------------------------


def _checkout(api: "StripeClient", tenant_id: UUID, customer_id: str, plan: Plan, host: str | None) -> str | None:
    """The address of the only Checkout that is open; None when somebody paid in another one just now."""
    wanted = {"tenant_id": str(tenant_id), "plan": plan.value, "back": _back(tenant_id, host, DONE)}
    recent = api.checkouts(customer_id)
    for each in recent:
        if each.status == OPEN and each.metadata == wanted and each.url:
            return each.url
    if not all(_expire(api, each) for each in recent if each.status == OPEN):
        return None
    price = billing.price(api, plan)
    if price is None:
        raise fields.wrong("plan", "This plan is not on offer any more.")
    begun = api.begin_checkout(
        customer_id, price, success_url=wanted["back"], cancel_url=_back(tenant_id, host, BACK), metadata=wanted,
        # Two who choose at the same time have seen the same: they get the same page.
        key=recent[0].id if recent else "first",
    )  # fmt: skip
    return begun.url


def _expire(api: "StripeClient", open_one: Checkout) -> bool:
    try:
        api.expire_checkout(open_one.id)
    except KeyRefused:
        raise
    except ProviderRefused:
        return False
    return True


def _back(tenant_id: UUID, host: str | None, how: str) -> str:
    """The page in the dashboard, on the host that the person is on if it is one of ours."""
    settings = get_settings()
    name = normalise(host) or settings.base_domain
    if name != settings.base_domain and resolve(name) is None:
        name = settings.base_domain
    return f"{settings.public_url(name)}{PAGE.format(tenant_id=tenant_id)}?billing={how}"


@contextmanager
def _explaining() -> Iterator[None]:
    """That Stripe does not accept the platform's key is nothing a business can do anything about."""
    try:
        yield
    except KeyRefused as refused:
        log.error("stripe_key_refused", status=refused.provider_status)
        raise BillingNotConfigured from refused
