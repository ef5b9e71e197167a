"""A year of appointments in twenty zones, minute by minute where something happens: each reminder once, or dropped."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.core import queue
from portal.domain.notifications import planning
from portal.domain.notifications.types import Reason
from tests.domain.notifications.conftest import Texting
from tests.domain.notifications.test_times import ZONES
from tests.factories import THOROUGH, MadeTenant

YEAR = 2027
BOOKINGS_PER_ZONE = 9 if THOROUGH else 2
MINUTE = timedelta(minutes=1)
REMINDERS = {"reminder_24h": timedelta(hours=24), "reminder_2h": timedelta(hours=2)}
EVENING, MORNING = time(21), time(8)


@dataclass
class Visit:
    """An appointment with what happens to it: ``starts`` as time went by; ``ended`` when it was cancelled."""

    zone: str
    phone: str
    tenant: MadeTenant
    booked: datetime
    starts: list[tuple[datetime, datetime]]
    ended: datetime | None = None
    id: UUID | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)


@pytest.mark.timeout(600)
def test_a_year_in_twenty_zones(texting: Texting) -> None:
    visits = list(make_visits(texting, random.Random(4)))
    with time_machine.travel(datetime(YEAR, 1, 1, tzinfo=UTC), tick=True) as traveller:
        live_through(texting, visits, traveller)
    texts = Counter(text["to"] for text in texting.sandbox.texts())
    for visit in visits:
        visit.rows = texting.messages(visit.id) if visit.id else []
        sent = [row for row in visit.rows if row["sent_at"]]
        assert texts[visit.phone] == len(sent)
        check_told_nothing_wrong(visit, sent)
        check_reminded(visit)
    assert sum(texts.values()) > 2 * len(visits)
    assert {row["state"] for visit in visits for row in visit.rows} == {"sent", "dropped", "cancelled"}


def make_visits(texting: Texting, chance: random.Random) -> Iterator[Visit]:
    """Every kind of day of each zone: where clocks change, ends of months, nights, and any other."""
    for number, zone in enumerate(ZONES):
        tenant = texting.factory.make(f"zone-{number}", timezone=zone, calendar=False)
        texting.rows(
            "insert into portal.tenant_sms_settings (tenant_id, a2p_status) values (%s, 'approved')", tenant.id
        )
        for count, day in enumerate(days(zone, chance)):
            start = at(day, time(chance.randrange(0, 24), chance.choice((0, 15, 30, 45))), zone)
            booked = max(start - timedelta(minutes=chance.choice((50, 300, 1500, 3000, 20_000))), utc(YEAR, 1, 1))
            visit = Visit(zone, f"+4477009{number:02d}{count:03d}", tenant, booked, [(booked, start)])
            if chance.random() < 0.3:
                moved = between(booked, start, chance)
                later = start + timedelta(hours=chance.choice((-30, -7, 1, 5, 26, 60)))
                visit.starts.append((moved, max(later, moved + 45 * MINUTE)))
            if chance.random() < 0.15:
                visit.ended = between(*visit.starts[-1], chance)
            yield visit


def between(first: datetime, last: datetime, chance: random.Random) -> datetime:
    return first + MINUTE * chance.randrange(1, (last - first) // MINUTE)


def days(zone: str, chance: random.Random) -> Iterator[date]:
    changes = [
        day for n in range(365)
        if at(day := date(YEAR, 1, 1) + timedelta(days=n), time(12), zone) - at(day - timedelta(days=1), time(12), zone)
        != timedelta(days=1)
    ]  # fmt: skip
    special = [day + timedelta(days=n) for day in changes for n in (0, 1)]
    special += [date(YEAR, 1, 31), date(YEAR, 3, 1), date(YEAR, 4, 30), date(YEAR, 12, 30)]
    while len(special) < BOOKINGS_PER_ZONE:
        special.append(date(YEAR, 1, 3) + timedelta(days=chance.randrange(360)))
    return iter(special[:BOOKINGS_PER_ZONE])


def live_through(texting: Texting, visits: list[Visit], traveller: Any) -> None:
    """What people do at their moments, and each minute in which something is due the worker's tick."""
    acts: list[tuple[datetime, Callable[[], None]]] = []
    for visit in visits:
        acts.append((visit.booked, lambda visit=visit: book(texting, visit)))  # type: ignore[misc]
        for moved, start in visit.starts[1:]:
            acts.append((moved, lambda visit=visit, start=start: texting.change(visit.id, start_time=start)))  # type: ignore[misc]
        if visit.ended is not None:
            acts.append((visit.ended, lambda visit=visit: texting.change(visit.id, status="cancelled")))  # type: ignore[misc]
    acts.sort(key=lambda each: each[0])
    while True:
        [due] = texting.rows("select min(due_at) as at from portal.notifications where state = 'planned'")
        if acts and (due["at"] is None or acts[0][0] <= due["at"]):
            moment, act = acts.pop(0)
            traveller.move_to(moment)
            act()
        elif due["at"] is not None:
            traveller.move_to(tick_after(due["at"]))
            assert planning.release(500) >= 1
        else:
            return
        queue.drain()


