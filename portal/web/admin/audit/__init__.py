"""The audit log: who did what, when, and what it was before."""

import reflex as rx

from portal.web.admin.audit.state import AuditState
from portal.web.admin.audit.view import audit_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    add_admin_page(app, f"{TENANT}/audit", audit_page, title="Audit log", on_load=(AuditState.enter,))
