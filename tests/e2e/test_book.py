"""Booking without the assistant, in a real browser."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from portal.domain import tenants
from tests.e2e.conftest import DESKTOP, PHONE, LiveSite, Visit, screenshot
from tests.e2e.journeys import (
    address,
    at_calendar,
    book_directly,
    fill_details,
    fits,
    heading,
    misbehaving,
    reach_details,
    serious,
    tenant_id,
)

pytestmark = pytest.mark.browser

BOB = "bobs-barbershop"
DEVICES = {"desktop": DESKTOP, "dark-phone": PHONE}


class TestBooking:
    @pytest.mark.parametrize(("slug", "device"), [(BOB, "desktop"), ("bright-smile-dental", "dark-phone")])
    def test_every_step_is_good(self, visit: Visit, site: LiveSite, slug: str, device: str) -> None:
        page, email = visit(slug, "/book", **DEVICES[device]), address()

        def look(step: str) -> None:
            assert fits(page), step
            assert serious(page) == [], step
            screenshot(page, f"{slug}-book-{step}-{device}")

        look("1-service")
        page.locator("main li button").filter(has_text="minutes").first.click()
        page.locator("[data-free=yes]").first.click()
        expect(page.locator("[data-start]").first).to_be_visible()
        look("2-time")
        page.locator("[data-start]").first.click()
        expect(heading(page)).to_have_text("Your details")
        look("3-details")
        fill_details(page, email)
        look("4-confirm")
        page.get_by_role("button", name="Confirm booking").click()
        expect(heading(page)).to_have_text("You’re booked")
        look("5-done")
        expect(page.get_by_role("link", name="Add to calendar")).to_have_attribute("href", re.compile(r"\.ics$"))
        expect(page.get_by_role("link", name="View or change booking")).to_be_visible()
        assert len(at_calendar(site, email)) == 1

    def test_pressed_twice_books_once(self, visit: Visit, site: LiveSite) -> None:
        page, email = visit(BOB, "/book"), address()
        reach_details(page, day=1)
        fill_details(page, email)
        page.get_by_role("button", name="Confirm booking").evaluate("button => { button.click(); button.click(); }")
        expect(heading(page)).to_have_text("You’re booked")
        assert len(at_calendar(site, email)) == 1

    def test_leads_on_to_the_booking_and_to_another(self, visit: Visit) -> None:
        page = visit(BOB, "/book")
        reach_details(page, day=2)
        fill_details(page, address())
        page.get_by_role("button", name="Confirm booking").click()
        page.get_by_role("button", name="Book another appointment").click()
        expect(heading(page)).to_have_text("Choose a service")
        reach_details(page, day=2, time=3)
        expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")


class TestDeepLink:
    def test_begins_with_the_day(self, visit: Visit) -> None:
        service = tenants.site(tenant_id(BOB)).services[1]
        page = visit(BOB, f"/book?service={service.id}")
        expect(heading(page)).to_have_text("Choose a day")
        expect(page.locator("main aside")).to_contain_text(service.name)
        expect(page).to_have_url(re.compile("/book/?$"))

    def test_of_another_business_begins_at_the_start(self, visit: Visit) -> None:
        foreign = tenants.site(tenant_id("peak-fitness")).services[0]
        page = visit(BOB, f"/book?service={foreign.id}")
        expect(heading(page)).to_have_text("Choose a service")


class TestKeyboard:
    def test_is_enough_to_book(self, visit: Visit, site: LiveSite) -> None:
        page, email = visit(BOB, "/book"), address()
        press_on(page, "document.activeElement.textContent.includes('minutes')")
        expect(heading(page)).to_be_focused()
        expect(page.locator("[data-free=yes]").first).to_be_visible()
        press_on(page, "document.activeElement.dataset.free === 'yes'")
        expect(page.locator("#times-heading")).to_be_focused()
        press_on(page, "'start' in document.activeElement.dataset")
        expect(heading(page)).to_be_focused()
        tab_to(page, "document.activeElement.id === 'book-name'")
        page.keyboard.type("Ada Lovelace")
        page.keyboard.press("Tab")
        page.keyboard.type(email)
        page.keyboard.press("Enter")
        expect(heading(page)).to_have_text("Check and confirm")
        expect(heading(page)).to_be_focused()
        press_on(page, "document.activeElement.textContent === 'Confirm booking'")
        expect(heading(page)).to_have_text("You’re booked")
        expect(heading(page)).to_be_focused()
        assert len(at_calendar(site, email)) == 1


class TestDetails:
    def test_mistakes_are_told_at_their_fields(self, visit: Visit) -> None:
        page = visit(BOB, "/book")
        reach_details(page)
        page.get_by_label("E-mail").fill("ada@example")
        page.get_by_label("Phone").fill("12")
        page.get_by_label("Text me").check()
        page.get_by_role("button", name="Continue").click()
        for field, error in {
            "name": "Please enter your name.",
            "email": "does not look right",
            "phone": "right",
        }.items():
            box = page.locator(f"#book-{field}")
            expect(box).to_have_attribute("aria-invalid", "true")
            expect(page.locator(f"#{box.get_attribute('aria-describedby')}")).to_contain_text(error)
        expect(page.locator("#book-name")).to_be_focused()
        assert serious(page) == []

    def test_leaving_a_field_checks_it(self, visit: Visit) -> None:
        page = visit(BOB, "/book")
        reach_details(page)
        page.get_by_label("E-mail").fill("nobody")
        page.get_by_label("Phone").focus()
        expect(page.locator("#book-email-error")).to_contain_text("does not look right")
        expect(page.locator("#book-name-error")).to_be_empty()

    def test_consent_is_not_given_beforehand_and_needs_a_phone(self, visit: Visit) -> None:
        page = visit(BOB, "/book")
        reach_details(page)
        expect(page.get_by_label("Text me")).not_to_be_checked()
        page.get_by_label("Name").fill("Ada")
        page.get_by_label("E-mail").fill(address())
        page.get_by_label("Text me").check()
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("#book-consent_sms-error")).to_contain_text("phone number")

    def test_survive_a_reload_and_going_back(self, visit: Visit) -> None:
        page, email = visit(BOB, "/book"), address()
        reach_details(page)
        fill_details(page, email)
        page.reload(wait_until="networkidle")
        expect(heading(page)).to_have_text("Check and confirm")
        page.get_by_role("button", name="Change service").click()
        expect(heading(page)).to_have_text("Choose a service")
        reach_details(page, day=1)
        expect(page.get_by_label("E-mail")).to_have_value(email)


class TestCalendar:
    def test_closed_day_leads_to_the_next_free_one(self, visit: Visit) -> None:
        page = visit(BOB, "/book")
        page.locator("main li button").filter(has_text="minutes").first.click()
        page.locator("[data-free=no]").last.click()
        expect(page.get_by_text("No free times this day.")).to_be_visible()
        page.get_by_role("button", name="Next free day").click()
        expect(page.locator("[data-start]").first).to_be_visible()
        expect(page.locator("#times-heading")).to_be_focused()

    def test_turns_to_later_days_and_back(self, visit: Visit) -> None:
        page = visit(BOB, "/book")
        page.locator("main li button").filter(has_text="minutes").first.click()
        first = page.locator("[data-day]").first
        expect(first).to_be_visible()
        before = first.get_attribute("data-day")
        page.get_by_role("button", name="Later days").click()
        expect(first).not_to_have_attribute("data-day", str(before))
        page.get_by_role("button", name="Earlier days").click()
        expect(first).to_have_attribute("data-day", str(before))
        expect(page.get_by_role("button", name="Earlier days")).to_be_disabled()

    def test_names_the_zone_and_a_difference(self, visit: Visit) -> None:
        page = visit(BOB, "/book", **DESKTOP, timezone_id="Europe/London")
        page.locator("main li button").filter(has_text="minutes").first.click()
        page.locator("[data-free=yes]").first.click()
        expect(page.get_by_text("New York time (E")).to_be_visible()
        expect(page.get_by_text("Your device is on London time.")).to_be_visible()

    def test_unreachable_is_no_empty_day(self, visit: Visit, site: LiveSite) -> None:
        made = site.tenants.make(f"unreachable-{uuid4().hex[:8]}")
        page = visit(made.slug, "/book")
        with misbehaving(site, provider="calcom", match={"api_key": made.cal_key}, times=None, status=503):
            page.locator("main li button").filter(has_text="minutes").first.click()
            expect(page.get_by_role("alert").get_by_role("button", name="Try again")).to_be_visible(timeout=20_000)
            expect(page.locator("main")).not_to_contain_text("No free times")
            screenshot(page, "book-unreachable-desktop")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("[data-free=yes]").first).to_be_visible(timeout=20_000)


class TestTrouble:
    def test_taken_meanwhile_keeps_the_details(self, visit: Visit, site: LiveSite) -> None:
        made = site.tenants.make(f"taken-{uuid4().hex[:8]}")
        page, email = visit(made.slug, "/book"), address()
        start = reach_details(page, day=2)
        fill_details(page, email)
        book_directly(made.slug, address(), start=start)
        page.get_by_role("button", name="Confirm booking").click()
        expect(page.get_by_role("alert").filter(has_text="time")).to_contain_text(re.compile("taken|available"))
        expect(heading(page)).to_have_text("Choose a time")
        page.locator("[data-start]").first.click()
        expect(page.get_by_label("E-mail")).to_have_value(email)
        fill_details(page, email)
        page.get_by_role("button", name="Confirm booking").click()
        expect(heading(page)).to_have_text("You’re booked")

    def test_lost_answer_is_told_as_it_is(self, visit: Visit, site: LiveSite) -> None:
        made = site.tenants.make(f"lost-{uuid4().hex[:8]}")
        page, email = visit(made.slug, "/book"), address()
        reach_details(page, day=2)
        fill_details(page, email)
        match = {"method": "POST", "path_regex": "/bookings$", "api_key": made.cal_key}
        with misbehaving(site, provider="calcom", match=match, times=1, lost_reply=True):
            page.get_by_role("button", name="Confirm booking").click()
            expect(heading(page)).to_have_text("Almost there", timeout=60_000)
        expect(page.get_by_text("Being confirmed")).to_be_visible()
        expect(page.get_by_role("link", name="Add to calendar")).to_have_count(0)
        screenshot(page, "book-pending-desktop")
        assert len(at_calendar(site, email)) == 1


def tab_to(page: Page, arrived: str) -> None:
    """Press Tab until the focus is where it should be."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(arrived):
            return
    pytest.fail(f"the keyboard never gets to: {arrived}")


def press_on(page: Page, arrived: str) -> None:
    tab_to(page, arrived)
    page.keyboard.press("Enter")
