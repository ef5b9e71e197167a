"""One's own account."""

import reflex as rx

from portal.web.admin.account.state import AccountState
from portal.web.admin.account.view import account_page
from portal.web.admin.pages import add_admin_page


def add_pages(app: rx.App) -> None:
    """Register ``/admin/account``."""
    add_admin_page(app, "/admin/account", account_page, title="Account", on_load=(AccountState.load,))
