"""One booking: its facts, what can be done with it, and its history."""

from typing import Any

import reflex as rx

from portal.web.admin.audit.history_view import history_list
from portal.web.admin.bookings.detail_state import BookingState, Shown
from portal.web.admin.bookings.free_times import free_times
from portal.web.admin.bookings.list_view import status_badges
from portal.web.admin.bookings.proof_view import proof_list
from portal.web.admin.components import styles
from portal.web.admin.components.dialogs import confirm_dialog, modal
from portal.web.admin.components.feedback import empty_state, notice, skeleton
from portal.web.admin.components.forms import group
from portal.web.admin.components.icons import icon
from portal.web.admin.messages.list_view import message_list
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState
from portal.web.components.sections import external_link

CAN_CHANGE = ShellState.can.contains("bookings.change")


def booking_page() -> rx.Component:
    back = rx.el.a(
        icon("left", class_name="size-4"), "All bookings", href=ShellState.here.base + "/bookings",
        class_name=styles.QUIET,
    )  # fmt: skip
    content = rx.match(
        BookingState.status,
        ("ready", _content()),
        ("missing", _missing()),
        skeleton(lines=8),
    )
    return admin_page(content, active="bookings", title="Booking", actions=(back,))


def _missing() -> rx.Component:
    return empty_state("No such booking", "It may belong to another business, or its link is wrong.", sign="calendar")


def _content() -> rx.Component:
    shown: Any = BookingState.shown
    return rx.fragment(
        rx.cond(
            shown.is_under_way,
            rx.el.div(notice("A change of this booking is under way at the calendar."), class_name="mb-4"),
        ),
        rx.el.div(
            rx.el.div(_facts(shown), _acts(shown), _messages(), class_name="grid content-start gap-4"),
            rx.el.div(
                group("History", history_list(BookingState.history)),
                rx.cond(BookingState.proofs, group("How it was agreed", proof_list(BookingState.proofs))),
                class_name="grid content-start gap-4",
            ),
            class_name="grid items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]",
        ),
        _cancel_dialog(shown),
        _move_dialog(shown),
        confirm_dialog(
            "absent",
            "Mark as no-show?",
            "The calendar is told too. You can take it back.",
            shown=BookingState.asking == "absent",
            confirm="Did not come",
            on_confirm=BookingState.mark_absent,
            on_leave=BookingState.leave,
            failure=_failure(),
        ),
    )


def _facts(shown: rx.Var[Shown]) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(shown.customer, class_name="text-lg font-semibold wrap-anywhere text-ink"),
            status_badges(shown),
            class_name="mb-4 flex flex-wrap items-center justify-between gap-2",
        ),
        rx.cond(
            shown.is_overlapping,
            notice(
                "This time is taken twice: another booking of the same person or room overlaps it. Move one of them.",
                kind="bad",
            ),
        ),
        rx.el.dl(
            _fact("Service", shown.service),
            _fact("When", shown.when),
            _fact("Price", shown.price),
            _fact("E-mail", shown.email),
            _fact("Phone", shown.phone),
            _fact("Notes", shown.notes),
            _fact("Booked through", shown.source),
            _fact("Booked on", shown.created),
            _fact("Reference", shown.reference),
            class_name="grid gap-3 not-first:mt-4",
        ),
        class_name=f"{styles.PANEL} p-4 sm:p-5",
    )


def _messages() -> rx.Component:
    return rx.cond(
        BookingState.messages,
        rx.el.section(
            rx.el.h2("Text messages", class_name=f"mb-2 {styles.SUBTITLE}"),
            message_list(BookingState.messages, with_booking=False),
        ),
    )


def _fact(name: str, value: Any) -> rx.Component:
    return rx.cond(
        value,
        rx.el.div(
            rx.el.dt(name, class_name="w-32 shrink-0 text-sm text-muted"),
            rx.el.dd(value, class_name="min-w-0 text-sm wrap-anywhere whitespace-pre-wrap text-ink"),
            class_name="flex flex-col sm:flex-row sm:gap-4",
        ),
    )


def _acts(shown: rx.Var[Shown]) -> rx.Component:
    return rx.el.div(
        rx.cond(CAN_CHANGE & shown.can_change, _act("Move", "move", styles.SECONDARY)),
        rx.cond(CAN_CHANGE & shown.can_change, _act("Cancel booking", "cancel", styles.DANGER)),
        rx.cond(CAN_CHANGE & shown.can_mark_absent, _act("Did not come", "absent", styles.SECONDARY)),
        rx.cond(
            CAN_CHANGE & (shown.status == "no_show"),
            rx.el.button(
                "They did come",
                type="button",
                on_click=BookingState.mark_present(shown.id),
                class_name=styles.SECONDARY,
            ),
        ),
        rx.cond(
            (shown.chat_id != "") & ShellState.can.contains("chats.view"),
            rx.el.a(
                icon("chat", class_name="size-4"),
                "Read the chat",
                href=ShellState.here.base + "/chats/" + shown.chat_id,
                class_name=styles.SECONDARY,
            ),
        ),
        external_link(
            icon("open", class_name="size-4"), "Customer’s page", href=shown.manage_url, class_name=styles.QUIET
        ),
        class_name="flex flex-wrap gap-2",
    )


def _act(label: str, what: str, class_name: str) -> rx.Component:
    return rx.el.button(label, type="button", on_click=BookingState.ask(what), class_name=class_name)


def _cancel_dialog(shown: rx.Var[Shown]) -> rx.Component:
    return modal(
        "cancel",
        "Cancel this booking?",
        rx.el.p(shown.customer, ", ", shown.when, class_name=styles.TEXT),
        rx.el.form(
            rx.el.label(
                rx.el.span("Reason (the calendar passes it on)", class_name=styles.LABEL),
                rx.el.textarea(name="reason", rows=2, max_length=500, class_name=styles.INPUT),
            ),
            _failure(),
            _answers("Keep it", "Cancel booking", styles.DANGER),
            on_submit=BookingState.cancel,
            class_name="grid gap-4",
        ),
        shown=BookingState.asking == "cancel",
        on_leave=BookingState.leave,
    )


def _move_dialog(shown: rx.Var[Shown]) -> rx.Component:
    return modal(
        "move",
        "Move this booking",
        rx.el.p("Now: ", shown.when, class_name=styles.HINT),
        free_times(BookingState),
        _failure(),
        rx.el.form(
            _answers(
                "Keep the time",
                rx.cond(BookingState.slot_title, "Move to " + BookingState.slot_title, "Move"),
                styles.PRIMARY,
                disabled=BookingState.slot == "",
            ),
            on_submit=lambda form: BookingState.move,
        ),
        shown=BookingState.asking == "move",
        on_leave=BookingState.leave,
    )


def _failure() -> rx.Component:
    return rx.cond(BookingState.failure, notice(BookingState.failure, kind="bad", role="alert"))


def _answers(keep: str, do: Any, class_name: str, *, disabled: Any = False) -> rx.Component:
    return rx.el.div(
        rx.el.button(keep, type="button", on_click=BookingState.leave, class_name=styles.SECONDARY),
        rx.el.button(do, type="submit", disabled=BookingState.is_busy | disabled, class_name=class_name),
        class_name="flex flex-wrap justify-end gap-3",
    )
