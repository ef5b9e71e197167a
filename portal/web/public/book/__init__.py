"""Booking without the assistant: service, day, time, details, confirm, done, on one page."""

import reflex as rx

from portal.web.components.layout import add_page
from portal.web.public.book.state import BookState
from portal.web.public.book.view import book_page


def add_pages(app: rx.App) -> None:
    """Register ``/book``."""
    add_page(app, "/book", book_page, title_key="title_book", on_load=BookState.enter)
