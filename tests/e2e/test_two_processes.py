"""What is changed through one web process is in force in another at once."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.e2e.conftest import LiveSite
from tests.e2e.dashboard import PASSWORD, owner
from tests.factories import MadeTenant
from tests.servers import web_server


@pytest.fixture(scope="module")
def neighbour(site: LiveSite) -> Iterator[int]:
    """Port of a second web process of the same deployment."""
    with web_server(PORTAL_PORT=str(site.port)) as port:
        yield port


@pytest.fixture
def shop(site: LiveSite) -> MadeTenant:
    return site.tenants.make(f"shop-{uuid4().hex[:8]}", faqs=(("Do you take cards?", "Only cash."),))


def client(shop: MadeTenant, port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Host": f"{shop.host}:{port}"}, timeout=30)


@pytest.fixture
def admin(site: LiveSite, shop: MadeTenant) -> Iterator[httpx.Client]:
    """The shop's owner, signed in at the first process."""
    with client(shop, site.port) as at_first:
        credentials = {"email": owner(site, shop.id).email, "password": PASSWORD}
        signed_in = at_first.post("/v1/admin/auth/sign-in", json=credentials).raise_for_status().json()
        at_first.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        yield at_first


@pytest.fixture
def visitor(shop: MadeTenant, neighbour: int) -> Iterator[httpx.Client]:
    """A customer at the second process, which has the shop's pages warm."""
    with client(shop, neighbour) as at_second:
        at_second.get("/").raise_for_status()
        yield at_second


def change(admin: httpx.Client, path: str, **values: object) -> None:
    read = admin.get(path).raise_for_status().json()
    found = read["items"][0] if "items" in read else read
    where = f"{path}/{found['id']}" if "items" in read else path
    admin.patch(where, json={"version": found["version"], **values}).raise_for_status()


def test_the_next_page_byte_has_the_new_colour(admin: httpx.Client, visitor: httpx.Client) -> None:
    assert "#7a1f5c" not in visitor.get("/").text
    change(admin, "/v1/admin/branding", primary_color="#7a1f5c")
    assert "#7a1f5c" in visitor.get("/").text


def test_the_next_page_byte_has_the_new_price(admin: httpx.Client, visitor: httpx.Client) -> None:
    change(admin, "/v1/admin/services", price_cents=4750)
    assert "$47.50" in visitor.get("/").text
    assert visitor.get("/v1/public/services").json()["services"][0]["price_cents"] == 4750


def test_the_next_turn_has_the_new_answer(admin: httpx.Client, visitor: httpx.Client, site: LiveSite) -> None:
    session = visitor.post("/v1/chat/session", json={}).raise_for_status().json()["session_id"]

    def ask() -> str:
        answer = visitor.post("/v1/chat/stream", json={"session_id": session, "message": "Do you take cards?"})
        return answer.raise_for_status().text

    assert "cash" in ask()
    change(admin, "/v1/admin/faqs", answer="Yes, every card there is.")
    assert "every" in ask()
    asked = site.sandbox.get("/_sandbox/requests", provider="anthropic")["requests"][-1]["body"]
    assert "every card there is" in str(asked["system"])


def test_who_is_shut_out_is_out_everywhere(
    admin: httpx.Client, visitor: httpx.Client, site: LiveSite, shop: MadeTenant
) -> None:
    staff = owner(site, shop.id, "tenant_staff")
    credentials = {"email": staff.email, "password": PASSWORD}
    token = visitor.post("/v1/admin/auth/sign-in", json=credentials).raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert visitor.get("/v1/admin/bookings", headers=headers).status_code == 200
    member = f"/v1/admin/tenants/{shop.id}/members/{staff.id}"
    admin.patch(member, json={"status": "disabled"}).raise_for_status()
    assert visitor.get("/v1/admin/bookings", headers=headers).status_code in (401, 403, 404)
