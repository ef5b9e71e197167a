"""The state behind a calendar of free times, shared by booking and moving a booking."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import reflex as rx

from portal.core import threads
from portal.core.clock import now
from portal.core.errors import PortalError
from portal.core.visitors import address_hash
from portal.domain import availability, tenants
from portal.domain.availability import Slot
from portal.domain.phrases import day_label
from portal.domain.tenants import Site
from portal.web.base_state import SiteState
from portal.web.public import calendar
from portal.web.public.calendar import DayCell, TimeGroup
from portal.web.public.focus import FocusTarget
from portal.web.public.visitor import CALENDARS, admit

FreeTimes: TypeAlias = Callable[[date, date], dict[date, tuple[Slot, ...]]]
UNREACHABLE = "The calendar can’t be reached right now."


@dataclass(frozen=True)
class _Question:
    """What one load of the calendar asks, and its number: answers to older questions are dropped."""

    number: int
    tenant_id: UUID
    free_times: FreeTimes
    first: date
    address: str


class SlotPicker(FocusTarget, SiteState, mixin=True):
    """A strip of days and the chosen day's times, for the service ``service_id`` (set by the page, never by a client).

    A page adds the handlers ``pick_day`` and ``pick_time`` with what follows from the choice.
    """

    service_id: str = ""
    days: rx.Field[list[DayCell]] = rx.field(default_factory=list)
    days_status: str = "idle"  # idle | loading | ready | error
    days_error: str = ""
    strip_title: str = ""
    can_go_earlier: bool = False
    can_go_later: bool = False
    day: str = ""
    day_title: str = ""
    times: rx.Field[list[TimeGroup]] = rx.field(default_factory=list)
    slot: str = ""
    next_free: str = ""
    next_free_title: str = ""
    next_status: str = "idle"  # idle | searching | found | none | error
    zone_title: str = ""
    zone_hint: str = ""

    _strip: int = 0  # which strip of days is shown, counted from today
    _is_arriving: bool = False  # the chosen day's strip is being loaded: its times get the focus then
    _question: int = 0
    _search: int = 0
    _browser_zone: str = ""
    _zone: str = "UTC"
    _slots: rx.Field[dict[str, list[Slot]]] = rx.field(default_factory=dict)

    @rx.event(background=True)
    async def load_days(self) -> None:
        """Ask for the shown strip's free times and show them, or that they can't be had."""
        async with self:
            question = await self._ask()
        if question is None:
            return
        found: dict[date, tuple[Slot, ...]] | None = None
        failure = UNREACHABLE
        try:
            await admit(question.tenant_id, question.address, CALENDARS)
            last = question.first + timedelta(days=calendar.STRIP_DAYS - 1)
            found = await threads.run(question.free_times, question.first, last)
        except PortalError as error:
            failure = error.message
        finally:
            async with self:
                follow_up = self._answer(question, found, failure)
        if follow_up:
            await self._look_ahead()

    @rx.event
    def earlier_days(self) -> Any:
        """The strip before this one."""
        return self._turn_to(self._strip - 1)

    @rx.event
    def later_days(self) -> Any:
        """The strip after this one."""
        return self._turn_to(self._strip + 1)

    @rx.event
    def jump_to_next_free(self) -> Any:
        """Show the strip and the times of the day that was found to be free next."""
        if not self.next_free:
            return None
        day = date.fromisoformat(self.next_free)
        self._choose_day(day)
        strip = (day - self._today()).days // calendar.STRIP_DAYS
        if strip == self._strip:
            self._focus("times-heading")
            return None
        self._is_arriving = True
        return self._turn_to(strip, keep_day=True)

    @rx.event(background=True)
    async def find_next_free(self) -> None:
        """Look for the first free day after the chosen one, or after the strip."""
        await self._look_ahead()

    @rx.event
    def note_browser_zone(self, zone: str) -> None:
        """Remember the visitor's own time zone, to point out a difference."""
        self._browser_zone = zone[:64] if isinstance(zone, str) else ""
        self._refresh_hint()

    # --- for the page's own handlers -------------------------------------------------------------------------------

    async def _site(self) -> Site:
        """The business whose site this is."""
        ref = await self._tenant()
        return await threads.run(tenants.site, ref.tenant_id)

    async def _free_times(self) -> FreeTimes:
        """Blocking: the free times by day, from the first to the last day asked for."""
        tenant_id, visitor = (await self._tenant()).tenant_id, address_hash(self.router.session.client_ip)
        return partial(availability.slots_between, tenant_id, UUID(self.service_id), visitor=visitor)

    def _open_calendar(self, service_id: UUID) -> None:
        """Start over with this service's days; the page then runs ``load_days``."""
        self.service_id = str(service_id)
        self._strip = 0
        self._clear_day()
        self.days = []

    def _choose_day(self, day: date) -> None:
        self.day, self.day_title, self.slot = day.isoformat(), day_label(day), ""
        self._show_times()

    def _day_from(self, text: object) -> date | None:
        """A date sent by a browser, where it is one that this calendar can show."""
        try:
            day = date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
        except ValueError:
            return None
        if day is None or not 0 <= (day - self._today()).days < calendar.HORIZON_DAYS:
            return None
        return day

    def _slot_from(self, text: object) -> Slot | None:
        """The free time of the chosen day that a browser names by its start."""
        return next((slot for slot in self._slots.get(self.day, ()) if calendar.utc_text(slot.start) == text), None)

    def _has_free_times(self) -> bool:
        return bool(self._slots.get(self.day))

    def _point_to_next_free(self) -> bool:
        """Name the next free day from what is loaded. False: nothing there, search with ``find_next_free``."""
        later = [day for day, slots in sorted(self._slots.items()) if day > self.day and slots]
        if later:
            self._found_next(date.fromisoformat(later[0]))
        return bool(later)

    # --- inside ----------------------------------------------------------------------------------------------------

    async def _ask(self) -> _Question | None:
        """Note that a load begins. The tenant and its zone are looked up anew each time."""
        if not self.service_id:
            return None
        site = await self._site()
        self._question += 1
        self.days_status, self.days_error = "loading", ""
        self.next_status, self.next_free = "idle", ""
        self._zone = site.profile.timezone
        first = self._strip_start()
        self.strip_title = calendar.strip_title(first)
        self.can_go_earlier = self._strip > 0
        self.can_go_later = (self._strip + 1) * calendar.STRIP_DAYS < calendar.HORIZON_DAYS
        address = self.router.session.client_ip
        return _Question(self._question, site.tenant_id, await self._free_times(), first, address)

    def _answer(self, question: _Question, found: dict[date, tuple[Slot, ...]] | None, failure: str) -> bool:
        """Show what came; True when the strip holds no free time at all and a look ahead should follow."""
        if question.number != self._question:
            return False
        if found is None:
            self.days_status, self.days_error = "error", failure
            return False
        self._slots = {day.isoformat(): list(slots) for day, slots in found.items()}
        self.days = calendar.day_cells(found, question.first)
        self.days_status = "ready"
        self._show_times()
        if self._is_arriving:
            self._is_arriving = False
            self._focus("times-heading")
        self._refresh_hint()
        if self.day and not self._has_free_times():
            return not self._point_to_next_free()
        return not any(found.values())

    async def _look_ahead(self) -> None:
        async with self:
            if not self.service_id:
                return
            ref = await self._tenant()
            self._search += 1
            search, free_times, address = self._search, await self._free_times(), self.router.session.client_ip
            after = date.fromisoformat(self.day) if self.day else self._strip_start()
            first = max(after, self._strip_start() + timedelta(days=calendar.STRIP_DAYS - 1)) + timedelta(days=1)
            end = self._today() + timedelta(days=calendar.HORIZON_DAYS - 1)
            self.next_status = "searching"
        status, day = "error", None
        try:
            await admit(ref.tenant_id, address, CALENDARS)
            day = await threads.run(_first_free_day, free_times, first, end)
            status = "found" if day else "none"
        except PortalError:
            pass
        finally:
            async with self:
                if search == self._search:
                    self.next_status = status
                    if day:
                        self._found_next(day)

    def _turn_to(self, strip: int, *, keep_day: bool = False) -> Any:
        if not 0 <= strip * calendar.STRIP_DAYS < calendar.HORIZON_DAYS:
            return None
        self._strip = strip
        if not keep_day:
            self._clear_day()
        return type(self).load_days

    def _found_next(self, day: date) -> None:
        self.next_status, self.next_free, self.next_free_title = "found", day.isoformat(), calendar.short_day(day)

    def _clear_day(self) -> None:
        self.day = self.day_title = self.slot = self.next_free = ""
        self.times, self.next_status = [], "idle"

    def _show_times(self) -> None:
        self.times = calendar.time_groups(self._slots.get(self.day, ()), ZoneInfo(self._zone))

    def _refresh_hint(self) -> None:
        zone, moment = ZoneInfo(self._zone), self._shown_moment()
        self.zone_title = calendar.zone_title(zone, moment)
        self.zone_hint = calendar.zone_hint(zone, self._browser_zone, moment)

    def _shown_moment(self) -> datetime:
        """A moment of what is shown: offsets differ over the year."""
        shown = self._slots.get(self.day) or next((slots for slots in self._slots.values() if slots), None)
        return shown[0].start if shown else now()

    def _strip_start(self) -> date:
        return self._today() + timedelta(days=self._strip * calendar.STRIP_DAYS)

    def _today(self) -> date:
        return now().astimezone(ZoneInfo(self._zone)).date()


def _first_free_day(free_times: FreeTimes, first: date, end: date) -> date | None:
    """The first day with a free time from ``first`` to ``end``, asked in as few questions as allowed."""
    while first <= end:
        last = min(first + timedelta(days=calendar.SEARCH_DAYS - 1), end)
        found = free_times(first, last)
        if free := [day for day, slots in found.items() if slots]:
            return min(free)
        first = last + timedelta(days=1)
    return None
