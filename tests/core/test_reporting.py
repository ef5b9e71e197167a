"""What an error tracker is sent: the redacted log line, nothing more."""

import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sentry_sdk
import structlog

from portal.core import observe, reporting


class Tracker(HTTPServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.received: list[bytes] = []


class Receiver(BaseHTTPRequestHandler):
    server: Tracker

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def tracker(configure: Callable[..., None]) -> Iterator[Tracker]:
    with Tracker() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        configure(SENTRY_DSN=f"http://key@127.0.0.1:{server.server_port}/1")
        reporting.start.cache_clear()
        observe.configure()
        yield server
        sentry_sdk.get_client().close()
        sentry_sdk.get_global_scope().set_client(None)
        server.shutdown()
    reporting.start.cache_clear()


def fail(customer: str) -> None:
    raise ValueError(f"no such customer: {customer}")


def test_an_error_is_reported_without_anybodys_data(tracker: Tracker) -> None:
    customer = "ada@example.com"
    try:
        fail(customer)
    except ValueError:
        structlog.get_logger("portal.test").exception("something_broke", phone="+12125550100", attempt=3)
    structlog.get_logger("portal.test").warning("only_a_warning")
    sentry_sdk.flush(5)
    sent = b"".join(tracker.received).decode()
    assert "something_broke" in sent
    assert "test_reporting" in sent
    assert "only_a_warning" not in sent
    assert not [each for each in (customer, "ada@", "5550100") if each in sent]
