"""What a demo business has behind it and before it: four weeks back and two ahead, so that every page has its purpose.

The same on every machine: chosen by the business's name, placed relative to today. Written once, while a business has
neither bookings nor chats. What lies ahead must stand in the calendar too: see :func:`ahead`.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from portal.core import clock, db
from portal.domain import demo_talk
from portal.domain.demo_story import Row, Story
from portal.domain.demo_tenants import TENANTS, DemoTenant

DAYS_BACK: Final = 28
DAYS_AHEAD: Final = 14
WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES: Final = (
    "Ada Moreno", "Ben Carter", "Chloe Martin", "Dev Patel", "Elena Rossi", "Felix Braun", "Grace Kim", "Hugo Silva",
    "Ivy Thompson", "Jonas Weber", "Kira Novak", "Liam Walsh", "Maya Cohen", "Noah Evans", "Olga Petrova", "Priya Nair",
    "Quinn Harper", "Rosa Diaz", "Sam Okafor", "Tara Singh", "Uma Fischer", "Victor Lund", "Wendy Zhao", "Yusuf Demir",
)  # fmt: skip
NOTES: Final = ("First visit.", "Please call when you are ready.", "I may be five minutes late.", "Same as last time.")
SOURCES: Final = ("ai", "ai", "ai", "widget", "widget", "admin", "other")
UID_PREFIX: Final = "demo"
AHEAD: Final = (
    "select tenant_id, cal_booking_uid, cal_seat_uid, cal_event_type_id, start_time, attendee_name, attendee_email,"
    " attendee_phone, status from portal.bookings"
    " where cal_booking_uid like :prefix and end_time > now() and status in ('pending', 'confirmed')"
)
SERVICES: Final = (
    "select id, resource_id, name, duration_minutes, price_cents, currency, seats, cal_event_type_id"
    " from portal.tenant_services where tenant_id = :tenant and active order by sort_order, name"
)
IS_USED: Final = (
    "select exists (select from portal.bookings where tenant_id = :tenant)"
    " or exists (select from portal.chat_sessions where tenant_id = :tenant)"
)
HOURS: Final = "select business_hours from portal.tenant_profiles where tenant_id = :tenant"


def seed(owner_url: str) -> None:
    """Write the story of every demo business that has none yet, as the database's owner."""
    with db.as_owner(owner_url) as rows:
        for demo in TENANTS:
            if rows.execute(IS_USED, tenant=demo.id).scalar():
                continue
            services = rows.execute(SERVICES, tenant=demo.id).all()
            hours = rows.execute(HOURS, tenant=demo.id).scalar() or {}
            for table, items in told(demo, clock.now(), services, hours).rows.items():
                _store(rows, table, items)


def ahead(owner_url: str) -> dict[str, list[dict[str, Any]]]:
    """What the stories still have to come, by the account's key, as the sandbox's calendar takes it."""
    with db.as_owner(owner_url) as rows:
        found = rows.execute(AHEAD, prefix=f"{UID_PREFIX}%").all()
    keys = {demo.id: demo.cal_api_key for demo in TENANTS}
    by_key: dict[str, list[dict[str, Any]]] = {key: [] for key in keys.values()}
    for row in found:
        by_key[keys[row.tenant_id]].append(
            {
                "uid": row.cal_booking_uid, "seat_uid": row.cal_seat_uid, "event_type_id": row.cal_event_type_id,
                "start": row.start_time.isoformat(), "name": row.attendee_name, "email": row.attendee_email,
                "phone": row.attendee_phone, "status": "pending" if row.status == "pending" else "accepted",
            }
        )  # fmt: skip
    return by_key


def told(demo: DemoTenant, now: datetime, services: list[Any], hours: Mapping[str, list[list[str]]]) -> Story:
    """A business's whole story at this moment."""
    story = Story(demo, now, services, hours)
    customers = _customers(story)
    for number, (service, start, end) in enumerate(_appointments(story)):
        _booking(story, number, service, start, end, story.random.choice(customers))
    demo_talk.tell(story)
    return story


