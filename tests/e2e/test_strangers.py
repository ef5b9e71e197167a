"""What a stranger sends is counted and warned of; an error line is always a fault of ours."""

import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from reflex_base.registry import RegistrationContext
from simple_websocket import Client, ConnectionClosed

import portal.portal  # noqa: F401 - brings all pages' handlers
from portal.web import gate
from tests.e2e.conftest import LiveSite
from tests.factories import THOROUGH

SLUG = "bobs-barbershop"
NAMESPACE = "/_event"
JUNK: tuple[Any, ...] = (None, True, -1, 1e300, "", "\x00", "x" * 5000, [], [[]], {}, {"a": {"b": []}}, "\u2028")
FRAMES = (
    "", "4", "9", "x", "42", "4\x00", "42[", "42[]", '42["event"]', "43/_event,0[]", "45-", "451-[", "46/_event,1-[]",
    "44{}", "40/nowhere,{}", "bAAAA", "b!!!", "3", "1", '42/_event,["event"', "42/_event," + "[" * 5000, b"\x04\xff",
)  # fmt: skip
ROUTER = {"pathname": "/chat", "asPath": "/chat", "query": {}}


def error_lines(site: LiveSite, begun: int) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in site.log.read_text()[begun:].splitlines() if line.startswith("{")]
    return [line for line in lines if line["level"] in ("error", "critical")]


@pytest.fixture
def log_begins(site: LiveSite) -> Iterator[int]:
    """Where the log stands; at the end of the test no error was written since."""
    begun = len(site.log.read_text())
    yield begun
    assert error_lines(site, begun) == []


@contextmanager
def socket(site: LiveSite, hello: str = "40/_event,", token: str | None = None) -> Iterator[Client]:
    """An open websocket of a page on the platform's host, its namespace joined."""
    host = f"localhost:{site.port}"
    address = f"ws://{host}{NAMESPACE}/?EIO=4&transport=websocket&token={quote(token or str(uuid4()))}"
    client = Client(address, headers={"Origin": "http://localhost"})
    try:
        client.receive(timeout=5)
        client.send(hello)
        client.receive(timeout=5)
        yield client
    finally:
        with suppress(ConnectionClosed):
            client.close()


def say(client: Client, *message: Any) -> None:
    client.send(f"42{NAMESPACE}," + json.dumps(message))


def event(name: Any, payload: Any = None, router: Any = None) -> dict[str, Any]:
    return {"name": name, "payload": {} if payload is None else payload, "router_data": router or ROUTER}


def answers(client: Client) -> bool:
    """Whether the connection is still served."""
    say(client, "ping")
    while (frame := client.receive(timeout=20)) is not None:
        if "pong" in str(frame):
            return True
    return False


def refused(site: LiveSite) -> int:
    return site.log.read_text().count('"socket_refused"')


def test_events_that_nobody_has(site: LiveSite, log_begins: int) -> None:
    with socket(site) as client:
        before = refused(site)
        for junk in JUNK:
            for broken in (junk, event(junk), event("nobody.does_this", junk), event("a" * 10_000), {"name": junk}):
                say(client, "event", broken)
            say(client, "event", junk, junk)
            say(client, "client_error", junk)
            say(client, str(junk)[:50], junk)
            say(client, "event", event(_handlers()[0], router=junk))
        assert answers(client)
    assert refused(site) >= before + 4 * len(JUNK)


@pytest.mark.timeout(400)
def test_every_handler_with_wrong_arguments(site: LiveSite, log_begins: int) -> None:
    """All with TESTS=all, else every fifth: what refuses them is the same for all."""
    for name in _handlers()[:: 1 if THOROUGH else 5]:
        with socket(site) as client:
            names = _arguments(name) or ["value"]
            for junk in JUNK:
                say(client, "event", event(name, dict.fromkeys(names, junk)))
                say(client, "event", event(name, {"unknown": junk}))
                say(client, "event", event(name, {names[0]: {"formData": junk}}))
            assert answers(client), name


def test_fields_of_the_browsers_storage_that_nobody_has(site: LiveSite, log_begins: int) -> None:
    boot, update = (f"reflex___state____state.{name}" for name in (
        "hydrate_and_load", "reflex___state____update_vars_internal_state.update_vars_internal"))  # fmt: skip
    with socket(site) as client:
        for junk in JUNK:
            for name in (boot, update):
                say(client, "event", event(name, {"vars": {str(junk): junk}}))
                say(client, "event", event(name, {"vars": junk}))
        assert answers(client)


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_that_are_none(site: LiveSite, log_begins: int, frame: Any) -> None:
    with socket(site) as client, suppress(ConnectionClosed):
        client.send(frame)
        say(client, "ping")
        client.receive(timeout=2)


@pytest.mark.parametrize("junk", JUNK)
def test_first_events_that_are_none(site: LiveSite, log_begins: int, junk: Any) -> None:
    for hello in ({"event": junk}, {"event": event(junk)}, {"state_schema": junk}, junk):
        with suppress(ConnectionClosed), socket(site, f"40{NAMESPACE}," + json.dumps(hello), token=str(junk)[:20]):
            pass


def test_requests_that_are_none(site: LiveSite, log_begins: int) -> None:
    def ask(method: str, path: str, **options: Any) -> int:
        headers = {"Host": f"{SLUG}.localhost:{site.port}"}
        return httpx.request(method, f"http://127.0.0.1:{site.port}{path}", headers=headers, **options).status_code

    unknown = {"session_id": str(uuid4())}
    assert ask("POST", "/v1/chat/confirm", json=unknown | {"proposal_id": str(uuid4())}) == 404
    assert ask("POST", "/v1/chat/stream", json=unknown | {"message": "Hi"}) == 404
    for path in ("/v1/chat/session", "/v1/chat/stream", "/v1/chat/confirm", "/v1/bookings", "/v1/nowhere"):
        for body in (b"{", b"null", b"\xff", b'{"session_id": 7}'):
            assert ask("POST", path, content=body) < 500
    assert ask("GET", f"{NAMESPACE}/?EIO=4&transport=polling") < 500
    assert ask("GET", f"{NAMESPACE}/?EIO=x&transport=websocket") < 500


def test_a_fault_of_ours_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """The other side: what no stranger made stays an error line."""
    gate.explain(RuntimeError("ours"))
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def _handlers() -> list[str]:
    return sorted(RegistrationContext.get().event_handlers)


def _arguments(name: str) -> list[str]:
    return list(inspect.signature(RegistrationContext.get().event_handlers[name].handler.fn).parameters)[1:]
