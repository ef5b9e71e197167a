"""Days as customers ask for them, kept for a few seconds in each process; askers of one day wait for the same fetch."""

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import redis

from portal.core import clock
from portal.core.cache import cache, invalidate
from portal.core.errors import CalendarUnavailable, InvalidArgument, NotConnected, PortalError, ProviderRefused
from portal.domain import integrations, tenants
from portal.domain.availability import claims
from portal.domain.availability.shared import WAIT_SECONDS, FetchedDay, SharedDays, Slot, changed
from portal.domain.hours import DAY, day_bounds
from portal.domain.tenants import Service
from portal.providers.calcom import CalcomClient, KeyRefused, NotAllowed

MAX_DAYS: Final = 31
# Claims that run out are noticed after this long; bookings drop a day at once.
KEPT_SECONDS: Final = 5.0
BOARDED_SECONDS: Final = 60.0


@dataclass
class _Day:
    """One day of one service, being loaded or kept. The cache drops it when the day changes: then it is not joined, and
    what its loader brings home is seen by those only who had joined before.
    """

    slots: Future[tuple[Slot, ...]] = field(default_factory=Future)
    fresh_until: float = 0.0

    @property
    def is_loading(self) -> bool:
        return not self.slots.done()

    @property
    def is_fresh(self) -> bool:
        return self.slots.done() and not self.slots.exception() and time.monotonic() < self.fresh_until

    def settle(self, slots: tuple[Slot, ...], fresh_seconds: float) -> None:
        self.fresh_until = time.monotonic() + min(fresh_seconds, KEPT_SECONDS)
        self.slots.set_result(slots)

    def fail(self, error: Exception) -> None:
        if not self.slots.done():
            self.slots.set_exception(error)


_boarding = threading.Lock()


def slots_for_day(tenant_id: UUID, service_id: UUID, day: date) -> tuple[Slot, ...]:
    """What can be booked on a day of the tenant's calendar, in order. Errors as :func:`slots_between`."""
    return slots_between(tenant_id, service_id, day, day)[day]


def slots_between(tenant_id: UUID, service_id: UUID, first: date, last: date) -> dict[date, tuple[Slot, ...]]:
    """What can be booked on each day from ``first`` to ``last`` (at most 31), in the tenant's zone; one call upstream.

    Raises ServiceNotFound, NotConnected, CalendarBusy, CalendarUnavailable: an error is never an empty answer.
    """
    site = tenants.site(tenant_id)
    service = site.service(service_id)
    if service.cal_event_type_id is None:
        raise NotConnected
    days = _span(first, last)
    today = clock.now().astimezone(ZoneInfo(site.profile.timezone)).date()
    boarded, own = _board(tenant_id, service_id, [day for day in days if day >= today])
    if own:
        _load(own, tenant_id, service, site.profile.timezone)
    return {day: _bookable(_wait(boarded[day])) if day in boarded else () for day in days}


def slots_for_move(
    tenant_id: UUID, service_id: UUID, first: date, last: date, *, booking_id: UUID, uid: str
) -> dict[date, tuple[Slot, ...]]:
    """As :func:`slots_between` for a booking that wants to move: what it holds itself counts as free.

    ``uid`` is the booking's at the provider. Asked anew each time: the answer is for this booking only.
    """
    site = tenants.site(tenant_id)
    service = site.service(service_id)
    if service.cal_event_type_id is None:
        raise NotConnected
    days = _span(first, last)
    found = _fetch(integrations.calcom(tenant_id), service, site.profile.timezone, first, last, moving=uid)
    free = claims.without_claimed(tenant_id, service, {day: found.get(day, ()) for day in days}, ignoring=booking_id)
    return {day: _bookable(slots) for day, slots in free.items()}


def peek_day(tenant_id: UUID, service_id: UUID, day: date) -> tuple[Slot, ...] | None:
    """The day if this process has it fresh, else None. Never blocks."""
    kept = cache.get(tenant_id, _key(service_id, day))
    return _bookable(kept.slots.result()) if isinstance(kept, _Day) and kept.is_fresh else None


