"""What a caller can do about Stripe's failures. Its sentences may quote what we sent: they are never passed on."""

from portal.core.errors import ProviderRefused, ProviderUnavailable


class BillingUnavailable(ProviderUnavailable):
    """Stripe could not be reached or failed; what was asked carries a key or is harmless to ask again."""

    reason = "billing_unavailable"
    default = "Stripe cannot be reached right now. Please try again in a moment."


class BillingBusy(ProviderUnavailable):
    """Too many requests, or the same request is being worked on for somebody else."""

    reason = "billing_busy"
    default = "Stripe is very busy right now. Please try again in a few seconds."


class KeyRefused(ProviderRefused):
    """The platform's key is not (or no longer) accepted, or may not do this."""

    reason = "billing_key_refused"


class ObjectNotFound(ProviderRefused):
    """There is no such customer, price or session, or it was deleted."""

    reason = "billing_object_not_found"
