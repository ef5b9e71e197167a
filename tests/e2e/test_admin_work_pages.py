"""The daily pages of the dashboard in a browser: bookings, chats, services, FAQs, members, audit log."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DEVICES, LiveSite, OpenTab, screenshot
from tests.e2e.dashboard import SLUG, base, open_as, owner
from tests.e2e.journeys import address, book_directly, fits, say, serious, tenant_id
from tests.people import person

OpenPage = Callable[..., Page]


@pytest.fixture
def enter(tab: OpenTab, site: LiveSite) -> OpenPage:
    """``enter(path, role=…, **device)``: that page of the business's dashboard, as somebody new."""

    def go(path: str, *, role: str = "tenant_admin", shop: UUID | None = None, **device: Any) -> Page:
        shop = shop or tenant_id(SLUG)
        return open_as(tab(**device), site, owner(site, shop, role), base(shop) + path)

    return go


@contextmanager
def later(site: LiveSite, *, hours: int) -> Iterator[None]:
    """The providers' clock moved on, within the block."""
    moved = timedelta(hours=hours).total_seconds()
    site.sandbox.post("/_sandbox/clock", {"advance_seconds": moved})
    try:
        yield
    finally:
        site.sandbox.post("/_sandbox/clock", {"advance_seconds": -moved})


class TestFaqs:
    def test_create_edit_hide_delete_and_undo(self, enter: OpenPage, site: LiveSite) -> None:
        page = enter("/faqs")
        question = f"Do you take dogs <b>{uuid4().hex[:6]}</b>?"
        page.get_by_role("button", name="Add a question").first.click()
        page.get_by_label("Question", exact=True).fill(question)
        page.get_by_label("Answer").fill("Yes, <script>alert(1)</script> and cats.")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("heading", name=question)).to_be_visible()
        page.get_by_role("button", name=f"Edit: {question}").click()
        page.get_by_label("Answer").fill("Only small ones.")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Only small ones.")).to_be_visible()
        page.get_by_role("button", name=f"Hide: {question}").click()
        expect(page.get_by_text("Hidden from customers.")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name=f"Hide: {question}")).to_be_visible()
        page.get_by_role("button", name=f"Delete: {question}").click()
        expect(page.get_by_role("button", name=f"Edit: {question}")).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name=f"Edit: {question}")).to_be_visible()
        assert serious(page) == []
        screenshot(page, "admin-faqs-desktop")

    def test_conflict_shows_both(self, enter: OpenPage) -> None:
        one, other = enter("/faqs"), enter("/faqs")
        for page in (one, other):
            page.get_by_role("button", name=re.compile("^Edit: ")).first.click()
        one.get_by_label("Answer").fill("The first answer.")
        one.get_by_role("button", name="Save", exact=True).click()
        expect(one.get_by_text("Saved.")).to_be_visible()
        other.get_by_label("Answer").fill("The second answer.")
        other.get_by_role("button", name="Save", exact=True).click()
        alert = other.get_by_role("alert").filter(has_text="Somebody else has changed this")
        expect(alert).to_contain_text("The first answer.")
        expect(alert).to_contain_text("The second answer.")
        screenshot(other, "admin-faqs-conflict")
        other.get_by_role("button", name="Save mine").click()
        expect(other.get_by_text("Saved.")).to_be_visible()
        expect(other.get_by_text("The second answer.")).to_be_visible()

    def test_staff_only_read(self, enter: OpenPage) -> None:
        page = enter("/faqs", role="tenant_staff")
        expect(page.locator("main h2").first).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("^Edit"))).to_have_count(0)
        expect(page.get_by_role("button", name="Add a question")).to_have_count(0)


