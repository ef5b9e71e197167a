"""The dashboard's frame in a browser: signing in, businesses, setting one up, its settings, one's account."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pyotp
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal.domain import accounts
from portal.domain import tenants as sites
from portal.domain.permissions import Role
from tests.e2e.conftest import DESKTOP, PHONE, LiveSite, screenshot, watched
from tests.e2e.journeys import address, serious, tenant_id
from tests.people import Person, person

SLUG = "bobs-barbershop"
PASSWORD = "correct horse battery staple"
LIGHT_PHONE = PHONE | {"color_scheme": "light"}
DARK_DESKTOP = DESKTOP | {"color_scheme": "dark"}
LOOKS = {"desktop-light": DESKTOP, "desktop-dark": DARK_DESKTOP, "phone-light": LIGHT_PHONE, "phone-dark": PHONE}
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
OpenTab = Callable[..., Page]


@pytest.fixture
def tab(browser: Browser, complaints: list[str]) -> Iterator[OpenTab]:
    """``tab(**device)``: an empty page in a context of its own."""
    contexts: list[BrowserContext] = []

    def new(**device: Any) -> Page:
        contexts.append(context := browser.new_context(**(device or DESKTOP)))
        return watched(context.new_page(), complaints)

    yield new
    for context in contexts:
        context.close()


def operator(site: LiveSite) -> Person:
    return person(site.database_url, address(), platform=True, password=PASSWORD)


def owner(site: LiveSite, shop: UUID, role: str = "tenant_admin") -> Person:
    return person(site.database_url, address(), roles={shop: role}, password=PASSWORD)


def sign_in(page: Page, site: LiveSite, who: Person, path: str = "/admin", *, slug: str = SLUG) -> None:
    """Through the login page, as people do; ends at ``path``, settled."""
    page.goto(site.url(slug, path), wait_until="networkidle")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("E-mail").fill(who.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#page-title")).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")


def base(shop: UUID) -> str:
    return f"/admin/tenants/{shop}"


def narrow_enough(page: Page) -> bool:
    """Phones zoom out for what is too wide, so the width of the window proves nothing."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= screen.width"))


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
        sign_in(page, site, owner(site, shop))
        page.get_by_role("button", name="Your account").first.click()
        page.get_by_role("button", name="Sign out").first.click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto(site.url(SLUG, base(shop)), wait_until="networkidle")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    def test_second_factor(self, tab: OpenTab, site: LiveSite) -> None:
        shop, page = tenant_id(SLUG), tab()
        who = owner(site, shop)
        sign_in(page, site, who, "/admin/account")
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


class TestSettingUp:
    def test_from_a_name_to_an_open_site(self, tab: OpenTab, site: LiveSite) -> None:
        page, slug = tab(), f"new-{uuid4().hex[:8]}"
        key = self._calendar(site, slug)
        sign_in(page, site, operator(site))
        page.get_by_role("button", name="New business").first.click()
        page.get_by_label("Name", exact=True).fill(slug.replace("-", " ").title())
        expect(page.get_by_label("Address", exact=True)).to_have_value(slug)
        page.get_by_label("Kind of business").select_option("salon")
        page.get_by_role("button", name="Create").click()
        page.get_by_label("E-mail").fill(f"hello@{slug}.example")
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
        expect(page.get_by_role("heading", name="Your site is open")).to_be_visible()
        visitor = tab()
        visitor.goto(site.url(slug), wait_until="networkidle")
        expect(visitor.get_by_text("$42").first).to_be_visible()

    def _calendar(self, site: LiveSite, slug: str) -> str:
        """A Cal.com account of the sandbox with one event type for each length a salon's template has."""
        key = f"cal_{uuid4().hex}"
        types = [
            {"id": 90_000 + minutes, "slug": f"t{minutes}", "title": f"{minutes} minutes", "length_minutes": minutes}
            for minutes in range(5, 185, 5)
        ]
        account = {
            "api_key": key, "name": slug, "email": f"{slug}@example.com", "timezone": "America/New_York",
            "schedule": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "09:00", "end": "17:00"}], "event_types": types,
        }  # fmt: skip
        site.sandbox.post("/_sandbox/calcom/accounts", account)
        return key


class TestPlatform:
    def test_suspend_and_undo(self, tab: OpenTab, site: LiveSite) -> None:
        made, page = site.tenants.make(f"shop-{uuid4().hex[:8]}"), tab()
        sign_in(page, site, operator(site))
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
        sign_in(page, site, owner(site, mine))
        page.goto(site.url(SLUG, f"{base(other)}/settings"), wait_until="networkidle")
        expect(page.get_by_text("There is nothing here for you")).to_be_visible()
        assert "Peak Fitness" not in page.content()


class TestSettings:
    def test_two_people_at_once(self, tab: OpenTab, site: LiveSite) -> None:
        made = site.tenants.make(f"shop-{uuid4().hex[:8]}")
        who, first, second = owner(site, made.id), tab(), tab()
        for page in (first, second):
            sign_in(page, site, who, f"{base(made.id)}/settings")
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
        sign_in(page, site, owner(site, made.id), f"{base(made.id)}/settings/branding")
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
        sign_in(page, site, owner(site, made.id), f"{base(made.id)}/settings")
        page.get_by_label("Business name").fill(evil)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Profile saved.")).to_be_visible()
        page.reload(wait_until="networkidle")
        expect(page.get_by_text(evil).first).to_be_visible()
        expect(page).to_have_title("Settings – Dashboard")
        assert sites.site(made.id).profile.business_name == evil


class TestLooks:
    @pytest.mark.parametrize("look", LOOKS)
    def test_every_page(self, tab: OpenTab, site: LiveSite, look: str) -> None:
        shop, page = tenant_id(SLUG), tab(**LOOKS[look])
        page.goto(site.url(SLUG, "/admin/login"), wait_until="networkidle")
        screenshot(page, f"admin-login-{look}")
        found = {"login": serious(page)}
        sign_in(page, site, operator(site), "/admin/tenants")
        paths = {"tenants": "/admin/tenants", "account": "/admin/account"} | {
            name: base(shop) + part for name, part in PAGES.items()
        }
        for name, path in paths.items():
            page.goto(site.url(SLUG, path), wait_until="networkidle")
            expect(page.locator("#page-title")).to_be_visible()
            expect(page.get_by_text("Loading…")).to_have_count(0)
            screenshot(page, f"admin-{name}-{look}")
            found[name] = serious(page)
            assert narrow_enough(page), name
        assert {name: faults for name, faults in found.items() if faults} == {}

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
