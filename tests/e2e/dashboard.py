"""People at the dashboard: who they are, how they sign in, and the calendar they connect."""

from uuid import UUID, uuid4

from playwright.sync_api import Page, expect

from portal.domain import accounts
from portal.domain.accounts import Device, Kind
from tests.e2e.conftest import LiveSite
from tests.e2e.journeys import address
from tests.people import Person, person

SLUG = "bobs-barbershop"
PASSWORD = "correct horse battery staple"


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


def open_as(page: Page, site: LiveSite, who: Person, path: str = "/admin", *, slug: str = SLUG) -> Page:
    """That page, by somebody who has signed in before; settled."""
    signed_in = accounts.sign_in(who.email, PASSWORD, device=Device("test"), kind=Kind.COOKIE)
    assert isinstance(signed_in, accounts.SignedIn)
    assert signed_in.cookie
    page.context.add_cookies([{"name": accounts.COOKIE_NAME, "value": signed_in.cookie, "url": site.url(slug)}])
    page.goto(site.url(slug, path), wait_until="networkidle")
    return page


def base(shop: UUID) -> str:
    return f"/admin/tenants/{shop}"


def calendar(site: LiveSite, slug: str) -> str:
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
