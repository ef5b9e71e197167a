"""The tools there are, in stable order."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from portal.assistant.tools.arguments import (
    Arguments,
    CancelBooking,
    CheckAvailability,
    CreateBooking,
    EscalateToHuman,
    GetBookingDetails,
    NoArguments,
    RescheduleBooking,
)
from portal.assistant.tools.changes import cancel_booking, create_booking, get_booking_details, reschedule_booking
from portal.assistant.tools.context import Result, ToolContext
from portal.assistant.tools.information import escalate_to_human, get_business_info, get_services
from portal.assistant.tools.times import check_availability


@dataclass(frozen=True)
class Tool:
    """A function the model may ask for; its docstring is the description."""

    function: Callable[[ToolContext, Any], Result]
    arguments: type[Arguments]

    @property
    def name(self) -> str:
        return self.function.__name__

    def definition(self) -> dict[str, Any]:
        """As the API wants it."""
        description = " ".join((inspect.getdoc(self.function) or "").split())
        return {"name": self.name, "description": description, "input_schema": self.arguments.schema_for_model()}


# All of them, always, and in this order: they are the beginning of the prefix that the API caches.
TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(get_services, NoArguments),
        Tool(get_business_info, NoArguments),
        Tool(check_availability, CheckAvailability),
        Tool(get_booking_details, GetBookingDetails),
        Tool(cancel_booking, CancelBooking),
        Tool(reschedule_booking, RescheduleBooking),
        Tool(escalate_to_human, EscalateToHuman),
        Tool(create_booking, CreateBooking),
    )
}


def definitions() -> list[dict[str, Any]]:
    """The definitions of all tools. Which may be used now is said and enforced by :mod:`portal.assistant.state`."""
    return list(_definitions())


@cache
def _definitions() -> tuple[dict[str, Any], ...]:
    return tuple(tool.definition() for tool in TOOLS.values())


@cache
def size() -> int:
    """Characters of the definitions as they are sent."""
    return sum(len(json.dumps(definition, separators=(",", ":"))) for definition in _definitions())
