"""The front page and its neighbours in a real browser, on two tenants of one build."""

import re
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESKTOP, DEVICES, LiveSite, Visit, screenshot
from tests.e2e.journeys import fits, serious

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]  # the first test starts everything

NAMES = {"bobs-barbershop": "Bob's Barbershop", "bright-smile-dental": "Bright Smile Dental"}
BREAKING = """
    const services = [{get name() { throw new Error("secret detail") }}];
    Object.defineProperty(window, "__T", {get: () => ({services}), set() {}});
"""
SIZES: tuple[Literal["responseBodySize", "responseHeadersSize"], ...] = ("responseBodySize", "responseHeadersSize")


def words(page: Page) -> str:
    return re.sub(r"\s+", " ", page.locator("main").inner_text())


class TestFirstByte:
    @pytest.mark.parametrize("slug", NAMES)
    def test_everything_is_there_without_script(self, visit: Visit, slug: str) -> None:
        page = visit(slug, **DESKTOP, java_script_enabled=False)
        said = words(page)
        others = [name for other, name in NAMES.items() if other != slug]
        assert NAMES[slug] in said
        assert not any(name in page.content() for name in others)
        for heading in ("Services", "Opening hours", "Find us", "Questions and answers", "Good to know"):
            assert heading in said
        assert page.locator("#services li").count() >= 3
        assert "%%" not in page.content()

    @pytest.mark.parametrize("slug", NAMES)
    def test_script_changes_no_word(self, visit: Visit, slug: str) -> None:
        plain = words(visit(slug, **DESKTOP, java_script_enabled=False))
        assert words(visit(slug)) == plain

    @pytest.mark.parametrize("path", ["/", "/book", "/chat", "/privacy", "/terms", "/manage/some.token"])
    def test_short_addresses_are_answered(self, site: LiveSite, path: str) -> None:
        host = {"Host": f"bobs-barbershop.localhost:{site.port}"}
        answer = httpx.get(f"http://127.0.0.1:{site.port}{path}", headers=host)
        assert answer.status_code == (404 if path.startswith("/manage/") else 200)
        assert "Bob&#x27;s Barbershop" in answer.text

    def test_brand_colours_differ(self, visit: Visit) -> None:
        read = "getComputedStyle(document.querySelector('header a[href=\"/book\"]')).backgroundColor"
        assert len({visit(slug).evaluate(read) for slug in NAMES}) == 2


class TestPages:
    @pytest.mark.parametrize("device", DEVICES)
    @pytest.mark.parametrize("path", ["/", "/privacy", "/terms"])
    @pytest.mark.parametrize("slug", NAMES)
    def test_good_for_everybody(self, visit: Visit, slug: str, path: str, device: str) -> None:
        page = visit(slug, path, **DEVICES[device])
        assert NAMES[slug] in page.title()
        assert fits(page)
        screenshot(page, f"{slug}{path.replace('/', '-').rstrip('-')}-{device}")
        assert serious(page) == []

    def test_follows_links_without_loading_again(self, visit: Visit) -> None:
        page = visit("bobs-barbershop")
        page.evaluate("window.stayed = true")
        page.get_by_role("link", name="Privacy").click()
        expect(page).to_have_title("Privacy – Bob's Barbershop")
        expect(page.get_by_role("heading", level=1)).to_have_text("Privacy")
        assert page.evaluate("window.stayed")

    def test_service_leads_to_its_booking(self, visit: Visit) -> None:
        first = visit("bobs-barbershop").locator("#services li a").first
        assert re.fullmatch(r"/book\?service=[0-9a-f-]{36}", first.get_attribute("href") or "")


class TestKeyboard:
    def test_skip_link_leads_to_the_content(self, visit: Visit) -> None:
        page = visit("bobs-barbershop")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()

    def test_question_opens(self, visit: Visit) -> None:
        page = visit("bobs-barbershop")
        page.locator("#faqs summary").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#faqs details p").first).to_be_visible()


class TestWeight:
    def test_landing_page(self, page: Page, site: LiveSite) -> None:
        loaded: list[int] = []
        page.on("response", lambda answer: loaded.append(sum(answer.request.sizes()[part] for part in SIZES)))
        page.goto(site.url("bobs-barbershop"), wait_until="networkidle")
        assert 0 < sum(loaded) <= 200_000


class TestFailures:
    def test_broken_page_shows_no_detail(self, page: Page, site: LiveSite, complaints: list[str]) -> None:
        page.add_init_script(BREAKING)
        page.goto(site.url("bobs-barbershop"), wait_until="networkidle")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sorry, this page stumbled")
        assert "secret detail" not in page.locator("body").inner_text()
        complaints.clear()

    def test_lost_connection_is_said(self, page: Page, site: LiveSite, complaints: list[str]) -> None:
        page.goto(site.url("bobs-barbershop", "/book"), wait_until="networkidle")
        page.context.set_offline(True)
        page.evaluate("dispatchEvent(new Event('offline'))")
        expect(page.get_by_text("The connection was lost.")).to_be_visible(timeout=60_000)
        page.context.set_offline(False)
        expect(page.get_by_text("The connection was lost.")).to_be_hidden(timeout=30_000)
        complaints.clear()


class TestPutTogetherInTheBrowser:
    def test_frame_is_there_without_script(self, visit: Visit, complaints: list[str]) -> None:
        page = visit("bobs-barbershop", "/manage/some-token", **DESKTOP, java_script_enabled=False)
        assert page.title() == "Your booking – Bob's Barbershop"
        assert "Bob's Barbershop" in page.locator("header").inner_text()
        assert "doesn’t work any more" in page.locator("main").inner_text()
        assert len(complaints) == 1  # of the status alone: the link opens nothing
        complaints.clear()


class TestMissingPage:
    def test_friendly(self, page: Page, site: LiveSite, complaints: list[str]) -> None:
        answer = page.goto(site.url("bobs-barbershop", "/nowhere"), wait_until="networkidle")
        assert answer is not None
        assert answer.status == 404
        expect(page).to_have_title("Page not found – Bob's Barbershop")
        expect(page.get_by_role("link", name="To the front page")).to_be_visible()
        assert len(complaints) == 1  # of the status alone
        complaints.clear()
