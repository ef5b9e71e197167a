"""A small business for conversations in tests: the prompt and tools a portal would send, and answers to the tools."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from portal.sandbox.anthropic import receptionist
from portal.sandbox.anthropic.protocol import MessagesRequest

HAIRCUT = "0190f5fe-0000-7000-8000-000000000001"
BEARD = "0190f5fe-0000-7000-8000-000000000002"
SHAVE = "0190f5fe-0000-7000-8000-000000000003"
COMBO = "0190f5fe-0000-7000-8000-000000000004"

PROMPT = f"""You are the booking assistant of Bob's Barbershop.

# Business
Name: Bob's Barbershop
Address: 12 Main Street, Springfield, IL 62701
Phone: +1 217 555 0100
Email: hello@bobs.example
Time zone: America/New_York

# Services
- Classic Haircut (id: {HAIRCUT}): 30 min, $35.00. Scissors or clippers, wash included.
- Beard Trim (id: {BEARD}): 15 min, $18. Shape and line-up for your beard.
- Hot Towel Shave (id: {SHAVE}): 45 min, $40. A relaxing shave with a straight razor.
- Haircut and Beard (id: {COMBO}): 45 min, $48. Both in one visit.

# Hours
- Monday: closed
- Tuesday: 09:00–18:00
- Wednesday: 09:00–18:00
- Thursday: 09:00–18:00
- Friday: 09:00–18:00
- Saturday: 10:00–16:00
- Sunday: closed

# Frequently asked questions
Q: Is there parking nearby?
A: Yes, there is free parking behind the shop.
Q: Which payment methods do you accept?
A: Cash and all major cards.
Q: Do I need an appointment or can I walk in?
A: Walk-ins are welcome when a chair is free, but booked customers go first.
Q: Do you cut children's hair?
A: Yes, from age four.

# Policies
- Cancellation: Free of charge up to 24 hours before the appointment.
- Late arrival: After 15 minutes we may have to give your chair away.
- No-show: We charge half the price.

# Tone
Friendly and brief.

# Never do
- Give medical advice.

# How to work
Offer only times that check_availability returned.
"""
NOW = "# Now\nCurrent local date and time: Sunday 2026-11-22 09:15 (America/New_York)\nState: open"


def tool(name: str, required: dict[str, str], optional: dict[str, str] | None = None) -> dict[str, Any]:
    """A tool's definition; properties by name with their JSON type."""
    properties = {**required, **(optional or {})}
    return {
        "name": name,
        "description": f"{name.replace('_', ' ')}.",
        "input_schema": {
            "type": "object",
            "properties": {key: {"type": kind} for key, kind in properties.items()},
            "required": list(required),
            "additionalProperties": False,
        },
    }


TOOLS = [
    tool("get_services", {}),
    tool("get_business_info", {}),
    tool(
        "check_availability",
        {"service_id": "string", "start_date": "string", "end_date": "string"},
        {"earliest_time": "string", "latest_time": "string"},
    ),
    tool(
        "create_booking",
        {"service_id": "string", "start_time_local": "string", "customer_name": "string", "customer_email": "string"},
        {"customer_phone": "string", "notes": "string", "consent_sms": "boolean"},
    ),
    tool("cancel_booking", {"booking_uid": "string", "email": "string"}),
    tool("get_booking_details", {"booking_uid": "string"}),
    tool("reschedule_booking", {"booking_uid": "string", "email": "string", "start_time_local": "string"}),
    tool("escalate_to_human", {"reason": "string"}),
]


def label(start: datetime) -> str:
    """A slot in the words that a portal shows: "Tue, Nov 24, 4:30 PM"."""
    return f"{start:%a}, {start:%b} {start.day}, {start.hour % 12 or 12}:{start:%M} {start:%p}"


