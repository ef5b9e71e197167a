"""The conversation in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from portal.core import db
from tests.e2e.conftest import DESKTOP, PHONE, LiveSite, OpenTab, Visit, screenshot
from tests.e2e.journeys import address, answering, at_calendar, fits, misbehaving, say, serious, tenant_id

pytestmark = pytest.mark.browser

BOB = "bobs-barbershop"
DEVICES = {"desktop": DESKTOP, "dark-phone": PHONE}


@pytest.fixture(autouse=True)
def _usual_sandbox(site: LiveSite) -> Iterator[None]:
    """Faults and queued turns of one test never reach the next."""
    yield
    site.sandbox.client.delete(site.sandbox.url + "/_sandbox/faults")
    site.sandbox.client.delete(site.sandbox.url + "/_sandbox/anthropic/turns")


def slots(page: Page) -> Locator:
    return page.get_by_role("region", name="Free times").last.get_by_role("button")


def ask_for_times(page: Page, service: str) -> None:
    say(page, f"I would like to book {service} next week")
    expect(slots(page).first).to_be_enabled()


def propose(page: Page, service: str, email: str) -> None:
    """As far as the card that asks for the customer's yes."""
    ask_for_times(page, service)
    with answering(page):
        slots(page).first.click()
    say(page, f"My name is Ada Lovelace, {email}")
    expect(page.get_by_role("button", name="Confirm booking")).to_be_enabled()


@contextmanager
def paced(site: LiveSite, *, per_token_ms: float) -> Iterator[None]:
    """A model that speaks slowly, within the block."""
    usual = site.sandbox.get("/_sandbox/anthropic/pace")
    site.sandbox.post("/_sandbox/anthropic/pace", {"per_token_ms": per_token_ms})
    try:
        yield
    finally:
        site.sandbox.post("/_sandbox/anthropic/pace", usual)


class TestBooking:
    @pytest.mark.parametrize(
        ("slug", "service", "device"),
        [(BOB, "a haircut", "desktop"), ("bright-smile-dental", "a check-up and cleaning", "dark-phone")],
    )
    def test_by_tapping_and_typing(self, visit: Visit, site: LiveSite, slug: str, service: str, device: str) -> None:
        page, email = visit(slug, "/chat", **DEVICES[device]), address()

        def look(step: str) -> None:
            assert fits(page), step
            assert serious(page) == [], step
            screenshot(page, f"{slug}-chat-{step}-{device}")

        expect(page.get_by_role("group", name="Suggestions")).to_be_visible()
        look("1-start")
        ask_for_times(page, service)
        look("2-times")
        with answering(page):
            slots(page).first.click()
        say(page, f"My name is Ada Lovelace, {email}")
        expect(page.get_by_role("button", name="Confirm booking")).to_be_enabled()
        look("3-proposal")
        assert at_calendar(site, email) == []
        with answering(page):
            page.get_by_role("button", name="Confirm booking").click()
        expect(page.get_by_role("region", name="Your booking")).to_contain_text("Confirmed")
        look("4-booked")
        assert len(at_calendar(site, email)) == 1

    def test_not_now_books_nothing(self, visit: Visit, site: LiveSite) -> None:
        page, email = visit(BOB, "/chat"), address()
        propose(page, "a haircut", email)
        with answering(page):
            page.get_by_role("button", name="Not now").click()
        expect(page.get_by_role("button", name="Confirm booking")).to_have_count(0)
        expect(page.get_by_text("No longer open.")).to_be_visible()
        assert at_calendar(site, email) == []

    def test_leads_to_the_booking(self, visit: Visit) -> None:
        page, email = visit(BOB, "/chat"), address()
        propose(page, "a beard trim", email)
        with answering(page):
            page.get_by_role("button", name="Confirm booking").click()
        page.get_by_role("link", name="View or change booking").click()
        expect(page.get_by_text("Hello Ada Lovelace")).to_be_visible()


