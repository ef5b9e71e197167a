"""Webhooks of the Stripe stand-in: signed, in the background, and tried again where the receiver did not take them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
from collections.abc import Sequence

import httpx

from portal.sandbox.clock import clock
from portal.sandbox.delivering import reachable
from portal.sandbox.stripe.accounts import AccountSpec, Endpoint
from portal.sandbox.stripe.store import Event

TIMEOUT_SECONDS = 10.0
# Seconds before the next try. The real one goes on for three days.
PAUSES = (0.5, 2.0, 8.0, 30.0)


class Courier:
    """Delivers the events of one act after another."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    def tell(self, account: AccountSpec, events: Sequence[Event]) -> None:
        """Deliver them all, without waiting for it."""
        if account.endpoints and account.delivery.order != "none":
            task = asyncio.get_running_loop().create_task(self._tell(account, events))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    def drop_all(self) -> None:
        for task in list(self._under_way):
            task.cancel()

    async def _tell(self, account: AccountSpec, events: Sequence[Event]) -> None:
        await asyncio.sleep(account.delivery.delay_ms / 1000)
        for event in _in_order(account, events):
            for endpoint in account.endpoints:
                await self._deliver(endpoint, event)

    async def _deliver(self, endpoint: Endpoint, event: Event) -> None:
        for pause in (*PAUSES, None):
            answered = await self._post(endpoint, event.body)
            event.answers.append(answered)
            if pause is None or (answered is not None and 200 <= answered < 300):
                return
            await asyncio.sleep(pause)

    async def _post(self, endpoint: Endpoint, body: str) -> int | None:
        # Made with the first delivery: most runs have none, and a client takes a while to make.
        self._client = self._client or httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)
        address, headers = reachable(endpoint.url)
        headers |= {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": sign(endpoint.secret, body)}
        try:
            answer = await self._client.post(address, content=body.encode(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
        return answer.status_code


def sign(secret: str, body: str) -> str:
    """``Stripe-Signature``: the time, and HMAC-SHA256 over ``<time>.<body>``."""
    moment = int(clock.now().timestamp())
    digest = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _in_order(account: AccountSpec, events: Sequence[Event]) -> list[Event]:
    told = [event for event in events for _ in range(account.delivery.copies)]
    if account.delivery.order == "reversed":
        told.reverse()
    elif account.delivery.order == "shuffled":
        random.shuffle(told)
    return told
