"""Days as customers ask for them, kept for a few seconds in each process; askers of one day wait for the same fetch."""

import contextlib
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import redis

from portal.core import clock
from portal.core.cache import cache, invalidate
from portal.core.errors import (
    CalendarBusy,
    CalendarUnavailable,
    InvalidArgument,
    LookedTooFar,
    NotConnected,
    PortalError,
)
from portal.domain import integrations, tenants
from portal.domain.availability import claims, refreshing
from portal.domain.availability.fetching import fetch
from portal.domain.availability.shared import WAIT_SECONDS, FetchedDay, SharedDays, Slot, changed
from portal.domain.availability.spans import Span, spans_of
from portal.domain.tenants import Service, Site
from portal.providers.calcom import CalcomClient

MAX_DAYS: Final = 31
# Claims that run out are noticed after this long; bookings drop a day at once.
KEPT_SECONDS: Final = 5.0
BOARDED_SECONDS: Final = 60.0
# What befalls one asker need not befall another who waits for the same day: visitors have a share each, and a booking
# has calls that no visitor may use.
OF_THE_ASKER: Final = (LookedTooFar, CalendarBusy)


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

    def settle(self, slots: tuple[Slot, ...]) -> None:
        self.fresh_until = time.monotonic() + KEPT_SECONDS
        self.slots.set_result(slots)

    def fail(self, error: Exception) -> None:
        if not self.slots.done():
            self.slots.set_exception(error)


@dataclass(frozen=True)
class _Asker:
    """Who wants days of which service, and what day it is there."""

    site: Site
    service: Service
    today: date
    visitor: str | None

    def shared_days(self, calendar: CalcomClient) -> SharedDays:
        """The service's days, fetched with this client."""
        return SharedDays(
            self.site.tenant_id,
            self.service.id,
            self.service.cal_event_type_id or 0,
            today=self.today,
            fetch=lambda span: fetch(calendar, self.service, self.site.profile.timezone, span),
            is_look=self.visitor is not None,
        )


_boarding = threading.Lock()


def slots_for_day(tenant_id: UUID, service_id: UUID, day: date, *, visitor: str | None = None) -> tuple[Slot, ...]:
    """What can be booked on a day of the tenant's calendar, in order. Arguments and errors as :func:`slots_between`."""
    return slots_between(tenant_id, service_id, day, day, visitor=visitor)[day]


def slots_between(
    tenant_id: UUID, service_id: UUID, first: date, last: date, *, visitor: str | None = None
) -> dict[date, tuple[Slot, ...]]:
    """What can be booked on each day from ``first`` to ``last`` (at most 31), in the tenant's zone.

    ``visitor`` names whoever only looks around: they have a share of the calls that the calendar grants. Without it
    (a booking is being made, staff asks) more of them may be used.

    Raises ServiceNotFound, NotConnected, CalendarBusy, CalendarUnavailable, and for visitors LookedTooFar: an error is
    never an empty answer.
    """
    site = tenants.site(tenant_id)
    service = _bookable_service(site, service_id)
    days = _span(first, last)
    asker = _Asker(site, service, clock.now().astimezone(ZoneInfo(site.profile.timezone)).date(), visitor)
    found = _loaded(asker, [day for day in days if day >= asker.today])
    return {day: _bookable(found.get(day, ())) for day in days}


def slots_for_move(
    tenant_id: UUID,
    service_id: UUID,
    first: date,
    last: date,
    *,
    booking_id: UUID,
    uid: str,
    visitor: str | None = None,
) -> dict[date, tuple[Slot, ...]]:
    """As :func:`slots_between` for a booking that wants to move: what it holds itself counts as free.

    ``uid`` is the booking's at the provider. Asked anew each time: the answer is for this booking only.
    """
    site = tenants.site(tenant_id)
    service = _bookable_service(site, service_id)
    days = _span(first, last)
    calendar = integrations.calcom(tenant_id, visitor=visitor)
    found = fetch(calendar, service, site.profile.timezone, Span(first, last), moving=uid)
    free = claims.without_claimed(tenant_id, service, {day: found.get(day, ()) for day in days}, ignoring=booking_id)
    return {day: _bookable(slots) for day, slots in free.items()}


def peek_day(tenant_id: UUID, service_id: UUID, day: date) -> tuple[Slot, ...] | None:
    """The day if this process has it fresh, else None. Never blocks."""
    kept = cache.get(tenant_id, _key(service_id, day))
    return _bookable(kept.slots.result()) if isinstance(kept, _Day) and kept.is_fresh else None


