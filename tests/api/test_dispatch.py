"""The API is loaded when it is first needed, once, and the process counts as alive before."""

import asyncio
import threading
import time

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from portal.api.dispatch import Loading


class Slow:
    """Makes an app slowly and counts how often."""

    def __init__(self) -> None:
        self.made = 0
        self.may_go_on = threading.Event()

    def __call__(self) -> Starlette:
        self.may_go_on.wait(10)
        self.made += 1

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await PlainTextResponse(f"loaded {scope['path']}")(scope, receive, send)

        return app  # type: ignore[return-value]


def client(app: Loading) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.localhost")


class TestLoading:
    def test_alive_before_it_is_loaded(self) -> None:
        slow = Slow()

        async def ask() -> httpx.Response:
            async with client(Loading(slow)) as http:
                return await http.get("/healthz")

        answer = asyncio.run(ask())
        assert (answer.json(), answer.headers["cache-control"], slow.made) == ({"status": "ok"}, "no-store", 0)

    def test_many_first_askers_wait_for_one_load(self) -> None:
        slow = Slow()

        async def ask() -> list[httpx.Response]:
            async with client(Loading(slow)) as http:
                asking = asyncio.gather(*(http.get(f"/v1/{number}") for number in range(20)))
                started = time.monotonic()
                await asyncio.sleep(0.05)
                # The event loop is free while a thread loads.
                assert time.monotonic() - started < 5
                slow.may_go_on.set()
                return await asking

        answers = asyncio.run(ask())
        assert [answer.text for answer in answers] == [f"loaded /v1/{number}" for number in range(20)]
        assert slow.made == 1
