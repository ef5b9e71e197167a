"""The whole product as it runs in production, for all browser tests: database, Redis, sandbox, built pages, browser."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from portal.commands.chromium import ADVICE, find_chromium
from portal.commands.sandboxed import PROVIDERS
from portal.core import limits, redis
from portal.core.cache import cache
from portal.domain import demo
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.valkey import EmbeddedValkey
from tests.conftest import APP_PASSWORD, ROOT, TEMPLATE, forget_process_state, free_port, wait_for
from tests.factories import Sandbox, TenantFactory, administrator
from tests.servers import program, web_server

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "color_scheme": "dark",
}
DEVICES = {"desktop": DESKTOP, "dark-phone": PHONE}
SCREENSHOTS = ROOT / "tests" / "screenshots"

Visit = Callable[..., Page]
OpenTab = Callable[..., Page]


def pytest_itemcollected(item: pytest.Item) -> None:
    """A browser on a busy machine may lose a click or a connection: a test here fails when it fails twice."""
    if "tests/e2e/" in item.nodeid:
        item.add_marker(pytest.mark.flaky(reruns=1))


@dataclass(frozen=True)
class LiveSite:
    """The running web server; the demo businesses are there, ``tenants.make()`` adds others."""

    port: int
    database_url: str
    tenants: TenantFactory
    sandbox: Sandbox
    log: Path

    def url(self, slug: str, path: str = "/") -> str:
        return f"http://{slug}.localhost:{self.port}{path}"


@pytest.fixture(scope="package")
def site(
    frontend_built: None, postgres: EmbeddedPostgres, valkey_server: EmbeddedValkey, tmp_path_factory: Any
) -> Iterator[LiveSite]:
    """Started once for all browser tests. This process gets the server's settings, so that tests may look inside."""
    sandbox_port = free_port()
    with pytest.MonkeyPatch.context() as environment, program(_sandbox_command(sandbox_port)) as sandbox:
        address = f"http://127.0.0.1:{sandbox_port}"
        wait_for(f"{address}/healthz", sandbox, 60)
        database, port = _database(postgres), free_port()
        settings = _settings(postgres, valkey_server, database, address, port)
        for name, value in settings.items():
            environment.setenv(f"PORTAL_{name}", value)
        forget_process_state()
        cache.wait_until_live()
        owner_url = postgres.url(dbname=database)
        demo.seed(owner_url)
        log = tmp_path_factory.mktemp("web") / "web.log"
        with web_server(port=port, log=log):
            controls = Sandbox(address)
            yield LiveSite(port, owner_url, TenantFactory(owner_url, controls), controls, log)
            controls.client.close()
    forget_process_state()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        pytest.fail(ADVICE)
    flags = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        yield (launched := playwright.chromium.launch(executable_path=chromium, args=flags))
        launched.close()


@pytest.fixture(autouse=True)
def new_visitor(request: pytest.FixtureRequest) -> None:
    """All tests come from one address: each begins as somebody who has taken nothing of anybody's yet."""
    if "site" not in request.fixturenames:
        return
    site: LiveSite = request.getfixturevalue("site")
    for key in redis.client().scan_iter(f"{limits.PREFIX}*"):
        redis.client().delete(key)
    administrator(site.database_url).execute("update portal.proposals set visitor = null where visitor is not null")
    administrator(site.database_url).execute("delete from portal.visitor_usage")


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the pages' consoles complained about: errors, hydration, security policy. Must be empty at the end.

    A test that provokes some on purpose looks at them and clears the list.
    """
    said: list[str] = []
    yield said
    assert said == []


@pytest.fixture
def visit(browser: Browser, site: LiveSite, complaints: list[str]) -> Iterator[Visit]:
    """``visit(slug, path, **device)``: a page in a context (cookies, storage) of its own, settled."""
    contexts: list[BrowserContext] = []

    def go(slug: str, path: str = "/", **device: Any) -> Page:
        contexts.append(context := browser.new_context(**(device or DESKTOP)))
        page = watched(context.new_page(), complaints)
        page.goto(site.url(slug, path), wait_until="networkidle")
        return page

    yield go
    for context in contexts:
        context.close()


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


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """An empty page on a desktop, in a context of its own."""
    with browser.new_context(**DESKTOP) as context:
        yield watched(context.new_page(), complaints)


@pytest.fixture
def phone_page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """An empty page on a phone in dark colours, in a context of its own."""
    with browser.new_context(**PHONE) as context:
        yield watched(context.new_page(), complaints)


def watched(page: Page, complaints: list[str]) -> Page:
    """The page, with its console's errors and warnings noted."""
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def screenshot(page: Page, name: str) -> None:
    """Keep a picture of the whole page in ``tests/screenshots``, where people want to look at them: SCREENSHOTS=1."""
    if not os.environ.get("SCREENSHOTS"):
        return
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def _database(postgres: EmbeddedPostgres) -> str:
    name = f"test_e2e_{uuid4().hex}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE}")
    return name


def _settings(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, database: str, sandbox: str, port: int
) -> dict[str, str]:
    return {
        "DATABASE_URL": postgres.url("portal_app", APP_PASSWORD, database),
        "REDIS_URL": valkey.url(),
        "PORT": str(port),
        "SANDBOX": "true",
        "CALCOM_BASE_URL": f"{sandbox}/calcom/v2",
        "ANTHROPIC_BASE_URL": f"{sandbox}/anthropic",
        "ANTHROPIC_API_KEY": "sk-sandbox",
        "TWILIO_BASE_URL": f"{sandbox}/twilio",
        "TWILIO_MESSAGING_BASE_URL": f"{sandbox}/twilio",
        "STRIPE_BASE_URL": f"{sandbox}/stripe",
    } | _platform_accounts()


def _platform_accounts() -> dict[str, str]:
    """The platform's own accounts, as the sandbox's demo seed has them."""
    own = [provider for provider in PROVIDERS if provider.name in ("Twilio", "Stripe")]
    keys = {name: key for each in own for name, key in {each.key_setting: each.sandbox_key, **each.more_keys}.items()}
    return {name.upper(): value for name, value in keys.items()}


def _sandbox_command(port: int) -> list[str]:
    return [sys.executable, "-m", "portal.sandbox", "--port", str(port), "--seed", "demo"]
