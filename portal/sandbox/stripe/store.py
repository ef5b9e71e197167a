"""Everything the Stripe stand-in remembers: customers, Checkout and portal sessions, subscriptions, events, keys."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from portal.sandbox.clock import clock
from portal.sandbox.stripe.accounts import AccountSpec
from portal.sandbox.stripe.errors import missing

CHECKOUT_LIFE = timedelta(hours=24)
KEY_LIFE = timedelta(hours=24)


class Kept(BaseModel):
    """An object of one account."""

    id: str
    account: str
    created_at: datetime


class Customer(Kept):
    name: str | None = None
    email: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    deleted: bool = False


class Checkout(Kept):
    customer: str
    price: str
    success_url: str
    cancel_url: str
    url: str
    status: str = "open"
    subscription: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    subscription_metadata: dict[str, str] = Field(default_factory=dict)

    @property
    def expires_at(self) -> datetime:
        return self.created_at + CHECKOUT_LIFE

    @property
    def status_now(self) -> str:
        return "expired" if self.status == "open" and self.expires_at <= clock.now() else self.status


class Subscription(Kept):
    customer: str
    price: str
    status: str
    period_start: datetime
    period_end: datetime
    cancel_at_period_end: bool = False
    ended_at: datetime | None = None
    metadata: dict[str, str] = Field(default_factory=dict)


class PortalSession(Kept):
    customer: str
    return_url: str
    url: str


class Event(Kept):
    """``body`` as it is sent; ``answers`` are the statuses of its deliveries, None where there was none."""

    type: str
    body: str
    answers: list[int | None] = Field(default_factory=list)


class Answered(BaseModel):
    """What was answered to a key: the same request gets it again, another one is refused."""

    account: str
    key: str
    fingerprint: str
    body: dict[str, Any]
    created_at: datetime


class Snapshot(BaseModel):
    """The whole store as JSON."""

    accounts: list[AccountSpec] = Field(default_factory=list)
    customers: list[Customer] = Field(default_factory=list)
    checkouts: list[Checkout] = Field(default_factory=list)
    subscriptions: list[Subscription] = Field(default_factory=list)
    portal_sessions: list[PortalSession] = Field(default_factory=list)
    events: list[Event] = Field(default_factory=list)
    answers: list[Answered] = Field(default_factory=list)


K = TypeVar("K", bound=Kept)


class Store:
    """The stand-in's memory. One event loop uses it and never awaits in the middle of a change."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.accounts: dict[str, AccountSpec] = {}
        self.customers: dict[str, Customer] = {}
        self.checkouts: dict[str, Checkout] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.portal_sessions: dict[str, PortalSession] = {}
        self.events: dict[str, Event] = {}
        self._answers: dict[tuple[str, str], Answered] = {}

    def put_account(self, spec: AccountSpec) -> AccountSpec:
        self.accounts[spec.api_key] = spec
        return spec

    def customer(self, account: AccountSpec, customer_id: str, param: str | None = None) -> Customer:
        """Raises StripeError for one that does not exist, or no more."""
        found = of(self.customers, account, customer_id)
        if found is None or found.deleted:
            raise missing("customer", customer_id, param)
        return found

    def subscription_of(self, customer_id: str) -> Subscription | None:
        """The newest of a customer's."""
        found = [each for each in self.subscriptions.values() if each.customer == customer_id]
        return found[-1] if found else None

    def answered(self, account: AccountSpec, key: str) -> Answered | None:
        found = self._answers.get((account.api_key, key))
        return found if found and found.created_at + KEY_LIFE > clock.now() else None

    def remember(self, answered: Answered) -> None:
        self._answers[answered.account, answered.key] = answered

    def snapshot(self) -> dict[str, Any]:
        saved = Snapshot(
            accounts=list(self.accounts.values()),
            customers=list(self.customers.values()),
            checkouts=list(self.checkouts.values()),
            subscriptions=list(self.subscriptions.values()),
            portal_sessions=list(self.portal_sessions.values()),
            events=list(self.events.values()),
            answers=list(self._answers.values()),
        )
        return saved.model_dump(mode="json")

    def restore(self, data: Any) -> None:
        """Take a snapshot back. Raises ValueError (pydantic's) when it does not fit."""
        saved = Snapshot.model_validate(data)
        self.reset()
        self.accounts = {account.api_key: account for account in saved.accounts}
        self.customers = {each.id: each for each in saved.customers}
        self.checkouts = {each.id: each for each in saved.checkouts}
        self.subscriptions = {each.id: each for each in saved.subscriptions}
        self.portal_sessions = {each.id: each for each in saved.portal_sessions}
        self.events = {each.id: each for each in saved.events}
        self._answers = {(each.account, each.key): each for each in saved.answers}


def of(kept: dict[str, K], account: AccountSpec, object_id: str) -> K | None:
    """An account's own object of that id."""
    found = kept.get(object_id)
    return found if found is not None and found.account == account.api_key else None


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