class TestServices:
    def test_reorder_by_keyboard_keeps_focus(self, enter: OpenPage) -> None:
        page = enter("/services")
        names = page.locator("#service-list h2")
        first = names.first.inner_text()
        down = page.get_by_role("button", name=f"Move down: {first}", exact=True)
        down.focus()
        page.keyboard.press("Enter")
        expect(names.nth(1)).to_have_text(first)
        expect(down).to_be_focused()
        expect(page.get_by_text(f"{first} is now number 2 of")).to_be_attached()
        page.reload(wait_until="networkidle")
        expect(names.nth(1)).to_have_text(first)

    def test_reorder_by_drag(self, enter: OpenPage) -> None:
        page = enter("/services")
        names = page.locator("#service-list h2")
        first = names.first.inner_text()
        handles = page.locator("#service-list [data-handle]")
        start, end = handles.first.bounding_box(), handles.nth(1).bounding_box()
        assert start
        assert end
        page.mouse.move(start["x"] + 5, start["y"] + 10)
        page.mouse.down()
        page.mouse.move(end["x"] + 5, end["y"] + end["height"] + 12, steps=8)
        page.mouse.up()
        expect(names.nth(1)).to_have_text(first)

    def test_wrong_price_is_said_at_its_field(self, enter: OpenPage) -> None:
        page = enter("/services")
        page.get_by_role("button", name=re.compile("^Edit: ")).first.click()
        page.get_by_label("Price").fill("a lot")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Please write the price as a number, such as 35 or 35.50.")).to_be_visible()
        page.get_by_label("Price").fill("41.50")
        screenshot(page, "admin-services-dialog")
        assert serious(page) == []
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("$41.50").first).to_be_visible()

    def test_import_says_what_each_line_does(self, enter: OpenPage) -> None:
        page = enter("/services")
        page.get_by_role("button", name="Import CSV").click()
        new = f"Beard {uuid4().hex[:6]}"
        wrong = {"name": "services.csv", "mimeType": "text/csv"}
        content = f"name,duration_minutes,price,currency\n{new},30,25,USD\nBad,soon,1,USD\n"
        page.locator("#services-file").set_input_files([{**wrong, "buffer": content.encode()}])
        report = page.get_by_role("region", name="What the file would do")
        expect(report).to_contain_text("This must be a whole number.")
        expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
        screenshot(page, "admin-services-import")
        content = f"sep=;\nService;Duration;Price;Currency;\n{new} Café;30;25;USD;\n"
        page.locator("#services-file").set_input_files([{**wrong, "buffer": content.encode("windows-1252")}])
        expect(page.get_by_text("1 new, 0 changed")).to_be_visible()
        expect(page.get_by_role("list", name="What was assumed")).to_contain_text("Windows-1252")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("heading", name=f"{new} Café")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Export CSV").click()
        assert new in download.value.path().read_text(encoding="utf-8-sig")

    @pytest.mark.parametrize("device", DEVICES)
    def test_looks(self, enter: OpenPage, device: str) -> None:
        page = enter("/services", **DEVICES[device])
        expect(page.locator("#service-list h2").first).to_be_visible()
        assert serious(page) == []
        assert fits(page)
        screenshot(page, f"admin-services-{device}")


class TestBookings:
    def test_move_and_cancel(self, enter: OpenPage) -> None:
        email = address()
        view = book_directly(SLUG, email, days_ahead=3)
        page = enter("/bookings", role="tenant_staff")
        page.get_by_role("searchbox", name="Search this list").fill(email)
        # A row of the list before the search would go away under the click.
        expect(page.get_by_role("list", name="Bookings").get_by_role("listitem")).to_have_count(1)
        page.get_by_role("link").filter(has_text=email).click()
        expect(page.get_by_role("heading", name=view.customer_name)).to_be_visible()
        page.get_by_role("button", name="Move", exact=True).click()
        page.locator("dialog [data-start]").last.click()
        screenshot(page, "admin-booking-move")
        assert serious(page) == []
        page.get_by_role("button", name=re.compile("^Move to ")).click()
        expect(page.get_by_text("Moved to ")).to_be_visible(timeout=15_000)
        page.get_by_role("button", name="Cancel booking").click()
        page.get_by_label("Reason").fill("Closed that day")
        page.locator("dialog").get_by_role("button", name="Cancel booking").click()
        expect(page.get_by_text("Booking cancelled.")).to_be_visible(timeout=15_000)
        expect(page.get_by_role("heading", name="History")).to_be_visible()
        assert serious(page) == []
        screenshot(page, "admin-booking-desktop")

    def test_no_show_and_its_undo(self, enter: OpenPage, site: LiveSite) -> None:
        made = site.tenants.make(f"shop-{uuid4().hex[:8]}")
        view = book_directly(made.slug, address(), days_ahead=0)
        with psycopg.connect(site.database_url, autocommit=True) as connection:
            connection.execute(
                "update portal.bookings set start_time = now() - interval '40 minutes',"
                " end_time = now() - interval '10 minutes' where id = %s", [view.id],
            )  # fmt: skip
        page = enter(f"/bookings/{view.id}", shop=made.id, role="tenant_staff")
        page.get_by_role("button", name="Did not come").click()
        screenshot(page, "admin-booking-no-show")
        dialog = page.locator("dialog")
        dialog.get_by_role("button", name="Did not come").click()
        # By the calendar's own clock it has not begun yet.
        expect(dialog.get_by_role("alert")).to_be_visible()
        with later(site, hours=24):
            dialog.get_by_role("button", name="Did not come").click()
            expect(page.get_by_role("button", name="They did come")).to_be_visible()
            assert serious(page) == []
            page.get_by_role("button", name="They did come").click()
            expect(page.get_by_role("button", name="Did not come")).to_be_visible()

    def test_by_hand(self, enter: OpenPage) -> None:
        page = enter("/bookings/new")
        page.get_by_label("Service").select_option(index=1)
        page.locator("[data-start]").nth(3).click()
        page.get_by_label("Name").fill("Grace Hopper")
        page.get_by_label("E-mail").fill("not an address")
        page.get_by_role("button", name=re.compile("^Book ")).click()
        expect(page.get_by_text("That e-mail address does not look right.")).to_be_visible()
        screenshot(page, "admin-booking-new")
        assert serious(page) == []
        page.get_by_label("E-mail").fill(address())
        page.get_by_role("button", name=re.compile("^Book ")).click()
        expect(page.get_by_role("heading", name="Grace Hopper")).to_be_visible(timeout=15_000)
        expect(page.get_by_text("Dashboard", exact=True).first).to_be_attached()

    @pytest.mark.parametrize("device", DEVICES)
    def test_list_and_week_look(self, enter: OpenPage, device: str) -> None:
        book_directly(SLUG, address(), days_ahead=1)
        page = enter("/bookings", **DEVICES[device])
        expect(page.get_by_role("list", name="Bookings")).to_be_visible()
        assert serious(page) == []
        assert fits(page)
        screenshot(page, f"admin-bookings-{device}")
        page.get_by_role("button", name="Week", exact=True).click()
        expect(page.get_by_role("button", name="Later week")).to_be_visible()
        page.get_by_role("button", name="Later week").click()
        assert serious(page) == []
        assert fits(page)
        screenshot(page, f"admin-week-{device}")