class TestCard:
    @pytest.mark.parametrize("device", ["desktop", "dark-phone"])
    def test_is_corrected_ticked_and_confirmed(self, visit: Visit, site: LiveSite, device: str) -> None:
        page, email, right = visit(BOB, "/chat", **DEVICES[device]), address(), address()

        def look(step: str) -> None:
            assert fits(page), step
            assert serious(page) == [], step
            screenshot(page, f"chat-card-{step}-{device}")

        propose(page, "a haircut", email)
        card = page.get_by_role("region", name="Please confirm")
        for shown in ("Service", "When", "(America/New_York)", "Price", "Ada Lovelace", email):
            expect(card).to_contain_text(shown)
        expect(card.get_by_role("checkbox")).to_have_count(0)
        card.get_by_role("button", name="Edit details").click()
        expect(card.get_by_label("Name")).to_be_focused()
        expect(card.get_by_role("button", name="Confirm booking")).to_be_disabled()
        card.get_by_label("E-mail").fill("ada@")
        card.get_by_role("button", name="Save").click()
        expect(card.get_by_text("That e-mail address does not look right.")).to_be_visible()
        expect(card.get_by_label("E-mail")).to_be_focused()
        look("1-wrong")
        card.get_by_label("E-mail").fill(right)
        card.get_by_label("Phone").fill("(212) 555-0142")
        card.get_by_label("Notes").fill("No razor, please")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(card.get_by_role("button", name="Edit details")).to_be_focused()
        expect(card).to_contain_text(f"Changed from {email} to")
        expect(card.get_by_role("checkbox", name="Text me about this appointment")).not_to_be_checked()
        look("2-changed")
        card.get_by_role("checkbox").click()
        expect(card.get_by_role("checkbox")).to_be_checked()
        page.reload(wait_until="networkidle")
        expect(card).to_have_count(1)
        expect(card).to_contain_text(right)
        expect(card.get_by_role("checkbox")).to_be_checked()
        look("3-ticked")
        with answering(page):
            card.get_by_role("button", name="Confirm booking").click()
        expect(page.get_by_role("region", name="Your booking")).to_contain_text("Confirmed")
        assert (len(at_calendar(site, right)), at_calendar(site, email)) == (1, [])
        with db.worker(tenant_id(BOB)).begin() as scope:
            [stored] = scope.execute(
                "select consent_sms, consent_sms_at, notes from portal.bookings where attendee_email = :email",
                email=right,
            )
        assert (stored.consent_sms, stored.notes) == (True, "No razor, please")
        assert stored.consent_sms_at is not None


class TestDeadline:
    @pytest.mark.parametrize("device", DEVICES)
    def test_counts_down_and_ends_by_itself(self, tab: OpenTab, site: LiveSite, device: str) -> None:
        page, email = tab(**DEVICES[device]), address()
        page.clock.install()
        page.goto(site.url(BOB, "/chat"), wait_until="networkidle")
        propose(page, "a haircut", email)
        confirm, left = page.get_by_role("button", name="Confirm booking"), page.get_by_role("timer")
        expect(left).to_be_hidden()
        page.clock.fast_forward("07:30")
        expect(left).to_have_text(re.compile(r"Please confirm within [12]:\d\d\."))
        expect(confirm).to_be_enabled()
        screenshot(page, f"chat-deadline-1-near-{device}")
        before = left.inner_text()
        expect(left).not_to_have_text(before)
        page.clock.fast_forward("02:45")
        expect(page.get_by_text("This has expired and nothing was changed. Please ask again.")).to_be_visible()
        expect(confirm).to_be_disabled()
        expect(left).to_be_hidden()
        assert serious(page) == []
        screenshot(page, f"chat-deadline-2-over-{device}")
        # It was this browser's clock alone: the server's says that there is time.
        say(page, "Yes, please")
        expect(page.get_by_role("region", name="Your booking")).to_contain_text("Confirmed")
        assert len(at_calendar(site, email)) == 1


