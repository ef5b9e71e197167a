"""``/admin/tenants/<id>/messages``: what was sent, what it cost, and why something was not."""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.dialogs import confirm_dialog
from portal.web.admin.components.feedback import badge, empty_state, loaded
from portal.web.admin.components.figures import figure, figures
from portal.web.admin.components.filters import choice_filter, filter_bar
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.lists import cell, filtered_list, pagination_if_longer, table
from portal.web.admin.messages.frame import messages_frame
from portal.web.admin.messages.list_state import MessagesState, SuppressionsState
from portal.web.admin.messages.rows import GROUPS, KINDS, MessageRow, SuppressionRow
from portal.web.admin.shell_state import ShellState


def messages_page() -> rx.Component:
    state = MessagesState
    content = rx.el.div(_figures(), _filters(), _list(), class_name="grid grid-cols-[minmax(0,1fr)] gap-4")
    return messages_frame("", loaded(is_of_here(state.loaded_for), content, lines=10))


def _figures() -> rx.Component:
    shown = MessagesState.figures
    return figures(
        figure("Delivered", shown.delivered, "in 30 days"),
        figure("Coming", shown.coming, "planned"),
        figure("Not delivered", shown.failed, "in 30 days"),
        figure("Cost", shown.cost, rx.fragment(shown.segments, " parts in 30 days")),
    )


def _filters() -> rx.Component:
    state, groups = MessagesState, {key: name for key, (name, _) in GROUPS.items()}
    return filter_bar(
        state,
        choice_filter(state, "group", "State", every="All", choices=groups),
        choice_filter(state, "kind", "Kind", every="Any kind", choices=KINDS),
        label="Filter messages",
    )


def _list() -> rx.Component:
    state = MessagesState
    return filtered_list(
        state,
        message_list(state.rows),
        no_match="No message matches these filters.",
        nothing=empty_state(
            "No messages yet",
            "Customers who agree to text messages when they book get confirmations and reminders.",
            sign="message",
        ),
    )


def message_list(rows: Any, *, with_booking: bool = True) -> rx.Component:
    """Messages one below the other; beside a booking its own, without the way there."""
    return rx.el.ul(
        rx.foreach(rows, lambda row: _row(row, with_booking)), aria_label="Messages", class_name=styles.PANEL
    )


def _row(row: rx.Var[MessageRow], with_booking: bool) -> rx.Component:
    customer = rx.el.a(row.customer, href=ShellState.here.base + "/bookings/" + row.booking_id, class_name=styles.LINK)
    who = rx.el.p(customer, " · ", row.phone, class_name="text-sm text-ink wrap-anywhere")
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.kind, class_name="text-sm font-semibold text-ink"),
            rx.el.p(row.at, class_name="text-xs text-muted"),
            class_name="sm:w-44 sm:shrink-0",
        ),
        rx.el.div(
            *((who, rx.el.p(row.appointment, class_name="text-xs text-muted")) if with_booking else ()),
            rx.cond(row.text, rx.el.p(row.text, class_name="mt-1 text-sm wrap-anywhere text-ink")),
            rx.cond(row.note, rx.el.p(row.note, class_name="mt-1 text-sm text-muted")),
            class_name="min-w-0 flex-1",
        ),
        rx.el.div(
            badge(row.state, kind=row.badge),
            rx.el.p(row.cost, class_name="mt-1 text-xs text-muted empty:hidden"),
            class_name="sm:w-32 sm:shrink-0 sm:text-right",
        ),
        key=row.id,
        class_name="flex flex-col gap-1.5 border-t border-line px-4 py-3 first:border-t-0 sm:flex-row sm:gap-4",
    )


# --- Who wants none --------------------------------------------------------------------------------------------------


def suppressions_page() -> rx.Component:
    state = SuppressionsState
    listing = rx.fragment(
        table(("Number", "Why", "Since", ""), state.rows, _suppression, caption="Numbers without messages"),
        pagination_if_longer(state),
    )
    nobody = empty_state(
        "Nobody opted out", "Who answers STOP to a message gets none any more, and stands here.", sign="check"
    )
    hint = rx.el.p(
        "These numbers get no messages from you. Who answers START is taken off by itself.", class_name=styles.HINT
    )
    content = rx.el.div(_unread(), hint, rx.cond(state.rows, listing, nobody), class_name="grid gap-4")
    return messages_frame("/opted-out", loaded(is_of_here(state.loaded_for), content), _lift_dialog())


def _unread() -> rx.Component:
    return rx.cond(
        SuppressionsState.unread,
        rx.el.section(
            rx.el.h2("Do these customers want no more messages?", class_name=styles.SUBTITLE),
            rx.el.p("Nothing is sent to them until you have decided.", class_name=styles.HINT),
            rx.el.ul(rx.foreach(SuppressionsState.unread, _answer), class_name="grid gap-3"),
            class_name="grid gap-3 rounded-xl border border-brand-edge bg-brand-soft p-4",
        ),
    )


def _answer(row: rx.Var[SuppressionRow]) -> rx.Component:
    def decision(label: str, act: Any, look: str) -> rx.Component:
        number = rx.el.span(": ", row.shown, class_name="sr-only")
        return rx.el.button(label, number, type="button", on_click=act, class_name=look)

    state = SuppressionsState
    return rx.el.li(
        rx.el.blockquote(row.said, class_name="text-sm wrap-anywhere text-ink"),
        rx.el.p(row.shown, " · ", row.since, class_name="text-xs text-muted"),
        rx.cond(
            ShellState.can.contains("messages.edit"),
            rx.el.div(
                decision("Stop texting", state.keep(row.phone), styles.PRIMARY),
                decision("Go on texting", state.go_on(row.phone), styles.SECONDARY),
                class_name="flex flex-wrap gap-2",
            ),
        ),
        key=row.phone,
        class_name="grid gap-2 rounded-lg border border-line bg-card p-3",
    )


def _suppression(row: rx.Var[SuppressionRow]) -> list[rx.Component]:
    lift = rx.el.button(
        "Text again",
        rx.el.span(": ", row.shown, class_name="sr-only"),
        type="button",
        on_click=SuppressionsState.ask_to_lift(row.phone),
        class_name=styles.QUIET,
    )
    return [
        cell(row.shown, is_heading=True, class_name="whitespace-nowrap"),
        cell(row.reason),
        cell(row.since, class_name="whitespace-nowrap"),
        cell(rx.cond(ShellState.can.contains("messages.edit"), lift), class_name="text-right"),
    ]


def _lift_dialog() -> rx.Component:
    state = SuppressionsState
    return confirm_dialog(
        "lift",
        "Text this number again?",
        rx.fragment(
            "Only when the customer asked you to: texting people who opted out is against the law in many places. "
            "After a STOP, Twilio itself lets messages through again only when they answer START. Number: ",
            state.lifting.shown,
        ),
        shown=state.lifting.phone != "",
        confirm="They asked me to",
        on_confirm=state.lift,
        on_leave=state.ask_to_lift(""),
        is_dangerous=False,
    )
