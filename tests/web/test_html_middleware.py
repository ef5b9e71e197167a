"""The middleware over a real file server, for real tenants."""

import asyncio
import re
from pathlib import Path

import httpx
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from portal.core import tenant
from portal.core.cache import cache
from portal.core.tenant import TenantRef
from portal.web.html import PREVIEW_KEPT_AS, TenantHtml
from portal.web.notices import suspended_page
from tests.factories import MadeTenant, TenantFactory

PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>%%title%%</title>'
    '<meta property="og:image" content="%%og_image%%"/></head><body><h1>%%name%%</h1>'
    '<ul data-each="services"><li>%%services.name%%</li></ul><script>1</script></body></html>'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app-1.js").write_text("1")
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "404.html").write_text(PAGE)
    return tmp_path


@pytest.fixture
def served(folder: Path) -> TenantHtml:
    async def data(_request: object) -> JSONResponse:
        return JSONResponse({"name": "%%name%%"})

    files = StaticFiles(directory=folder, html=True)
    return TenantHtml(Starlette(routes=[Route("/v1/data", data), Mount("/", files)]))


@pytest.fixture
def bobs(tenants: TenantFactory) -> MadeTenant:
    cache.wait_until_live()
    return tenants.make("bobs", profile={"business_name": "Bob's <Cuts>"})


def ask(app: TenantHtml, path: str, host: str = "bobs.localhost:8000", **headers: str) -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return await client.get(path, headers={"host": host, **headers})

    return asyncio.run(get())


def execute(tenants: TenantFactory, statement: str) -> None:
    with psycopg.connect(tenants.admin_url, autocommit=True) as connection:
        connection.execute(statement)


class TestPage:
    def test_tenant_in_first_byte(self, served: TenantHtml, bobs: MadeTenant) -> None:
        answer = ask(served, "/")
        assert "<h1>Bob&#x27;s &lt;Cuts&gt;</h1>" in answer.text
        assert "<li>Haircut</li>" in answer.text
        assert answer.headers["cache-control"] == "no-cache"
        assert "Host" in answer.headers["vary"]
        assert '<link rel="canonical" href="http://bobs.localhost:8000/"/>' in answer.text

    def test_two_tenants_share_nothing(self, served: TenantHtml, bobs: MadeTenant, tenants: TenantFactory) -> None:
        tenants.make("smile", profile={"business_name": "Smile"})
        first, second = ask(served, "/"), ask(served, "/", "SMILE.localhost.:8000")
        assert "<h1>Smile</h1>" in second.text
        assert "Bob" not in second.text
        assert "Smile" not in first.text

    def test_policy_allows_this_pages_scripts_only(self, served: TenantHtml, bobs: MadeTenant) -> None:
        policy = ask(served, "/").headers["content-security-policy"]
        script = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert script.count("'sha256-") == 2  # the page's own, and the tenant's values
        assert "unsafe" not in script
        assert "ws://bobs.localhost:8000" in policy

    def test_change_is_seen_at_once(self, served: TenantHtml, bobs: MadeTenant, tenants: TenantFactory) -> None:
        ask(served, "/")
        execute(tenants, "update portal.tenant_profiles set business_name = 'Robert'")
        tenant.forget(bobs.id)
        assert "<h1>Robert</h1>" in ask(served, "/").text

    def test_missing_page_is_the_tenants_too(self, served: TenantHtml, bobs: MadeTenant) -> None:
        answer = ask(served, "/nowhere")
        assert answer.status_code == 404
        assert "Bob&#x27;s" in answer.text
        assert 'content="noindex"' in answer.text

    def test_unchanged_page_is_not_sent_again(self, served: TenantHtml, bobs: MadeTenant) -> None:
        etag = ask(served, "/").headers["etag"]
        assert ask(served, "/", **{"if-none-match": etag}).status_code == 304
        assert ask(served, "/", **{"if-none-match": '"other"'}).status_code == 200

    def test_gzip_and_plain(self, served: TenantHtml, bobs: MadeTenant) -> None:
        zipped = ask(served, "/", **{"accept-encoding": "gzip"})
        plain = ask(served, "/", **{"accept-encoding": "identity"})
        assert zipped.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert zipped.text == plain.text

    def test_range_cannot_cut_a_template(self, served: TenantHtml, bobs: MadeTenant) -> None:
        answer = ask(served, "/", range="bytes=0-10")
        assert answer.status_code == 200
        assert answer.text.endswith("</html>")

    @pytest.mark.parametrize("host", ["nobody.localhost", "bobs.localhost.evil.example", "", "a b", '"><script>'])
    def test_other_hosts_get_nobodys_face(self, served: TenantHtml, bobs: MadeTenant, host: str) -> None:
        answer = ask(served, "/", host)
        assert "Bob" not in answer.text
        assert "evil" not in answer.text
        assert '<script>"' not in answer.text

    def test_closed_tenant_shows_nothing(self, served: TenantHtml, tenants: TenantFactory) -> None:
        tenants.make("gone", status="suspended", profile={"business_name": "Gone"})
        assert "Gone" not in ask(served, "/", "gone.localhost").text


class TestOtherAnswers:
    def test_assets_last(self, served: TenantHtml, bobs: MadeTenant) -> None:
        assert "immutable" in ask(served, "/assets/app-1.js").headers["cache-control"]
        assert "cache-control" not in ask(served, "/assets/missing.js").headers

    def test_api_is_left_alone(self, served: TenantHtml, bobs: MadeTenant) -> None:
        assert ask(served, "/v1/data").json() == {"name": "%%name%%"}

    def test_icon(self, served: TenantHtml, bobs: MadeTenant) -> None:
        answer = ask(served, "/brand/icon.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert ">B</text>" in answer.text

    def test_preview_is_named_in_the_head_and_kept_until_the_tenant_changes(
        self, served: TenantHtml, bobs: MadeTenant, tenants: TenantFactory
    ) -> None:
        def named() -> str:
            found = re.search(
                r'<meta property="og:image" content="http://bobs.localhost:8000(/.+?)"', ask(served, "/").text
            )
            assert found
            return found[1]

        before, address = ask(served, "/brand/preview.png"), named()
        assert before.headers["content-type"] == "image/png"
        assert cache.get(bobs.id, PREVIEW_KEPT_AS) == before.content == ask(served, address).content
        execute(tenants, "update portal.tenant_branding set primary_color = '#0000ff'")
        tenant.forget(bobs.id)
        assert named() != address
        assert ask(served, named()).content != before.content
        assert ask(served, "/brand/preview.png", "nobody.localhost").status_code == 404


class TestSuspendedPage:
    def test_says_whose_site_it_is(self, tenants: TenantFactory) -> None:
        cache.wait_until_live()
        made = tenants.make("shut", status="suspended", profile={"business_name": "Shut & Co", "phone": "+12125550142"})
        page = suspended_page(TenantRef(made.id, made.slug, "suspended"))
        assert "online booking is paused" in page
        assert "Shut &amp; Co" in page
        assert "<script" not in page