@dataclass
class Calendar:
    """Half-hour slots from opening to closing, Tuesday to Saturday, minus those `taken`."""

    taken: set[str] = field(default_factory=set)
    vanishing: set[str] = field(default_factory=set)
    closed: set[date] = field(default_factory=set)

    def slots(self, first: date, last: date) -> list[dict[str, str]]:
        found = []
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            if day.weekday() in (0, 6) or day in self.closed:
                continue
            opening, closing = (10, 16) if day.weekday() == 5 else (9, 18)
            for half_hour in range(opening * 2, closing * 2):
                start = datetime.combine(day, time(half_hour // 2, half_hour % 2 * 30))
                if start.isoformat(timespec="minutes") not in self.taken:
                    found.append({"start_local": start.isoformat(timespec="minutes"), "label": label(start)})
        return found


class Office:
    """Answers tool calls as the portal does, and holds one conversation with the receptionist."""

    def __init__(self, prompt: str = PROMPT, now: str = NOW, tools: list[dict[str, Any]] | None = None) -> None:
        self.system = [{"type": "text", "text": prompt}, {"type": "text", "text": now}]
        self.tools = TOOLS if tools is None else tools
        self.calendar = Calendar()
        self.messages: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.has_offers = False
        self.bookings = {"bk7f3a9c": "ana@example.com"}

    def say(self, text: str) -> str:
        """The customer's message; what the receptionist said in the whole turn, tool rounds included."""
        self.messages.append({"role": "user", "content": text})
        self.calls = []
        said: list[str] = []
        for _ in range(8):
            blocks = self._ask()
            self.messages.append({"role": "assistant", "content": blocks})
            said += [block["text"] for block in blocks if block["type"] == "text"]
            calls = [block for block in blocks if block["type"] == "tool_use"]
            if not calls:
                return "\n".join(said)
            self.messages.append({"role": "user", "content": [self._result(call) for call in calls]})
        raise AssertionError("the receptionist goes in circles")

    def last_call(self, name: str) -> dict[str, Any]:
        """The arguments of the latest call of that tool in this turn."""
        return next(arguments for called, arguments in reversed(self.calls) if called == name)

    def called(self) -> list[str]:
        """Names of the tools called in this turn."""
        return [name for name, _ in self.calls]

    def _ask(self) -> list[dict[str, Any]]:
        body = {"model": "claude-haiku-4-5", "max_tokens": 1024, "messages": self.messages, "system": self.system}
        tools = [tool for tool in self.tools if tool["name"] != "create_booking" or self.has_offers]
        request = MessagesRequest.model_validate({**body, "tools": tools})
        return [part.block() for part in receptionist.answer(request).parts]

    def _result(self, call: dict[str, Any]) -> dict[str, Any]:
        assert call["name"] in {tool["name"] for tool in self.tools}, "only offered tools may be called"
        self.calls.append((call["name"], call["input"]))
        answer = self.answer(call["name"], call["input"])
        return {"type": "tool_result", "tool_use_id": call["id"], "content": json.dumps(answer)}

    def answer(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """What the portal would answer."""
        match name:
            case "check_availability":
                first, last = (date.fromisoformat(arguments[key]) for key in ("start_date", "end_date"))
                low, high = arguments.get("earliest_time", "00:00"), arguments.get("latest_time", "23:59")
                slots = [slot for slot in self.calendar.slots(first, last) if low <= slot["start_local"][-5:] <= high]
                self.has_offers |= bool(slots)
                return {
                    "service_id": arguments["service_id"],
                    "service": "…",
                    "timezone": "America/New_York",
                    "slots": slots,
                }
            case "create_booking":
                return self._propose(arguments["start_time_local"])
            case "reschedule_booking":
                return self._known(arguments) or self._propose(arguments["start_time_local"])
            case "cancel_booking":
                return self._known(arguments) or _proposal("Cancel Classic Haircut on Tue, Nov 24")
            case "get_booking_details" if arguments["booking_uid"] in self.bookings:
                return {
                    "booking": {"service_id": HAIRCUT, "service": "Classic Haircut", "start_local": "2026-11-24T16:30"}
                }
            case "escalate_to_human":
                return {"status": "handed_off", "phone": "+1 217 555 0100", "email": "hello@bobs.example"}
            case "get_services":
                return {
                    "services": [{"id": HAIRCUT, "name": "Classic Haircut", "duration_minutes": 30, "price": "$35"}]
                }
            case "get_business_info":
                return {"business_name": "Bob's Barbershop", "address": "12 Main Street", "hours": {"mon": "closed"}}
        return {
            "error": {"code": "booking_not_found", "message": "No booking matches that reference and e-mail address."}
        }

    def _known(self, arguments: dict[str, Any]) -> dict[str, Any] | None:
        if self.bookings.get(arguments["booking_uid"]) == arguments["email"]:
            return None
        return {
            "error": {"code": "booking_not_found", "message": "No booking matches that reference and e-mail address."}
        }

    def _propose(self, start: str) -> dict[str, Any]:
        if start in self.calendar.vanishing:
            return {"error": {"code": "slot_taken", "message": "That time was just taken. Please choose another one."}}
        return _proposal(f"Classic Haircut on {label(datetime.fromisoformat(start))}")


def _proposal(summary: str) -> dict[str, Any]:
    return {"status": "needs_confirmation", "proposal_id": "p1", "summary": summary}
