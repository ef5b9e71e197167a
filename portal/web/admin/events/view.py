"""``/admin/tenants/<id>/events``: what providers told us, as it came, and processing it again.

``/admin/events`` is the same of what names no business.
"""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.dialogs import modal
from portal.web.admin.components.feedback import badge, empty_state, loaded
from portal.web.admin.components.filters import choice_filter, filter_bar
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.lists import filtered_list
from portal.web.admin.events.rows import PROVIDERS, STATUSES, EventRow
from portal.web.admin.events.state import EventsState, PlatformEventsState
from portal.web.admin.operations import operations_tabs
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState

NO_EVENTS = ("No events yet", "What Cal.com, Twilio and Stripe tell us by webhook stands here.")
NO_UNATTRIBUTED = ("No such events", "Everything that we were told belongs to a business.")


def events_page() -> rx.Component:
    state = EventsState
    content = rx.el.div(
        operations_tabs("/events"),
        _filters(state),
        loaded(is_of_here(state.loaded_for), _list(state, NO_EVENTS)),
        _dialog(state, may_rerun=ShellState.can.contains("events.rerun")),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )
    return admin_page(content, active="operations", title="Operations", actions=(_refresh(state),))


def platform_events_page() -> rx.Component:
    state = PlatformEventsState
    content = rx.el.div(
        rx.el.p(
            "What providers told us and we could not give to a business. Each business's own events stand under its"
            " Operations. Times are in UTC.",
            class_name=styles.HINT,
        ),
        _filters(state),
        loaded(state.loaded_for == "platform", _list(state, NO_UNATTRIBUTED)),
        # Nobody else sees this page.
        _dialog(state, may_rerun=True),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )
    return admin_page(content, active="events", title="Events", actions=(_refresh(state),))


def _refresh(state: Any) -> rx.Component:
    return rx.el.button("Refresh", type="button", on_click=state.enter, class_name=styles.SECONDARY)


def _filters(state: Any) -> rx.Component:
    statuses = {key: name for key, (name, _) in STATUSES.items()}
    return filter_bar(
        state,
        choice_filter(state, "provider", "From whom", every="Everybody", choices=PROVIDERS),
        choice_filter(state, "status", "State", every="Any", choices=statuses),
        label="Filter events",
    )


def _list(state: Any, nothing: tuple[str, str]) -> rx.Component:
    return filtered_list(
        state,
        rx.el.ul(rx.foreach(state.rows, lambda row: _row(state, row)), aria_label="Events", class_name=styles.PANEL),
        no_match="No event matches these filters.",
        nothing=empty_state(*nothing, sign="pulse"),
    )


def _row(state: Any, row: rx.Var[EventRow]) -> rx.Component:
    look = rx.el.button(
        "Details",
        rx.el.span(": ", row.kind, ", ", row.at, class_name="sr-only"),
        type="button",
        on_click=state.look(row.id),
        class_name=styles.QUIET,
    )
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.provider, class_name="text-sm font-semibold text-ink"),
            rx.el.p(row.at, class_name="text-xs text-muted"),
            class_name="sm:w-44 sm:shrink-0",
        ),
        rx.el.div(
            rx.el.p(row.kind, class_name="text-sm text-ink"),
            rx.cond(row.outcome, rx.el.p(row.outcome, class_name="text-xs wrap-anywhere text-muted")),
            class_name="min-w-0 flex-1",
        ),
        rx.el.div(
            badge(row.status, kind=row.badge), look, class_name="flex items-center gap-2 sm:shrink-0 sm:justify-end"
        ),
        key=row.id,
        class_name="flex flex-col gap-1.5 border-t border-line px-4 py-3 first:border-t-0 sm:flex-row sm:gap-4",
    )


def _dialog(state: Any, *, may_rerun: Any) -> rx.Component:
    line = state.shown.line
    booking = rx.el.a("Its booking", href=ShellState.here.base + "/bookings/" + line.booking_id, class_name=styles.LINK)
    again = rx.el.button("Process again", type="button", on_click=state.rerun(line.id), class_name=styles.PRIMARY)
    return modal(
        "event",
        rx.fragment(line.provider, ": ", line.kind),
        rx.el.p(line.at, " · ", line.status, rx.cond(line.outcome, " · " + line.outcome, ""), class_name=styles.HINT),
        rx.cond(line.booking_id, rx.el.p(booking, class_name="text-sm")),
        rx.el.pre(
            state.shown.payload,
            tab_index=0,
            aria_label="What was received",
            role="region",
            class_name=(
                "max-h-96 overflow-auto rounded-lg border border-line bg-sunken p-3 text-xs leading-relaxed "
                "whitespace-pre-wrap wrap-anywhere text-ink"
            ),
        ),
        rx.el.p("Processing it again is harmless: we ask the provider for the state of now.", class_name=styles.HINT),
        rx.el.div(
            rx.el.button("Close", type="button", on_click=state.look(""), class_name=styles.SECONDARY),
            rx.cond(may_rerun, again),
            class_name="flex flex-wrap justify-end gap-3",
        ),
        shown=line.id != "",
        on_leave=state.look(""),
    )
