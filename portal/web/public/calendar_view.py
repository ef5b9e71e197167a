"""The calendar of free times on the page."""

from typing import Any

import reflex as rx

from portal.web import theme
from portal.web.public.calendar import STRIP_DAYS, DayCell, TimeGroup, TimeOption
from portal.web.public.calendar_state import SlotPicker

DAY = (
    "group relative flex min-h-16 w-full cursor-pointer flex-col items-center justify-center rounded-xl border py-1.5 "
    "border-line bg-card text-ink transition-colors duration-150 hover:border-brand-text "
    "not-aria-pressed:data-[free=no]:border-transparent not-aria-pressed:data-[free=no]:bg-transparent "
    "not-aria-pressed:data-[free=no]:text-muted not-aria-pressed:data-[free=no]:hover:border-line "
    f"aria-pressed:border-brand aria-pressed:bg-brand aria-pressed:text-on-brand {theme.FOCUS}"
)
ROUND_BUTTON = (
    "inline-flex size-11 cursor-pointer items-center justify-center rounded-full border border-line bg-card text-ink "
    f"hover:bg-sunken disabled:cursor-default disabled:opacity-35 {theme.FOCUS}"
)
TIME = (
    "min-h-12 w-full cursor-pointer rounded-xl border border-line bg-card px-2 py-2 text-base font-medium tabular-nums "
    "text-ink transition-colors duration-150 hover:border-brand-text hover:bg-brand-soft aria-pressed:border-brand "
    f"aria-pressed:bg-brand aria-pressed:text-on-brand {theme.FOCUS}"
)


def picker(state: type[SlotPicker], *, on_day: Any, on_time: Any) -> rx.Component:
    """The strip of days, and below it the chosen day's times."""
    return rx.el.div(
        _strip_header(state),
        rx.match(
            state.days_status,
            ("ready", _strip(state, on_day)),
            ("error", _failure(state)),
            _skeleton(),
        ),
        rx.cond((state.days_status == "ready") & (state.day == "") & (state.next_status != "idle"), _nothing(state)),
        rx.cond((state.days_status == "ready") & (state.day != ""), _times(state, on_time)),
        on_mount=state.note_browser_zone(rx.Var("Intl.DateTimeFormat().resolvedOptions().timeZone", _var_type=str)),
    )


def _strip_header(state: type[SlotPicker]) -> rx.Component:
    return rx.el.div(
        rx.el.p(state.strip_title, class_name="text-base font-semibold text-ink"),
        rx.el.div(
            _turn("Earlier days", "M12.5 5 7.5 10l5 5", state.earlier_days, disabled=~state.can_go_earlier),
            _turn("Later days", "m7.5 5 5 5-5 5", state.later_days, disabled=~state.can_go_later),
            class_name="flex gap-2",
        ),
        class_name="mb-3 flex min-h-11 items-center justify-between gap-3",
    )


def _turn(label: str, path: str, event: Any, *, disabled: Any) -> rx.Component:
    icon = rx.el.svg(
        rx.el.path(d=path, stroke="currentColor", stroke_width="1.75", stroke_linecap="round", stroke_linejoin="round"),
        view_box="0 0 20 20",
        fill="none",
        class_name="size-5",
        aria_hidden="true",
    )
    return rx.el.button(
        icon, type="button", aria_label=label, on_click=event, disabled=disabled, class_name=ROUND_BUTTON
    )


def _strip(state: type[SlotPicker], on_day: Any) -> rx.Component:
    return rx.el.ul(
        rx.foreach(state.days, lambda day: _day(state, day, on_day)),
        class_name="grid grid-cols-7 gap-1.5 sm:gap-2",
        aria_label="Days",
    )


