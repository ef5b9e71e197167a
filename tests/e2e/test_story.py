"""The product's own story in a browser: a business is made, set up by its owner, and booked at its new price."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, LiveSite, OpenTab, screenshot
from tests.e2e.dashboard import PASSWORD, calendar, operator, sign_in
from tests.e2e.journeys import address, answering, at_calendar, say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_from_nothing_to_a_booking_at_the_new_price(tab: OpenTab, site: LiveSite) -> None:
    slug, email = f"new-{uuid4().hex[:8]}", address()
    boss, owner, customer = tab(), tab(), tab(**PHONE)
    sign_in(boss, site, operator(site))
    make_business(boss, slug)
    join(owner, invite_owner(boss))
    set_up(owner, calendar(site, slug), f"hello@{slug}.example")
    expect(owner.get_by_role("heading", name="Your site is open")).to_be_visible()
    owner.goto(owner.url.replace("/onboarding", "/services"), wait_until="networkidle")
    service = owner.locator("#service-list h2").first.inner_text()
    change_price(owner, service, "47.50")
    customer.goto(site.url(slug, "/chat"), wait_until="networkidle")
    say(customer, f"How much is a {service.lower()}?")
    expect(customer.get_by_role("log")).to_contain_text("$47.50")
    book(customer, service, email)
    screenshot(customer, "story-booked")
    assert len(at_calendar(site, email)) == 1
    owner.goto(owner.url.replace("/services", "/bookings"), wait_until="networkidle")
    owner.get_by_role("link").filter(has_text=email).click()
    expect(owner.get_by_role("main")).to_contain_text("$47.50")


def make_business(page: Page, slug: str) -> None:
    page.get_by_role("button", name="New business").first.click()
    page.get_by_label("Name", exact=True).fill(slug.replace("-", " ").title())
    expect(page.get_by_label("Address", exact=True)).to_have_value(slug)
    page.get_by_label("Kind of business").select_option("salon")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_label("E-mail")).to_be_visible()


def invite_owner(page: Page) -> str:
    """The address of a new admin's invitation, as the inviter is shown it."""
    page.goto(page.url.replace("/onboarding", "/members"), wait_until="networkidle")
    page.get_by_role("button", name="Invite somebody").first.click()
    page.get_by_label("E-mail").fill(address())
    page.get_by_label("Role").select_option("tenant_admin")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link", exact=True)
    expect(link).not_to_have_value("")
    return link.input_value()


def join(page: Page, link: str) -> None:
    page.goto(link, wait_until="networkidle")
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.locator("#page-title")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Continue setting up").click()


def set_up(page: Page, key: str, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Save and continue").click()
    # The template's hours and services are there already, so nothing holds up who agrees with them.
    expect(page.get_by_role("heading", name="When are you open?")).to_be_visible()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", name="What do you offer?")).to_be_visible()
    page.get_by_label("Price of ").first.fill("42")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", name="Connect your calendar")).to_be_visible()
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("button", name="Save event types").click()
    expect(page.get_by_text("These services can be booked now.")).to_be_visible()
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("heading", name="How does your site look?")).to_be_visible()
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("button", name="Go live", exact=True).click()


def change_price(page: Page, service: str, price: str) -> None:
    page.get_by_role("button", name=f"Edit: {service}", exact=True).click()
    expect(page.get_by_label("Price")).to_have_value("42")
    page.get_by_label("Price").fill(price)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(f"${price}").first).to_be_visible()


def book(page: Page, service: str, email: str) -> None:
    say(page, f"I would like to book a {service.lower()} next Tuesday afternoon")
    with answering(page):
        page.get_by_role("log").get_by_role("button", name=re.compile("PM$")).first.click()
    say(page, f"My name is Ada Lovelace, {email}")
    with answering(page):
        page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("region", name="Your booking")).to_contain_text("Confirmed")
