"""Fetched days in Redis: one fetch for all processes, thrown away by every booking.

Each day of a tenant has a change number that every booking raises. A fetched day is stored with the number read
*before* the fetch and counts only while that is still the number: what a slow fetch brings home after a booking is
worthless.

Who wants a day that is not there takes its lock, or waits for the one who holds it. A holder that dies leaves a lock
that expires. A holder that fails leaves word under its token, so that those who waited for it fail with it, instead of
asking a broken calendar one after the other; nobody else sees that word.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from portal.core.errors import CalendarBusy, CalendarUnavailable, PortalError
from portal.core.redis import client

KEPT_SECONDS: Final = 15.0
# Longer than a fetch with all its retries takes.
LOCK_SECONDS: Final = 15.0
WAIT_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.02
LONGEST_POLL_SECONDS: Final = 0.15
# Longer than any fetch whose result could still be stored under an older number.
CHANGES_SECONDS: Final = 3600
FAILURE_SECONDS: Final = 5
SHARED_FAILURES: Final = {kind.reason: kind for kind in (CalendarBusy, CalendarUnavailable)}

RELEASE = "for _, key in ipairs(KEYS) do if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end end"


@dataclass(frozen=True)
class Slot:
    """A bookable time, UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class FetchedDay:
    """The calendar's slots of one day, and for how many more seconds they count as fresh."""

    slots: tuple[Slot, ...]
    fresh_seconds: float


Fetch = Callable[[date, date], dict[date, tuple[Slot, ...]]]
"""One call upstream for all days from the first to the last."""


def changed(tenant_id: UUID, days: Iterable[date]) -> None:
    """From now on nothing that was fetched for these days counts."""
    with client().pipeline(transaction=False) as pipeline:
        for day in days:
            pipeline.incr(_changes_key(tenant_id, day))
            pipeline.expire(_changes_key(tenant_id, day), CHANGES_SECONDS)
        pipeline.execute()


class SharedDays:
    """Days of one service, fetched from one event type."""

    def __init__(self, tenant_id: UUID, service_id: UUID, event_type_id: int, fetch: Fetch) -> None:
        self._tenant_id = tenant_id
        self._name = f"{service_id}:{event_type_id}"
        self._fetch = fetch
        self._token = secrets.token_hex(8)

    def load(self, days: Sequence[date]) -> dict[date, FetchedDay]:
        """Every day asked for: from Redis, from a fetch of ours, or of whoever is fetching it now."""
        found: dict[date, FetchedDay] = {}
        holders: dict[date, str] = {}
        deadline, pause = time.monotonic() + WAIT_SECONDS, POLL_SECONDS
        while True:
            numbers, stored = self._look([day for day in days if day not in found])
            found |= stored
            missing = {day: number for day, number in numbers.items() if day not in found}
            if not missing:
                return found
            self._fail_with({holders[day] for day in missing if day in holders})
            holders = self._lock(missing)
            if mine := [day for day in missing if holders[day] == self._token]:
                found |= self._lead(mine, missing)
                continue
            if time.monotonic() > deadline:
                raise CalendarUnavailable
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)

    def _look(self, days: Sequence[date]) -> tuple[dict[date, int], dict[date, FetchedDay]]:
        """Each day's change number, and what is stored under it."""
        if not days:
            return {}, {}
        with client().pipeline(transaction=False) as pipeline:
            for day in days:
                pipeline.get(_changes_key(self._tenant_id, day))
                pipeline.get(self._day_key(day))
                pipeline.pttl(self._day_key(day))
            answers = pipeline.execute()
        numbers, stored = {}, {}
        for day, number, kept, life in zip(days, answers[::3], answers[1::3], answers[2::3], strict=True):
            numbers[day] = int(number or 0)
            if kept is not None and life > 0 and (slots := _decoded(kept, numbers[day])) is not None:
                stored[day] = FetchedDay(slots, life / 1000)
        return numbers, stored

    def _lock(self, numbers: dict[date, int]) -> dict[date, str]:
        """Try for the lock of each day; says who holds it now."""
        with client().pipeline(transaction=False) as pipeline:
            for day, number in numbers.items():
                pipeline.set(self._lock_key(day, number), self._token, nx=True, px=round(LOCK_SECONDS * 1000))
                pipeline.get(self._lock_key(day, number))
            holders = pipeline.execute()[1::2]
        # A lock that expired between the two commands has no holder to wait for.
        return {day: (holder or b"").decode() for day, holder in zip(numbers, holders, strict=True)}

    def _lead(self, days: Sequence[date], numbers: dict[date, int]) -> dict[date, FetchedDay]:
        """Fetch the days whose locks we hold, in one call."""
        try:
            # Somebody may have stored them between our look and our lock.
            current, stored = self._look(days)
            wanted = [day for day in days if day not in stored]
            fetched = self._fetch(wanted[0], wanted[-1]) if wanted else {}
            self._store({day: fetched.get(day, ()) for day in wanted}, current)
            return stored | {day: FetchedDay(fetched.get(day, ()), KEPT_SECONDS) for day in wanted}
        except PortalError as error:
            if error.reason in SHARED_FAILURES:
                word = json.dumps([error.reason, error.details])
                client().set(_failure_key(self._token), word, ex=FAILURE_SECONDS)
            raise
        finally:
            keys = [self._lock_key(day, numbers[day]) for day in days]
            client().register_script(RELEASE)(keys, [self._token])
            # Who failed with this token must not hear of a later failure, nor the other way round.
            self._token = secrets.token_hex(8)

    def _store(self, days: dict[date, tuple[Slot, ...]], numbers: dict[date, int]) -> None:
        with client().pipeline(transaction=False) as pipeline:
            for day, slots in days.items():
                pipeline.set(self._day_key(day), _encoded(slots, numbers[day]), px=round(KEPT_SECONDS * 1000))
            pipeline.execute()

    def _fail_with(self, tokens: set[str]) -> None:
        """Raise what befell one of these holders, if something did."""
        if not tokens:
            return
        for word in client().mget([_failure_key(token) for token in tokens]):
            if word is not None:
                reason, details = json.loads(word)
                raise SHARED_FAILURES[reason](details=details)

    def _day_key(self, day: date) -> str:
        return f"portal:slots:{self._tenant_id}:{day}:{self._name}"

    def _lock_key(self, day: date, number: int) -> str:
        return f"{self._day_key(day)}:{number}:lock"


def _changes_key(tenant_id: UUID, day: date) -> str:
    return f"portal:slots:{tenant_id}:{day}:changes"


def _failure_key(token: str) -> str:
    return f"portal:slots:failed:{token}"


def _encoded(slots: Iterable[Slot], number: int) -> str:
    return json.dumps([number, [[slot.start.timestamp(), slot.end.timestamp()] for slot in slots]])


def _decoded(stored: bytes, number: int) -> tuple[Slot, ...] | None:
    """None when it was fetched under another number."""
    under, slots = json.loads(stored)
    return tuple(Slot(_instant(start), _instant(end)) for start, end in slots) if under == number else None


def _instant(seconds: Any) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
