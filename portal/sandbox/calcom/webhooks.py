"""Webhook deliveries: signed, sent once, inside the call that caused them, and never tried again."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from typing import Any

import httpx

from portal.sandbox.calcom.store import Booking, Store, Webhook
from portal.sandbox.calcom.times import iso_millis
from portal.sandbox.calcom.webhook_payloads import event_payload, meeting_ended, no_show_payload
from portal.sandbox.clock import clock
from portal.sandbox.delivering import reachable

TIMEOUT_SECONDS = 10.0
NO_SECRET = "no-secret-provided"  # noqa: S105 - what the server sends instead of a signature
DEFAULT_VERSION = "2021-10-20"


class Courier:
    """Delivers to the subscribers of the booking's account. What they answer changes nothing, but it is waited for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client: httpx.AsyncClient | None = None

    async def deliver(self, trigger: str, booking: Booking, *, previous: Booking | None = None) -> None:
        """Send `trigger` for a booking; `previous` is the one it was moved from."""
        if hooks := self._subscribers(trigger, booking):
            await self._send(hooks, _wrapped(trigger, event_payload(self._store, trigger, booking, previous=previous)))

    async def deliver_no_show(self, booking: Booking, absent: dict[str, bool]) -> None:
        trigger = "BOOKING_NO_SHOW_UPDATED"
        if hooks := self._subscribers(trigger, booking):
            await self._send(hooks, _wrapped(trigger, no_show_payload(booking, absent)))

    async def deliver_end(self, booking: Booking) -> None:
        if hooks := self._subscribers("MEETING_ENDED", booking):
            await self._send(hooks, meeting_ended(self._store, booking))

    def _subscribers(self, trigger: str, booking: Booking) -> list[Webhook]:
        account = self._store.accounts.get(booking.account_key)
        if account is None or not account.spec.webhooks:
            return []
        return [
            hook
            for hook in self._store.webhooks.values()
            if hook.account_key == booking.account_key and hook.active and trigger in hook.triggers
        ]

    async def _send(self, hooks: list[Webhook], event: dict[str, Any]) -> None:
        # Made with the first delivery: most accounts have no webhooks, and a client takes a while to make.
        self._client = self._client or httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        for hook in hooks:
            with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
                url, host = reachable(hook.subscriber_url)
                await self._client.post(url, content=body, headers=_headers(hook, body) | host)


def _wrapped(trigger: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"triggerEvent": trigger, "createdAt": iso_millis(clock.now()), "payload": payload}


def _headers(hook: Webhook, body: bytes) -> dict[str, str]:
    signature = hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest() if hook.secret else NO_SECRET
    return {
        "Content-Type": "application/json",
        "X-Cal-Signature-256": signature,
        "X-Cal-Webhook-Version": hook.version or DEFAULT_VERSION,
    }