def drop_day(tenant_id: UUID, *days: date | datetime) -> None:
    """Forget these days of all the tenant's services, in all processes: the calendar changed. Call it after commit.

    A datetime (aware) means the tenant's local day it lies in. Never fails: without Redis nothing is kept anyway.
    """
    with contextlib.suppress(redis.RedisError):
        # The mark first: who reloads because of the message must not find the old day in Redis.
        changed(tenant_id, _local_days(tenant_id, days))
    forget_claims(tenant_id, *days)


def forget_claims(tenant_id: UUID, *days: date | datetime) -> None:
    """As :func:`drop_day` where only our own claims changed: they are read anew, the calendar need not be asked."""
    local = _local_days(tenant_id, days)
    for service in tenants.site(tenant_id).services:
        for day in local:
            with contextlib.suppress(redis.RedisError):
                invalidate(tenant_id, _key(service.id, day))


def _bookable_service(site: Site, service_id: UUID) -> Service:
    service = site.service(service_id)
    if service.cal_event_type_id is None:
        raise NotConnected
    return service


def _span(first: date, last: date) -> list[date]:
    if not 1 <= (last - first).days + 1 <= MAX_DAYS:
        raise InvalidArgument(f"Ask for 1 to {MAX_DAYS} days.")
    return Span(first, last).days()


def _loaded(asker: _Asker, days: Sequence[date]) -> dict[date, tuple[Slot, ...]]:
    """The days, loaded by us or by others of this process; what went wrong for those alone is tried by us."""
    while True:
        boarded, own = _board(asker, days)
        if own:
            _load(own, asker)
        try:
            return {day: _wait(kept) for day, kept in boarded.items()}
        except OF_THE_ASKER as error:
            # Own days are loaded or have raised above.
            if isinstance(error, CalendarBusy) and asker.visitor is not None:
                raise


def _board(asker: _Asker, days: Sequence[date]) -> tuple[dict[date, _Day], dict[date, _Day]]:
    """All days, and those among them that are ours to load."""
    tenant_id, boarded, own = asker.site.tenant_id, {}, {}
    with _boarding:
        for day in days:
            key = _key(asker.service.id, day)
            kept = cache.get(tenant_id, key)
            if not isinstance(kept, _Day) or not (kept.is_loading or kept.is_fresh):
                kept = own[day] = _Day()
                cache.put(tenant_id, key, kept, BOARDED_SECONDS)
            boarded[day] = kept
    return boarded, own


def _load(own: dict[date, _Day], asker: _Asker) -> None:
    """Load our days; whoever joined them gets the same slots or the same error."""
    try:
        fetched = _shared(list(own), asker)
        free = claims.without_claimed(
            asker.site.tenant_id, asker.service, {day: found.slots for day, found in fetched.items()}
        )
        for day, kept in own.items():
            kept.settle(free[day])
    except PortalError as error:
        for kept in own.values():
            kept.fail(error)
        raise
    finally:
        for kept in own.values():
            kept.fail(CalendarUnavailable())


def _shared(days: list[date], asker: _Asker) -> dict[date, FetchedDay]:
    """The days as all processes share them; those that are no longer fresh are fetched anew behind the answer."""
    # Asked for even where all is there: nothing is shown once the calendar refused the tenant's key.
    calendar = integrations.calcom(asker.site.tenant_id, visitor=asker.visitor)
    try:
        found = asker.shared_days(calendar).load(days)
    except redis.RedisError as error:
        raise CalendarUnavailable from error
    if stale := [day for day in days if not found[day].is_fresh]:
        refreshing.behind((asker.service.id, *spans_of(stale, asker.today)), lambda: _refresh(stale, asker))
    return found


def _refresh(days: Sequence[date], asker: _Asker) -> None:
    asker.shared_days(integrations.background_calcom(asker.site.tenant_id)).refresh(days)


def _wait(day: _Day) -> tuple[Slot, ...]:
    try:
        return day.slots.result(WAIT_SECONDS)
    except TimeoutError:
        raise CalendarUnavailable from None


def _bookable(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    now = clock.now()
    return tuple(slot for slot in slots if slot.start > now)


def _local_days(tenant_id: UUID, days: Iterable[date | datetime]) -> set[date]:
    zone = ZoneInfo(tenants.site(tenant_id).profile.timezone)
    return {day.astimezone(zone).date() if isinstance(day, datetime) else day for day in days}


def _key(service_id: UUID, day: date) -> str:
    return f"slots:{service_id}:{day}"
