"""A visitor's state as the framework would hold it, for calling handlers without a browser."""

import asyncio
import inspect
from collections.abc import Coroutine
from typing import Any, TypeVar

import reflex as rx
from reflex.istate.data import RouterData

from portal.core import redis

S = TypeVar("S", bound=rx.State)
T = TypeVar("T")


def visiting(state: type[S], host: str, path: str = "/", *, address: str = "203.0.113.7") -> S:
    """The state of a tab that is connected to ``host`` and shows ``path``."""
    root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
    query = path.partition("?")[2]
    root.router = RouterData.from_router_data(
        {
            "headers": {"host": host, "origin": f"http://{host}", "user-agent": "test"},
            "ip": address,
            "pathname": path.partition("?")[0],
            "asPath": path,
            "query": dict(pair.split("=", 1) for pair in query.split("&") if pair),
        }
    )
    found: S = root.get_substate(state.get_full_name().split("."))  # type: ignore[assignment]
    return found


def call(state: Any, name: str, *args: Any) -> list[Any]:
    """Run a handler to its end; returns what it asked to happen next."""
    return run(acall(state, name, *args))


async def acall(state: Any, name: str, *args: Any) -> list[Any]:
    outcome = type(state).event_handlers[name].fn(state, *args)
    if inspect.isasyncgen(outcome):
        return [event async for event in outcome]
    outcome = await outcome if inspect.isawaitable(outcome) else outcome
    if outcome is None:
        return []
    return outcome if isinstance(outcome, list) else [outcome]


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, in an event loop of its own that leaves no connection behind."""

    async def tidy() -> T:
        try:
            return await work
        finally:
            await redis.async_client().aclose()
            redis.async_client.cache_clear()

    return asyncio.run(tidy())
