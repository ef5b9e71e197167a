"""Choosing a free time in the dashboard: a strip of two weeks, and one day's times."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from portal.core import threads
from portal.core.clock import now
from portal.core.errors import InvalidArgument, PortalError
from portal.domain.availability import Slot
from portal.domain.phrases import day_label, slot_label
from portal.web.admin.base_state import AdminState
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import notice, skeleton
from portal.web.admin.components.icons import icon
from portal.web.public import calendar
from portal.web.public.calendar import DayCell, TimeGroup, TimeOption
from portal.web.theme import FOCUS

Fetch = Callable[[date, date], dict[date, tuple[Slot, ...]]]
DAY = (
    "flex min-h-14 w-full cursor-pointer flex-col items-center justify-center rounded-lg border border-line bg-card "
    "text-ink hover:border-brand-text data-[free=no]:border-transparent data-[free=no]:text-muted "
    f"aria-pressed:border-brand-edge aria-pressed:bg-brand aria-pressed:text-on-brand! {FOCUS}"
)
TIME = (
    "min-h-11 w-full cursor-pointer rounded-lg border border-line bg-card px-2 text-sm tabular-nums text-ink "
    "hover:border-brand-text aria-pressed:border-brand-edge aria-pressed:bg-brand aria-pressed:text-on-brand "
    f"sm:min-h-10 {FOCUS}"
)


class FreeTimes(AdminState, rx.State, mixin=True):
    """A page adds the handlers ``turn``, ``pick_day`` and ``pick_time``, which name the permission, and asks with
    ``_show_free`` for the times of the strip.
    """

    days: rx.Field[list[DayCell]] = rx.field(default_factory=list)
    times: rx.Field[list[TimeGroup]] = rx.field(default_factory=list)
    times_status: str = "idle"  # idle | loading | ready | error
    times_error: str = ""
    strip_title: str = ""
    is_first_strip: bool = True
    day: str = ""
    day_title: str = ""
    slot: str = ""
    slot_title: str = ""

    _strip: int = 0
    _slots: rx.Field[dict[str, list[Slot]]] = rx.field(default_factory=dict)

    def _reset_times(self) -> None:
        self._strip, self.is_first_strip = 0, True
        self.days, self.times, self._slots = [], [], {}
        self.times_status, self.day, self.day_title, self.slot, self.slot_title = "idle", "", "", "", ""

    def _turn(self, strips: int) -> bool:
        """Whether there is such a strip; its times are to be shown then."""
        wanted = self._strip + strips
        if abs(strips) != 1 or not 0 <= wanted * calendar.STRIP_DAYS < calendar.HORIZON_DAYS:
            return False
        self._strip, self.day, self.slot, self.slot_title = wanted, "", "", ""
        return True

    async def _show_free(self, fetch: Fetch) -> None:
        """Ask for the strip's times; its first free day is chosen when none is."""
        zone = ZoneInfo(await self._zone())
        first = now().astimezone(zone).date() + timedelta(days=self._strip * calendar.STRIP_DAYS)
        self.is_first_strip, self.strip_title = self._strip == 0, calendar.strip_title(first)
        try:
            found = await threads.run(fetch, first, first + timedelta(days=calendar.STRIP_DAYS - 1))
        except PortalError as error:
            self.times_status, self.times_error = "error", error.message
            return
        self._slots = {day.isoformat(): list(slots) for day, slots in found.items()}
        self.days, self.times_status = calendar.day_cells(found, first), "ready"
        free = [cell.date for cell in self.days if cell.free]
        self._choose_day(self.day if self.day in free else next(iter(free), ""), zone)

    async def _pick_day(self, day: str) -> None:
        if day not in self._slots:
            raise InvalidArgument
        self._choose_day(day, ZoneInfo(await self._zone()))

    async def _pick_time(self, start: str) -> Slot:
        """The free time that the browser names. Raises InvalidArgument."""
        found = next((slot for slot in self._slots.get(self.day, ()) if calendar.utc_text(slot.start) == start), None)
        if found is None:
            raise InvalidArgument("That time is no longer free. Please choose another one.")
        self.slot, self.slot_title = start, slot_label(found.start, await self._zone())
        return found

    def _chosen(self) -> Slot | None:
        every = (slot for slots in self._slots.values() for slot in slots)
        return next((slot for slot in every if calendar.utc_text(slot.start) == self.slot), None)

    def _choose_day(self, day: str, zone: ZoneInfo) -> None:
        self.day, self.slot, self.slot_title = day, "", ""
        self.day_title = day_label(date.fromisoformat(day)) if day else ""
        self.times = calendar.time_groups(self._slots.get(day, ()), zone)


def free_times(state: Any) -> rx.Component:
    """For a state with ``FreeTimes`` and its three handlers."""
    return rx.el.div(
        rx.el.div(
            rx.el.p(state.strip_title, class_name="text-sm font-semibold text-ink"),
            rx.el.div(
                _turn("Earlier days", "left", state.turn(-1), disabled=state.is_first_strip),
                _turn("Later days", "right", state.turn(1), disabled=False),
                class_name="flex gap-1",
            ),
            class_name="flex items-center justify-between gap-3",
        ),
        rx.match(
            state.times_status,
            ("ready", rx.fragment(_days(state), _times(state))),
            ("error", notice(state.times_error, kind="bad", role="alert")),
            skeleton(lines=3, label="Loading free times…"),
        ),
        class_name="grid gap-3",
    )


def _turn(label: str, sign: str, event: Any, *, disabled: Any) -> rx.Component:
    return rx.el.button(
        icon(sign), type="button", aria_label=label, on_click=event, disabled=disabled, class_name=styles.ICON_BUTTON
    )


def _days(state: Any) -> rx.Component:
    return rx.el.ul(
        rx.foreach(state.days, lambda day: _day(state, day)), aria_label="Days", class_name="grid grid-cols-7 gap-1"
    )


def _day(state: Any, day: rx.Var[DayCell]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(day.weekday, class_name="text-xs"),
            rx.el.span(day.number, class_name="text-base font-semibold tabular-nums"),
            type="button",
            aria_label=day.label,
            aria_pressed=state.day == day.date,
            on_click=state.pick_day(day.date),
            custom_attrs={"data-free": rx.cond(day.free > 0, "yes", "no"), "data-day": day.date},
            class_name=DAY,
        ),
        key=day.date,
    )


def _times(state: Any) -> rx.Component:
    return rx.el.section(
        rx.el.h3(state.day_title, class_name="text-sm font-semibold text-ink empty:hidden"),
        rx.cond(
            state.times.length() > 0,
            rx.foreach(state.times, lambda group: _group(state, group)),
            rx.el.p("Nothing is free here. Look at later days.", class_name=styles.HINT),
        ),
        aria_live="polite",
        class_name="grid gap-3",
    )


def _group(state: Any, group: rx.Var[TimeGroup]) -> rx.Component:
    return rx.el.div(
        rx.el.p(group.name, class_name="mb-1 text-xs text-muted"),
        rx.el.ul(
            rx.foreach(group.times, lambda time: _time(state, time)),
            aria_label=group.name,
            class_name="grid grid-cols-3 gap-1.5 sm:grid-cols-5",
        ),
    )


def _time(state: Any, time: rx.Var[TimeOption]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            time.label,
            type="button",
            aria_pressed=state.slot == time.start,
            on_click=state.pick_time(time.start),
            custom_attrs={"data-start": time.start},
            class_name=TIME,
        ),
        key=time.start,
    )
