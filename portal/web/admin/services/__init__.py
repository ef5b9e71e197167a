"""Services: what customers can book."""

import reflex as rx

from portal.web.admin.pages import TENANT, add_admin_page
from portal.web.admin.services.state import ServicesState
from portal.web.admin.services.view import services_page


def add_pages(app: rx.App) -> None:
    add_admin_page(app, f"{TENANT}/services", services_page, title="Services", on_load=(ServicesState.enter,))
