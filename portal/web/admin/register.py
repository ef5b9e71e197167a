"""All pages of the dashboard."""

import reflex as rx

from portal.web.admin import (
    account,
    audit,
    bookings,
    chats,
    entrance,
    events,
    faqs,
    home,
    jobs,
    members,
    messages,
    onboarding,
    services,
    settings,
    tenants,
)

FRAME = (entrance, tenants, home, onboarding, settings, account)
CONTENT = (bookings, chats, services, faqs, members, audit, messages, events, jobs)


def add_pages(app: rx.App) -> None:
    """Register them."""
    for module in (*FRAME, *CONTENT):
        module.add_pages(app)
