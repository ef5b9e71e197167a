"""Appointments: the list and the week, one with its history, and booking by hand."""

import reflex as rx

from portal.web.admin.bookings.detail_state import BookingState
from portal.web.admin.bookings.detail_view import booking_page
from portal.web.admin.bookings.list_state import BookingsState
from portal.web.admin.bookings.list_view import bookings_page
from portal.web.admin.bookings.new_state import NewBookingState
from portal.web.admin.bookings.new_view import new_booking_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    add_admin_page(app, f"{TENANT}/bookings", bookings_page, title="Bookings", on_load=(BookingsState.enter,))
    add_admin_page(
        app, f"{TENANT}/bookings/new", new_booking_page, title="New booking", on_load=(NewBookingState.enter,)
    )
    add_admin_page(
        app, f"{TENANT}/bookings/[shown_booking]", booking_page, title="Booking", on_load=(BookingState.enter,)
    )
