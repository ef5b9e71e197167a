"""Objects as Stripe's JSON. Times are in seconds, amounts in minor units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from portal.sandbox.stripe.accounts import PriceSpec
from portal.sandbox.stripe.protocol import API_VERSION
from portal.sandbox.stripe.store import Checkout, Customer, PortalSession, Subscription

PRICES_SINCE = 1_760_000_000


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def listing(url: str, entries: Sequence[dict[str, Any]], *, limit: int) -> dict[str, Any]:
    return {"object": "list", "data": list(entries[:limit]), "has_more": len(entries) > limit, "url": url}


def customer(shown: Customer) -> dict[str, Any]:
    if shown.deleted:
        return {"id": shown.id, "object": "customer", "deleted": True}
    return {
        "id": shown.id,
        "object": "customer",
        "created": seconds(shown.created_at),
        "livemode": False,
        "name": shown.name,
        "email": shown.email,
        "metadata": shown.metadata,
        "balance": 0,
        "delinquent": False,
        "description": None,
        "phone": None,
        "preferred_locales": [],
        "tax_exempt": "none",
    }


def price(shown: PriceSpec) -> dict[str, Any]:
    return {
        "id": shown.id,
        "object": "price",
        "active": shown.active,
        "billing_scheme": "per_unit",
        "created": PRICES_SINCE,
        "currency": shown.currency,
        "livemode": False,
        "lookup_key": shown.lookup_key,
        "metadata": {},
        "nickname": None,
        "product": shown.product,
        "recurring": {"interval": shown.interval, "interval_count": 1, "meter": None, "usage_type": "licensed"},
        "tax_behavior": "unspecified",
        "type": "recurring",
        "unit_amount": shown.unit_amount,
        "unit_amount_decimal": str(shown.unit_amount),
    }


def checkout(shown: Checkout, of: PriceSpec) -> dict[str, Any]:
    status = shown.status_now
    return {
        "id": shown.id,
        "object": "checkout.session",
        "amount_subtotal": of.unit_amount,
        "amount_total": of.unit_amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": shown.cancel_url,
        "client_reference_id": None,
        "created": seconds(shown.created_at),
        "currency": of.currency,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": shown.customer,
        "expires_at": seconds(shown.expires_at),
        "invoice": None,
        "livemode": False,
        "metadata": shown.metadata,
        "mode": "subscription",
        "payment_method_types": ["card"],
        "payment_status": "paid" if status == "complete" else "unpaid",
        "shipping_options": [],
        "status": status,
        "subscription": shown.subscription,
        "success_url": shown.success_url,
        "ui_mode": "hosted_page",
        "url": shown.url if status == "open" else None,
    }


def portal_session(shown: PortalSession) -> dict[str, Any]:
    return {
        "id": shown.id,
        "object": "billing_portal.session",
        "configuration": "bpc_sandbox",
        "created": seconds(shown.created_at),
        "customer": shown.customer,
        "flow": None,
        "livemode": False,
        "locale": None,
        "on_behalf_of": None,
        "return_url": shown.return_url,
        "url": shown.url,
    }


def subscription(shown: Subscription, of: PriceSpec) -> dict[str, Any]:
    items = [_item(shown, of)]
    ends = shown.period_end if shown.cancel_at_period_end else None
    return {
        "id": shown.id,
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": seconds(shown.created_at),
        "billing_mode": {"type": "flexible"},
        "billing_schedules": [],
        "cancel_at": seconds(ends) if ends else None,
        "cancel_at_period_end": shown.cancel_at_period_end,
        "canceled_at": None,
        "collection_method": "charge_automatically",
        "created": seconds(shown.created_at),
        "currency": of.currency,
        "customer": shown.customer,
        "description": None,
        "discounts": [],
        "ended_at": seconds(shown.ended_at) if shown.ended_at else None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={shown.id}",
        },
        "livemode": False,
        "metadata": shown.metadata,
        "start_date": seconds(shown.created_at),
        "status": shown.status,
    }


def _item(shown: Subscription, of: PriceSpec) -> dict[str, Any]:
    return {
        "id": shown.id.replace("sub_", "si_"),
        "object": "subscription_item",
        "created": seconds(shown.created_at),
        "current_period_start": seconds(shown.period_start),
        "current_period_end": seconds(shown.period_end),
        "discounts": [],
        "metadata": {},
        "plan": _plan(of),
        "price": price(of),
        "quantity": 1,
        "subscription": shown.id,
        "tax_rates": [],
    }


def _plan(of: PriceSpec) -> dict[str, Any]:
    """The older form of a price, which items still carry."""
    return {
        "id": of.id,
        "object": "plan",
        "active": of.active,
        "amount": of.unit_amount,
        "amount_decimal": str(of.unit_amount),
        "billing_scheme": "per_unit",
        "created": PRICES_SINCE,
        "currency": of.currency,
        "interval": of.interval,
        "interval_count": 1,
        "livemode": False,
        "metadata": {},
        "meter": None,
        "nickname": None,
        "product": of.product,
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def invoice(invoice_id: str, paid: Subscription, of: PriceSpec) -> dict[str, Any]:
    """As events carry it, in short. The subscription is named by its parent."""
    return {
        "id": invoice_id,
        "object": "invoice",
        "amount_due": of.unit_amount,
        "amount_paid": of.unit_amount,
        "billing_reason": "subscription_create",
        "created": seconds(paid.created_at),
        "currency": of.currency,
        "customer": paid.customer,
        "livemode": False,
        "parent": {
            "type": "subscription_details",
            "subscription_details": {"subscription": paid.id, "metadata": paid.metadata},
        },
        "status": "paid",
        "total": of.unit_amount,
    }


def event(event_id: str, kind: str, about: dict[str, Any], *, at: datetime, endpoints: int) -> dict[str, Any]:
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": seconds(at),
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": endpoints,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
