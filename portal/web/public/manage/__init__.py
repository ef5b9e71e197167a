"""A customer's own booking behind its signed link: see it, move it, cancel it, put it into a calendar."""

import reflex as rx

from portal.web.components.layout import add_page
from portal.web.public.manage.state import ManageState
from portal.web.public.manage.view import manage_page


def add_pages(app: rx.App) -> None:
    """Register ``/manage/<token>``."""
    add_page(app, "/manage/[booking_token]", manage_page, title_key="title_manage", on_load=ManageState.enter)
