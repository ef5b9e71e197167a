"""The plan on the page of integrations: in words, and coming back from Stripe."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from portal.domain.admin import billing
from portal.domain.admin.billing import Billing
from portal.domain.billing import BillingNotConfigured, Plan, sync
from portal.providers.stripe import BillingUnavailable
from portal.providers.stripe import SubscriptionStatus as Status
from portal.web.admin.settings import billing_state
from portal.web.admin.settings.billing_state import BillingState
from portal.web.admin.settings.billing_words import as_standing
from tests.factories import MadeTenant, Sandbox, TenantFactory
from tests.people import Person, person
from tests.web.admin.signed_in import PASSWORD, at, cookie_of
from tests.web.visitors import call

END = datetime(2026, 12, 23, 3, 0, tzinfo=UTC)


class TestWords:
    @pytest.mark.parametrize("status", list(Status))
    def test_every_status_has_its_own(self, status: Status) -> None:
        shown = as_standing(Billing(True, status, Plan.GROWTH, END, None), "America/New_York")
        others = [
            as_standing(Billing(True, each, None, END, None), "UTC").word for each in Status if each is not status
        ]
        assert shown.word not in others
        assert (shown.can_manage, "{" in shown.text) == (True, False)
        assert (shown.plan == "Growth") is shown.is_open is (status not in (Status.CANCELED, Status.INCOMPLETE_EXPIRED))

    def test_days_are_the_business_own(self) -> None:
        shown = as_standing(Billing(True, Status.ACTIVE, Plan.GROWTH, END, None), "America/New_York")
        assert shown.text == "Paid until December 22, 2026, then renewed by itself."

    def test_ending_none_and_unknown_plan(self) -> None:
        ending = as_standing(Billing(True, Status.ACTIVE, None, END, END), "UTC")
        assert (ending.word, ending.plan, ending.is_paid) == ("Cancelled", "A plan of your own", True)
        nothing = as_standing(Billing(True, None, None, None, None), "UTC")
        assert (nothing.is_open, nothing.can_manage, nothing.plan) == (False, False, "")


@dataclass(frozen=True)
class Visit:
    """An owner, and their tab as Stripe's page sends it back."""

    tenant: MadeTenant
    who: Person
    sandbox: Sandbox

    def tab(self, how: str) -> BillingState:
        path = f"/admin/tenants/{self.tenant.id}/settings/integrations?billing={how}"
        return at(BillingState, self.tenant.id, cookie=cookie_of(self.who), path=path)

    def subscribe(self) -> None:
        self.sandbox.client.post(billing.choose(self.who.principal, self.tenant.id, "starter").url)


@pytest.fixture
def visit(tenants: TenantFactory, database: str, sandbox: Sandbox) -> Visit:
    sandbox.stripe()
    shop = tenants.make("shop")
    return Visit(shop, person(database, roles={shop.id: "tenant_admin"}, password=PASSWORD), sandbox)


class TestComingBack:
    def test_without_paying(self, visit: Visit) -> None:
        state = visit.tab("back")
        assert len(call(state, "load")) == 1
        assert (state.news, state.is_waiting) == (billing_state.NOT_PAID, False)
        call(state, "ask_offers")
        assert [row.price for row in state.offers] == ["$49", "$99", "$199"]

    def test_before_and_after_we_were_told(self, visit: Visit) -> None:
        visit.subscribe()
        early = visit.tab("done")
        call(early, "load")
        assert (early.news, early.is_waiting) == (billing_state.WAITING, True)
        sync(visit.tenant.id, actor_type="webhook")
        late = visit.tab("done")
        assert call(late, "load") == []
        assert (late.news, late.is_waiting, late.standing.plan) == (billing_state.PAID, False, "Starter")


class TestTrouble:
    def test_not_configured(self, visit: Visit, configure: Callable[..., None]) -> None:
        configure(STRIPE_API_KEY="")
        state = visit.tab("")
        assert call(state, "load") == []
        assert not state.is_configured
        call(state, "choose", "starter")
        assert (state.problem, state.going) == (BillingNotConfigured.default, "")

    def test_stripe_is_away(self, visit: Visit) -> None:
        visit.sandbox.fault(provider="stripe", status=500, times=3)
        state = visit.tab("")
        call(state, "load")
        call(state, "ask_offers")
        assert (state.problem, state.offers) == (BillingUnavailable.default, [])
        call(state, "ask_offers")
        assert (state.problem, len(state.offers)) == ("", 3)
