"""Accounts of the stand-in: credentials, messaging services with their senders, and how deliveries behave."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Phone = Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")]
Milliseconds = Annotated[int, Field(ge=0)]
CampaignStatus = Literal["PENDING", "IN_PROGRESS", "VERIFIED", "FAILED"]


class Delivery(BaseModel):
    """How messages of an account move and how their callbacks arrive.

    `callbacks`: in the order of events, all of them mixed up, newest first, or not at all. `copies`: how often each
    one comes. `step_ms` passes between one state and the next, `callback_delay_ms` before each callback goes out, and
    `price_delay_ms` between the last state and the price.
    """

    model_config = ConfigDict(extra="forbid")

    callbacks: Literal["ordered", "shuffled", "reversed", "none"] = "ordered"
    copies: int = Field(default=1, ge=1, le=10)
    step_ms: Milliseconds = 20
    callback_delay_ms: Milliseconds = 0
    price_delay_ms: Milliseconds = 0


class ServiceSpec(BaseModel):
    """A messaging service. `campaign_status` is that of its US registration (A2P 10DLC); null: it has none.

    With `advanced_opt_out` the inbound webhook names what Twilio understood (`OptOutType`).
    """

    model_config = ConfigDict(extra="forbid")

    sid: str = Field(pattern=r"^MG[0-9a-f]{32}$")
    friendly_name: str = "Messages"
    numbers: list[Phone] = Field(default_factory=list)
    campaign_status: CampaignStatus | None = "VERIFIED"
    advanced_opt_out: bool = True
    inbound_request_url: str | None = None
    status_callback: str | None = None


class AccountSpec(BaseModel):
    """What the control API and a seed file take. `requests_per_second` 0 is unlimited.

    `numbers` are senders outside any service. `price_micros` is what a segment costs, in millionths of `price_unit`;
    `listing_lag_seconds` is how long a new message is missing from lists.
    """

    model_config = ConfigDict(extra="forbid")

    sid: str = Field(pattern=r"^AC[0-9a-f]{32}$")
    auth_token: str = Field(min_length=1)
    friendly_name: str = "Sandbox"
    status: Literal["active", "suspended", "closed"] = "active"
    services: list[ServiceSpec] = Field(default_factory=list)
    numbers: list[Phone] = Field(default_factory=list)
    requests_per_second: int = Field(default=0, ge=0)
    price_micros: int = Field(default=7_900, ge=0)
    price_unit: str = "USD"
    listing_lag_seconds: float = Field(default=0, ge=0)
    delivery: Delivery = Field(default_factory=Delivery)

    @model_validator(mode="after")
    def _distinct(self) -> AccountSpec:
        senders = [*self.numbers, *(number for service in self.services for number in service.numbers)]
        if len(set(senders)) != len(senders):
            raise ValueError("a number belongs to one service, or to none")
        return self

    def service(self, sid: str) -> ServiceSpec | None:
        return next((service for service in self.services if service.sid == sid), None)

    def service_of(self, number: str) -> ServiceSpec | None:
        """The service that sends from this number."""
        return next((service for service in self.services if number in service.numbers), None)

    def owns(self, number: str) -> bool:
        return number in self.numbers or self.service_of(number) is not None


class Behaviour(BaseModel):
    """What happens to messages to one number: `refuse` is the code of the refusal, else `final` is how they end."""

    model_config = ConfigDict(extra="forbid")

    to: Phone
    refuse: int | None = None
    final: Literal["sent", "delivered", "undelivered", "failed"] = "delivered"
    error_code: int | None = None

    @model_validator(mode="after")
    def _reasonable(self) -> Behaviour:
        if (self.final in ("undelivered", "failed")) != (self.error_code is not None):
            raise ValueError("error_code belongs to undelivered and failed, and to nothing else")
        return self


# Twilio's own test numbers, which behave the same for everybody.
MAGIC = {
    "+15005550001": Behaviour(to="+15005550001", refuse=21211),
    "+15005550002": Behaviour(to="+15005550002", refuse=21612),
    "+15005550003": Behaviour(to="+15005550003", refuse=21408),
    "+15005550004": Behaviour(to="+15005550004", refuse=21610),
    "+15005550009": Behaviour(to="+15005550009", refuse=21614),
}
