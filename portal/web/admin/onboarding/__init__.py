"""Setting up a new business: a few steps from its name to its open site."""

import reflex as rx

from portal.web.admin.onboarding.state import OnboardingState
from portal.web.admin.onboarding.view import onboarding_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    """Register ``/admin/tenants/<id>/onboarding``."""
    add_admin_page(app, f"{TENANT}/onboarding", onboarding_page, title="Setting up", on_load=(OnboardingState.enter,))
