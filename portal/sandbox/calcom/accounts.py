"""Accounts of the stand-in: a key, the people who host, their working hours and the event types they offer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from portal.sandbox.calcom.times import is_zone

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OWNER = "owner"
"""The host of an event type that names none."""


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("not an IANA time zone")
    return value


Minutes = Annotated[int, Field(ge=0, le=7 * 24 * 60)]
WallTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


def minute_of_day(wall: str) -> int:
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


class WorkingHours(BaseModel):
    """Open on these weekdays (Monday is 0) between two wall times of the schedule's zone."""

    model_config = ConfigDict(extra="forbid")

    days: list[Annotated[int, Field(ge=0, le=6)]]
    start: WallTime
    end: WallTime

    @model_validator(mode="after")
    def _forwards(self) -> WorkingHours:
        if minute_of_day(self.start) >= minute_of_day(self.end):
            raise ValueError("end must be after start")
        return self


class EventTypeSpec(BaseModel):
    """One bookable service. Times are minutes; `slot_interval` null is the length.

    With a `price` (in the currency's minor unit) a booking is pending until its attendee has paid, which they do after
    `paid_after_seconds`; null: never.
    """

    model_config = ConfigDict(extra="forbid")

    id: int | None = Field(default=None, ge=1)
    slug: str = Field(min_length=1)
    title: str = Field(min_length=1)
    description: str = ""
    length_minutes: int = Field(ge=1, le=24 * 60)
    seats: int | None = Field(default=None, ge=1)
    requires_confirmation: bool = False
    minimum_notice_minutes: Minutes = 0
    slot_interval: int | None = Field(default=None, ge=1, le=24 * 60)
    before_buffer: Minutes = 0
    after_buffer: Minutes = 0
    booking_window_days: int | None = Field(default=None, ge=1)
    host: str = OWNER
    location: str | None = None
    hidden: bool = False
    price: int = Field(default=0, ge=0)
    currency: str = "usd"
    paid_after_seconds: float | None = Field(default=10, ge=0)


class AccountSpec(BaseModel):
    """What the control API and a seed file take. `rate_limit_per_minute` 0 is unlimited.

    `booking_latency_ms` is how long a booking stays in flight, the window in which two racers meet; `slots_lag_seconds`
    is how long a fresh booking still shows as free, which the real server does too.
    """

    model_config = ConfigDict(extra="forbid")

    api_key: str = Field(min_length=1)
    name: str = Field(min_length=1)
    email: str
    username: str | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    schedule: list[WorkingHours]
    event_types: list[EventTypeSpec]
    rate_limit_per_minute: int = Field(default=120, ge=0)
    booking_latency_ms: int = Field(default=25, ge=0)
    slots_lag_seconds: float = Field(default=0, ge=0)
    webhooks: bool = True

    @model_validator(mode="after")
    def _distinct(self) -> AccountSpec:
        slugs = [event_type.slug for event_type in self.event_types]
        if len(set(slugs)) != len(slugs):
            raise ValueError("two event types have the same slug")
        return self


@dataclass(frozen=True)
class Host:
    """A user whose time is booked. Bookings of one host exclude each other across all event types."""

    id: int
    name: str
    email: str
    username: str
    timezone: str


@dataclass(frozen=True)
class EventType:
    """An event type as it stands: its description, its id and its host."""

    id: int
    spec: EventTypeSpec
    host: Host
    account_key: str


@dataclass(frozen=True)
class Account:
    """An API key and all that belongs to it."""

    spec: AccountSpec
    schedule_id: int
    hosts: dict[str, Host]
    event_types: dict[str, EventType]

    @property
    def key(self) -> str:
        return self.spec.api_key

    @property
    def owner(self) -> Host:
        return self.hosts[OWNER]

    def as_ids(self) -> dict[str, Any]:
        """What the control API answers: the ids a test or a demo database refers to."""
        return {
            "api_key": self.key,
            "user_id": self.owner.id,
            "schedule_id": self.schedule_id,
            "hosts": {name: host.id for name, host in self.hosts.items()},
            "event_types": {slug: event_type.id for slug, event_type in self.event_types.items()},
        }


def username_of(spec: AccountSpec) -> str:
    return spec.username or re.sub(r"[^a-z0-9]+", "-", spec.name.lower()).strip("-")
