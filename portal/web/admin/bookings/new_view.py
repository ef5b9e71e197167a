"""Booking by hand: service, time, customer."""

from typing import Any

import reflex as rx

from portal.web.admin.bookings.free_times import free_times
from portal.web.admin.bookings.new_state import NewBookingState
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import empty_state, loaded, notice
from portal.web.admin.components.forms import area_field, check_field, columns, group, text_field
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.icons import icon
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState


def new_booking_page() -> rx.Component:
    state = NewBookingState
    back = rx.el.a(
        icon("left", class_name="size-4"), "All bookings", href=ShellState.here.base + "/bookings",
        class_name=styles.QUIET,
    )  # fmt: skip
    content = loaded(
        is_of_here(state.loaded_for),
        rx.cond(
            state.services.length() > 0,
            rx.el.div(
                _what(),
                rx.cond(state.service, group("Free times", free_times(state))),
                rx.cond(state.slot, _who()),
                class_name="grid max-w-2xl gap-4",
            ),
            empty_state(
                "Nothing can be booked yet",
                "A service is bookable once it has an event type of your calendar.",
                rx.el.a("Look at the services", href=ShellState.here.base + "/services", class_name=styles.SECONDARY),
                sign="tag",
            ),
        ),
    )
    return admin_page(content, active="bookings", title="New booking", actions=(back,))


def _what() -> rx.Component:
    state = NewBookingState
    return group(
        "Service",
        rx.el.label("Service", html_for="new-service", class_name="sr-only"),
        rx.el.select(
            rx.el.option("Choose a service", value=""),
            rx.foreach(state.services, lambda each: rx.el.option(each.name, value=each.id)),
            id="new-service",
            value=state.service,
            on_change=state.choose_service,
            class_name=f"{styles.INPUT} cursor-pointer",
        ),
    )


def _who() -> rx.Component:
    state = NewBookingState
    errors: Any = state.errors

    def line(name: str, label: str, **props: Any) -> rx.Component:
        return text_field(name, label, value="", errors=errors, auto_complete="off", **props)

    return group(
        "Customer",
        rx.el.form(
            line("name", "Name", max_length=120),
            columns(
                line("email", "E-mail", type="email", max_length=254), line("phone", "Phone", type="tel", max_length=40)
            ),
            area_field("notes", "Notes", value="", errors=errors, rows=2, max_length=1000),
            check_field("consent_sms", "They agreed to text messages about this appointment", value=False),
            rx.cond(state.failure, notice(state.failure, kind="bad", role="alert")),
            rx.el.button(
                "Book ", state.slot_title, type="submit", disabled=state.is_busy, class_name=f"{styles.PRIMARY} w-fit"
            ),
            on_submit=state.submit,
            no_validate=True,
            class_name="grid gap-4",
        ),
    )
