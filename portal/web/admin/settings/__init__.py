"""Settings of one business, a page for each subject."""

import reflex as rx

from portal.web.admin.pages import TENANT, add_admin_page
from portal.web.admin.settings import assistant, branding, hours, integrations, policies, profile


def add_pages(app: rx.App) -> None:
    """Register ``/admin/tenants/<id>/settings`` and its parts."""
    for module in (profile, hours, branding, policies, integrations, assistant):
        add_admin_page(app, f"{TENANT}/settings{module.PART}", module.page, title="Settings", on_load=module.LOAD)
