"""Stripe: the platform's own account, with which businesses pay for their plan.

The vendor's SDK takes half a second to import: :mod:`portal.providers.stripe.client` is loaded with the first call.
"""

from typing import TYPE_CHECKING

from portal.core.settings import get_settings
from portal.providers.stripe.errors import BillingBusy, BillingUnavailable, KeyRefused, ObjectNotFound
from portal.providers.stripe.shapes import Checkout, Customer, Price, Subscription, SubscriptionStatus

if TYPE_CHECKING:
    from portal.providers.stripe.client import StripeClient

__all__ = [
    "BillingBusy",
    "BillingUnavailable",
    "Checkout",
    "Customer",
    "KeyRefused",
    "ObjectNotFound",
    "Price",
    "Subscription",
    "SubscriptionStatus",
    "is_configured",
    "platform_client",
]


def is_configured() -> bool:
    """Whether this deployment can take payments: with a key, and with a secret that proves what Stripe tells us."""
    settings = get_settings()
    return bool(settings.stripe_api_key and settings.stripe_webhook_secret)


def platform_client() -> "StripeClient | None":
    """The platform's account; None where there is none."""
    settings = get_settings()
    if settings.stripe_api_key is None or not is_configured():
        return None
    from portal.providers.stripe.client import StripeClient

    return StripeClient(settings.stripe_api_key.get_secret_value())
