"""The dashboard's frame in a browser: signing in, businesses, setting one up, its settings, one's account."""

from io import BytesIO
from uuid import uuid4

import httpx
import pyotp
import pytest
from PIL import Image
from playwright.sync_api import expect

from portal.domain import accounts
from portal.domain import tenants as sites
from portal.domain.permissions import Role
from tests.domain.test_budget import spend
from tests.e2e.conftest import DEVICES, LiveSite, OpenTab, screenshot
from tests.e2e.dashboard import PASSWORD, SLUG, base, open_as, operator, owner, sign_in
from tests.e2e.journeys import address, fits, serious, tenant_id

PAGES = {
    "home": "",
    "onboarding": "/onboarding",
    "profile": "/settings",
    "hours": "/settings/hours",
    "branding": "/settings/branding",
    "policies": "/settings/policies",
    "integrations": "/settings/integrations",
    "assistant": "/settings/assistant",
}


class TestSigningIn:
    def test_leads_back_to_the_page_asked_for(self, tab: OpenTab, site: LiveSite) -> None:
        shop, page = tenant_id(SLUG), tab()
        sign_in(page, site, owner(site, shop), f"{base(shop)}/settings/hours")
        expect(page).to_have_url(site.url(SLUG, f"{base(shop)}/settings/hours"))

    def test_by_role(self, tab: OpenTab, site: LiveSite) -> None:
        shop, boss, staff = tenant_id(SLUG), tab(), tab()
        sign_in(boss, site, operator(site))
        expect(boss.locator("#page-title")).to_have_text("Businesses")
        sign_in(staff, site, owner(site, shop, "tenant_staff"))
        expect(staff.locator("#page-title")).to_have_text("Home")
        expect(staff.get_by_role("link", name="Bookings").first).to_be_visible()
        expect(staff.get_by_role("link", name="Settings")).to_have_count(0)

    def test_never_to_another_site(self, tab: OpenTab, site: LiveSite) -> None:
        shop, page = tenant_id(SLUG), tab()
        sign_in(page, site, owner(site, shop), "/admin/login?next=https://evil.example/admin/")
        assert page.url.startswith(site.url(SLUG, "/admin"))

    def test_wrong_password(self, tab: OpenTab, site: LiveSite, complaints: list[str]) -> None:
        page = tab()
        page.goto(site.url(SLUG, "/admin/login"), wait_until="networkidle")
        page.get_by_label("E-mail").fill("nobody@shop.example")
        page.get_by_label("Password").fill("not my password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("form").first.get_by_role("alert").filter(has_text="password")).to_be_visible()
        assert "not my password" not in page.url
        complaints.clear()  # the browser notes the 401

    def test_signing_out_ends_the_session(self, tab: OpenTab, site: LiveSite) -> None:
        shop, page = tenant_id(SLUG), tab()
        open_as(page, site, owner(site, shop))
        page.get_by_role("button", name="Your account").first.click()
        page.get_by_role("button", name="Sign out").first.click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto(site.url(SLUG, base(shop)), wait_until="networkidle")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    def test_second_factor(self, tab: OpenTab, site: LiveSite) -> None:
        shop, page = tenant_id(SLUG), tab()
        who = owner(site, shop)
        open_as(page, site, who, "/admin/account")
        page.get_by_role("button", name="Turn on").click()
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_alt_text("QR code for the authenticator app")).to_be_visible()
        secret = page.locator("#enrolment code").inner_text().replace(" ", "")
        page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Turn on").click()
        expect(page.locator("#recovery")).to_be_visible()
        recovery = page.locator("#recovery pre").inner_text().splitlines()
        assert len(recovery) == 10
        page.get_by_role("button", name="I have kept them").click()
        expect(page.get_by_text("The second factor is on.").last).to_be_visible()
        again = tab()
        again.goto(site.url(SLUG, "/admin/login"), wait_until="networkidle")
        again.get_by_label("E-mail").fill(who.email)
        again.get_by_label("Password").fill(PASSWORD)
        again.get_by_role("button", name="Sign in").click()
        again.get_by_label("Code").fill(recovery[0])
        again.get_by_role("button", name="Continue").click()
        expect(again.locator("#page-title")).to_be_visible(timeout=30_000)


class TestLinks:
    def test_invitation_of_somebody_new(self, tab: OpenTab, site: LiveSite) -> None:
        shop, page = tenant_id(SLUG), tab()
        admin, email = owner(site, shop), address()
        link = accounts.invite(admin.principal, shop, email=email, role=Role.TENANT_STAFF)
        page.goto(site.url(SLUG, "/admin/invite?" + link.url.partition("?")[2]), wait_until="networkidle")
        expect(page.get_by_role("heading", name="Join")).to_be_visible()
        page.get_by_label("Your name").fill("Grace")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Join").click()
        expect(page.locator("#page-title")).to_have_text("Home", timeout=30_000)

    def test_used_or_invented(self, tab: OpenTab, site: LiveSite) -> None:
        page = tab()
        page.goto(site.url(SLUG, "/admin/reset?token=invented"), wait_until="networkidle")
        expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


