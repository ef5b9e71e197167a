"""A subscription in words: what its state means, and what to do about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from portal.domain import phrases
from portal.domain.admin.billing import Billing
from portal.domain.billing import Offer
from portal.providers.stripe import SubscriptionStatus as Status

# Status → what it is called, how good it is, and what it means; {end} is the end of what is paid for.
MEANINGS: Final = {
    Status.ACTIVE: ("Active", "good", "Paid until {end}, then renewed by itself."),
    Status.TRIALING: ("Trial", "brand", "Free until {end}; the first payment is due then."),
    Status.PAST_DUE: (
        "Payment failed",
        "bad",
        "The last payment did not go through. Stripe tries again; please check your card under Manage billing.",
    ),
    Status.UNPAID: (
        "Unpaid",
        "bad",
        "Several payments did not go through, and Stripe has stopped trying. Please pay under Manage billing.",
    ),
    Status.INCOMPLETE: (
        "Payment not finished",
        "bad",
        "The first payment is not finished. Please finish it under Manage billing within a day, or no plan begins.",
    ),
    Status.INCOMPLETE_EXPIRED: (
        "Never began",
        "neutral",
        "The first payment was not finished in time, so no plan began. You can choose one again.",
    ),
    Status.PAUSED: ("Paused", "neutral", "Nothing is charged. Manage billing lets you go on."),
    Status.CANCELED: ("Ended", "neutral", "The plan ended on {end}. You can choose one again."),
    Status.UNKNOWN: ("Unclear", "neutral", "Stripe names a state that is new to us. Manage billing shows more."),
}
NONE: Final = ("No plan yet", "neutral", "Choose a plan below. You pay on a page of Stripe’s, and can cancel there.")
ENDING: Final = ("Cancelled", "neutral", "Everything works until {end}; then the plan ends.")
OTHER_PLAN: Final = "A plan of your own"


@dataclass(frozen=True)
class Standing:
    """How a business stands. ``is_open``: something goes on, so that it is managed and not chosen anew."""

    plan: str = ""
    word: str = ""
    kind: str = "neutral"
    text: str = ""
    is_open: bool = False
    is_paid: bool = False
    can_manage: bool = False


@dataclass(frozen=True)
class OfferRow:
    plan: str = ""
    name: str = ""
    price: str = ""


def as_standing(billing: Billing, zone: str) -> Standing:
    """Days are those of ``zone``."""
    if billing.status is None:
        word, kind, text = NONE
        return Standing("", word, kind, text)
    is_open = not billing.status.is_over
    is_paid = billing.status in (Status.ACTIVE, Status.TRIALING)
    word, kind, text = ENDING if is_paid and billing.ends_at else MEANINGS[billing.status]
    end = billing.ends_at or billing.period_end
    plan = (billing.plan.label if billing.plan else OTHER_PLAN) if is_open else ""
    return Standing(plan, word, kind, text.format(end=_day(end, zone)), is_open, is_paid, can_manage=True)


def offer_row(offer: Offer) -> OfferRow:
    return OfferRow(offer.plan.value, offer.plan.label, phrases.money(offer.price_cents, offer.currency))


def _day(moment: datetime | None, zone: str) -> str:
    if moment is None:
        return "an unknown day"
    local = moment.astimezone(ZoneInfo(zone))
    return f"{phrases.MONTHS[local.month - 1]} {local.day}, {local.year}"
