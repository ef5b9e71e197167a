"""Conversations as the pages show them: texts, nothing of which is taken for markup."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from portal.domain import phrases
from portal.domain.admin.chats import ChatLine, Message, ToolCall, Transcript
from portal.domain.spending import NO_PRICE, dollars
from portal.domain.tenants import Site
from portal.web.chat.cards import Card, card_from
from portal.web.chat.request import Fact

OUTCOMES: Final = {"booked": "Booked", "moved": "Moved", "cancelled": "Cancelled", "handed_off": "Handed over"}
KINDS: Final = {"booked": "good", "moved": "good", "cancelled": "bad", "handed_off": "brand"}
SPEAKERS: Final = {"user": "Customer", "assistant": "Assistant", "system": "System"}
TOOL_NAMES: Final = {
    "get_services": "Looked up services",
    "get_business_info": "Looked up the business",
    "check_availability": "Checked free times",
    "create_booking": "Prepared a booking",
    "cancel_booking": "Prepared a cancellation",
    "reschedule_booking": "Prepared a move",
    "get_booking_details": "Looked up a booking",
    "escalate_to_human": "Handed over to people",
}
LONGEST: Final = 4000  # of what a tool was given or answered


@dataclass(frozen=True)
class ChatRow:
    """A line of the list."""

    id: str = ""
    at: str = ""
    preview: str = ""
    messages: str = ""
    tokens: str = ""
    outcome: str = ""
    kind: str = ""


@dataclass(frozen=True)
class ToolRow:
    """A tool that was called: what it got, what it answered."""

    id: str = ""
    title: str = ""
    name: str = ""
    given: str = ""
    result: str = ""
    failed: bool = False


@dataclass(frozen=True)
class CardRow:
    """A card that was shown beside the words."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True)
class MessageRow:
    """``role``: user, assistant or system."""

    id: str = ""
    role: str = ""
    speaker: str = ""
    text: str = ""
    at: str = ""
    tokens: str = ""
    tools: list[ToolRow] = field(default_factory=list)
    cards: list[CardRow] = field(default_factory=list)


@dataclass(frozen=True)
class Heading:
    """What a transcript says of itself."""

    at: str = ""
    channel: str = ""
    tokens: str = ""
    cached: str = ""
    cost: str = ""
    outcome: str = ""
    kind: str = ""
    booking_id: str = ""
    booking_uid: str = ""


def chat_row(line: ChatLine, zone: str) -> ChatRow:
    outcome, kind = outcome_words(line.outcome)
    return ChatRow(
        id=str(line.id),
        at=phrases.slot_label(line.created_at, zone),
        preview=line.preview or "…",
        messages=f"{line.messages} message{'' if line.messages == 1 else 's'}",
        tokens=f"{line.tokens:,} tokens",
        outcome=outcome,
        kind=kind,
    )


def heading(transcript: Transcript, zone: str) -> Heading:
    outcome, kind = outcome_words(transcript.outcome)
    return Heading(
        at=phrases.slot_label(transcript.created_at, zone),
        channel=transcript.channel,
        tokens=f"{transcript.input_tokens:,} in, {transcript.output_tokens:,} out",
        cached=f"{transcript.cache_percent} %",
        cost=NO_PRICE if transcript.spent.micros is None else dollars(transcript.spent.micros),
        outcome=outcome,
        kind=kind,
        booking_id=str(transcript.booking_id or ""),
        booking_uid=transcript.booking_uid or "",
    )


def message_row(message: Message, site: Site) -> MessageRow:
    zone = ZoneInfo(site.profile.timezone)
    return MessageRow(
        id=str(message.id),
        role=message.role,
        speaker=SPEAKERS.get(message.role, message.role),
        text=message.text,
        at=phrases.clock_time(message.created_at.astimezone(zone)),
        tokens=f"{message.tokens:,} tokens" if message.tokens else "",
        tools=[_tool(call) for call in message.tools],
        cards=[card for item in message.cards if (card := _card(item, site)) is not None],
    )


def outcome_words(outcome: str | None) -> tuple[str, str]:
    """The word and the kind of its badge."""
    if outcome is None:
        return "Open", "neutral"
    return OUTCOMES.get(outcome, outcome.replace("_", " ").capitalize()), KINDS.get(outcome, "neutral")


def _tool(call: ToolCall) -> ToolRow:
    return ToolRow(
        id=call.id,
        title=TOOL_NAMES.get(call.name, call.name),
        name=call.name,
        given=_json(call.input),
        result=_json(call.result),
        failed=call.failed,
    )


def _json(value: Any) -> str:
    """Indented where it is JSON, as it is otherwise."""
    if value is None:
        return "No answer"
    try:
        found = json.loads(value) if isinstance(value, str) else value
        text = json.dumps(found, indent=2, ensure_ascii=False)
    except ValueError:
        text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n…"


def _card(item: Mapping[str, Any], site: Site) -> CardRow | None:
    card = card_from(str(item.get("event", "")), item.get("data") or {}, site)
    return None if card is None else CardRow(*_card_words(card))


def _fact_words(fact: Fact) -> str:
    return f"{fact.label}: {fact.value}" + (f" (was: {fact.old})" if fact.is_changed else "")


def _card_words(card: Card) -> tuple[str, str]:
    if card.kind == "slots":
        days = [f"{day.title}: {', '.join(slot.label for slot in (*day.times, *day.more))}" for day in card.days]
        more = f"\n… and {len(card.more_days)} more days" if card.more_days else ""
        return f"Free times{': ' + card.title if card.title else ''}", "\n".join(days) + more
    if card.kind == "proposal":
        return card.title, "\n".join(_fact_words(fact) for fact in card.request.facts) or card.summary
    if card.kind == "booking":
        booking = card.booking
        return f"Booking: {booking.status_title}", f"{booking.service}\n{booking.day}, {booking.time}"
    return "Contact", "\n".join(each for each in (card.title, card.phone, card.email) if each)
