"""Whatever an admin or a customer writes is shown as text: every field of every form, on every page."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import expect

from portal.core import db
from portal.domain import booking
from portal.domain.booking import BookingRequest
from tests.e2e.conftest import LiveSite, OpenTab
from tests.e2e.dashboard import PASSWORD, base, open_as, owner
from tests.e2e.journeys import address, free_slot, path_of, say
from tests.factories import MadeTenant
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

EVIL = "</script><script>window.pwned=1</script><img src=x onerror=window.pwned=1>[a](javascript:window.pwned=1)"
WRITTEN = {"profile", "branding", "policies", "assistant", "faqs", "services"}
PUBLIC = ("/", "/book", "/chat", "/privacy", "/terms")
DASHBOARD = (
    "", "/bookings", "/chats", "/services", "/faqs", "/members", "/audit", "/settings", "/settings/hours",
    "/settings/branding", "/settings/policies", "/settings/integrations", "/settings/assistant",
)  # fmt: skip


@pytest.fixture
def shop(site: LiveSite) -> MadeTenant:
    return site.tenants.make(f"shop-{uuid4().hex[:8]}", faqs=(("Do you take cards?", "Yes."),))


@pytest.fixture
def boss(site: LiveSite, shop: MadeTenant) -> Person:
    return owner(site, shop.id)


@pytest.fixture
def admin(site: LiveSite, shop: MadeTenant, boss: Person) -> Iterator[httpx.Client]:
    address = f"http://127.0.0.1:{site.port}"
    with httpx.Client(base_url=address, headers={"Host": f"{shop.host}:{site.port}"}, timeout=30) as client:
        credentials = {"email": boss.email, "password": PASSWORD}
        signed_in = client.post("/v1/admin/auth/sign-in", json=credentials).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        yield client


def text_fields(document: dict[str, Any], path: str) -> list[str]:
    """Names of the fields of a change that take text."""
    body = document["paths"][path]["patch"]["requestBody"]["content"]["application/json"]["schema"]
    fields = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"]
    kinds = {name: str(schema) for name, schema in fields.items() if name != "version"}
    return [name for name, kind in kinds.items() if "'string'" in kind]


def fill_everything(admin: httpx.Client) -> set[str]:
    """Put it into every field that takes it; returns those."""
    document, taken = admin.get("/v1/openapi.json").json(), set()
    for kind in sorted(WRITTEN):
        listed = admin.get(f"/v1/admin/{kind}").raise_for_status().json()
        found = listed["items"][0] if "items" in listed else listed
        path = f"/v1/admin/{kind}" + (f"/{found['id']}" if "items" in listed else "")
        named = next(
            each
            for each in document["paths"]
            if each.split("/{")[0] == f"/v1/admin/{kind}" and "patch" in document["paths"][each]
        )
        for field in text_fields(document, named):
            version = admin.get(path).raise_for_status().json()["version"]
            answer = admin.patch(path, json={"version": version, field: EVIL})
            assert answer.status_code in (200, 400, 422), (kind, field, answer.text)
            if answer.status_code == 200:
                taken.add(f"{kind}.{field}")
    return taken


def test_shown_as_text_everywhere(
    tab: OpenTab, site: LiveSite, shop: MadeTenant, boss: Person, admin: httpx.Client
) -> None:
    taken = fill_everything(admin)
    assert {"profile.business_name", "faqs.answer", "services.name", "policies.cancellation_policy"} <= taken
    assert not {"branding.logo_url", "branding.primary_color", "profile.website_url", "profile.email"} & taken
    service_id, start = free_slot(shop.slug)
    request = BookingRequest(service_id=service_id, start=start, name=EVIL[:100], email=address(), notes=EVIL)
    made = booking.book(db.customer(shop.id), request, idempotency_key=uuid4().hex)
    page = tab()
    page.goto(site.url(shop.slug, "/chat"), wait_until="networkidle")
    say(page, EVIL)
    say(page, "Do you take cards?")
    expect(page.get_by_role("log")).to_contain_text("onerror=window.pwned")
    for path in (*PUBLIC, path_of(made)):
        first_byte = admin.get(path).text
        assert "<script>window.pwned" not in first_byte, path
        assert "<img src=x" not in first_byte, path
        page.goto(site.url(shop.slug, path), wait_until="networkidle")
        assert page.evaluate("window.pwned") is None, path
        assert page.locator("a[href^=javascript]").count() == 0, path
    open_as(page, site, boss, f"{base(shop.id)}/bookings/{made.id}", slug=shop.slug)
    expect(page.get_by_role("main")).to_contain_text("onerror=window.pwned")
    for part in DASHBOARD:
        page.goto(site.url(shop.slug, base(shop.id) + part), wait_until="networkidle")
        expect(page.locator("#page-title")).to_be_visible()
        expect(page.get_by_text("Loading…")).to_have_count(0)
        assert page.evaluate("window.pwned") is None, part
        assert page.locator("a[href^=javascript]").count() == 0, part
