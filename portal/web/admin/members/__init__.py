"""Members: who works here, and what they may do."""

import reflex as rx

from portal.web.admin.members.state import MembersState
from portal.web.admin.members.view import members_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    add_admin_page(app, f"{TENANT}/members", members_page, title="Members", on_load=(MembersState.enter,))
