"""The platform's businesses, and where people go who just signed in."""

import reflex as rx

from portal.web.admin.pages import add_admin_page
from portal.web.admin.tenants.start import StartState, start_page
from portal.web.admin.tenants.state import TenantsState
from portal.web.admin.tenants.view import tenants_page


def add_pages(app: rx.App) -> None:
    """Register ``/admin`` and ``/admin/tenants``."""
    add_admin_page(app, "/admin", start_page, title="Start", on_load=(StartState.enter,))
    add_admin_page(app, "/admin/tenants", tenants_page, title="Businesses", on_load=(TenantsState.enter,))
