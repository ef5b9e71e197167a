"""The tools' arguments: strict, closed, and described for the model."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

LocalTime = Annotated[
    str,
    StringConstraints(max_length=40),
    Field(description="The chosen time exactly as check_availability gave it in start_local, e.g. 2026-11-24T16:30."),
]
Reference = Annotated[
    str, StringConstraints(min_length=3, max_length=120, strip_whitespace=True), Field(description="Booking reference.")
]
Email = Annotated[str, StringConstraints(min_length=3, max_length=254, strip_whitespace=True)]
OwnEmail = Annotated[Email, Field(description="E-mail address the booking was made with, as the customer gave it.")]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Arguments(BaseModel):
    """Base: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def schema_for_model(cls) -> dict[str, Any]:
        """JSON Schema of the arguments, without what only decorates it."""
        schema = cls.model_json_schema()
        properties = {name: _plain(value) for name, value in schema.get("properties", {}).items()}
        return {
            "type": "object",
            "properties": properties,
            "required": schema.get("required", []),
            "additionalProperties": False,
        }


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """An optional argument is one that may be left out, not one that may be null."""
    plain = {key: value for key, value in schema.items() if key not in ("title", "default", "anyOf")}
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            plain = {key: value for key, value in option.items() if key != "title"} | plain
    return plain


class NoArguments(Arguments):
    """For tools that need nothing."""


class CheckAvailability(Arguments):
    service_id: UUID = Field(description="Id of the service, from the list of services.")
    start_date: date = Field(description="First local day to look at, YYYY-MM-DD.")
    end_date: date = Field(description="Last local day to look at, YYYY-MM-DD; at most 14 days in all.")
    earliest_time: ClockTime | None = Field(None, description="Leave out times that start before this, HH:MM.")
    latest_time: ClockTime | None = Field(None, description="Leave out times that start after this, HH:MM.")


class CreateBooking(Arguments):
    service_id: UUID = Field(description="Id of the service whose availability was checked.")
    start_time_local: LocalTime
    customer_name: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="Name as the customer wrote it."
    )
    customer_email: Email = Field(description="E-mail address as the customer wrote it.")
    customer_phone: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        None, description="Phone number as the customer wrote it, only if they did."
    )
    notes: Annotated[str, StringConstraints(max_length=1000)] | None = Field(
        None, description="What the customer wants the business to know, in their words."
    )


class CancelBooking(Arguments):
    booking_uid: Reference
    email: OwnEmail
    reason: Annotated[str, StringConstraints(max_length=300)] | None = Field(
        None, description="Why, if the customer said so."
    )


class RescheduleBooking(Arguments):
    booking_uid: Reference
    email: OwnEmail
    start_time_local: LocalTime


class GetBookingDetails(Arguments):
    booking_uid: Reference
    email: OwnEmail | None = None


class EscalateToHuman(Arguments):
    reason: Annotated[str, StringConstraints(max_length=300)] | None = Field(None, description="Why, in a few words.")
