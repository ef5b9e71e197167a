"""The browser's Back, reloads, and links that were changed on their way, in a real browser."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, LiveSite, Visit, screenshot
from tests.e2e.journeys import address, at_calendar, book_directly, fill_details, heading, path_of, reach_details
from tests.e2e.test_manage import fetch

pytestmark = pytest.mark.browser

BOB = "bobs-barbershop"
STEPS = ["Check and confirm", "Your details", "Choose a time", "Choose a day", "Choose a service"]


def entered(page: Page, site: LiveSite, slug: str = BOB) -> None:
    """From the landing page, as a visitor comes."""
    page.goto(site.url(slug, "/"))
    page.get_by_role("link", name="Book", exact=True).click()
    expect(heading(page)).to_have_text("Choose a service")


class TestBack:
    def test_goes_one_step_back_from_every_step(self, visit: Visit, site: LiveSite) -> None:
        page, email = visit(BOB, "/", **PHONE), address()
        entered(page, site)
        reach_details(page, day=3)
        fill_details(page, email)
        for earlier in STEPS[1:]:
            page.go_back()
            expect(heading(page)).to_have_text(earlier)
        page.go_back()
        expect(page).to_have_url(site.url(BOB, "/"))
        page.go_forward()
        reach_details(page, day=3)
        expect(page.get_by_label("E-mail")).to_have_value(email)

    def test_our_own_back_and_the_browsers_agree(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/")
        entered(page, site)
        reach_details(page, day=3)
        page.get_by_role("button", name="Back", exact=True).click()
        expect(heading(page)).to_have_text("Choose a time")
        page.go_back()
        expect(heading(page)).to_have_text("Choose a day")
        page.locator("[data-free=yes]").nth(3).click()
        expect(heading(page)).to_have_text("Choose a time")
        page.go_back()
        expect(heading(page)).to_have_text("Choose a day")

    def test_forward_does_not_skip_a_step(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/")
        entered(page, site)
        reach_details(page, day=3)
        page.go_back()
        expect(heading(page)).to_have_text("Choose a time")
        page.go_forward()
        expect(heading(page)).to_have_text("Choose a time")
        page.wait_for_timeout(500)
        page.go_back()
        expect(heading(page)).to_have_text("Choose a day")

    def test_after_booking_it_leaves_the_form(self, visit: Visit, site: LiveSite) -> None:
        page, email = visit(BOB, "/", **PHONE), address()
        entered(page, site)
        reach_details(page, day=4)
        fill_details(page, email)
        page.get_by_role("button", name="Confirm booking").click()
        expect(heading(page)).to_have_text("You’re booked")
        page.wait_for_timeout(500)
        page.go_back()
        expect(page).to_have_url(site.url(BOB, "/"))
        page.go_forward()
        expect(heading(page)).to_have_text("You’re booked")
        page.go_forward()
        page.wait_for_timeout(500)
        expect(heading(page)).to_have_text("You’re booked")
        expect(page.get_by_role("button", name="Confirm booking")).to_have_count(0)
        assert len(at_calendar(site, email)) == 1

    def test_after_a_reload_and_from_a_deep_link(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/")
        page.locator("a[href*='/book?service=']").first.click()
        expect(heading(page)).to_have_text("Choose a day")
        page.locator("[data-free=yes]").nth(3).click()
        page.locator("[data-start]").first.click()
        expect(heading(page)).to_have_text("Your details")
        page.reload(wait_until="networkidle")
        expect(heading(page)).to_have_text("Your details")
        for earlier in STEPS[2:]:
            page.go_back()
            expect(heading(page)).to_have_text(earlier)
        page.go_back()
        expect(page).to_have_url(site.url(BOB, "/"))

    def test_in_moving_and_cancelling(self, visit: Visit, site: LiveSite) -> None:
        view = book_directly(BOB, address(), after=25)
        page = visit(BOB, "/", **PHONE)
        page.goto(site.url(BOB, path_of(view)))
        title = page.locator("#manage-heading")
        page.get_by_role("button", name="Move to another time").click()
        expect(title).to_have_text("Choose a new time")
        page.locator("[data-free=yes]").nth(2).click()
        page.locator("[data-start]").first.click()
        expect(title).to_have_text("Move your booking?")
        page.go_back()
        expect(title).to_have_text("Choose a new time")
        page.go_back()
        expect(title).to_contain_text("Hello")
        page.get_by_role("button", name="Cancel booking").click()
        expect(title).to_have_text("Cancel this booking?")
        page.go_back()
        expect(title).to_contain_text("Hello")
        page.go_back()
        expect(page).to_have_url(site.url(BOB, "/"))


class TestReload:
    def test_keeps_what_is_being_typed(self, visit: Visit) -> None:
        page = visit(BOB, "/book")
        reach_details(page, day=3)
        page.get_by_label("Name").fill("Ada Lovelace")
        page.get_by_label("Anything we should know?").press_sequentially("Left si")
        page.reload(wait_until="networkidle")
        expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")
        expect(page.get_by_label("Anything we should know?")).to_have_value("Left si")

    def test_forgets_it_once_booked(self, visit: Visit) -> None:
        page = visit(BOB, "/book")
        reach_details(page, day=5)
        page.get_by_label("Anything we should know?").fill("Left side")
        fill_details(page, address())
        page.get_by_role("button", name="Confirm booking").click()
        expect(heading(page)).to_have_text("You’re booked")
        assert page.evaluate("sessionStorage.getItem('book-details')") is None
        page.get_by_role("button", name="Book another appointment").click()
        reach_details(page, day=5, time=3)
        expect(page.get_by_label("Anything we should know?")).to_have_value("")


class TestTwoTabs:
    def test_the_second_reads_that_the_time_is_taken(self, visit: Visit, site: LiveSite) -> None:
        made = site.tenants.make(f"tabs-{uuid4().hex[:8]}")
        first, second = visit(made.slug, "/book"), visit(made.slug, "/book")
        for page in (first, second):
            reach_details(page, day=2)
            fill_details(page, address())
        first.get_by_role("button", name="Confirm booking").click()
        expect(heading(first)).to_have_text("You’re booked")
        second.get_by_role("button", name="Confirm booking").click()
        expect(second.get_by_role("alert").filter(has_text="time")).to_have_text(
            "That time was just taken. Please choose another one."
        )
        expect(heading(second)).to_have_text("Choose a time")


class TestManageLink:
    @pytest.mark.parametrize("added", [".", ")", "=", "%20", ">", "%3E"])
    def test_with_what_mail_programs_append(self, visit: Visit, site: LiveSite, added: str) -> None:
        view = book_directly(BOB, address(), after=30)
        path = path_of(view) + added
        assert ">Hello Ada Lovelace" in fetch(site, path).text
        page = visit(BOB, "/")
        page.goto(site.url(BOB, path))
        expect(page.locator("#manage-heading")).to_have_text("Hello Ada Lovelace")

    def test_that_opens_nothing_is_no_page(self, visit: Visit, site: LiveSite) -> None:
        answer = fetch(site, "/manage/nonsense", status=404)
        assert re.search(r">This link doesn’t work any more<", answer.text)
        page = visit(BOB, "/", **PHONE)
        page.goto(site.url(BOB, "/manage/nonsense"))
        expect(page.get_by_role("heading", name="This link doesn’t work any more")).to_be_visible()
        expect(page.get_by_text(re.compile("Loading your booking|One moment"))).to_have_count(0)
        screenshot(page, "manage-lost-link-dark-phone")
