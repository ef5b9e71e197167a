"""A customer's own booking behind its link, in a real browser."""

import re
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from portal.domain.booking import BookingView
from tests.e2e.conftest import DESKTOP, PHONE, LiveSite, OpenTab, Visit, screenshot
from tests.e2e.journeys import address, at_calendar, book_directly, fits, misbehaving, path_of, serious

pytestmark = pytest.mark.browser

BOB = "bobs-barbershop"
DEVICES = {"desktop": DESKTOP, "dark-phone": PHONE}


def open_booking(visit: Visit, slug: str, view: BookingView, **device: object) -> Page:
    page = visit(slug, path_of(view), **(device or DESKTOP))
    expect(page.get_by_text("Hello Ada Lovelace")).to_be_visible()
    return page


class TestLooks:
    @pytest.mark.parametrize(("slug", "device"), [(BOB, "desktop"), ("bright-smile-dental", "dark-phone")])
    def test_every_step_is_good(self, visit: Visit, slug: str, device: str) -> None:
        page = open_booking(visit, slug, book_directly(slug, address(), after=5), **DEVICES[device])

        def look(step: str) -> None:
            assert fits(page), step
            assert serious(page) == [], step
            screenshot(page, f"{slug}-manage-{step}-{device}")

        look("1-booking")
        page.get_by_role("button", name="Move to another time").click()
        page.locator("[data-free=yes]").last.click()
        expect(page.locator("[data-start]").first).to_be_visible()
        look("2-move")
        page.locator("[data-start]").first.click()
        expect(page.get_by_role("heading", name="Move your booking?")).to_be_focused()
        look("3-check")
        page.get_by_role("button", name="Move booking").click()
        expect(page.get_by_text("Your booking was moved.")).to_be_visible()
        look("4-moved")
        page.get_by_role("button", name="Cancel booking").click()
        expect(page.get_by_role("heading", name="Cancel this booking?")).to_be_focused()
        look("5-cancel")
        page.get_by_role("button", name="Yes, cancel it").click()
        expect(page.get_by_text("Your booking was cancelled.")).to_be_visible()
        look("6-cancelled")


class TestFirstByte:
    def test_says_what_is_booked_and_stays_with_its_holder(self, site: LiveSite) -> None:
        email = address()
        view = book_directly(BOB, email, after=18, phone="+12125550177")
        answer = fetch(site, path_of(view))
        local = view.start.astimezone(ZoneInfo("America/New_York"))
        for text in (
            "Hello Ada Lovelace",
            view.service_name,
            f"{local:%A, %B} {local.day}",
            "Confirmed",
            "214 Court Street",
        ):
            assert f">{text}" in answer.text, text
        assert f'href="/v1/public/bookings/{path_of(view).rpartition("/")[2]}/calendar.ics"' in answer.text
        assert email not in answer.text
        assert "2125550177" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
        assert 'content="noindex"' in answer.text

    def test_tells_nothing_of_what_the_link_does_not_open(self, site: LiveSite) -> None:
        view = book_directly(BOB, address(), after=18)
        own, other = fetch(site, path_of(view)), fetch(site, path_of(view), "bright-smile-dental", status=404)
        changed = fetch(site, path_of(view)[:-2], status=404)
        nonsense = fetch(site, "/manage/nonsense", status=404)
        assert "Ada" in own.text
        for answer in (other, changed, nonsense):
            assert "Ada" not in answer.text
            assert answer.headers["cache-control"] == "no-cache"
        assert changed.content == nonsense.content

    @pytest.mark.parametrize("device", DEVICES)
    def test_stands_until_the_page_knows_more(self, tab: OpenTab, site: LiveSite, device: str) -> None:
        path = path_of(book_directly(BOB, address(), after=18))
        plain = tab(**DEVICES[device], java_script_enabled=False)
        plain.goto(site.url(BOB, path))
        screenshot(plain, f"manage-first-byte-{device}")
        # The page is there, and what it asks for over its socket is not.
        page = tab(**DEVICES[device])
        page.route_web_socket(re.compile("/_event"), lambda socket: None)
        page.goto(site.url(BOB, path))
        expect(page.get_by_role("button", name="Chat")).to_be_visible()
        for seen in (plain, page):
            expect(seen.get_by_text("Hello Ada Lovelace")).to_be_visible()
            expect(seen.get_by_text("Confirmed", exact=True)).to_be_visible()
            expect(seen.get_by_role("link", name="Add to calendar")).to_be_visible()
            expect(seen.get_by_text(re.compile("Loading your booking|One moment"))).to_be_hidden()
        screenshot(page, f"manage-unconnected-{device}")
        assert serious(page) == []


