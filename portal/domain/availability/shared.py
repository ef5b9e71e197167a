"""Fetched days in Redis: one fetch for all processes, thrown away by every booking.

Each day of a tenant has a mark that every booking replaces by a new one. A fetched day is stored with the mark read
*before* the fetch and counts only while that is still the mark: what a slow fetch brings home after a booking is
worthless. A day is fresh for some time, then shown for some time more while it is fetched anew behind it, then gone.

Days are fetched by spans. Who wants a day that is not there takes its span's lock, or waits for the one who holds it.
The lock's name carries the mark of the tenant's last change: nobody waits for a fetch that began before it. A holder
that dies leaves a lock that expires. A holder that fails leaves word under its token, so that those who waited for it
fail with it, instead of asking a broken calendar one after the other; nobody else sees that word.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from portal.core.errors import CalendarBusy, CalendarUnavailable, PortalError
from portal.core.redis import client
from portal.domain.availability.spans import Span, spans_of

FRESH_SECONDS: Final = 60.0
# How long a day may be shown after it was fetched, whatever happens to the calendar.
KEPT_SECONDS: Final = 120.0
# Longer than a fetch with all its retries takes.
LOCK_SECONDS: Final = 15.0
# Longer than one that waits for its turn first. After a failure this is also how long nobody tries again.
REFRESH_LOCK_SECONDS: Final = 30.0
WAIT_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.02
LONGEST_POLL_SECONDS: Final = 0.15
# Longer than any fetch whose result could still be stored under an older mark.
MARKS_SECONDS: Final = 3600
FAILURE_SECONDS: Final = 5
LAST_CHANGE: Final = "last"

RELEASE = "for _, key in ipairs(KEYS) do if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end end"


@dataclass(frozen=True)
class Slot:
    """A bookable time, UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class FetchedDay:
    """The calendar's slots of one day, and how many seconds ago it was asked for them."""

    slots: tuple[Slot, ...]
    age_seconds: float = 0.0

    @property
    def is_fresh(self) -> bool:
        return self.age_seconds < FRESH_SECONDS


Fetch = Callable[[Span], dict[date, tuple[Slot, ...]]]
"""One question upstream for all days of a span."""


def changed(tenant_id: UUID, days: Iterable[date]) -> None:
    """From now on nothing that was fetched for these days counts."""
    key, mark = _marks_key(tenant_id), secrets.token_hex(8)
    with client().pipeline(transaction=True) as pipeline:
        pipeline.hset(key, mapping=dict.fromkeys((*(day.isoformat() for day in days), LAST_CHANGE), mark))
        pipeline.expire(key, MARKS_SECONDS)
        pipeline.execute()


@dataclass(frozen=True)
class _Look:
    """What Redis held at one instant of its clock: marks of changes, and the days that are stored under them."""

    now: float
    marks: Mapping[date, str]
    last_change: str
    stored: Mapping[date, FetchedDay]


