"""What demo businesses said and were told: text messages, conversations, events of providers, an answer to be read."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from portal.domain import phrases
from portal.domain.demo_story import Row, Story

MODEL: Final = "claude-haiku-4-5"
SEGMENT_PRICE_MICROS: Final = 7900
#: How a sent text ended: (state, reason, error code). Thirty in a row, mostly good.
ENDS: Final = (
    *[("delivered", None, None)] * 24, ("undelivered", None, 30003), ("delivered", None, None),
    ("failed", "refused", 21211), ("delivered", None, None), ("dropped", "quiet_hours", None), ("sent", None, None),
)  # fmt: skip
QUESTIONS: Final = (
    ("Do you take cards?", "Yes, cards and cash are both fine."),
    ("Where can I park?", "There is parking close by; please allow a few minutes."),
    ("How long does a visit take?", "That depends on the service: each one's length stands beside it."),
)
#: What conversations that booked nothing ended in.
OTHERWISE: Final = (None, "handed_off", None, "cancelled", None, "moved")
SAID: Final = {
    "handed_off": ("Can I speak to a person?", "Of course. Here is how to reach us."),
    "cancelled": ("I need to cancel my appointment.", "Your booking is cancelled, as you confirmed."),
    "moved": ("Can I come a day later?", "Your booking is moved to the new time, as you confirmed."),
}
AGENT: Final = "Mozilla/5.0 (demo)"


def text(story: Story, booking: Row) -> None:
    """The text messages of a booking whose customer wanted them."""
    made_at, start = booking["created_at"], booking["start_time"]
    _text(story, booking, "confirmation", made_at + timedelta(minutes=1))
    for kind, before in (("reminder_24h", 24), ("reminder_2h", 2)):
        _text(story, booking, kind, start - timedelta(hours=before))
    if booking["status"] == "cancelled":
        _text(story, booking, "cancellation", min(booking["updated_at"], story.now - timedelta(hours=1)))


def _text(story: Story, booking: Row, kind: str, due_at: datetime) -> None:
    number = len(story.rows.get("notifications", ()))
    is_off = booking["status"] == "cancelled" and kind.startswith("reminder")
    if is_off:
        state, reason, code = "cancelled", "booking_changed", None
    elif due_at > story.now:
        state, reason, code = "planned", None, None
    else:
        state, reason, code = ENDS[number % len(ENDS)]
    was_sent = state not in ("planned", "cancelled", "dropped")
    at = min(due_at, story.now)
    story.add(
        "notifications", booking_id=booking["id"], kind=kind, start_time=booking["start_time"],
        to_phone=booking["attendee_phone"], due_at=due_at, state=state, reason=reason, error_code=code,
        body=_words(story, booking, kind) if was_sent else None, segments=1 if was_sent else None,
        provider_sid=f"SM{story.identity('sid', number).hex}" if was_sent else None,
        from_account="platform" if was_sent else None, price_micros=SEGMENT_PRICE_MICROS if was_sent else None,
        price_currency="USD" if was_sent else None, attempted_at=at if was_sent else None,
        sent_at=at if was_sent else None, created_at=min(booking["created_at"], at), updated_at=at,
    )  # fmt: skip


def _words(story: Story, booking: Row, kind: str) -> str:
    when = phrases.slot_label(booking["start_time"], story.demo.timezone)
    verb = {"confirmation": "is booked for", "cancellation": "is cancelled, which was on"}.get(kind, "is on")
    return f"{story.demo.business_name}: your {booking['service_name']} {verb} {when}."


def tell(story: Story) -> None:
    """Everything that is said about the bookings, once they are all there."""
    in_chat = [booking for booking in story.rows["bookings"] if booking["source"] == "ai"]
    for booking in in_chat:
        if booking["created_at"] < story.now:
            _conversation(story, booking["created_at"], "booked", booking)
    for number in range(24):
        at = story.now - timedelta(days=number, hours=2 + number % 7, minutes=7 * number % 60)
        _conversation(story, at, OTHERWISE[number % len(OTHERWISE)], None)
    _usage(story)
    _events(story)
    _unread_answer(story)


def _conversation(story: Story, at: datetime, outcome: str | None, booking: Row | None) -> None:
    number = len(story.rows.get("chat_sessions", ()))
    turns = _booked(story, booking) if booking else [SAID.get(outcome or "") or QUESTIONS[number % len(QUESTIONS)]]
    begun = at - timedelta(minutes=2 * len(turns))
    spent = [(1900 + 310 * place + number % 90, 60 + len(answer)) for place, (_, answer) in enumerate(turns)]
    session = story.add(
        "chat_sessions", created_at=begun, last_active_at=at, user_agent=AGENT, channel="web", state={},
        input_tokens=sum(given for given, _ in spent), output_tokens=sum(made for _, made in spent), outcome=outcome,
        converted_booking_id=booking["id"] if booking else None,
    )  # fmt: skip
    _say(story, session, begun, "assistant", f"Hi! I'm the booking assistant of {story.demo.business_name}.", (0, 0))
    for place, ((said, answer), used) in enumerate(zip(turns, spent, strict=True)):
        moment = begun + timedelta(minutes=2 * place + 1)
        _say(story, session, moment, "user", said, (0, 0))
        _say(story, session, moment + timedelta(seconds=4), "assistant", answer, used)


def _booked(story: Story, booking: Row) -> list[tuple[str, str]]:
    when = phrases.slot_label(booking["start_time"], story.demo.timezone)
    service = booking["service_name"]
    return [
        (f"Hi, I'd like to book: {service}.", "Happy to help. These times are free; which one suits you?"),
        (when, f"May I have your name and e-mail address for {service} on {when}?"),
        (f"{booking['attendee_name']}, {booking['attendee_email']}", "Please check the card and confirm."),
        ("Yes, please.", f"It is booked: {service} on {when}. See you then!"),
    ]


def _say(story: Story, session: Row, at: datetime, role: str, words: str, used: tuple[int, int]) -> None:
    is_model = used[1] > 0
    story.add(
        "chat_messages", session_id=session["id"], role=role, content=[{"type": "text", "text": words}], cards=[],
        model=MODEL if is_model else None, input_tokens=used[0] // 4, output_tokens=used[1],
        cache_read_tokens=used[0] - used[0] // 4, cache_write_tokens=0, stop_reason="end_turn" if is_model else None,
        created_at=at,
    )  # fmt: skip


def _usage(story: Story) -> None:
    """The tokens of each day, as they would have been counted."""
    days: dict[Any, dict[str, int]] = {}
    for message in story.rows["chat_messages"]:
        if message["model"]:
            day = days.setdefault(message["created_at"].date(), dict.fromkeys(("turns", "input", "output", "cache"), 0))
            day["turns"] += 1
            day["input"] += message["input_tokens"]
            day["output"] += message["output_tokens"]
            day["cache"] += message["cache_read_tokens"]
    for day, used in sorted(days.items()):
        story.put(
            "tenant_usage", day=day, turns=used["turns"], input_tokens=used["input"], output_tokens=used["output"],
            cache_read_tokens=used["cache"], cache_write_tokens=0, told_percent=0,
        )  # fmt: skip


def _events(story: Story) -> None:
    """What Cal.com told about the latest bookings; one of it could not be processed."""
    for number, booking in enumerate(story.rows["bookings"][-40:]):
        kind = "BOOKING_CANCELLED" if booking["status"] == "cancelled" else "BOOKING_CREATED"
        failed = number == 3
        payload = {
            "triggerEvent": kind,
            "payload": {"uid": booking["cal_booking_uid"], "title": booking["service_name"]},
        }
        _event(
            story, "calcom", kind, booking["cal_booking_uid"], payload, booking["created_at"] + timedelta(seconds=2),
            booking_id=booking["id"], result=None if failed else "updated",
            error="calendar_unavailable" if failed else None,
        )  # fmt: skip


def _event(story: Story, provider: str, kind: str, reference: str, payload: Row, at: datetime, **became: Any) -> Row:
    at = min(at, story.now)
    return story.add(
        "booking_events", provider=provider, event_type=kind, provider_event_id=reference, raw_payload=payload,
        body_hash=sha256(json.dumps(payload).encode()).hexdigest(), received_at=at,
        processed_at=at + timedelta(seconds=1), processing_status="failed" if became.get("error") else "processed",
        booking_id=became.get("booking_id"), result=became.get("result"), error=became.get("error"),
    )  # fmt: skip


def _unread_answer(story: Story) -> None:
    """One customer may want no more messages: somebody has to read it. Another said so plainly."""
    phones = list(dict.fromkeys(row["to_phone"] for row in story.rows["notifications"]))[:2]
    words = (("unsure", "Please don't text me at work, thanks"), ("stop", None))
    for (reason, said), phone in zip(words, phones, strict=False):
        at = story.now - timedelta(hours=20)
        payload = {"fields": {"From": phone, "Body": said or "STOP"}, "query": {}}
        sid = f"SM{story.identity('answer', phone).hex}"
        event = _event(story, "twilio", "inbound", sid, payload, at, result="unsure" if said else "opted_out")
        story.put("sms_suppressions", phone=phone, reason=reason, said=said, source_event_id=event["id"], created_at=at)
