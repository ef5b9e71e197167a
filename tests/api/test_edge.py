"""Hosts, origins, proxies, bodies and headers: what the layer around everything does."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from starlette.types import Receive, Scope, Send

from portal.api import client, hosts
from portal.api.app import create_api
from portal.api.dispatch import beside
from portal.api.middleware import wrap
from portal.core import observe, tenant
from tests.api.conftest import Caller, failure, pages
from tests.factories import MadeTenant, TenantFactory

LogLines = Callable[[], list[dict[str, Any]]]
Visit = Callable[..., Caller]
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"


@pytest.fixture
def log_lines() -> Iterator[LogLines]:
    stream = io.StringIO()
    observe.configure(stream=stream)

    def read() -> list[dict[str, Any]]:
        observe.Sink.flush()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield read
    observe.configure()


class TestHosts:
    def test_spellings_of_one_host(self, caller: Caller) -> None:
        for host in (
            "shop.localhost",
            "SHOP.LocalHost",
            "shop.localhost:8000",
            "shop.localhost.",
            "shop.localhost.:80",
        ):
            answer = caller.raw("/v1/public/tenant", headers=[(b"host", host.encode())])
            assert answer.status == 200, host

    def test_unknown(self, caller: Caller) -> None:
        odd = [
            b"nobody.localhost",
            b"localhost",
            b"shop.localhost.evil.example",
            b"[::1]:8000",
            b"",
            b"shop.localhost:x",
        ]
        odd += [b"\xff\xfe", "müller.localhost".encode(), b"a" * 300, b"..", b"shop.localhost@evil.example"]
        for host in odd:
            page = caller.raw("/", headers=[(b"host", host)])
            assert (page.status, page.headers["content-type"]) == (404, "text/plain; charset=utf-8"), host
            call = caller.raw("/v1/public/tenant", headers=[(b"host", host)])
            assert call.status == 404
            assert json.loads(call.body)["error"]["code"] == "NOT_FOUND"
        assert caller.raw("/", headers=[]).status == 404

    def test_own_domain_and_idn(self, caller: Caller, shop: MadeTenant, tenants: TenantFactory, database: str) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "insert into portal.tenant_domains (tenant_id, hostname, domain_type, verified_at)"
                " values (%s, 'xn--mller-kva.example', 'custom', now())",
                (shop.id,),
            )
        tenant.forget(shop.id)
        for host in ("xn--mller-kva.example", "müller.example", "MÜLLER.example:443"):
            assert caller.raw("/v1/public/tenant", headers=[(b"host", host.encode())]).status == 200, host

    def test_two_host_headers(self, caller: Caller) -> None:
        headers = [(b"host", b"shop.localhost"), (b"host", b"other.localhost")]
        assert caller.raw("/v1/public/tenant", headers=headers).status == 400

    def test_suspended(self, caller: Caller, tenants: TenantFactory) -> None:
        closed = tenants.make("closed", status="suspended")
        page = caller.get("/", host=closed.host)
        assert page.status_code == 503
        assert "taking a break" in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        call = caller.get("/v1/public/tenant", host=closed.host)
        assert call.status_code == 503
        assert failure(call)["details"]["reason"] == "site_suspended"
        booked = caller.post("/v1/bookings", host=closed.host, json={}, headers={"Idempotency-Key": "12345678"})
        assert booked.status_code == 503
        for path in ("/admin", "/admin/login", "/assets/app.js", "/healthz", "/portal.css"):
            assert caller.get(path, host=closed.host).status_code == 200, path

    def test_pages_handed_in(self, shop: MadeTenant, tenants: TenantFactory, visit: Visit) -> None:
        closed = tenants.make("closed", status="suspended")
        edge = wrap(pages, suspended_page=lambda ref: f"<p>{ref.slug} rests</p>", unknown_page=lambda: "no such shop")
        visitor = visit(edge, closed.host)
        assert visitor.get("/").text == "<p>closed rests</p>"
        assert visitor.get("/", host="nobody.localhost").text == "no such shop"

    def test_any_host(self, caller: Caller) -> None:
        for path in ("/admin", "/admin/login", "/healthz", "/v1/openapi.json"):
            assert caller.get(path, host="nobody.example").status_code == 200, path
        for path in ("/administer", "/healthz/x", "/book"):
            assert caller.get(path, host="nobody.example").status_code == 404, path

    def test_tenant_is_in_the_state(self, shop: MadeTenant, visit: Visit) -> None:
        seen: dict[str, object] = {}

        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            seen.update(scope["state"])
            await pages(scope, receive, send)

        visitor = visit(wrap(inner), shop.host)
        visitor.get("/", headers={"X-Request-ID": "from-the-proxy-1"})
        assert seen == {
            "request_id": "from-the-proxy-1",
            "client_ip": "203.0.113.9",
            "scheme": "http",
            "tenant": tenant.TenantRef(shop.id, "shop", "active"),
        }


class TestOrigin:
    def test_same_origin(self) -> None:
        same = [
            (b"http://shop.localhost:8000", b"shop.localhost:8000"),
            (b"https://Shop.example", b"shop.example"),
            (b"https://shop.example", b"shop.example:443"),
            (b"http://shop.example:80", b"shop.example"),
        ]
        other = [
            (b"", b"shop.example"),
            (b"null", b"shop.example"),
            (b"https://evil.example", b"shop.example"),
            (b"https://shop.example.evil.example", b"shop.example"),
            (b"https://shop.example:8443", b"shop.example"),
            (b"file://shop.example", b"shop.example"),
            (b"https://other.shop.example", b"shop.example"),
        ]
        for origin, host in same:
            assert hosts.is_same_origin({b"origin": origin, b"host": host}, "http"), origin
        for origin, host in other:
            assert not hosts.is_same_origin({b"origin": origin, b"host": host}, "http"), origin
        downgraded = {b"origin": b"http://shop.example", b"host": b"shop.example"}
        assert not hosts.is_same_origin(downgraded, "https")

    def socket(self, caller: Caller, host: str, origin: str | None) -> bool:
        headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
        answer = caller.raw("/_event/", kind="websocket", headers=headers)
        return bool(answer.messages[0]["type"] == "websocket.accept")

    def test_websocket(self, caller: Caller, tenants: TenantFactory) -> None:
        tenants.make("other")
        tenants.make("closed", status="suspended")
        assert self.socket(caller, "shop.localhost:8000", "http://shop.localhost:8000")
        assert self.socket(caller, "localhost:8000", "http://localhost:8000")
        assert self.socket(caller, "closed.localhost", "http://closed.localhost")
        assert not self.socket(caller, "shop.localhost:8000", "http://other.localhost:8000")
        assert not self.socket(caller, "shop.localhost:8000", None)
        assert not self.socket(caller, "shop.localhost:8000", "null")
        assert not self.socket(caller, "nobody.localhost:8000", "http://nobody.localhost:8000")

    def test_changes_from_foreign_pages(self, caller: Caller) -> None:
        foreign = {"Origin": "http://other.localhost:8000"}
        for path in ("/v1/bookings", "/v1/chat/session", "/_event/"):
            answer = caller.post(path, headers=foreign, json={})
            assert answer.status_code == 403, path
        assert caller.get("/_event/", headers=foreign).status_code == 403
        assert caller.get("/v1/public/tenant", headers=foreign).status_code == 200
        own = {"Origin": "http://shop.localhost:8000", "Idempotency-Key": "12345678"}
        assert caller.post("/v1/bookings", headers=own, json={}).status_code == 400

    def test_no_cors(self, caller: Caller) -> None:
        asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        for method, path in (("OPTIONS", "/v1/bookings"), ("GET", "/v1/public/tenant"), ("OPTIONS", "/")):
            answer = caller.ask(method, path, headers=asked)
            assert not [name for name in answer.headers if name.startswith("access-control")]


class TestProxies:
    def address(self, peer: str, **headers: str) -> str:
        raw = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        return client.address({"client": (peer, 1)}, raw)

    def test_nobody_is_trusted_by_default(self, configure: Callable[..., None]) -> None:
        configure(TRUSTED_PROXIES="")
        assert self.address("198.51.100.1", x_forwarded_for="192.0.2.1", cf_connecting_ip="192.0.2.2") == "198.51.100.1"
        assert (
            client.scheme({"scheme": "http", "client": ("198.51.100.1", 1)}, {b"x-forwarded-proto": b"https"}) == "http"
        )

    def test_trusted(self, configure: Callable[..., None]) -> None:
        configure(TRUSTED_PROXIES="10.0.0.0/8, 173.245.48.0/20,2001:db8::/32")
        cases = {
            "198.51.100.7": {"x_forwarded_for": "198.51.100.7"},
            "198.51.100.8": {"x_forwarded_for": "1.2.3.4, 198.51.100.8, 173.245.48.9"},
            "198.51.100.9": {"cf_connecting_ip": "198.51.100.9"},
            "198.51.100.5": {"x_forwarded_for": "198.51.100.5", "cf_connecting_ip": "6.6.6.6"},
            "10.1.1.1": {"x_forwarded_for": "198.51.100.7, <script>"},
            "10.9.9.9": {"x_forwarded_for": "10.9.9.9"},
        }
        for expected, headers in cases.items():
            assert self.address("10.1.1.1", **headers) == expected
        assert self.address("192.0.2.1", x_forwarded_for="198.51.100.7") == "192.0.2.1"
        behind = {"scheme": "http", "client": ("10.1.1.1", 1)}
        assert client.scheme(behind, {b"x-forwarded-proto": b"https"}) == "https"
        assert client.scheme(behind, {b"x-forwarded-proto": b"https, http"}) == "http"


class TestBodies:
    HEADERS = ((b"host", b"shop.localhost"), (b"content-type", b"application/json"), (b"idempotency-key", b"12345678"))

    def test_declared_size(self, caller: Caller) -> None:
        answer = caller.post("/v1/bookings", content=b"x" * (256 * 1024 + 1), headers={"Idempotency-Key": "12345678"})
        assert answer.status_code == 413
        error = failure(answer)
        assert (error["code"], error["details"]["reason"]) == ("INVALID_ARGUMENT", "body_too_large")

    def test_chunked(self, caller: Caller) -> None:
        pieces = [b"x" * 60_000] * 5
        answer = caller.raw("/v1/bookings", method="POST", headers=list(self.HEADERS), body=pieces)
        assert answer.status == 413
        fits = caller.raw("/v1/bookings", method="POST", headers=list(self.HEADERS), body=pieces[:3])
        assert fits.status == 400

    def test_webhooks_may_be_larger(self, caller: Caller) -> None:
        for size, status in ((300_000, 404), (1024 * 1024 + 1, 413)):
            assert caller.post("/v1/webhooks/none", content=b"x" * size).status_code == status

    def test_wrong_length(self, caller: Caller) -> None:
        for length in (b"-1", b"1e3", b"9" * 40, b"x"):
            headers = [*self.HEADERS, (b"content-length", length)]
            answer = caller.raw("/v1/bookings", method="POST", headers=headers, body=[b"{}"])
            assert answer.status == 400, length

    def test_gone_before_the_end(self, caller: Caller) -> None:
        async def gone() -> dict[str, str]:
            return {"type": "http.disconnect"}

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/bookings",
            "headers": list(self.HEADERS),
            "scheme": "http",
        }
        sent: list[object] = []

        async def send(message: object) -> None:
            sent.append(message)

        caller.runner.run(caller.app(scope, gone, send))  # type: ignore[arg-type]
        assert sent == []

    def test_get_with_a_huge_body(self, caller: Caller) -> None:
        headers = [*self.HEADERS, (b"content-length", b"999999999")]
        assert caller.raw("/v1/public/tenant", headers=headers).status == 413


class TestHeaders:
    def test_every_answer(self, caller: Caller) -> None:
        for path in ("/", "/v1/public/tenant", "/v1/none", "/healthz"):
            headers = caller.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "strict-origin"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert "camera=()" in headers["permissions-policy"]
            assert headers["content-security-policy"] == JSON_POLICY
            assert "strict-transport-security" not in headers

    def test_websocket_behind_a_proxy(self, shop: MadeTenant, visit: Visit, configure: Callable[..., None]) -> None:
        """The pages' handlers know a visitor by the connection's address alone."""
        seen: list[Any] = []

        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope["client"])
            await receive()
            await send({"type": "websocket.accept"})

        configure(TRUSTED_PROXIES="203.0.113.0/24")
        headers = [
            (b"host", shop.host.encode()), (b"origin", f"http://{shop.host}".encode()),
            (b"x-forwarded-for", b"198.51.100.7"),
        ]  # fmt: skip
        visit(wrap(inner)).raw("/_event/", kind="websocket", headers=headers)
        assert seen == [("198.51.100.7", 4711)]

    def test_https_behind_a_proxy(self, caller: Caller, configure: Callable[..., None]) -> None:
        configure(TRUSTED_PROXIES="203.0.113.0/24")
        answer = caller.get("/v1/public/tenant", headers={"X-Forwarded-Proto": "https"})
        assert answer.headers["strict-transport-security"] == "max-age=31536000"

    def test_the_app_may_set_its_own(self, shop: MadeTenant, visit: Visit) -> None:
        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            own = [
                (b"content-type", b"text/html"),
                (b"referrer-policy", b"no-referrer"),
                (b"access-control-allow-origin", b"*"),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": own})
            await send({"type": "http.response.body", "body": b""})

        answer = visit(wrap(inner)).get("/")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "content-security-policy" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
        assert len(answer.headers.get_list("x-frame-options")) == 1

    def test_request_id(self, caller: Caller) -> None:
        assert caller.get("/healthz", headers={"X-Request-ID": "abc-123-def"}).headers["x-request-id"] == "abc-123-def"
        for odd in ("short", "x" * 65, "has space 1", 'quote"12345', "line\tbreak1"):
            given = caller.get("/healthz", headers={"X-Request-ID": odd}).headers["x-request-id"]
            assert given != odd
            assert len(given) == 36


class TestFailures:
    def test_unexpected(self, shop: MadeTenant, visit: Visit, log_lines: LogLines) -> None:
        api = create_api()

        @api.get("/v1/broken", include_in_schema=False)
        async def broken() -> None:
            raise ValueError("Ada Low, ada@example.com")

        api.router.routes.insert(0, api.router.routes.pop())
        answer = visit(wrap(beside(pages, api)), shop.host).get("/v1/broken")
        assert answer.status_code == 500
        error = failure(answer)
        assert error["code"] == "INTERNAL"
        assert "Ada" not in answer.text
        logged = next(line for line in log_lines() if line["event"] == "request_failed")
        assert logged["request_id"] == error["request_id"]
        assert logged["tenant"] == "shop"
        assert "ValueError" in logged["exception"]
        assert any("in broken" in line or line.endswith("broken") for line in logged["exception"])
        assert "Ada" not in json.dumps(log_lines())

    def test_broken_pages(self, shop: MadeTenant, visit: Visit) -> None:
        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            raise ValueError("Ada Low")

        answer = visit(wrap(inner), shop.host).get("/")
        assert (answer.status_code, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")

    def test_a_cut_stream_is_not_ended_politely(self, shop: MadeTenant, visit: Visit) -> None:
        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise ValueError("broke")

        visitor = visit(wrap(inner), shop.host)
        with pytest.raises(ValueError, match="broke"):
            visitor.get("/")

    def test_unknown_routes(self, caller: Caller) -> None:
        for path in (
            "/v1",
            "/v1/",
            "/v1/x",
            "/v1/public",
            "/v1/public/tenant/",
            "/v1//public/tenant",
            "/v1/%ff",
            "/v1/a%0ab",
        ):
            for method in ("GET", "POST", "DELETE", "PATCH", "FROBNICATE"):
                answer = caller.ask(method, path)
                assert answer.status_code == 404, (method, path)
                assert failure(answer)["code"] == "NOT_FOUND"
        assert caller.get("/v2/x").text == "a page"


class TestAccessLog:
    def test_one_line(self, caller: Caller, log_lines: LogLines) -> None:
        caller.get("/v1/public/availability?date=ada@example.com", headers={"X-Request-ID": "request-one"})
        line = log_lines()[-1]
        assert {name: line[name] for name in ("event", "method", "route", "status", "tenant", "request_id")} == {
            "event": "request", "method": "GET", "route": "/v1/public/availability", "status": 400, "tenant": "shop",
            "request_id": "request-one",
        }  # fmt: skip
        assert isinstance(line["ms"], float)

    def test_no_tokens_and_no_queries(self, caller: Caller, log_lines: LogLines) -> None:
        secret = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0"
        for path in (f"/manage/{secret}", f"/v1/public/bookings/{secret}/calendar.ics", f"/{secret}", f"/?t={secret}"):
            caller.get(path)
        assert [line["route"] for line in log_lines()] == [
            "/manage/{token}", "/v1/public/bookings/{token}/calendar.ics", "{other}", "/",
        ]  # fmt: skip
        assert secret not in json.dumps(log_lines())

    def test_probes_are_not_logged(self, caller: Caller, log_lines: LogLines) -> None:
        caller.get("/healthz")
        assert log_lines() == []