def book(texting: Texting, visit: Visit) -> None:
    visit.id = texting.booking(visit.starts[0][1], phone=visit.phone, tenant=visit.tenant)
    texting.change(visit.id)


def check_told_nothing_wrong(visit: Visit, sent: list[dict[str, Any]]) -> None:
    """Each message speaks of the appointment as it was at that moment, in local words, by day, and once."""
    assert len({(row["kind"], row["start_time"]) for row in sent}) == len(sent)
    for row in sent:
        moment = row["sent_at"]
        assert row["start_time"] == start_at(visit, moment)
        assert (row["kind"] == "cancellation") is (visit.ended is not None and visit.ended <= moment)
        local = row["start_time"].astimezone(ZoneInfo(visit.zone))
        assert f"{local:%a, %b} {local.day} at {local.hour % 12 or 12}:{local:%M %p}" in row["body"]
        assert not is_night(moment, visit.zone)
        assert moment < row["start_time"]


def check_reminded(visit: Visit) -> None:
    """The reminders of its last time: sent at the right moment, or dropped for a good reason."""
    since, start = visit.starts[-1]
    rows = {row["kind"]: row for row in visit.rows if row["start_time"] == start}
    for kind, ahead in REMINDERS.items():
        row, (moment, reason) = rows[kind], expected(visit.zone, start, ahead, since)
        if visit.ended is not None and (moment is None or visit.ended <= moment):
            assert row["state"] in ("cancelled", "dropped"), (visit, row)
        elif moment is None:
            assert (row["state"], row["reason"]) in {("dropped", reason), ("dropped", Reason.SAME_TIME)}, (visit, row)
        else:
            assert row["state"] == "sent", f"{visit.zone} {since} {start} {moment} {row['due_at']} {row['reason']}"
            assert moment <= row["sent_at"] <= moment + 2 * MINUTE, (visit, row)


def expected(zone: str, start: datetime, ahead: timedelta, since: datetime) -> tuple[datetime | None, str]:
    """When a reminder should go out, found by walking along the minutes; None and why, where it should not."""
    moment = start - ahead
    if is_night(moment, zone):
        morning = evening = moment
        while is_night(morning, zone):
            morning += MINUTE
        while is_night(evening - MINUTE, zone):
            evening -= MINUTE
        moment = morning if start - morning >= timedelta(minutes=30) else evening - timedelta(minutes=15)
    return (None, Reason.TOO_LATE) if moment <= since else (moment, "")


def start_at(visit: Visit, moment: datetime) -> datetime:
    return [start for since, start in visit.starts if since <= moment][-1]


def tick_after(moment: datetime) -> datetime:
    """The next full minute, when workers tick."""
    return moment.replace(second=0, microsecond=0) + (MINUTE if moment.second or moment.microsecond else timedelta(0))


def is_night(moment: datetime, zone: str) -> bool:
    clock = moment.astimezone(ZoneInfo(zone)).time()
    return clock >= EVENING or clock < MORNING


def at(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
