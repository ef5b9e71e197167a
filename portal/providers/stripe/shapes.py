"""What Stripe answers, read tolerantly: unknown fields are skipped. Addresses that let people in are hidden."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import AliasPath, ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

# Without hide_input a validation error would quote names and e-mails. Times are read from seconds, aware and in UTC.
TOLERANT: Final = ConfigDict(extra="ignore", populate_by_name=True, hide_input_in_errors=True)


class SubscriptionStatus(StrEnum):
    """How a subscription stands."""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELED = "canceled"
    UNPAID = "unpaid"
    PAUSED = "paused"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "SubscriptionStatus":
        return cls.UNKNOWN

    @property
    def is_over(self) -> bool:
        """Whether nothing comes of it any more: who wants a plan again begins a new subscription."""
        return self in (SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED)


@dataclass(frozen=True, config=TOLERANT)
class Customer:
    id: str
    deleted: bool = False


@dataclass(frozen=True, config=TOLERANT)
class Price:
    """What a plan costs: ``unit_amount`` in minor units of ``currency`` (lower case), each ``interval``."""

    id: str
    currency: str
    unit_amount: int | None = None
    lookup_key: str | None = None
    product: str = ""
    interval: str = Field(default="", validation_alias=AliasPath("recurring", "interval"))
    interval_count: int = Field(default=1, validation_alias=AliasPath("recurring", "interval_count"))

    @property
    def is_monthly(self) -> bool:
        return (self.interval, self.interval_count) == ("month", 1)


@dataclass(frozen=True, config=TOLERANT)
class Item:
    """One line of a subscription; the period is the line's, not the subscription's."""

    price: Price
    current_period_end: datetime | None = None


@dataclass(frozen=True, config=TOLERANT)
class Items:
    data: list[Item] = Field(default_factory=list)


@dataclass(frozen=True, config=TOLERANT)
class Subscription:
    """``cancel_at`` is the end that was asked for already, ``ended_at`` the end that has come."""

    id: str
    status: SubscriptionStatus
    created: datetime
    items: Items
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def price(self) -> Price | None:
        return self.items.data[0].price if self.items.data else None

    @property
    def period_end(self) -> datetime | None:
        return max((item.current_period_end for item in self.items.data if item.current_period_end), default=None)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, or ended; None while it goes on."""
        return self.ended_at or self.cancel_at or (self.period_end if self.cancel_at_period_end else None)


@dataclass(frozen=True, config=TOLERANT)
class Checkout:
    """A Checkout session. ``url`` is there while it is open; ``metadata`` is ours."""

    id: str
    status: str = ""
    url: str | None = field(default=None, repr=False)
    metadata: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, config=TOLERANT)
class PortalSession:
    url: str = field(repr=False)


CUSTOMER: Final = TypeAdapter(Customer)
CUSTOMERS: Final = TypeAdapter(list[Customer])
PRICES: Final = TypeAdapter(list[Price])
SUBSCRIPTIONS: Final = TypeAdapter(list[Subscription])
CHECKOUT: Final = TypeAdapter(Checkout)
CHECKOUTS: Final = TypeAdapter(list[Checkout])
PORTAL_SESSION: Final = TypeAdapter(PortalSession)