def _store(rows: db.Scope, table: str, items: list[Row]) -> None:
    """All rows of a table in one statement."""
    columns = ", ".join(items[0])
    rows.execute(
        f"insert into portal.{table} ({columns}) select {columns}"  # noqa: S608 - names of ours
        f" from jsonb_populate_recordset(cast(null as portal.{table}), cast(:items as jsonb)) on conflict do nothing",
        items=json.dumps(items, default=_as_text),
    )


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _customers(story: Story) -> list[Row]:
    area = story.demo.phone[:5]
    return [
        story.add(
            "customers", name=name, email=f"{name.lower().replace(' ', '.')}@example.com",
            phone=f"{area}55501{70 + place}", created_at=story.now - timedelta(days=DAYS_BACK + 7),
        )
        for place, name in enumerate(NAMES)
    ]  # fmt: skip


def _appointments(story: Story) -> Iterator[tuple[Any, datetime, datetime]]:
    """Within the hours of each open day, one after the other: what shares nothing cannot collide."""
    today = story.now.astimezone(story.zone).date()
    for offset in range(-DAYS_BACK, DAYS_AHEAD + 1):
        day = today + timedelta(days=offset)
        for opens, closes in story.hours.get(WEEK[day.weekday()], [])[:1]:
            begin, close = (datetime.combine(day, time.fromisoformat(at), story.zone) for at in (opens, closes))
            begin += timedelta(minutes=story.random.choice((30, 60, 90)))
            for _ in range(story.random.choice((2, 3, 3, 4, 5) if offset <= 7 else (1, 1, 2))):
                service = story.random.choice(story.services)
                end = begin + timedelta(minutes=service.duration_minutes)
                if end > close:
                    break
                yield service, begin.astimezone(UTC), end.astimezone(UTC)
                begin = end + timedelta(minutes=story.random.choice((30, 60, 90)))
                begin += timedelta(minutes=-begin.minute % 30)


def _booking(story: Story, number: int, service: Any, start: datetime, end: datetime, customer: Row) -> None:
    chance, now = story.random, story.now
    lead = timedelta(hours=chance.randrange(26, 24 * 9), minutes=chance.randrange(60))
    made_at = min(start - lead, now - timedelta(hours=1 + number % 40))
    status = _status(number, is_over=end < now)
    is_seat = service.seats > 1
    booking = story.add(
        "bookings",
        cal_booking_uid=f"{UID_PREFIX}{story.identity('uid', number).hex[:18]}",
        cal_seat_uid=str(story.identity("seat", number)) if is_seat else None,
        cal_event_type_id=service.cal_event_type_id, service_id=service.id, service_name=service.name,
        price_cents=service.price_cents, currency=service.currency, customer_id=customer["id"],
        attendee_name=customer["name"], attendee_email=customer["email"], attendee_phone=customer["phone"],
        notes=chance.choice(NOTES) if chance.random() < 0.2 else None,
        consent_sms=(consents := chance.random() < 0.7), consent_sms_at=made_at if consents else None,
        start_time=start, end_time=end, status=status, source=chance.choice(SOURCES), sequence=int(number % 9 == 4),
        created_at=made_at, updated_at=end if end < now else made_at,
    )  # fmt: skip
    if status in ("confirmed", "pending") and end > now:
        _hold(story, booking, service)
    if consents:
        demo_talk.text(story, booking)


def _status(number: int, *, is_over: bool) -> str:
    if number % 11 == 5:
        return "cancelled"
    if is_over:
        return "no_show" if number % 13 == 3 else "completed"
    return "pending" if number % 17 == 2 else "confirmed"


def _hold(story: Story, booking: Row, service: Any) -> None:
    """What lies ahead holds its seat with us; in the calendar it is put by whoever starts the sandbox."""
    story.add(
        "slot_claims", resource_id=service.resource_id, service_id=service.id, booking_id=booking["id"], seat=1,
        start_time=booking["start_time"], end_time=booking["end_time"],
    )  # fmt: skip