class TestChats:
    @pytest.mark.parametrize("device", DEVICES)
    def test_transcript(self, enter: OpenPage, visit: Any, device: str) -> None:
        said = f"I would like to book a haircut next week {uuid4().hex[:6]}"
        say(visit(SLUG, "/chat"), said)
        page = enter("/chats", role="tenant_staff", **DEVICES[device])
        screenshot(page, f"admin-chats-{device}")
        assert serious(page) == []
        page.get_by_role("link").filter(has_text=said).click()
        expect(page.locator("[data-role=user]").first).to_contain_text(said)
        page.locator("main details summary").first.click()
        assert serious(page) == []
        assert fits(page)
        screenshot(page, f"admin-chat-{device}")


class TestMembers:
    def test_invite_change_and_shut_out(self, enter: OpenPage, site: LiveSite) -> None:
        colleague = person(site.database_url, address(), roles={tenant_id(SLUG): "tenant_staff"})
        page = enter("/members")
        page.get_by_role("button", name="Invite somebody").click()
        page.get_by_label("E-mail").fill(address())
        page.get_by_role("button", name="Make a link").click()
        link = page.get_by_label("Link", exact=True)
        expect(link).to_have_value(re.compile(r"/admin/invite\?token="))
        screenshot(page, "admin-members-link")
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("heading", name="Open invitations")).to_be_visible()
        page.get_by_label(f"Role of {colleague.email}").select_option("tenant_admin")
        expect(page.get_by_text("is now admin.")).to_be_visible()
        page.get_by_role("button", name=f"Shut out: {colleague.email}").click()
        page.get_by_role("button", name="Shut out", exact=True).click()
        expect(page.get_by_role("button", name=f"Let in: {colleague.email}")).to_be_visible()
        assert serious(page) == []
        screenshot(page, "admin-members-desktop")

    def test_staff_may_not_see_them(self, enter: OpenPage) -> None:
        page = enter("/members", role="tenant_staff")
        expect(page.get_by_text("You may not do that.")).to_be_visible()
        expect(page.get_by_role("table")).to_have_count(0)


class TestAudit:
    @pytest.mark.parametrize("device", DEVICES)
    def test_shows_before_and_after(self, enter: OpenPage, device: str) -> None:
        page = enter("/faqs")
        page.get_by_role("button", name=re.compile("^Edit: ")).first.click()
        answer = f"A new answer {uuid4().hex[:6]}"
        page.get_by_label("Answer").fill(answer)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        page = enter("/audit", **DEVICES[device])
        expect(page.get_by_role("table", name="Audit log")).to_contain_text(answer)
        page.get_by_label("What").select_option("service")
        expect(page.get_by_role("main")).not_to_contain_text(answer)
        page.get_by_role("button", name="Clear", exact=True).click()
        expect(page.get_by_role("table", name="Audit log")).to_contain_text(answer)
        assert serious(page) == []
        assert fits(page)
        screenshot(page, f"admin-audit-{device}")
