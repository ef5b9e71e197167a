"""Accounts of the stand-in: their key, the plans they sell, where their events go, and how those travel."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FORBID = ConfigDict(extra="forbid")


class PriceSpec(BaseModel):
    """A price of one product; ``unit_amount`` is in minor units. An inactive one is kept by those who have it."""

    model_config = FORBID

    id: str = Field(pattern=r"^price_\w+$")
    product: str = Field(pattern=r"^prod_\w+$")
    product_name: str
    unit_amount: Annotated[int, Field(ge=0)]
    currency: str = Field(default="usd", pattern=r"^[a-z]{3}$")
    interval: Literal["day", "week", "month", "year"] = "month"
    lookup_key: str | None = None
    active: bool = True


class Endpoint(BaseModel):
    """A webhook endpoint: it is told of every event, signed with its secret."""

    model_config = FORBID

    url: str
    secret: str = Field(pattern=r"^whsec_\w+$")


class Delivery(BaseModel):
    """How the events of one act arrive: in order, newest first, mixed up, or not at all; each ``copies`` times."""

    model_config = FORBID

    order: Literal["ordered", "reversed", "shuffled", "none"] = "ordered"
    copies: Annotated[int, Field(ge=1, le=10)] = 1
    delay_ms: Annotated[int, Field(ge=0)] = 0


class AccountSpec(BaseModel):
    """What the control API and a seed file take. A search does not find what is newer than ``search_lag_seconds``."""

    model_config = FORBID

    api_key: str = Field(pattern=r"^sk_test_\w+$")
    name: str = "Sandbox"
    prices: list[PriceSpec] = Field(default_factory=list)
    endpoints: list[Endpoint] = Field(default_factory=list)
    delivery: Delivery = Field(default_factory=Delivery)
    search_lag_seconds: float = Field(default=60, ge=0)

    def price(self, price_id: str) -> PriceSpec | None:
        return next((price for price in self.prices if price.id == price_id), None)
