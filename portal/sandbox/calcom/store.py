"""Everything the Cal.com stand-in remembers: accounts, bookings, reservations and webhooks."""

from __future__ import annotations

import secrets
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from portal.sandbox.calcom.accounts import OWNER, Account, AccountSpec, EventType, Host, username_of
from portal.sandbox.clock import clock

UID_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ACTIVE = frozenset({"accepted", "pending"})
KEY_BELIEVED = timedelta(hours=1)
FIRST_FREE_EVENT_TYPE_ID = 1_000_001
"""Ids that an account names are small; those we give stay clear of them."""


@dataclass
class Attendee:
    """Who comes. `seat_uid`, `metadata` and `responses` are the seat's own where the event type has seats."""

    name: str
    email: str
    time_zone: str
    language: str = "en"
    phone: str | None = None
    absent: bool = False
    seat_uid: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    responses: dict[str, Any] = field(default_factory=dict)


@dataclass
class Booking:
    """One booking. Times are aware UTC; `status` is accepted, pending, cancelled or rejected."""

    id: int
    uid: str
    account_key: str
    event_type_id: int
    host_id: int
    title: str
    status: str
    start: datetime
    end: datetime
    created_at: datetime
    updated_at: datetime
    ics_uid: str
    attendees: list[Attendee]
    description: str = ""
    location: str | None = None
    seated: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    responses: dict[str, Any] = field(default_factory=dict)
    guests: list[str] = field(default_factory=list)
    cancellation_reason: str = ""
    rejection_reason: str = ""
    rescheduling_reason: str | None = None
    rescheduled_by: str | None = None
    rescheduled_from: str | None = None
    rescheduled_to: str | None = None
    ics_sequence: int = 0
    absent_host: bool = False
    paid: bool = False
    end_told: bool = False

    @property
    def active(self) -> bool:
        return self.status in ACTIVE


@dataclass
class Reservation:
    """A courtesy hold of one event type's slot; it stops a second hold and nothing else."""

    uid: str
    event_type_id: int
    start: datetime
    end: datetime
    until: datetime


@dataclass
class Webhook:
    """A subscription to booking events of one account."""

    id: str
    account_key: str
    subscriber_url: str
    triggers: list[str]
    active: bool
    secret: str | None
    payload_template: str | None
    version: str | None = None


class SavedIds(BaseModel):
    """The ids an account was given (`Account.as_ids`)."""

    user_id: int
    schedule_id: int
    hosts: dict[str, int]
    event_types: dict[str, int]


class SavedAccount(BaseModel):
    spec: AccountSpec
    ids: SavedIds


class Snapshot(BaseModel):
    """The whole store as JSON."""

    last_ids: dict[str, int]
    accounts: list[SavedAccount]
    bookings: list[Booking]
    webhooks: list[Webhook]


