"""Each tenant's own HTML from the first byte on, out of one build for all of them."""

import gzip
import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.core import tenant, threads
from portal.core.cache import cache
from portal.core.clock import now
from portal.core.settings import get_settings
from portal.core.tenant import TenantRef
from portal.domain import tenants
from portal.web import own_booking, preview
from portal.web.head import Address, icon_svg, page_markup
from portal.web.prerendered import Prerendered, Values, script_hashes
from portal.web.security import content_security_policy
from portal.web.site_values import ICON_PATH, PLATFORM_ICON_PATH, initial, platform_values, site_values

ASSETS: Final = "/assets/"
IMMUTABLE: Final = b"public, max-age=31536000, immutable"
#: Never handled here: answered by the API, the websocket or health checks, none of which speak HTML.
NOT_PAGES: Final = ("/v1/", "/_event", "/healthz", "/readyz", "/metrics")
#: Paths whose pages are somebody's own and must not be found by search.
PRIVATE: Final = ("/manage", "/admin", "/chat")
#: As what the page of a link that opens nothing is kept.
LOST: Final = "lost link"
#: The dashboard looks the same on every host.
DASHBOARD: Final = "/admin"
#: "Open now" may be this old.
FACE_SECONDS: Final = 30
KEPT_AS: Final = "pages"
PREVIEW_SECONDS: Final = 86_400
PREVIEW_KEPT_AS: Final = "preview"
_CONDITIONAL: Final = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"if-range", b"range"}