class TestMoving:
    def test_moves_in_both_calendars(self, visit: Visit, site: LiveSite) -> None:
        email = address()
        page = open_booking(visit, BOB, book_directly(BOB, email, after=9))
        page.get_by_role("button", name="Move to another time").click()
        page.locator("[data-free=yes]").last.click()
        page.locator("[data-start]").nth(1).click()
        page.get_by_role("button", name="Move booking").click()
        expect(page.get_by_text("Moved from")).to_be_visible()
        standing = [each for each in at_calendar(site, email) if each["status"] == "accepted"]
        assert len(standing) == 1
        page.reload(wait_until="networkidle")
        expect(page.get_by_text("Moved from")).to_be_visible()

    def test_going_back_changes_nothing(self, visit: Visit, site: LiveSite) -> None:
        email = address()
        view = book_directly(BOB, email, after=12)
        page = open_booking(visit, BOB, view)
        page.get_by_role("button", name="Move to another time").click()
        page.locator("[data-free=yes]").last.click()
        page.locator("[data-start]").nth(2).click()
        page.get_by_role("button", name="Choose another time").click()
        page.get_by_role("button", name="Keep the present time").click()
        expect(page.get_by_text("Hello Ada Lovelace")).to_be_focused()
        assert [each["uid"] for each in at_calendar(site, email)] == [view.uid]

    def test_a_second_try_after_trouble(self, visit: Visit, site: LiveSite) -> None:
        made, email = site.tenants.make(f"second-try-{uuid4().hex[:8]}"), address()
        page = open_booking(visit, made.slug, book_directly(made.slug, email))
        page.get_by_role("button", name="Move to another time").click()
        page.locator("[data-free=yes]").last.click()
        page.locator("[data-start]").first.click()
        match = {"method": "POST", "path_regex": "reschedule", "api_key": made.cal_key}
        with misbehaving(site, provider="calcom", match=match, times=None, status=429):
            page.get_by_role("button", name="Move booking").click()
            expect(page.get_by_role("alert").filter(has_text="calendar")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Move booking").click()
        expect(page.get_by_text("Your booking was moved.")).to_be_visible()


class TestCalendarFile:
    def test_counts_the_changes(self, visit: Visit, site: LiveSite) -> None:
        page = open_booking(visit, BOB, book_directly(BOB, address(), after=15))
        before = calendar_file(page, site)
        page.get_by_role("button", name="Move to another time").click()
        page.locator("[data-free=yes]").last.click()
        page.locator("[data-start]").nth(3).click()
        page.get_by_role("button", name="Move booking").click()
        expect(page.get_by_text("Your booking was moved.")).to_be_visible()
        after = calendar_file(page, site)
        assert after["uid"] == before["uid"]
        assert after["sequence"] > before["sequence"]
        assert after["dtstart"].dt > before["dtstart"].dt


class TestRefused:
    def test_too_late_names_the_phone(self, visit: Visit, site: LiveSite) -> None:
        made = site.tenants.make(
            "strict", profile={"phone": "+12125550199"}, policies={"cancel_window_minutes": 60 * 24 * 25}
        )
        page = open_booking(visit, made.slug, book_directly(made.slug, address()))
        expect(page.get_by_text("too late to change this booking online")).to_be_visible()
        expect(page.get_by_role("link", name="Call (212) 555-0199")).to_have_attribute("href", "tel:+12125550199")
        expect(page.get_by_role("button", name=re.compile("Move|Cancel"))).to_have_count(0)
        assert serious(page) == []
        screenshot(page, "manage-too-late-desktop")

    def test_a_link_that_is_none(self, visit: Visit, site: LiveSite) -> None:
        view = book_directly("bright-smile-dental", address(), after=20)
        page = visit(BOB, "/manage/nonsense")
        for path in ("/manage/nonsense", "/manage/eyJhbGciOiJub25lIn0.e30.", path_of(view)):
            page.goto(site.url(BOB, path))
            expect(page.get_by_role("heading", name="This link doesn’t work any more")).to_be_visible()
            expect(page.locator("main")).not_to_contain_text("Ada")
        assert serious(page) == []


def fetch(site: LiveSite, path: str, slug: str = BOB, *, status: int = 200) -> httpx.Response:
    """The answer as it is sent, before any script runs."""
    answer = httpx.get(f"http://127.0.0.1:{site.port}{path}", headers={"host": f"{slug}.localhost:{site.port}"})
    assert answer.status_code == status
    return answer


def calendar_file(page: Page, site: LiveSite) -> dict[str, object]:
    """The event behind "Add to calendar"."""
    link = page.get_by_role("link", name="Add to calendar").get_attribute("href")
    assert link is not None
    [event] = Calendar.from_ical(fetch(site, link).content).walk("VEVENT")
    return dict(event.items()) | {key.lower(): value for key, value in event.items()}