def drop_day(tenant_id: UUID, *days: date | datetime) -> None:
    """Forget these days of all the tenant's services, in all processes. Call it after commit.

    A datetime (aware) means the tenant's local day it lies in. Never fails: without Redis nothing is kept anyway.
    """
    site = tenants.site(tenant_id)
    local = {_local_day(day, site.profile.timezone) for day in days}
    with contextlib.suppress(redis.RedisError):
        # The number first: who reloads because of the message must not find the old day in Redis.
        changed(tenant_id, local)
    for service in site.services:
        for day in local:
            with contextlib.suppress(redis.RedisError):
                invalidate(tenant_id, _key(service.id, day))


def _span(first: date, last: date) -> list[date]:
    count = (last - first).days + 1
    if not 1 <= count <= MAX_DAYS:
        raise InvalidArgument(f"Ask for 1 to {MAX_DAYS} days.")
    return [first + n * DAY for n in range(count)]


def _board(tenant_id: UUID, service_id: UUID, days: Sequence[date]) -> tuple[dict[date, _Day], dict[date, _Day]]:
    """All days, and those among them that are ours to load."""
    boarded, own = {}, {}
    with _boarding:
        for day in days:
            kept = cache.get(tenant_id, _key(service_id, day))
            if not isinstance(kept, _Day) or not (kept.is_loading or kept.is_fresh):
                kept = own[day] = _Day()
                cache.put(tenant_id, _key(service_id, day), kept, BOARDED_SECONDS)
            boarded[day] = kept
    return boarded, own


def _load(own: dict[date, _Day], tenant_id: UUID, service: Service, timezone: str) -> None:
    """Load our days; whoever joined them gets the same slots or the same error."""
    try:
        loaded = _loaded(list(own), tenant_id, service, timezone)
        free = claims.without_claimed(tenant_id, service, {day: fetched.slots for day, fetched in loaded.items()})
        for day, kept in own.items():
            kept.settle(free[day], loaded[day].fresh_seconds)
    except PortalError as error:
        for kept in own.values():
            kept.fail(error)
        raise
    finally:
        for kept in own.values():
            kept.fail(CalendarUnavailable())


def _loaded(days: list[date], tenant_id: UUID, service: Service, timezone: str) -> dict[date, FetchedDay]:
    calendar = integrations.calcom(tenant_id)
    event_type_id = service.cal_event_type_id or 0
    shared = SharedDays(
        tenant_id, service.id, event_type_id, lambda first, last: _fetch(calendar, service, timezone, first, last)
    )
    try:
        return shared.load(days)
    except redis.RedisError as error:
        raise CalendarUnavailable from error


def _fetch(
    calendar: CalcomClient, service: Service, timezone: str, first: date, last: date, *, moving: str | None = None
) -> dict[date, tuple[Slot, ...]]:
    """The calendar's open slots by local day: one call from midnight to midnight, wherever the clocks change."""
    start, end = day_bounds(first, timezone)[0], day_bounds(last, timezone)[1]
    try:
        found = calendar.slots(service.cal_event_type_id or 0, start, end, timezone, reschedule_uid=moving)
    except ProviderRefused as refused:
        # A key or an event type that is gone is for the owner to mend.
        gone = isinstance(refused, KeyRefused | NotAllowed) or refused.provider_status == 404
        raise (NotConnected if gone else CalendarUnavailable) from refused
    days: dict[date, list[Slot]] = defaultdict(list)
    length = timedelta(minutes=service.duration_minutes)
    for slot in found:
        days[slot.start.astimezone(ZoneInfo(timezone)).date()].append(Slot(slot.start, slot.end or slot.start + length))
    return {day: tuple(slots) for day, slots in days.items()}


def _wait(day: _Day) -> tuple[Slot, ...]:
    try:
        return day.slots.result(WAIT_SECONDS)
    except TimeoutError:
        raise CalendarUnavailable from None


def _bookable(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    now = clock.now()
    return tuple(slot for slot in slots if slot.start > now)


def _local_day(day: date | datetime, timezone: str) -> date:
    return day.astimezone(ZoneInfo(timezone)).date() if isinstance(day, datetime) else day


def _key(service_id: UUID, day: date) -> str:
    return f"slots:{service_id}:{day}"
