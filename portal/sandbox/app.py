"""The sandbox as an ASGI app: the stand-ins, the layer that records and misbehaves, and the control API."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from portal.sandbox.clock import clock
from portal.sandbox.faults import Fault, FaultBook, FaultLayer
from portal.sandbox.orders import understood
from portal.sandbox.state import Provider, Recorder, StateFile

PROVIDERS = ("calcom", "anthropic", "gotrue", "twilio", "stripe")
"""A stand-in is mounted by naming its module here: ``portal.sandbox.<name>``, with `provider` or plain `routes`."""

PORTAL = "http://localhost:8000"
SECONDS_BETWEEN_LOOKS = 1.0


class ClockOrder(BaseModel):
    """Taken in this order: stopped or released, then set, then moved."""

    model_config = ConfigDict(extra="forbid")

    now: AwareDatetime | None = None
    advance_seconds: float | None = None
    frozen: bool | None = None


class Sandbox:
    """Everything one running sandbox holds besides what its stand-ins keep for themselves."""

    def __init__(self, *, seed: Path | None = None, state: Path | None = None, portal: str = PORTAL) -> None:
        self.providers = [load_provider(name) for name in PROVIDERS]
        self.recorder = Recorder(PROVIDERS)
        self.faults = FaultBook()
        self._seed: dict[str, Any] = _seed_of(seed.read_text(encoding="utf-8"), portal) if seed else {}
        self._state_file = StateFile(state, self.providers) if state else None

    def load(self) -> None:
        """State first, then the seed, so that a changed seed file shows after a restart."""
        if self._state_file is not None:
            self._state_file.load()
        self._plant()

    def reset(self) -> None:
        """Forget everything that happened and begin again from the seed."""
        self.faults.clear()
        self.recorder.clear()
        clock.reset()
        for provider in self.providers:
            provider.reset()
        self._plant()
        self.changed()

    def changed(self) -> None:
        if self._state_file is not None:
            self._state_file.touch()

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        del app
        tasks = [asyncio.create_task(self._run())]
        if self._state_file is not None:
            tasks.append(asyncio.create_task(self._state_file.keep()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def pass_time(self) -> None:
        """Let happen what is due by the clock."""
        for provider in self.providers:
            if provider.pass_time is not None and await provider.pass_time():
                self.changed()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            await self.pass_time()

    def _plant(self) -> None:
        for provider in self.providers:
            if provider.name in self._seed:
                provider.seed(self._seed[provider.name])


def _seed_of(text: str, portal: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.replace("{portal}", portal))
    return found


def load_provider(name: str) -> Provider:
    """The stand-in of that name. A module that has no `provider` is taken by its parts."""
    module = importlib.import_module(f"portal.sandbox.{name}")
    provider = getattr(module, "provider", None)
    if isinstance(provider, Provider):
        return provider
    if hasattr(module, "use_clock"):
        module.use_clock(lambda: clock.now().timestamp())
    parts = {part: getattr(module, part) for part in ("control_routes", "reset") if hasattr(module, part)}
    return Provider(name=name, routes=module.routes, **parts)


def create_app(*, seed: Path | None = None, state: Path | None = None, portal: str = PORTAL) -> Starlette:
    """Build the sandbox. `seed` holds what is there from the start, `state` keeps what happens across restarts.

    `portal` is the address of whoever is to be told of things; a seed writes it as ``{portal}``.
    """
    sandbox = Sandbox(seed=seed, state=state, portal=portal)
    sandbox.load()
    layer = Middleware(FaultLayer, faults=sandbox.faults, recorder=sandbox.recorder, on_change=sandbox.changed)
    return Starlette(routes=_routes(sandbox), middleware=[layer], lifespan=sandbox.lifespan)


def _routes(sandbox: Sandbox) -> list[BaseRoute]:
    control = Control(sandbox)
    routes: list[BaseRoute] = [
        Route("/healthz", _healthz),
        Route("/_sandbox/reset", control.reset, methods=["POST"]),
        Route("/_sandbox/clock", control.read_clock, methods=["GET"]),
        Route("/_sandbox/clock", understood(control.set_clock), methods=["POST"]),
        Route("/_sandbox/faults", control.list_faults, methods=["GET"]),
        Route("/_sandbox/faults", understood(control.order_fault), methods=["POST"]),
        Route("/_sandbox/faults", control.clear_faults, methods=["DELETE"]),
        Route("/_sandbox/requests", control.list_requests, methods=["GET"]),
        Route("/_sandbox/requests", control.clear_requests, methods=["DELETE"]),
    ]
    for provider in sandbox.providers:
        routes += [_saving(route, sandbox.changed) for route in provider.control_routes]
        routes.append(Mount(f"/{provider.name}", app=Router(provider.routes, redirect_slashes=False)))
    return routes


def _saving(route: BaseRoute, changed: Callable[[], None]) -> BaseRoute:
    """Control calls of a stand-in change its state as well, so they must reach the snapshot too."""
    if isinstance(route, Route):
        inner = route.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await inner(scope, receive, send)
            if scope["method"] != "GET":
                changed()

        route.app = app
    return route


async def _healthz(request: Request) -> Response:
    return JSONResponse({"status": "ok", "now": clock.now().isoformat()})


class Control:
    """The control API that all stand-ins share."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def reset(self, request: Request) -> Response:
        self._sandbox.reset()
        return JSONResponse({"status": "ok"})

    async def read_clock(self, request: Request) -> Response:
        return JSONResponse({"now": clock.now().isoformat(), "frozen": clock.frozen})

    async def set_clock(self, request: Request) -> Response:
        order = ClockOrder.model_validate_json(await request.body())
        if order.frozen is not None:
            clock.freeze(order.frozen)
        if order.now is not None:
            clock.set(order.now)
        if order.advance_seconds is not None:
            clock.advance(order.advance_seconds)
        await self._sandbox.pass_time()
        return await self.read_clock(request)

    async def list_faults(self, request: Request) -> Response:
        return JSONResponse({"faults": [fault.model_dump(mode="json") for fault in self._sandbox.faults.listing()]})

    async def order_fault(self, request: Request) -> Response:
        fault = self._sandbox.faults.order(Fault.model_validate_json(await request.body()))
        return JSONResponse(fault.model_dump(mode="json"), status_code=201)

    async def clear_faults(self, request: Request) -> Response:
        self._sandbox.faults.clear()
        return JSONResponse({"status": "ok"})

    async def list_requests(self, request: Request) -> Response:
        since = request.query_params.get("since", "0")
        if not since.isdigit():
            return JSONResponse({"error": {"message": "since is the id of a recorded request"}}, status_code=422)
        listing = self._sandbox.recorder.listing(provider=request.query_params.get("provider"), since=int(since))
        return JSONResponse({"requests": [exchange.as_dict() for exchange in listing]})

    async def clear_requests(self, request: Request) -> Response:
        self._sandbox.recorder.clear()
        return JSONResponse({"status": "ok"})
