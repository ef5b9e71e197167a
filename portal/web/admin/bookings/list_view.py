"""The list of bookings and the week."""

from typing import Any

import reflex as rx

from portal.web.admin.bookings.list_state import MODES, BookingsState
from portal.web.admin.bookings.rows import STATUS_NAMES, BookingRow
from portal.web.admin.bookings.week import Block, DayColumn, Hour
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import badge, empty_state, loaded
from portal.web.admin.components.filters import choice_filter, filter_bar
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.icons import icon
from portal.web.admin.components.lists import filtered_list, search_field
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState
from portal.web.theme import FOCUS

BASE = ShellState.here.base + "/bookings/"
MODE = (
    "min-h-10 cursor-pointer rounded-lg px-3 text-sm font-medium text-muted hover:text-ink aria-pressed:bg-card "
    f"aria-pressed:text-ink aria-pressed:shadow-sm {FOCUS}"
)
BLOCK = (
    "absolute overflow-hidden rounded-md border-l-4 border-muted bg-sunken px-1.5 py-0.5 text-xs text-ink "
    "leading-tight ring-1 ring-card hover:z-10 hover:h-auto! hover:shadow-lg focus-visible:z-10 "
    "data-[kind=good]:border-good data-[kind=good]:bg-good-soft "
    "data-[kind=bad]:border-danger data-[kind=bad]:bg-danger-soft "
    f"data-[kind=brand]:border-brand-text data-[kind=brand]:bg-brand-soft {FOCUS}"
)


def bookings_page() -> rx.Component:
    content = rx.el.div(
        _modes(),
        rx.cond(
            BookingsState.mode == "week",
            loaded(is_of_here(BookingsState.loaded_for), _week()),
            rx.fragment(_filters(), loaded(is_of_here(BookingsState.loaded_for), _list())),
        ),
        class_name="grid grid-cols-1 gap-4",
    )
    new = rx.el.a(icon("plus"), "New booking", href=BASE + "new", class_name=styles.PRIMARY)
    return admin_page(
        content,
        active="bookings",
        title="Bookings",
        actions=(rx.cond(ShellState.can.contains("bookings.change"), new),),
    )


def status_badges(row: Any) -> rx.Component:
    """Status, and whether the time is taken twice. For anything with ``status_name``, ``kind``, ``is_overlapping``."""
    return rx.el.span(
        badge(row.status_name, kind=row.kind),
        rx.cond(row.is_overlapping, badge("Overlapping", kind="bad")),
        class_name="inline-flex flex-wrap gap-1.5",
    )


def _modes() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.button(
                name,
                type="button",
                aria_pressed=BookingsState.mode == mode,
                on_click=BookingsState.choose_mode(mode),
                class_name=MODE,
            )
            for mode, name in MODES.items()
        ),
        role="group",
        aria_label="Which bookings",
        class_name="flex w-fit gap-1 rounded-xl bg-sunken p-1",
    )


# --- the list --------------------------------------------------------------------------------------------------------


def _filters() -> rx.Component:
    state = BookingsState
    search = search_field(
        "search", "Search this list", value=state.search, placeholder="Name, e-mail, phone, reference",
        on_change=state.find.debounce(300),
    )  # fmt: skip
    return filter_bar(
        state,
        rx.el.div(search, class_name="col-span-2 min-w-0 sm:w-72"),
        choice_filter(state, "status", "Status", every="Any status", choices=STATUS_NAMES),
        choice_filter(state, "service", "Service", every="Any service", choices=state.services),
        label="Filter bookings",
    )


def _list() -> rx.Component:
    state = BookingsState
    shown = rx.fragment(
        rx.el.p("Times are the business’s own: ", state.zone, class_name=f"mb-2 {styles.HINT}"),
        rx.el.ul(rx.foreach(state.rows, _row), aria_label="Bookings", class_name=styles.PANEL),
    )
    nothing = rx.match(
        state.mode,
        ("upcoming", _nobody_coming()),
        empty_state("No bookings", "Appointments appear here as soon as customers make them.", sign="calendar"),
    )
    return filtered_list(state, shown, no_match="No booking matches this search and these filters.", nothing=nothing)


def _nobody_coming() -> rx.Component:
    return empty_state(
        "No upcoming bookings",
        "Share your site so that customers can book, or enter a booking yourself when somebody calls.",
        rx.cond(
            ShellState.can.contains("bookings.change"),
            rx.el.a("Enter a booking", href=BASE + "new", class_name=styles.SECONDARY),
        ),
        sign="calendar",
    )


def _row(row: rx.Var[BookingRow]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(
                rx.el.span(row.day, class_name="block text-sm font-semibold text-ink"),
                rx.el.span(row.time, class_name="block text-sm tabular-nums text-muted"),
                class_name="sm:w-44 sm:shrink-0",
            ),
            rx.el.span(
                rx.el.span(row.customer, class_name="block truncate text-sm font-medium text-ink"),
                rx.el.span(row.contact, class_name="block truncate text-sm text-muted"),
                class_name="min-w-0 flex-1",
            ),
            rx.el.span(
                rx.el.span(row.service, class_name="block truncate text-sm text-ink"),
                rx.el.span(row.price, class_name="block text-sm text-muted"),
                class_name="min-w-0 sm:w-44 sm:shrink-0",
            ),
            rx.el.span(status_badges(row), class_name="sm:w-40 sm:shrink-0 sm:text-right"),
            href=BASE + row.id,
            class_name=f"flex flex-col gap-1.5 px-4 py-3 hover:bg-sunken sm:flex-row sm:items-center sm:gap-4 {FOCUS}",
        ),
        key=row.id,
        custom_attrs={"data-status": row.status},
        class_name="border-t border-line first:border-t-0",
    )


