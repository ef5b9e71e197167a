"""Text messages as the pages show them."""

from dataclasses import dataclass
from typing import Final

from portal.domain import phrases
from portal.domain.admin.messages import Cost, MessageLine, Summary, Suppression
from portal.domain.notifications.types import Kind, State
from portal.web.contacts import readable_phone

KINDS: Final = {
    Kind.CONFIRMATION: "Confirmation",
    Kind.REMINDER_24H: "First reminder",
    Kind.REMINDER_2H: "Last reminder",
    Kind.CANCELLATION: "Cancellation",
    Kind.RESCHEDULE: "Move",
}
STATES: Final = {
    State.PLANNED: ("Planned", "neutral"),
    State.QUEUED: ("On its way", "brand"),
    State.SENDING: ("On its way", "brand"),
    State.SENT: ("Sent", "brand"),
    State.DELIVERED: ("Delivered", "good"),
    State.UNDELIVERED: ("Not delivered", "bad"),
    State.FAILED: ("Failed", "bad"),
    State.DROPPED: ("Not sent", "neutral"),
    State.CANCELLED: ("Taken back", "neutral"),
}
GROUPS: Final = {
    "coming": ("Coming", (State.PLANNED,)),
    "sent": ("Sent", (State.QUEUED, State.SENDING, State.SENT, State.DELIVERED)),
    "trouble": ("Not delivered", (State.UNDELIVERED, State.FAILED)),
    "unsent": ("Not sent on purpose", (State.DROPPED, State.CANCELLED)),
}
ERRORS: Final = {
    21211: "This is no phone number.",
    21408: "The account may not text this country.",
    21610: "The customer opted out.",
    21612: "This number cannot be reached.",
    21614: "This is no mobile number.",
    21635: "This is a landline.",
    30003: "The phone is switched off or out of reach.",
    30004: "The customer or their carrier blocks it.",
    30005: "Nobody has this number.",
    30006: "This is a landline, or its carrier takes no texts.",
    30007: "The carrier took it for spam.",
    30008: "The carrier gives no reason.",
    30034: "The sender is not registered for US numbers.",
}
SUPPRESSED: Final = {
    "stop": "Asked to stop",
    "provider": "Opted out at Twilio",
    "business": "You read it so",
    "unsure": "Waits for you",
}
SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True)
class MessageRow:
    """A line of the list. ``note`` says why it was not sent, or what went wrong."""

    id: str = ""
    booking_id: str = ""
    at: str = ""
    kind: str = ""
    customer: str = ""
    phone: str = ""
    appointment: str = ""
    text: str = ""
    state: str = ""
    badge: str = ""
    note: str = ""
    cost: str = ""


@dataclass(frozen=True)
class Figures:
    """The last thirty days."""

    delivered: int = 0
    coming: int = 0
    failed: int = 0
    suppressed: int = 0
    cost: str = ""
    segments: int = 0


@dataclass(frozen=True)
class SuppressionRow:
    """A number that is not texted. ``phone`` as it is stored, ``shown`` as people write it."""

    phone: str = ""
    shown: str = ""
    reason: str = ""
    said: str = ""
    since: str = ""


def message_row(line: MessageLine, zone: str) -> MessageRow:
    state, badge = STATES[State(line.state)]
    return MessageRow(
        id=str(line.id),
        booking_id=str(line.booking_id),
        at=phrases.slot_label(line.sent_at or line.due, zone),
        kind=KINDS[Kind(line.kind)],
        customer=line.customer_name,
        phone=readable_phone(line.phone),
        appointment=f"{line.service_name}, {phrases.slot_label(line.start, zone)}",
        text=line.body or "",
        state=state,
        badge=badge,
        note=line.why or error_words(line.error_code),
        cost=_cost_words(line),
    )


def figures(summary: Summary) -> Figures:
    def count(group: str) -> int:
        return sum(summary.states.get(state, 0) for state in GROUPS[group][1])

    return Figures(
        delivered=summary.states.get(State.DELIVERED, 0),
        coming=count("coming"),
        failed=count("trouble"),
        suppressed=summary.suppressed,
        cost=" + ".join(money(cost) for cost in summary.costs) or money(Cost("USD", 0)),
        segments=summary.segments,
    )


def suppression_row(found: Suppression, zone: str) -> SuppressionRow:
    return SuppressionRow(
        found.phone,
        readable_phone(found.phone),
        SUPPRESSED.get(found.reason, found.reason),
        found.said or "",
        phrases.slot_label(found.since, zone),
    )


def error_words(code: int | None) -> str:
    if code is None:
        return ""
    return f"{ERRORS.get(code, 'Twilio reports an error.')} (Error {code})"


def money(cost: Cost) -> str:
    """``$1.25``; below a unit as many decimals as it has, up to four (``$0.0079``): one message costs so little."""
    whole, fraction = f"{cost.micros / 1_000_000:.{4 if cost.micros < 1_000_000 else 2}f}".split(".")
    amount = f"{whole}.{fraction[:2]}{fraction[2:].rstrip('0')}"
    sign = SIGNS.get(cost.currency)
    return f"{sign}{amount}" if sign else f"{amount} {cost.currency}"


def _cost_words(line: MessageLine) -> str:
    parts = f"{line.segments} part{'' if line.segments == 1 else 's'}" if line.segments and line.sent_at else ""
    price = money(Cost(line.price_currency or "USD", line.price_micros)) if line.price_micros is not None else ""
    return " · ".join(part for part in (parts, price) if part)
