"""Everything the Twilio stand-in remembers: accounts, messages, who opted out, and how numbers behave."""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from portal.sandbox.clock import clock
from portal.sandbox.twilio.accounts import MAGIC, AccountSpec, Behaviour

FINAL = frozenset({"delivered", "undelivered", "failed", "received"})


@dataclass
class Callback:
    """One delivery of a status: `answered` is the receiver's HTTP status, None when it gave none."""

    status: str
    answered: int | None = None


@dataclass
class Message:
    """One message. Times are aware UTC; `price_micros` is None until it is known; `number` counts up."""

    sid: str
    number: int
    account_sid: str
    to: str
    from_number: str | None
    body: str
    direction: str
    status: str
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    service_sid: str | None = None
    segments: int = 1
    price_micros: int | None = None
    price_unit: str = "USD"
    error_code: int | None = None
    status_callback: str | None = None
    callbacks: list[Callback] = field(default_factory=list)

    def move_to(self, status: str) -> None:
        self.status, self.updated_at = status, clock.now()
        if status == "sent":
            self.sent_at = self.updated_at


@dataclass(frozen=True)
class OptOut:
    """A phone that takes no more messages from a service, or from a number that is in none."""

    sender: str
    phone: str


class Snapshot(BaseModel):
    """The whole store as JSON."""

    accounts: list[AccountSpec]
    messages: list[Message]
    opt_outs: list[OptOut]
    behaviours: list[Behaviour]


class Store:
    """The stand-in's memory. One event loop uses it and never awaits in the middle of a change."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.accounts: dict[str, AccountSpec] = {}
        self.messages: dict[str, Message] = {}
        self.opt_outs: set[OptOut] = set()
        self.behaviours: dict[str, Behaviour] = {}
        self._by_phone: dict[tuple[str, str], list[Message]] = defaultdict(list)
        self._by_account: dict[str, list[Message]] = defaultdict(list)

    def put_account(self, spec: AccountSpec) -> AccountSpec:
        """Create the account of that sid, or bring it up to date; webhook addresses set through the API stay."""
        known = self.accounts.get(spec.sid)
        for service in spec.services:
            before = known.service(service.sid) if known else None
            if before is not None:
                service.inbound_request_url = service.inbound_request_url or before.inbound_request_url
                service.status_callback = service.status_callback or before.status_callback
        self.accounts[spec.sid] = spec
        return spec

    def behaviour(self, phone: str) -> Behaviour:
        return self.behaviours.get(phone) or MAGIC.get(phone) or Behaviour(to=phone)

    def add(self, account: AccountSpec, **fields: Any) -> Message:
        """A message that begins now."""
        now = clock.now()
        message = Message(
            sid=f"SM{secrets.token_hex(16)}",
            number=len(self.messages) + 1,
            account_sid=account.sid,
            created_at=now,
            updated_at=now,
            price_unit=account.price_unit,
            **fields,
        )
        self._keep(message)
        return message

    def _keep(self, message: Message) -> None:
        self.messages[message.sid] = message
        self._by_account[message.account_sid].append(message)
        self._by_phone[message.account_sid, message.to].append(message)

    def listed(self, account: AccountSpec, to: str | None) -> list[Message]:
        """The account's messages as lists show them: newest first, without those that are too new."""
        found = self._by_account[account.sid] if to is None else self._by_phone[account.sid, to]
        newest = clock.now() - timedelta(seconds=account.listing_lag_seconds)
        return [message for message in reversed(found) if message.created_at <= newest]

    def snapshot(self) -> dict[str, Any]:
        saved = Snapshot(
            accounts=list(self.accounts.values()),
            messages=list(self.messages.values()),
            opt_outs=sorted(self.opt_outs, key=lambda each: (each.sender, each.phone)),
            behaviours=list(self.behaviours.values()),
        )
        return saved.model_dump(mode="json")

    def restore(self, data: Any) -> None:
        """Take a snapshot back. Raises ValueError (pydantic's) when it does not fit.

        What was on its way arrived meanwhile; nobody was told, as when a callback is lost.
        """
        saved = Snapshot.model_validate(data)
        self.reset()
        self.accounts = {account.sid: account for account in saved.accounts}
        self.opt_outs = set(saved.opt_outs)
        self.behaviours = {behaviour.to: behaviour for behaviour in saved.behaviours}
        for message in saved.messages:
            if message.status not in FINAL:
                message.move_to("sent")
                message.move_to("delivered")
            self._keep(message)
