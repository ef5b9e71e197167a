"""What a business pays for its plan. Paying itself happens on Stripe's pages; this state only leads there and back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import reflex as rx

from portal.core.errors import PortalError
from portal.domain.admin import billing
from portal.domain.admin.billing import BACK, DONE, MANAGED, Page
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.settings.billing_words import OfferRow, Standing, as_standing, offer_row

WAIT_SECONDS: Final = 30
PAID: Final = "Thank you: your plan is active."
WAITING: Final = "Thank you. Stripe is confirming the payment; this takes a few seconds…"
LATE: Final = "Stripe has not confirmed the payment yet. This page shows your plan as soon as it has."
NOT_PAID: Final = "Nothing was paid. You can choose a plan whenever you like."


class BillingState(AdminState):
    """The plan as Stripe last said, and what else there is to choose."""

    is_configured: bool = False
    standing: Standing = Standing()
    offers: rx.Field[list[OfferRow]] = rx.field(default_factory=list)
    problem: str = ""
    news: str = ""  # of what happened at Stripe
    is_waiting: bool = False
    going: str = ""  # the plan that was just chosen, or "manage"
    loaded_for: str = ""

    @admin_event(Action.BILLING_VIEW)
    async def load(self) -> Any:
        """What is stored; who comes back from Stripe waits for its word a while."""
        self.problem, self.news, self.going, self.is_waiting = "", "", "", False
        await self._look()
        self.loaded_for = str(self._tenant())
        how = self.router.url.query_parameters.get("billing", "")
        self.news = {BACK: NOT_PAID, DONE: PAID if self.standing.is_paid else WAITING}.get(how, "")
        self.is_waiting = how == MANAGED or self.news == WAITING
        asking = [] if self.standing.is_open or not self.is_configured else [BillingState.ask_offers]
        return asking + ([BillingState.wait] if self.is_waiting else [])

    @admin_event(Action.BILLING_VIEW)
    async def ask_offers(self) -> AsyncIterator[Any]:
        """The plans and their prices, as Stripe has them now."""
        self.problem = ""
        yield
        try:
            self.offers = [offer_row(each) for each in await self._in_tenant(billing.offers)]
        except PortalError as error:
            self.offers, self.problem = [], error.message

    @admin_event(Action.BILLING_VIEW, background=True)
    async def wait(self) -> None:
        """Look every second whether Stripe's event has come."""
        for _ in range(WAIT_SECONDS):
            await asyncio.sleep(1)
            async with self:
                if not self.is_waiting:
                    return
                await self._look()
                if self.news == WAITING and self.standing.is_paid:
                    self.news, self.is_waiting = PAID, False
        async with self:
            self.news, self.is_waiting = LATE if self.news == WAITING else self.news, False

    @admin_event(Action.BILLING_MANAGE)
    async def choose(self, plan: str) -> AsyncIterator[Any]:
        """To Stripe's page for paying."""
        async for event in self._go(plan, billing.choose, plan):
            yield event

    @admin_event(Action.BILLING_MANAGE)
    async def manage(self) -> AsyncIterator[Any]:
        """To Stripe's page for invoices, cards, changing and cancelling."""
        async for event in self._go("manage", billing.manage):
            yield event

    # --- inside ----------------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        found = await self._in_tenant(billing.get)
        self.is_configured, self.standing = found.is_configured, as_standing(found, await self._zone())

    async def _go(self, what: str, ask: Callable[..., Page], *arguments: str) -> AsyncIterator[Any]:
        self.going, self.problem, self.news, self.is_waiting = what, "", "", False
        yield
        try:
            page = await self._in_tenant(ask, *arguments, host=self.router.headers.host)
            yield rx.redirect(page.url)
        except PortalError as error:
            self.problem = error.message
        finally:
            self.going = ""
