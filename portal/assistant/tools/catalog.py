"""The tools there are, in stable order."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from portal.assistant import state
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


# create_booking comes last: it is the one that comes and goes, and what stands before it stays a cacheable prefix.
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


def definitions(standing: state.Standing) -> list[dict[str, Any]]:
    """The definitions of the tools that exist now."""
    return list(_definitions(tuple(name for name in TOOLS if state.exists(standing, name))))


@cache
def _definitions(names: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    return tuple(TOOLS[name].definition() for name in names)