class TestPlatform:
    def test_suspend_and_undo(self, tab: OpenTab, site: LiveSite) -> None:
        made, page = site.tenants.make(f"shop-{uuid4().hex[:8]}"), tab()
        open_as(page, site, operator(site))
        page.get_by_label("Search by name or address").fill(made.slug)
        row = page.get_by_role("row").filter(has_text=made.slug)
        expect(page.get_by_role("row")).to_have_count(2)
        row.get_by_role("button", name="Suspend").click()
        page.get_by_label("Reason").fill("Asked for it.")
        page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
        expect(row.get_by_text("Suspended")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(row.get_by_text("Open", exact=True)).to_be_visible()

    def test_of_somebody_elses_business(self, tab: OpenTab, site: LiveSite) -> None:
        mine, other = tenant_id(SLUG), tenant_id("peak-fitness")
        page = tab()
        open_as(page, site, owner(site, mine))
        page.goto(site.url(SLUG, f"{base(other)}/settings"), wait_until="networkidle")
        expect(page.get_by_text("There is nothing here for you")).to_be_visible()
        assert "Peak Fitness" not in page.content()


class TestSettings:
    def test_two_people_at_once(self, tab: OpenTab, site: LiveSite) -> None:
        made = site.tenants.make(f"shop-{uuid4().hex[:8]}")
        who, first, second = owner(site, made.id), tab(), tab()
        for page in (first, second):
            open_as(page, site, who, f"{base(made.id)}/settings")
        first.get_by_label("Tagline").fill("First")
        first.get_by_role("button", name="Save").click()
        expect(first.get_by_text("Profile saved.")).to_be_visible()
        second.get_by_label("Tagline").fill("Second")
        second.get_by_role("button", name="Save").click()
        expect(second.get_by_role("heading", name="Somebody else has changed this meanwhile")).to_be_focused()
        expect(second.get_by_label("Tagline")).to_have_value("Second")
        second.get_by_role("button", name="Save mine").click()
        expect(second.get_by_text("Profile saved.")).to_be_visible()

    def test_logo(self, tab: OpenTab, site: LiveSite, complaints: list[str]) -> None:
        made, page = site.tenants.make(f"shop-{uuid4().hex[:8]}"), tab()
        open_as(page, site, owner(site, made.id), f"{base(made.id)}/settings/branding")
        chooser = page.locator("input[type=file]")
        chooser.set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"<svg onload='alert(1)'/>"})
        expect(page.locator("#logo-error")).to_have_text("Please use a PNG, JPEG or WebP picture.")
        complaints.clear()  # the browser notes the 400
        picture = BytesIO()
        Image.new("RGB", (64, 64), "#aa3300").save(picture, "PNG")
        chooser.set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": picture.getvalue()})
        expect(page.get_by_alt_text("Your logo")).to_be_visible()
        expect(page.get_by_text("Logo saved.")).to_be_visible()
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_alt_text("Your logo")).to_have_count(0)

    def test_markup_stays_text(self, tab: OpenTab, site: LiveSite) -> None:
        made, page = site.tenants.make(f"shop-{uuid4().hex[:8]}"), tab()
        evil = "<img src=x onerror=document.title='hacked'>"
        open_as(page, site, owner(site, made.id), f"{base(made.id)}/settings")
        page.get_by_label("Business name").fill(evil)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Profile saved.")).to_be_visible()
        page.reload(wait_until="networkidle")
        expect(page.get_by_text(evil).first).to_be_visible()
        expect(page).to_have_title("Settings – Dashboard")
        assert sites.site(made.id).profile.business_name == evil


class TestLooks:
    @pytest.mark.parametrize("device", DEVICES)
    def test_every_page(self, tab: OpenTab, site: LiveSite, device: str) -> None:
        shop, page = tenant_id(SLUG), tab(**DEVICES[device])
        page.goto(site.url(SLUG, "/admin/login"), wait_until="networkidle")
        screenshot(page, f"admin-login-{device}")
        found = {"login": serious(page)}
        open_as(page, site, operator(site), "/admin/tenants")
        paths = {"tenants": "/admin/tenants", "account": "/admin/account"} | {
            name: base(shop) + part for name, part in PAGES.items()
        }
        for name, path in paths.items():
            page.goto(site.url(SLUG, path), wait_until="networkidle")
            expect(page.locator("#page-title")).to_be_visible()
            expect(page.get_by_text("Loading…")).to_have_count(0)
            screenshot(page, f"admin-{name}-{device}")
            found[name] = serious(page)
            assert fits(page), name
        assert {name: faults for name, faults in found.items() if faults} == {}

    @pytest.mark.parametrize("device", DEVICES)
    def test_a_budget_nearly_used(self, tab: OpenTab, site: LiveSite, device: str) -> None:
        made = site.tenants.make(f"busy-{uuid4().hex[:8]}")
        spend(site.database_url, made.id, 1_700_000)
        page = open_as(tab(**DEVICES[device]), site, owner(site, made.id), base(made.id), slug=made.slug)
        notice = page.locator("[data-notice=budget]")
        expect(notice).to_contain_text("85 % of today’s budget")
        screenshot(page, f"admin-home-budget-{device}")
        assert (serious(page), fits(page)) == ([], True)
        notice.get_by_role("link").click()
        expect(page.get_by_label("Daily budget in tokens")).to_be_visible()

    @pytest.mark.parametrize("path", ["/admin/login/", "/admin/tenants/some-id/settings"])
    def test_first_byte_shows_no_tenants_brand(self, site: LiveSite, path: str) -> None:
        with httpx.Client(headers={"host": f"{SLUG}.localhost:{site.port}"}) as client:
            answer = client.get(f"http://127.0.0.1:{site.port}{path}")
            assert "Dashboard</title>" in answer.text
            assert "Barbershop" not in answer.text

    def test_on_the_bare_domain(self, tab: OpenTab, site: LiveSite) -> None:
        page = tab()
        page.goto(f"http://localhost:{site.port}/admin/login", wait_until="networkidle")
        who = operator(site)
        page.get_by_label("E-mail").fill(who.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#page-title")).to_have_text("Businesses", timeout=30_000)