class TestReload:
    def test_in_the_middle_goes_on(self, visit: Visit, site: LiveSite) -> None:
        page, email = visit(BOB, "/chat"), address()
        propose(page, "a haircut", email)
        page.reload(wait_until="networkidle")
        expect(page.get_by_role("log")).to_contain_text(email)
        expect(slots(page).first).to_be_visible()
        with answering(page):
            page.get_by_role("button", name="Confirm booking").click()
        expect(page.get_by_role("region", name="Your booking")).to_contain_text("Confirmed")
        page.reload(wait_until="networkidle")
        expect(page.get_by_role("region", name="Your booking")).to_contain_text("Confirmed")
        assert len(at_calendar(site, email)) == 1

    def test_second_tab_shows_the_same(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/chat")
        say(page, "Where are you?")
        with page.context.new_page() as second:
            second.goto(site.url(BOB, "/chat"), wait_until="networkidle")
            expect(second.get_by_role("log")).to_contain_text("Where are you?")

    def test_answer_goes_on_while_the_page_is_away(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/chat")
        with paced(site, per_token_ms=60):
            page.get_by_label("Your message").fill("What are your opening hours?")
            page.keyboard.press("Enter")
            expect(page.get_by_text("The assistant is writing")).to_be_visible()
            page.reload(wait_until="networkidle")
            expect(page.get_by_role("log")).to_contain_text("Sunday: Closed", timeout=30_000)

    def test_new_chat_forgets(self, visit: Visit) -> None:
        page = visit(BOB, "/chat")
        say(page, "Where are you?")
        page.get_by_role("button", name="New chat").click()
        expect(page.get_by_role("log")).not_to_contain_text("Where are you?")
        page.reload(wait_until="networkidle")
        expect(page.get_by_role("log")).not_to_contain_text("Where are you?")


class TestStreaming:
    def test_words_come_as_they_are_said(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/chat")
        with paced(site, per_token_ms=80):
            page.get_by_label("Your message").fill("What are your opening hours?")
            page.keyboard.press("Enter")
            expect(page.get_by_text(re.compile("Monday")).last).to_be_visible(timeout=20_000)
            expect(page.get_by_role("button", name="Send")).to_be_disabled()
            expect(page.get_by_role("log")).not_to_contain_text("Monday")  # announced once it is whole
        expect(page.get_by_role("log")).to_contain_text("Sunday", timeout=30_000)


class TestComposer:
    def test_enter_sends_and_shift_enter_does_not(self, visit: Visit) -> None:
        page = visit(BOB, "/chat")
        box = page.get_by_label("Your message")
        box.fill("first line")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("second line")
        expect(box).to_have_value("first line\nsecond line")
        with answering(page):
            page.keyboard.press("Enter")
        expect(box).to_have_value("")
        expect(page.get_by_role("log")).to_contain_text("second line")

    def test_counts_and_refuses_too_much(self, visit: Visit) -> None:
        page = visit(BOB, "/chat")
        box, send = page.get_by_label("Your message"), page.get_by_role("button", name="Send")
        expect(send).to_be_disabled()
        box.fill("x" * 1999)
        expect(page.get_by_text("1999 / 2,000")).to_be_visible()
        expect(send).to_be_enabled()
        box.fill("x" * 2001)
        expect(send).to_be_disabled()
        page.keyboard.press("Enter")
        expect(box).to_have_value("x" * 2001)
        assert serious(page) == []

    def test_text_is_never_markup(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/chat")
        evil = "<img src=x onerror=\"document.title='hacked'\">"
        answer = f"{evil} [press](javascript:alert(1)) **bold** [ours](https://maps.google.com/a)"
        site.sandbox.post("/_sandbox/anthropic/turns", [{"text": answer}])
        say(page, evil)
        expect(page.get_by_role("log").get_by_text(evil)).to_be_visible()
        expect(page.locator("main img")).to_have_count(0)
        expect(page.get_by_role("log").locator("strong")).to_have_text("bold")
        expect(page.get_by_role("log").get_by_role("link")).to_have_attribute("href", "https://maps.google.com/a")


class TestTrouble:
    def test_model_down_leads_to_the_form(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/chat")
        with misbehaving(site, provider="anthropic", times=None, status=529):
            say(page, "Do you have time on Friday?")
        alert = page.locator("main").get_by_role("alert")
        expect(alert).to_contain_text("can't answer right now")
        assert alert.locator("p").inner_text().count(".") == 1  # one sentence
        assert serious(page) == []
        screenshot(page, "chat-model-down-desktop")
        expect(alert.get_by_role("link", name="Book without chat")).to_have_attribute("href", "/book")
        with answering(page):
            page.get_by_role("button", name="Try again").click()
        expect(alert).to_be_empty()
        expect(page.get_by_role("log").locator("[data-role=assistant]").last).to_be_visible()

    def test_broken_off_keeps_what_was_said(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/chat")
        with misbehaving(site, provider="anthropic", times=None, break_stream_after=6):
            say(page, "What are your opening hours?")
        expect(page.locator("main").get_by_role("alert")).to_contain_text("cut off")
        expect(page.get_by_role("log")).to_contain_text("What are your opening hours?")


class TestWidget:
    def test_opens_says_and_closes_by_keyboard(self, visit: Visit) -> None:
        page = visit(BOB)
        launcher = page.locator("#chat-launcher")
        launcher.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Chat")).to_be_visible()
        expect(page.get_by_label("Your message")).to_be_focused()
        expect(launcher).to_have_attribute("aria-expanded", "true")
        page.keyboard.type("Where are you?")
        with answering(page):
            page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("Court Street")
        assert serious(page) == []
        screenshot(page, "widget-desktop")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Chat")).to_have_count(0)
        expect(launcher).to_be_focused()

    def test_phone_panel_gives_way_to_a_link(self, visit: Visit, site: LiveSite) -> None:
        page = visit(BOB, "/", **PHONE)
        page.locator("#chat-launcher").click()
        panel = page.get_by_role("dialog", name="Chat")
        expect(panel).to_be_visible()
        assert serious(page) == []
        page.screenshot(path="tests/screenshots/widget-dark-phone.png")
        with misbehaving(site, provider="anthropic", times=None, status=529):
            say(page, "Hello")
        panel.get_by_role("link", name="Book without chat").click()
        expect(page.get_by_role("heading", name="Book an appointment")).to_be_visible()
        expect(panel).to_have_count(0)

    def test_is_on_every_public_page_but_the_chat(self, site: LiveSite) -> None:
        """In the first byte already."""
        host = {"host": f"{BOB}.localhost:{site.port}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{site.port}", headers=host) as client:
            shown = {path: "chat-launcher" in client.get(path).text for path in ("/", "/book/", "/privacy/", "/chat/")}
        assert shown == {"/": True, "/book/": True, "/privacy/": True, "/chat/": False}