class Store:
    """The stand-in's memory. One event loop uses it and never awaits in the middle of a change."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.event_types: dict[int, EventType] = {}
        self.bookings: dict[str, Booking] = {}
        self.reservations: dict[str, Reservation] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.revoked: set[str] = set()
        self._keys_seen: dict[str, datetime] = {}
        self._days: dict[tuple[int, date], set[str]] = defaultdict(set)
        self._by_account: dict[str, list[Booking]] = defaultdict(list)
        self._last_ids = {"user": 0, "schedule": 0, "event_type": FIRST_FREE_EVENT_TYPE_ID - 1, "booking": 0}

    def next_id(self, kind: str) -> int:
        self._last_ids[kind] += 1
        return self._last_ids[kind]

    # Accounts

    def put_account(self, spec: AccountSpec, *, ids: dict[str, Any] | None = None) -> Account:
        """Create the account of that key or bring it up to date; what it had before keeps its ids.

        `ids` are those of an earlier life (`Account.as_ids`). Raises ValueError when an event type's id is not free.
        """
        known = self.accounts.get(spec.api_key)
        before = ids or (known.as_ids() if known else {"hosts": {}, "event_types": {}})
        self._refuse_foreign_ids(spec)
        hosts = {name: self._host(spec, name, before["hosts"].get(name)) for name in _host_names(spec)}
        event_types = {
            item.slug: EventType(
                id=item.id or before["event_types"].get(item.slug) or self.next_id("event_type"),
                spec=item,
                host=hosts[item.host],
                account_key=spec.api_key,
            )
            for item in spec.event_types
        }
        schedule_id = before.get("schedule_id") or self.next_id("schedule")
        account = Account(spec=spec, schedule_id=schedule_id, hosts=hosts, event_types=event_types)
        for gone in known.event_types.values() if known else ():
            self.event_types.pop(gone.id, None)
        self.accounts[account.key] = account
        self.revoked.discard(account.key)
        self.event_types |= {event_type.id: event_type for event_type in event_types.values()}
        return account

    def _refuse_foreign_ids(self, spec: AccountSpec) -> None:
        named = [item.id for item in spec.event_types if item.id is not None]
        if len(set(named)) != len(named):
            raise ValueError("two event types have the same id")
        for event_type_id in named:
            holder = self.event_types.get(event_type_id)
            if holder is not None and holder.account_key != spec.api_key:
                raise ValueError(f"event type id {event_type_id} belongs to another account")

    def _host(self, spec: AccountSpec, name: str, host_id: int | None) -> Host:
        owner, username = name == OWNER, username_of(spec)
        return Host(
            id=host_id or self.next_id("user"),
            name=spec.name if owner else name.title(),
            email=spec.email if owner else f"{name}+{spec.email}",
            username=username if owner else f"{username}-{name}",
            timezone=spec.timezone,
        )

    def counts(self, key: str, now: datetime) -> bool:
        """Whether requests with this key are let in to be counted: what was found valid is believed for an hour."""
        if key not in self.revoked:
            self._keys_seen[key] = now
            return True
        seen = self._keys_seen.get(key)
        return seen is not None and now - seen < KEY_BELIEVED

    def change_event_type(self, event_type: EventType, **changes: Any) -> EventType:
        """The event type with another description; its id and host stay."""
        changed = replace(event_type, spec=event_type.spec.model_copy(update=changes))
        account = self.accounts[event_type.account_key]
        self.event_types[changed.id] = account.event_types[changed.spec.slug] = changed
        return changed

    def account_of(self, event_type_id: int) -> Account | None:
        event_type = self.event_types.get(event_type_id)
        return self.accounts.get(event_type.account_key) if event_type else None

    # Bookings

    def add_booking(self, booking: Booking) -> None:
        self.bookings[booking.uid] = booking
        self._by_account[booking.account_key].append(booking)
        self._days[booking.host_id, booking.start.date()].add(booking.uid)

    def bookings_of(self, account_key: str) -> list[Booking]:
        return self._by_account.get(account_key, [])

    def active_between(self, host_id: int, start: datetime, end: datetime) -> Iterator[Booking]:
        """The host's bookings that still stand and may touch the range (a day's width is looked through)."""
        day, last = start.date() - timedelta(days=1), end.date()
        while day <= last:
            for uid in self._days.get((host_id, day), ()):
                booking = self.bookings[uid]
                if booking.active and booking.start < end and booking.end > start:
                    yield booking
            day += timedelta(days=1)

    def live_reservation(self, event_type_id: int, start: datetime, end: datetime) -> Reservation | None:
        """A hold of that event type that overlaps and has not run out; forgets those that have."""
        now = clock.now()
        self.reservations = {uid: held for uid, held in self.reservations.items() if held.until > now}
        for held in self.reservations.values():
            if held.event_type_id == event_type_id and held.start < end and held.end > start:
                return held
        return None

    # Snapshots

    def snapshot(self) -> dict[str, Any]:
        """JSON-ready state: accounts with the ids given to them, bookings and webhooks."""
        saved = Snapshot(
            last_ids=dict(self._last_ids),
            accounts=[
                SavedAccount(spec=account.spec, ids=SavedIds.model_validate(account.as_ids()))
                for account in self.accounts.values()
            ],
            bookings=list(self.bookings.values()),
            webhooks=list(self.webhooks.values()),
        )
        return saved.model_dump(mode="json")

    def restore(self, data: Any) -> None:
        """Take a snapshot back. Raises ValueError (pydantic's) when it does not fit."""
        saved = Snapshot.model_validate(data)
        self.reset()
        for account in saved.accounts:
            self.put_account(account.spec, ids=account.ids.model_dump())
        for booking in saved.bookings:
            self.add_booking(booking)
        self.webhooks = {webhook.id: webhook for webhook in saved.webhooks}
        self._last_ids |= saved.last_ids


def _host_names(spec: AccountSpec) -> list[str]:
    return list(dict.fromkeys([OWNER, *(item.host for item in spec.event_types)]))


def new_uid() -> str:
    """22 letters that cannot be guessed: knowing a booking's uid is enough to change it."""
    return "".join(secrets.choice(UID_LETTERS) for _ in range(22))


def new_uuid() -> str:
    return str(uuid.uuid4())
