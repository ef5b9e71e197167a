"""FAQs: what customers ask, and the business's answers."""

import reflex as rx

from portal.web.admin.faqs.state import FaqsState
from portal.web.admin.faqs.view import faqs_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    add_admin_page(app, f"{TENANT}/faqs", faqs_page, title="FAQs", on_load=(FaqsState.enter,))
