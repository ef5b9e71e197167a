"""Webhooks of the Twilio stand-in: signed forms, sent once; what the receiver answers changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from portal.sandbox.delivering import reachable
from portal.sandbox.twilio import views
from portal.sandbox.twilio.accounts import AccountSpec
from portal.sandbox.twilio.signature import sign
from portal.sandbox.twilio.store import Callback, Message, Store

TIMEOUT_SECONDS = 15.0


class Courier:
    """Delivers status callbacks and incoming messages."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client: httpx.AsyncClient | None = None

    async def tell(self, account: AccountSpec, message: Message, status: str) -> None:
        """Tell the message's callback, if it has one, of a status."""
        if message.status_callback:
            callback = Callback(status)
            message.callbacks.append(callback)
            fields = views.status_fields(message, status)
            callback.answered = await self.post(account, message.status_callback, fields)

    async def post(self, account: AccountSpec, url: str, fields: Mapping[str, str]) -> int | None:
        """Send a signed form; the answer's status, None when none came. The signature is of the address as named."""
        # Made with the first delivery: most runs have none, and a client takes a while to make.
        self._client = self._client or httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)
        address, headers = reachable(url)
        headers["X-Twilio-Signature"] = sign(account.auth_token, url, fields)
        try:
            answer = await self._client.post(address, data=dict(fields), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
        return answer.status_code
