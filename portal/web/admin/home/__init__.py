"""A business's first page: today, the last days, and what is left to set up."""

import reflex as rx

from portal.web.admin.home.state import HomeState
from portal.web.admin.home.view import home_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    """Register ``/admin/tenants/<id>``."""
    add_admin_page(app, TENANT, home_page, title="Home", on_load=(HomeState.load,))
