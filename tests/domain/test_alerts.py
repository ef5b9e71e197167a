"""Jobs that are given up are told of once: in the log, and at the operator's address."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from portal.core.errors import ProviderRefused, ProviderUnavailable
from portal.core.ids import new_id
from portal.domain import alerts
from tests.factories import administrator

INSERT = "insert into portal.job_failures (job_id, name, payload, attempts, last_error) values (%s, %s, '{}', 10, 'x')"


class Address:
    """Where alerts go; answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.told: list[Any] = []
        self.url = ""


@pytest.fixture
def address() -> Iterator[Address]:
    found = Address()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(found.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/secret-token"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fail(database: str, valkey: Any) -> Callable[..., None]:
    """``fail("send_sms", 3)``: so many jobs of that name are given up now."""

    def failed(name: str, number: int = 1) -> None:
        for _ in range(number):
            administrator(database).execute(INSERT, [new_id(), name])

    return failed


class TestWatch:
    def test_told_once(self, fail: Callable[..., None], address: Address, configure: Callable[..., None]) -> None:
        configure(ALERT_WEBHOOK_URL=address.url)
        assert alerts.watch_failures() == 0
        fail("send_sms", 2)
        fail("settle_proposal")
        with capture_logs() as lines:
            assert alerts.watch_failures() == 3
        assert [(line["event"], line["log_level"], line["failures"]) for line in lines] == [
            ("jobs_given_up", "error", 3)
        ]
        assert alerts.watch_failures() == 0
        [told] = address.told
        assert told["text"] == "3 jobs failed for good (send_sms: 2, settle_proposal: 1). See /admin/jobs."
        assert (told["failures"], told["jobs"]) == (3, {"send_sms": 2, "settle_proposal": 1})

    def test_without_an_address(self, fail: Callable[..., None]) -> None:
        fail("send_sms")
        assert alerts.watch_failures() == 1

    def test_committed_late(self, fail: Callable[..., None], database: str) -> None:
        """A transaction that was open while others were told of."""
        with psycopg.connect(database) as late:
            late.execute(INSERT, [new_id(), "settle_proposal"])
            fail("send_sms")
            assert [alerts.watch_failures(), alerts.watch_failures()] == [1, 0]
            late.commit()
        assert [alerts.watch_failures(), alerts.watch_failures()] == [1, 0]

    @pytest.mark.parametrize(("status", "raised"), [(503, ProviderUnavailable), (404, ProviderRefused)])
    def test_told_again_when_nobody_listened(
        self,
        fail: Callable[..., None],
        address: Address,
        configure: Callable[..., None],
        status: int,
        raised: type[Exception],
    ) -> None:
        configure(ALERT_WEBHOOK_URL=address.url)
        fail("send_sms")
        address.status = status
        with pytest.raises(raised) as caught:
            alerts.watch_failures()
        assert "secret-token" not in str(caught.value)
        address.status = 200
        assert alerts.watch_failures() == 1
        assert alerts.watch_failures() == 0
