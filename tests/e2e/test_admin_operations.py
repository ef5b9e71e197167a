"""The dashboard's view of its machinery in a browser: the queue and what failed."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from playwright.sync_api import Page, expect
from psycopg.types.json import Jsonb

from portal.core.ids import new_id
from tests.e2e.conftest import LiveSite, OpenTab, screenshot
from tests.e2e.dashboard import SLUG, base, operator, owner, sign_in
from tests.e2e.journeys import serious, tenant_id
from tests.e2e.test_admin_dashboard import LOOKS, narrow_enough


def rows(site: LiveSite, statement: str, *values: Any) -> list[Any]:
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        done = connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []


def give_up(site: LiveSite, tenant_id: UUID | None, name: str, error: str) -> UUID:
    """A job that was tried ten times in vain."""
    job, arguments = new_id(), Jsonb({"notification_id": str(new_id())})
    rows(
        site,
        "insert into portal.jobs (id, tenant_id, name, args, state, attempts) values (%s, %s, %s, %s, 'dead', 10)",
        job, tenant_id, name, arguments,
    )  # fmt: skip
    [[failure]] = rows(
        site,
        "insert into portal.job_failures (tenant_id, job_id, name, payload, attempts, last_error)"
        " values (%s, %s, %s, %s, 10, %s) returning id",
        tenant_id, job, name, arguments, error,
    )  # fmt: skip
    return UUID(str(failure))


def looked_at(page: Page, name: str) -> None:
    """A picture, and nothing that axe or a narrow screen minds."""
    expect(page.get_by_text("Loading…")).to_have_count(0)
    screenshot(page, name)
    assert serious(page) == []
    assert narrow_enough(page)


class TestJobs:
    def test_tried_again_and_put_away(self, tab: OpenTab, site: LiveSite) -> None:
        shop = site.tenants.make(f"jobs-{new_id().hex[-8:]}")
        give_up(site, shop.id, "send_sms", "messaging_unavailable: The message service cannot be reached right now.")
        give_up(site, shop.id, "settle_proposal", "calendar_unavailable: The calendar cannot be reached right now.")
        page = tab()
        sign_in(page, site, owner(site, shop.id), f"{base(shop.id)}/jobs")
        failures = page.get_by_role("list", name="Failures").get_by_role("listitem")
        expect(failures).to_have_count(2)
        message = failures.filter(has_text="Text message")
        message.get_by_role("button", name="Try again").click()
        expect(page.get_by_text("It is tried again now.")).to_be_visible()
        expect(failures).to_have_count(1)
        failures.get_by_role("button", name="Put away").click()
        page.locator("dialog").get_by_role("button", name="Put away").click()
        expect(page.get_by_text("Nothing failed")).to_be_visible()
        page.get_by_label("Also those that were dealt with").click()
        expect(failures).to_have_count(2)
        expect(failures.first).to_contain_text("Put away")
        states = rows(site, "select name, state from portal.jobs where tenant_id = %s order by name", shop.id)
        assert states == [("send_sms", "ready"), ("settle_proposal", "dead")]

    def test_not_for_staff(self, tab: OpenTab, site: LiveSite) -> None:
        shop, page = tenant_id(SLUG), tab()
        sign_in(page, site, owner(site, shop, "tenant_staff"), f"{base(shop)}/jobs")
        expect(page.get_by_text("You may not do that.")).to_be_visible()
        expect(page.get_by_role("link", name="Operations")).to_have_count(0)
        page.goto(site.url(SLUG, "/admin/jobs"), wait_until="networkidle")
        expect(page.get_by_text("You may not do that.")).to_be_visible()

    @pytest.mark.parametrize("look", LOOKS)
    def test_looks(self, tab: OpenTab, site: LiveSite, look: str) -> None:
        shop, page = tenant_id(SLUG), tab(**LOOKS[look])
        give_up(site, shop, "send_sms", "messaging_unavailable: The message service cannot be reached right now.")
        rows(
            site,
            "insert into portal.jobs (id, tenant_id, name) values (%s, %s, 'process_calcom_webhook')",
            new_id(),
            shop,
        )
        sign_in(page, site, operator(site), f"{base(shop)}/jobs")
        expect(page.get_by_role("table", name="The queue")).to_contain_text("Cal.com event")
        looked_at(page, f"admin-jobs-{look}")
        page.goto(site.url(SLUG, "/admin/jobs"), wait_until="networkidle")
        expect(page.get_by_role("list", name="Failures")).to_contain_text(SLUG)
        looked_at(page, f"admin-platform-jobs-{look}")
