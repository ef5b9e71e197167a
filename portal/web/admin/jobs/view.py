"""``/admin/tenants/<id>/jobs`` and, for the whole platform, ``/admin/jobs``."""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.dialogs import confirm_dialog
from portal.web.admin.components.feedback import badge, empty_state, loaded
from portal.web.admin.components.figures import figure, figures
from portal.web.admin.components.forms import group
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.lists import cell, pagination_if_longer, table
from portal.web.admin.jobs.rows import Argument, FailureRow, QueueRow
from portal.web.admin.jobs.state import JobsState, PlatformJobsState
from portal.web.admin.operations import operations_tabs
from portal.web.admin.shell import admin_page


def jobs_page() -> rx.Component:
    content = rx.el.div(
        operations_tabs("/jobs"),
        loaded(is_of_here(JobsState.loaded_for), _queue(JobsState, by_business=False)),
        _discard_dialog(JobsState),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )
    return admin_page(content, active="operations", title="Operations", actions=(_refresh(JobsState),))


def platform_jobs_page() -> rx.Component:
    state = PlatformJobsState
    content = rx.el.div(
        loaded(state.loaded_for == "platform", _queue(state, by_business=True)),
        _discard_dialog(state),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )
    return admin_page(content, active="jobs", title="Jobs", actions=(_refresh(state),))


def _refresh(state: Any) -> rx.Component:
    return rx.el.button("Refresh", type="button", on_click=state.load, class_name=styles.SECONDARY)


def _queue(state: Any, *, by_business: bool) -> rx.Component:
    return rx.el.div(
        _totals(state), _lines(state), _failures(state, by_business),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )  # fmt: skip


def _totals(state: Any) -> rx.Component:
    return figures(
        figure("Waiting", state.totals.waiting, "jobs that could run now"),
        figure("Longest wait", state.totals.lag, "of those"),
        figure("Running", state.totals.running, "right now"),
        figure("Failed", state.totals.failed, "and nobody dealt with it"),
    )


def _lines(state: Any) -> rx.Component:
    headings = ("Job", "Waiting", "Later", "Running", "Failed", "Longest wait")
    return rx.cond(state.lines, table(headings, state.lines, _line, caption="The queue"))


def _line(row: rx.Var[QueueRow]) -> list[rx.Component]:
    numbers = "tabular-nums whitespace-nowrap"
    return [
        cell(row.name, is_heading=True, class_name="min-w-44"),
        cell(row.waiting, class_name=numbers),
        cell(row.delayed, class_name=numbers),
        cell(row.running, class_name=numbers),
        cell(row.failed, class_name=numbers),
        cell(row.lag, class_name=numbers),
    ]


def _failures(state: Any, by_business: bool) -> rx.Component:
    whole = rx.el.label(
        rx.el.input(
            type="checkbox", checked=state.is_whole_log, on_change=state.show_whole_log, class_name=styles.CHECKBOX
        ),
        rx.el.span("Also those that were dealt with", class_name="text-sm text-ink"),
        class_name="flex min-h-11 w-fit cursor-pointer items-center gap-3 sm:min-h-10",
    )
    listing = rx.el.div(
        rx.el.ul(
            rx.foreach(state.rows, lambda row: _failure(state, row, by_business)),
            aria_label="Failures",
            class_name="-mx-4 divide-y divide-line border-y border-line sm:-mx-5",
        ),
        pagination_if_longer(state),
    )
    nothing = empty_state("Nothing failed", "What could not be done in ten attempts stands here.", sign="check")
    return group(
        "Failures",
        whole,
        rx.cond(state.rows, listing, rx.el.div(nothing, class_name="[&>div]:border-0 [&>div]:py-6")),
        hint="Each job is tried up to ten times. These were given up: try them again once the cause is gone.",
    )


def _failure(state: Any, row: rx.Var[FailureRow], by_business: bool) -> rx.Component:
    business = rx.el.span(row.business, " · ") if by_business else None
    acts = rx.cond(
        row.resolution,
        badge(row.resolution),
        rx.el.div(
            rx.el.button("Try again", type="button", on_click=state.retry(row.id), class_name=styles.SECONDARY),
            rx.el.button("Put away", type="button", on_click=state.ask_to_discard(row.id), class_name=styles.QUIET),
            class_name="flex shrink-0 flex-wrap gap-2",
        ),
    )
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.name, class_name="text-sm font-semibold text-ink"),
            rx.el.p(row.error, class_name="text-sm wrap-anywhere text-danger"),
            rx.el.p(business, row.at, " · ", row.attempts, class_name="text-xs text-muted"),
            rx.cond(row.arguments.length() > 0, _arguments(row)),
            class_name="min-w-0 flex-1",
        ),
        acts,
        key=row.id,
        class_name="flex flex-col gap-3 px-4 py-4 sm:flex-row sm:items-start sm:gap-4 sm:px-5",
    )


def _arguments(row: rx.Var[FailureRow]) -> rx.Component:
    return rx.el.dl(
        rx.foreach(row.arguments, _argument), class_name="mt-1 grid gap-0.5 font-mono text-xs wrap-anywhere text-muted"
    )


def _argument(argument: rx.Var[Argument]) -> rx.Component:
    return rx.el.div(rx.el.dt(argument.name, ": ", class_name="inline"), rx.el.dd(argument.value, class_name="inline"))


def _discard_dialog(state: Any) -> rx.Component:
    return confirm_dialog(
        "discard-failure",
        "Put this failure away?",
        "Nothing more is done about it. It stays in the log, but cannot be tried again from here.",
        shown=state.discarding != "",
        confirm="Put away",
        on_confirm=state.discard,
        on_leave=state.ask_to_discard(""),
    )
