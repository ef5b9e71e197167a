"""A business chooses its plan in a browser, pays on the stand-in's page, and comes back."""

import pytest
from playwright.sync_api import Page, expect

from portal.core import queue
from portal.core.ids import new_id
from tests.e2e.conftest import DEVICES, LiveSite, OpenTab
from tests.e2e.dashboard import base, open_as, owner
from tests.e2e.test_admin_operations import looked_at
from tests.factories import MadeTenant

# Each step loads the dashboard anew, and asks Stripe.
SLOW = 20_000


@pytest.fixture
def shop(site: LiveSite) -> MadeTenant:
    site.sandbox.stripe(endpoint=f"http://localhost:{site.port}/v1/webhooks/stripe")
    return site.tenants.make(f"plan-{new_id().hex[-8:]}", profile={"email": "shop@example.com"})


def told(site: LiveSite) -> None:
    """Stripe tells of all that happened, and a worker hears it."""
    site.sandbox.billing()
    queue.drain()


def open_integrations(page: Page, site: LiveSite, shop: MadeTenant) -> None:
    open_as(page, site, owner(site, shop.id), f"{base(shop.id)}/settings/integrations", slug=shop.slug)


class TestPlan:
    @pytest.mark.parametrize("device", DEVICES)
    def test_chosen_paid_and_cancelled(self, tab: OpenTab, site: LiveSite, shop: MadeTenant, device: str) -> None:
        page = tab(**DEVICES[device])
        open_integrations(page, site, shop)
        stripe = page.locator("section").filter(has=page.get_by_role("heading", name="Stripe"))
        expect(stripe).to_contain_text("No plan yet", timeout=SLOW)
        expect(stripe.get_by_role("listitem")).to_contain_text(
            ["$49 a month", "$99 a month", "$199 a month"], timeout=SLOW
        )
        looked_at(page, f"admin-billing-offers-{device}")

        stripe.get_by_role("button", name="Choose Growth").click()
        page.get_by_role("link", name="Back without paying").click()
        expect(page.get_by_text("Nothing was paid.")).to_be_visible(timeout=SLOW)
        stripe.get_by_role("button", name="Choose Growth").click()
        page.get_by_role("button", name="Pay and subscribe").click()
        expect(page).to_have_url(
            site.url(shop.slug, f"{base(shop.id)}/settings/integrations?billing=done"), timeout=SLOW
        )
        expect(page.get_by_text("Stripe is confirming the payment")).to_be_visible(timeout=SLOW)
        told(site)
        expect(page.get_by_text("Thank you: your plan is active.")).to_be_visible(timeout=SLOW)
        expect(stripe).to_contain_text("Paid until")
        looked_at(page, f"admin-billing-active-{device}")

        stripe.get_by_role("button", name="Manage billing").click()
        page.get_by_role("button", name="Cancel plan").click()
        page.get_by_role("link", name="Return to").click()
        told(site)
        expect(stripe).to_contain_text("then the plan ends", timeout=SLOW)
        [subscription] = [
            each for each in site.sandbox.billing()["subscriptions"] if each["metadata"]["tenant_id"] == str(shop.id)
        ]
        site.sandbox.post("/_sandbox/stripe/subscriptions", {"id": subscription["id"], "status": "past_due"})
        told(site)
        page.reload(wait_until="networkidle")
        expect(stripe).to_contain_text("The last payment did not go through.", timeout=SLOW)
        looked_at(page, f"admin-billing-failed-{device}")

    def test_stripe_is_away(self, tab: OpenTab, site: LiveSite, shop: MadeTenant) -> None:
        page = tab()
        site.sandbox.fault(provider="stripe", match={"path_regex": "/v1/customers"}, status=500, times=3)
        open_integrations(page, site, shop)
        page.get_by_role("button", name="Choose Starter").click()
        expect(page.get_by_text("Stripe cannot be reached right now.")).to_be_visible(timeout=SLOW)
        page.get_by_role("button", name="Choose Starter").click()
        expect(page.get_by_role("button", name="Pay and subscribe")).to_be_visible(timeout=SLOW)
