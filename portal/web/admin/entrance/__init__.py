"""The ways in: signing in, a forgotten password, and what links in mails lead to."""

import reflex as rx

from portal.web.admin.entrance import forgotten, login
from portal.web.admin.entrance.links import invite_page, reset_page
from portal.web.admin.entrance.links_state import LinkState


def add_pages(app: rx.App) -> None:
    """Register ``/admin/login``, ``/admin/forgotten``, ``/admin/invite`` and ``/admin/reset``."""
    app.add_page(login.page, route="/admin/login", title="Sign in – Dashboard", description="")
    app.add_page(forgotten.page, route="/admin/forgotten", title="New password – Dashboard", description="")
    for route, page in (("/admin/invite", invite_page), ("/admin/reset", reset_page)):
        app.add_page(page, route=route, title="Welcome – Dashboard", description="", on_load=LinkState.open_link)