Headers = list[tuple[bytes, bytes]]
ICON: Final[Headers] = [
    (b"content-type", b"image/svg+xml"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
]
# Made to be shown by other sites.
PREVIEW: Final[Headers] = [
    (b"content-type", b"image/png"),
    (b"content-security-policy", b"default-src 'none'"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]


@dataclass(frozen=True)
class Page:
    """A finished page of one tenant."""

    body: bytes
    zipped: bytes
    scripts: tuple[str, ...]
    """CSP sources of its inline scripts."""
    etag: bytes | None
    """None: somebody's own, to be kept by nobody."""


@dataclass(frozen=True)
class Face:
    """What one tenant's pages are made of, and the pages already made. ``url``: the address to be found under.

    ``tenant_id`` is None for the platform's own.
    """

    tenant_id: UUID | None
    url: str
    values: Values
    icon: bytes
    pages: dict[tuple[bytes, str], Page] = field(default_factory=dict)

    def page(self, built: bytes, path: str, *, is_private: bool) -> Page:
        """The built page ``built`` with this tenant's values, for ``path``. Kept as long as the values are."""
        key = (hashlib.sha256(built).digest(), _title_key(path) if is_private else path)
        if (page := self.pages.get(key)) is None:
            made = self._make(built, Address(self.url, path), self.values, is_private)
            page = self.pages[key] = replace(made, etag=f'W/"{hashlib.sha256(made.body).hexdigest()[:24]}"'.encode())
        return page

    def own_page(self, built: bytes, path: str) -> Page | None:
        """Blocking: the page of the booking that ``path`` opens, made for this request; None: it opens none."""
        row = own_booking.find_row(self.tenant_id, path) if self.tenant_id else None
        if row is None:
            return None
        values = replace(self.values, lists={**self.values.lists, "booking": (row,)})
        return self._make(built, Address(self.url, path), values, is_private=True)

    def lost_page(self, built: bytes, path: str) -> Page:
        """The page for a link that opens no booking: the same for all of them."""
        key = (hashlib.sha256(built).digest(), LOST)
        if (page := self.pages.get(key)) is None:
            values = replace(self.values, lists={**self.values.lists, "lost_link": own_booking.LOST})
            page = self.pages[key] = self._make(built, Address(self.url, path), values, is_private=True)
        return page

    def _make(self, built: bytes, address: Address, values: Values, is_private: bool) -> Page:
        template = _template(built)
        title = None if template.has_title else values.scalars[_title_key(address.path)]
        head = page_markup(address, is_private=is_private, title=title) + values.head
        text = template.render(replace(values, head=head))
        body = text.encode()
        return Page(body, gzip.compress(body, 6), script_hashes(text), etag=None)


def _title_key(path: str) -> str:
    """The title of a page that the browser puts together: the dashboard's, a booking's own page, or none at all."""
    if is_dashboard(path):
        return "title_dashboard"
    return "title_manage" if path.startswith(own_booking.PREFIX) else "title_missing"


def is_dashboard(path: str) -> bool:
    return path == DASHBOARD or path.startswith(f"{DASHBOARD}/")


_templates: dict[bytes, Prerendered] = {}
_one_drawing = threading.Lock()


def _template(built: bytes) -> Prerendered:
    if built not in _templates:
        if len(_templates) > 64:  # rebuilt under a running process, again and again
            _templates.clear()
        _templates[built] = Prerendered(built.decode())
    return _templates[built]


class TenantHtml:
    """ASGI middleware: HTML leaves with the tenant's words and colours, built assets with a lasting cache lifetime."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or scope["path"].startswith(NOT_PAGES):
            await self.app(scope, receive, send)
        elif scope["path"].startswith(ASSETS):
            await self.app(scope, receive, _with_long_life(send))
        elif scope["path"] in (ICON_PATH, PLATFORM_ICON_PATH):
            await _send_picture(send, scope, ICON, (await find_face(scope)).icon)
        elif scope["path"] == preview.PATH and (tenant_id := (await find_face(scope)).tenant_id):
            await _send_picture(send, scope, PREVIEW, await find_preview(tenant_id))
        else:
            await self._page(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(send)
        await self.app(_plain_request(scope), receive, answer)
        if answer.start is None:
            return
        status, face = answer.start["status"], await find_face(scope)
        built, path, page = b"".join(answer.chunks), scope["path"], None
        if status == 200 and path.startswith(own_booking.PREFIX):
            page = await threads.run(face.own_page, built, path)
            if page is None:
                status, page = 404, face.lost_page(built, path)
        if page is None:
            page = face.page(built, path, is_private=status != 200 or path.startswith(PRIVATE))
        await _send_page(page, status, scope, send)


class _Answer:
    """Holds an HTML answer back; passes any other through."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.start: Message | None = None
        self.chunks: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message["headers"]):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.chunks.append(message.get("body", b""))


async def find_face(scope: Scope) -> Face:
    """The face of the request's Host header; the platform's own for its dashboard, and where no open tenant's is."""
    if is_dashboard(scope["path"]):
        return _platform_face()
    host = header(scope, b"host")
    found = tenant.peek(host) or await threads.run(tenant.resolve, host)
    if not isinstance(found, TenantRef) or not found.is_open:
        return _platform_face()
    kept = cache.get(found.tenant_id, KEPT_AS)
    return kept if isinstance(kept, Face) else await threads.run(load_face, found.tenant_id)


def load_face(tenant_id: UUID) -> Face:
    """Blocking: the tenant's face, kept for a short while and dropped when the tenant changes. Raises NotFound."""
    return cache.load(tenant_id, KEPT_AS, FACE_SECONDS, lambda: _load_face(tenant_id))


async def find_preview(tenant_id: UUID) -> bytes:
    """The picture shown beside a link to the tenant's site, kept until the tenant changes."""
    kept = cache.get(tenant_id, PREVIEW_KEPT_AS)
    return kept if isinstance(kept, bytes) else await threads.run(_load_preview, tenant_id)


def _load_preview(tenant_id: UUID) -> bytes:
    with _one_drawing:  # those who wait for it find it kept
        return cache.load(tenant_id, PREVIEW_KEPT_AS, PREVIEW_SECONDS, lambda: _draw_preview(tenant_id))


def _draw_preview(tenant_id: UUID) -> bytes:
    site = tenants.site(tenant_id)
    return preview.draw(preview.preview_of(site, initial(site.profile.business_name)))


def header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _load_face(tenant_id: UUID) -> Face:
    site = tenants.site(tenant_id)
    values = site_values(site, now=now(), sandbox=get_settings().sandbox)
    icon = icon_svg(initial(site.profile.business_name), site.branding.primary_color)
    return Face(tenant_id, site.url, values, icon.encode())


def _platform_face() -> Face:
    settings = get_settings()
    return _make_platform_face(settings.public_url(settings.base_domain), settings.sandbox)


@lru_cache(maxsize=4)
def _make_platform_face(url: str, sandbox: bool) -> Face:
    values = platform_values(sandbox=sandbox)
    return Face(None, url, values, icon_svg(values.scalars["initial"], "").encode())


def _policy(page: Page, scope: Scope) -> bytes:
    """Names the websocket's host as the browser knows it, unless the header is not a host's name at all."""
    host = header(scope, b"host")
    name, port = tenant.normalise(host), host.rpartition(":")[2]
    authority = f"{name}:{port}" if name and ":" in host else name
    scheme = scope.get("state", {}).get("scheme") or get_settings().public_scheme
    return content_security_policy(page.scripts, authority, secure=scheme == "https").encode()


def _plain_request(scope: Scope) -> Scope:
    """The request without what would make the answer partial, compressed, absent or sent from a file."""
    headers = [(key, value) for key, value in scope["headers"] if key not in _CONDITIONAL]
    extensions = {key: value for key, value in scope.get("extensions", {}).items() if key != "http.response.pathsend"}
    return {**scope, "path": _built_path(scope["path"]), "method": "GET", "headers": headers, "extensions": extensions}


def _built_path(path: str) -> str:
    """A page's folder, so that its short address is answered instead of redirected."""
    is_page = not path.endswith("/") and "." not in path.rpartition("/")[2]
    return f"{path}/" if is_page else path


def _with_long_life(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in {200, 206, 304}:
            kept = [(key, value) for key, value in message["headers"] if key.lower() != b"cache-control"]
            message = {**message, "headers": [*kept, (b"cache-control", IMMUTABLE)]}
        await send(message)

    return sending


def _is_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(key.lower() == b"content-type" and value.startswith(b"text/html") for key, value in headers)


async def _send_page(page: Page, status: int, scope: Scope, send: Send) -> None:
    headers: Headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-cache" if page.etag else b"no-store"),
        (b"vary", b"Host, Accept-Encoding"),
        (b"content-security-policy", _policy(page, scope)),
    ]
    if page.etag:
        headers.append((b"etag", page.etag))
        if status == 200 and page.etag.decode() in header(scope, b"if-none-match"):
            await _send(send, 304, headers, None)
            return
    body = page.body
    if "gzip" in header(scope, b"accept-encoding"):
        body = page.zipped
        headers.append((b"content-encoding", b"gzip"))
    await _send(send, status, headers, body, with_body=scope["method"] == "GET")


async def _send_picture(send: Send, scope: Scope, kind: Headers, content: bytes) -> None:
    headers: Headers = [*kind, (b"cache-control", b"public, max-age=3600"), (b"vary", b"Host")]
    await _send(send, 200, headers, content, with_body=scope["method"] == "GET")


async def _send(send: Send, status: int, headers: Headers, body: bytes | None, *, with_body: bool = True) -> None:
    if body is not None:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body or b"" if with_body else b""})
