"""Steps that several browser tests take, in the words of a visitor."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from portal.core import clock, db, tenant
from portal.domain import availability, booking, tenants
from portal.domain.booking import BookingRequest, BookingView
from tests.e2e.conftest import LiveSite

# A busy machine is no reason to fail.
expect.set_options(timeout=15_000)


def tenant_id(slug: str) -> UUID:
    found = tenant.resolve(f"{slug}.localhost")
    assert found is not None
    return found.tenant_id


def address() -> str:
    """An e-mail address nobody else uses."""
    return f"ada.{uuid4().hex[:10]}@example.com"


def free_slot(slug: str, *, after: int = 0, days_ahead: int = 2) -> tuple[UUID, datetime]:
    """The first service, and a time of it that is free."""
    business = tenants.site(tenant_id(slug))
    service = business.services[0]
    today = clock.now().date()
    days = availability.slots_between(
        business.tenant_id, service.id, today + timedelta(days=days_ahead), today + timedelta(days=days_ahead + 14)
    )
    return service.id, [slot.start for slots in days.values() for slot in slots][after]


def book_directly(
    slug: str, email: str, *, start: datetime | None = None, phone: str | None = None, **free: int
) -> BookingView:
    """A booking made without a browser, at ``start`` or at a free time (see ``free_slot``)."""
    service_id, first = free_slot(slug, **free)
    start = start or first
    request = BookingRequest(service_id=service_id, start=start, name="Ada Lovelace", email=email, phone=phone)
    return booking.book(db.customer(tenant_id(slug)), request, idempotency_key=uuid4().hex)


def path_of(view: BookingView) -> str:
    return urlsplit(view.manage_url).path


def at_calendar(site: LiveSite, email: str) -> list[dict[str, Any]]:
    """What the calendar itself knows of this person's bookings."""
    every = site.sandbox.get("/_sandbox/calcom/bookings")["bookings"]
    return [each for each in every if email in str(each)]


@contextmanager
def misbehaving(site: LiveSite, **order: Any) -> Iterator[None]:
    """Providers that fail as ordered, within the block."""
    site.sandbox.fault(**order)
    try:
        yield
    finally:
        site.sandbox.client.delete(site.sandbox.url + "/_sandbox/faults").raise_for_status()


def heading(page: Page) -> Locator:
    return page.locator("#step-heading")


def reach_details(page: Page, *, day: int = 0, time: int = 0) -> datetime:
    """From the list of services to the form; returns the chosen time."""
    page.locator("main li button").filter(has_text="minutes").first.click()
    expect(heading(page)).to_have_text("Choose a day")
    page.locator("[data-free=yes]").nth(day).click()
    chosen = page.locator("[data-start]").nth(time)
    start = datetime.fromisoformat(chosen.get_attribute("data-start") or "")
    chosen.click()
    expect(heading(page)).to_have_text("Your details")
    return start


def fill_details(page: Page, email: str) -> None:
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Continue").click()
    expect(heading(page)).to_have_text("Check and confirm")


@contextmanager
def answering(page: Page) -> Iterator[None]:
    """What the visitor does within is answered by its end."""
    answers = page.get_by_role("log").locator("[data-role=assistant]")
    before = answers.count()
    yield
    expect(answers).to_have_count(before + 1, timeout=30_000)
    expect(page.get_by_text("The assistant is writing")).to_have_count(0)


def say(page: Page, text: str) -> None:
    """Write it, send it, and wait for the answer."""
    with answering(page):
        page.get_by_label("Your message").fill(text)
        page.keyboard.press("Enter")


# Colours on their way to another are nobody's choice: axe looks once they have arrived.
ARRIVED = """
Promise.all(document.getAnimations()
    .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
    .map(each => each.finished.catch(() => null)))
"""


def serious(page: Page) -> list[tuple[str, str]]:
    """What axe finds at all: its rule and the first element."""
    page.evaluate(ARRIVED)
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found]


def fits(page: Page) -> bool:
    """Whether the page does without a horizontal scroll bar. (A phone widens its window to what is too wide.)"""
    return bool(page.evaluate("document.documentElement.scrollWidth <= screen.width"))
