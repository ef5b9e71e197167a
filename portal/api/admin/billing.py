"""What a business pays for its plan. Cards and invoices are Stripe's: people are sent to its pages."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from portal.api.admin.deps import CALLING, READING, Shown, TenantId
from portal.api.admin.integrations import Limited
from portal.api.deps import SignedIn, Strict
from portal.core import threads
from portal.domain.admin import billing
from portal.domain.billing import Plan

router = APIRouter(tags=["admin: billing"])
PATH = "/integrations/stripe/billing"


class BillingOut(Shown):
    is_configured: bool = Field(description="Whether this platform bills at all.")
    status: str | None = Field(description="Of the subscription, as Stripe last said; null: there is none.")
    plan: str | None = Field(description="Null: none of those on offer.")
    period_end: datetime | None
    ends_at: datetime | None = Field(description="When it ends or ended; null while it goes on.")


class OfferOut(Shown):
    plan: str
    price_cents: int = Field(description="A month.")
    currency: str


class OffersOut(BaseModel):
    plans: list[OfferOut]


class ChooseIn(Strict):
    plan: Plan


class PageOut(Shown):
    kind: str = Field(description="`checkout`: pay there. `portal`: there is a subscription; change it there.")
    url: str = Field(description="A page of Stripe's, good for a while.")


@router.get(PATH, response_model=BillingOut, summary="The plan and its subscription", responses=READING)
async def get_billing(who: SignedIn, tenant_id: TenantId) -> Any:
    return await threads.run(billing.get, who, tenant_id)


@router.get(
    f"{PATH}/plans", response_model=OffersOut, summary="Plans to choose from", responses=CALLING, dependencies=Limited
)
async def list_plans(who: SignedIn, tenant_id: TenantId) -> Any:
    return {"plans": await threads.run(billing.offers, who, tenant_id)}


@router.post(PATH, response_model=PageOut, summary="Choose a plan", responses=CALLING, dependencies=Limited)
async def choose_plan(who: SignedIn, tenant_id: TenantId, body: ChooseIn) -> Any:
    """Makes the customer at Stripe where there is none, and begins a Checkout. Asked again, it answers the same."""
    return await threads.run(billing.choose, who, tenant_id, body.plan)