def _day(state: type[SlotPicker], day: rx.Var[DayCell], on_day: Any) -> rx.Component:
    dot = rx.el.span(
        class_name=(
            "mt-1 size-1.5 rounded-full bg-brand-text group-aria-pressed:bg-on-brand group-data-[free=no]:invisible"
        )
    )
    return rx.el.li(
        rx.el.button(
            rx.el.span(day.weekday, class_name="text-xs font-medium"),
            rx.el.span(day.number, class_name="text-lg leading-6 font-semibold tabular-nums"),
            dot,
            type="button",
            aria_label=day.label,
            aria_pressed=state.day == day.date,
            on_click=on_day(day.date),
            custom_attrs={"data-free": rx.cond(day.free > 0, "yes", "no"), "data-day": day.date},
            class_name=DAY,
        ),
        class_name="min-w-0",
    )


def _skeleton() -> rx.Component:
    cells = [rx.el.div(class_name="h-16 animate-pulse rounded-xl bg-sunken") for _ in range(STRIP_DAYS)]
    return rx.el.div(
        rx.el.span("Loading free times…", class_name="sr-only"),
        rx.el.div(*cells, class_name="grid grid-cols-7 gap-1.5 sm:gap-2", aria_hidden="true"),
        role="status",
    )


def _failure(state: type[SlotPicker]) -> rx.Component:
    return rx.el.div(
        rx.el.p(state.days_error, class_name="font-medium"),
        rx.el.p("Your choices are kept. This doesn’t mean that there are no free times.", class_name="mt-1 text-muted"),
        rx.el.button("Try again", type="button", on_click=state.load_days, class_name=f"mt-4 {theme.SECONDARY_BUTTON}"),
        role="alert",
        class_name=theme.ERROR_NOTICE,
    )


def _times(state: type[SlotPicker], on_time: Any) -> rx.Component:
    return rx.el.section(
        rx.el.h3(state.day_title, id="times-heading", tab_index=-1, class_name=f"{theme.H3} scroll-mt-28 outline-none"),
        rx.cond(
            state.times.length() > 0,
            rx.fragment(
                rx.el.p(state.zone_title, class_name="mt-0.5 text-sm text-muted"),
                rx.cond(state.zone_hint != "", rx.el.p(state.zone_hint, class_name=f"mt-3 text-sm {theme.NOTICE}")),
                rx.foreach(state.times, lambda group: _group(state, group, on_time)),
            ),
            _nothing(state),
        ),
        class_name="mt-8 border-t border-line pt-6",
        aria_labelledby="times-heading",
    )


def _group(state: type[SlotPicker], group: rx.Var[TimeGroup], on_time: Any) -> rx.Component:
    return rx.el.div(
        rx.el.h4(group.name, class_name="mb-2 text-sm font-medium text-muted"),
        rx.el.ul(
            rx.foreach(group.times, lambda time: _time(state, time, on_time)),
            class_name="grid grid-cols-3 gap-2 sm:grid-cols-4",
            aria_label=group.name,
        ),
        class_name="mt-5",
    )


def _time(state: type[SlotPicker], time: rx.Var[TimeOption], on_time: Any) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            time.label,
            type="button",
            aria_pressed=state.slot == time.start,
            on_click=on_time(time.start),
            custom_attrs={"data-start": time.start},
            class_name=TIME,
        )
    )


def _nothing(state: type[SlotPicker]) -> rx.Component:
    """No free time where the visitor looks, and the way to the next one."""
    return rx.el.div(
        rx.el.p(rx.cond(state.day != "", "No free times this day.", "No free times in these two weeks.")),
        rx.match(
            state.next_status,
            ("searching", rx.el.p("Looking for the next free day…", class_name="mt-1 text-muted")),
            (
                "found",
                rx.el.button(
                    "Next free day: ",
                    state.next_free_title,
                    type="button",
                    on_click=state.jump_to_next_free,
                    class_name=f"mt-3 px-5 {theme.SECONDARY_BUTTON}",
                ),
            ),
            ("error", rx.el.p("The calendar can’t be reached to look further ahead.", class_name="mt-1 text-muted")),
            ("none", rx.el.p("Nothing is free in the coming weeks. Please contact us.", class_name="mt-1 text-muted")),
            rx.fragment(),
        ),
        role="status",
        class_name=f"mt-4 {theme.NOTICE}",
    )