class SharedDays:
    """Days of one service, fetched from one event type in spans counted from ``today``.

    ``is_look``: who only looks around fails with whoever was told that the calendar is busy; a booking has a part of
    the budget that looks do not have, and asks for itself.
    """

    def __init__(
        self, tenant_id: UUID, service_id: UUID, event_type_id: int, *, today: date, fetch: Fetch, is_look: bool = True
    ) -> None:
        self._tenant_id = tenant_id
        self._name = f"{service_id}:{event_type_id}"
        self._today = today
        self._fetch = fetch
        self._failures: dict[str, type[PortalError]] = {
            kind.reason: kind for kind in (CalendarUnavailable, *((CalendarBusy,) if is_look else ()))
        }
        self._token = secrets.token_hex(8)

    def load(self, days: Sequence[date]) -> dict[date, FetchedDay]:
        """Every day asked for: from Redis, from a fetch of ours, or of whoever is fetching it now."""
        found: dict[date, FetchedDay] = {}
        holders: dict[Span, str] = {}
        deadline, pause = time.monotonic() + WAIT_SECONDS, POLL_SECONDS
        while True:
            look = self._look([day for day in days if day not in found])
            found |= look.stored
            spans = spans_of((day for day in look.marks if day not in found), self._today)
            if not spans:
                return {day: found[day] for day in days}
            self._fail_with({holders[span] for span in spans if span in holders})
            holders = self._lock(spans, look.last_change)
            if mine := [span for span in spans if holders[span] == self._token]:
                found |= self._lead(mine, look)
                continue
            if time.monotonic() > deadline:
                raise CalendarUnavailable
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)

    def refresh(self, days: Sequence[date]) -> None:
        """Fetch the spans around these days anew, unless somebody does or failed at it a moment ago."""
        for span in spans_of(days, self._today):
            lock = f"{self._span_key(span)}:refresh"
            if client().set(lock, self._token, nx=True, px=round(REFRESH_LOCK_SECONDS * 1000)):
                look = self._look(span.days(), [day for day in days if span.first <= day <= span.last])
                if not all(day.is_fresh for day in look.stored.values()):
                    self._store(self._fetch(span), look)
                client().register_script(RELEASE)([lock], [self._token])

    def _look(self, days: Sequence[date], reading: Sequence[date] | None = None) -> _Look:
        """The marks of all these days, and what is stored of them (of ``reading`` only, where that is given)."""
        wanted = days if reading is None else reading
        if not wanted:
            return _Look(0.0, {}, "", {})
        with client().pipeline(transaction=False) as pipeline:
            pipeline.time()
            pipeline.hmget(_marks_key(self._tenant_id), [LAST_CHANGE, *(day.isoformat() for day in days)])
            pipeline.mget([self._day_key(day) for day in wanted])
            (seconds, micros), found, kept = pipeline.execute()
        now = seconds + micros / 1_000_000
        last_change, *marks = ((mark or b"").decode() for mark in found)
        under = dict(zip(days, marks, strict=True))
        read = {
            day: _decoded(text, under[day], now) for day, text in zip(wanted, kept, strict=True) if text is not None
        }
        return _Look(now, under, last_change, {day: fetched for day, fetched in read.items() if fetched is not None})

    def _lock(self, spans: Sequence[Span], last_change: str) -> dict[Span, str]:
        """Try for the lock of each span; says who holds it now."""
        with client().pipeline(transaction=False) as pipeline:
            for span in spans:
                pipeline.set(self._lock_key(span, last_change), self._token, nx=True, px=round(LOCK_SECONDS * 1000))
                pipeline.get(self._lock_key(span, last_change))
            holders = pipeline.execute()[1::2]
        # A lock that expired between the two commands has no holder to wait for.
        return {span: (holder or b"").decode() for span, holder in zip(spans, holders, strict=True)}

    def _lead(self, spans: Sequence[Span], missed: _Look) -> dict[date, FetchedDay]:
        """Fetch the spans whose locks we hold, one after the other."""
        found: dict[date, FetchedDay] = {}
        try:
            for span in spans:
                wanted = [day for day in missed.marks if span.first <= day <= span.last]
                # Somebody may have stored them between our look and our lock.
                look = self._look(span.days(), wanted)
                found |= look.stored
                if any(day not in found for day in wanted):
                    found |= self._store(self._fetch(span), look)
            return found
        except PortalError as error:
            if error.reason in self._failures:
                word = json.dumps([error.reason, error.details])
                client().set(_failure_key(self._token), word, ex=FAILURE_SECONDS)
            raise
        finally:
            keys = [self._lock_key(span, missed.last_change) for span in spans]
            client().register_script(RELEASE)(keys, [self._token])
            # Who failed with this token must not hear of a later failure, nor the other way round.
            self._token = secrets.token_hex(8)

    def _store(self, days: Mapping[date, tuple[Slot, ...]], look: _Look) -> dict[date, FetchedDay]:
        """Keep all days that were looked for, under the marks and with the age they had before the fetch."""
        fetched = {day: days.get(day, ()) for day in look.marks}
        with client().pipeline(transaction=False) as pipeline:
            for day, slots in fetched.items():
                text = _encoded(slots, look.marks[day], look.now)
                pipeline.set(self._day_key(day), text, px=round(KEPT_SECONDS * 1000))
            pipeline.execute()
        return {day: FetchedDay(slots) for day, slots in fetched.items()}

    def _fail_with(self, tokens: set[str]) -> None:
        """Raise what befell one of these holders, if something did that concerns us."""
        if not tokens:
            return
        for word in client().mget([_failure_key(token) for token in tokens]):
            reason, details = json.loads(word) if word is not None else ("", {})
            if reason in self._failures:
                raise self._failures[reason](details=details)

    def _day_key(self, day: date) -> str:
        return f"portal:slots:{self._tenant_id}:{day}:{self._name}"

    def _span_key(self, span: Span) -> str:
        return f"portal:slots:{self._tenant_id}:span:{span.first}:{self._name}"

    def _lock_key(self, span: Span, last_change: str) -> str:
        return f"{self._span_key(span)}:{last_change}:lock"


def _marks_key(tenant_id: UUID) -> str:
    return f"portal:slots:{tenant_id}:marks"


def _failure_key(token: str) -> str:
    return f"portal:slots:failed:{token}"


def _encoded(slots: Iterable[Slot], mark: str, fetched_at: float) -> str:
    return json.dumps([mark, fetched_at, [[slot.start.timestamp(), slot.end.timestamp()] for slot in slots]])


def _decoded(stored: bytes, mark: str, now: float) -> FetchedDay | None:
    """None when it was fetched under another mark, or too long ago."""
    under, fetched_at, slots = json.loads(stored)
    if under != mark or now - fetched_at >= KEPT_SECONDS:
        return None
    return FetchedDay(tuple(Slot(_instant(start), _instant(end)) for start, end in slots), now - fetched_at)


def _instant(seconds: Any) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