# --- the week --------------------------------------------------------------------------------------------------------


def _week() -> rx.Component:
    state = BookingsState
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                _turn("Earlier week", "left", -1),
                _turn("Later week", "right", 1),
                rx.el.button("This week", type="button", on_click=state.turn_week(0), class_name=styles.SECONDARY),
                class_name="flex gap-1",
            ),
            rx.el.h2(state.week_title, aria_live="polite", class_name=styles.SUBTITLE),
            rx.el.p(
                state.week.total,
                rx.cond(state.week.total == 1, " booking · ", " bookings · "),
                state.zone,
                class_name=f"sm:ml-auto {styles.HINT}",
            ),
            class_name="flex flex-wrap items-center gap-x-4 gap-y-2",
        ),
        rx.el.div(_week_head(), _week_grid(), class_name=f"{styles.PANEL} hidden overflow-hidden lg:block"),
        rx.el.ol(rx.foreach(state.week.days, _agenda_day), class_name="grid gap-3 lg:hidden"),
    )


def _turn(label: str, sign: str, weeks: int) -> rx.Component:
    return rx.el.button(
        icon(sign),
        type="button",
        aria_label=label,
        on_click=BookingsState.turn_week(weeks),
        class_name=f"{styles.ICON_BUTTON} border border-line bg-card",
    )


def _week_head() -> rx.Component:
    return rx.el.div(
        rx.el.div(class_name="w-14 shrink-0"),
        rx.foreach(
            BookingsState.week.days,
            lambda day: rx.el.div(
                rx.el.p(
                    day.title,
                    aria_current=rx.cond(day.is_today, "date", "false"),
                    class_name="text-sm font-semibold text-ink aria-[current=date]:text-brand-text",
                ),
                _bar(day),
                key=day.date,
                class_name="min-w-0 flex-1 border-l border-line px-2 py-2",
            ),
        ),
        class_name="flex border-b border-line bg-sunken",
    )


def _bar(day: rx.Var[DayColumn]) -> rx.Component:
    """How full the day is beside the others."""
    return rx.el.div(
        rx.el.svg(
            rx.el.rect(x="0", y="0", width="100", height="6", rx="3", class_name="fill-line"),
            rx.el.rect(x="0", y="0", width=day.bar, height="6", rx="3", class_name="fill-brand-text"),
            view_box="0 0 100 6",
            preserve_aspect_ratio="none",
            aria_hidden="true",
            class_name="h-1.5 min-w-0 flex-1",
        ),
        rx.el.span(day.count, rx.el.span(" bookings", class_name="sr-only"), class_name="text-xs text-muted"),
        class_name="mt-1 flex items-center gap-2",
    )


def _week_grid() -> rx.Component:
    week = BookingsState.week
    return rx.el.div(
        rx.el.div(
            rx.foreach(week.hours, _hour),
            aria_hidden="true",
            class_name="relative w-14 shrink-0",
        ),
        rx.foreach(
            week.days,
            lambda day: rx.el.ol(
                rx.foreach(day.blocks, _block),
                key=day.date,
                aria_label=day.title,
                class_name="relative min-w-0 flex-1 border-l border-line",
            ),
        ),
        style={"height": week.height},
        class_name=("flex bg-[repeating-linear-gradient(to_bottom,var(--line)_0_1px,transparent_1px_4.5rem)] bg-card"),
    )


def _hour(hour: rx.Var[Hour]) -> rx.Component:
    return rx.el.span(hour.label, style=hour.style, class_name="absolute right-2 pt-0.5 text-xs text-muted")


def _block(block: rx.Var[Block]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(block.time, " ", block.customer, class_name="block truncate font-semibold"),
            rx.el.span(block.service, class_name="block truncate"),
            rx.cond(block.is_overlapping, rx.el.span("Overlapping", class_name="block font-semibold text-danger")),
            rx.el.span(block.status_name, class_name="sr-only"),
            href=BASE + block.id,
            style=block.style,
            custom_attrs={"data-kind": block.kind},
            class_name=BLOCK,
        ),
        key=block.id,
    )


def _agenda_day(day: rx.Var[DayColumn]) -> rx.Component:
    return rx.el.li(
        rx.el.h3(
            day.title,
            aria_current=rx.cond(day.is_today, "date", "false"),
            class_name="px-4 pt-3 pb-1 text-sm font-semibold text-ink aria-[current=date]:text-brand-text",
        ),
        rx.cond(
            day.count > 0,
            rx.el.ol(rx.foreach(day.blocks, _agenda_block)),
            rx.el.p("Nothing booked", class_name=f"px-4 pb-3 {styles.HINT}"),
        ),
        key=day.date,
        class_name=styles.PANEL,
    )


def _agenda_block(block: rx.Var[Block]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(block.time, class_name="w-20 shrink-0 text-sm tabular-nums text-ink"),
            rx.el.span(
                rx.el.span(block.customer, class_name="block truncate text-sm font-medium text-ink"),
                rx.el.span(block.service, class_name="block truncate text-sm text-muted"),
                class_name="min-w-0 flex-1",
            ),
            status_badges(block),
            href=BASE + block.id,
            class_name=f"flex items-center gap-3 px-4 py-2 {FOCUS}",
        ),
        key=block.id,
        class_name="border-t border-line",
    )
