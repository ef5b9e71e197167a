"""Webhooks: what providers told us, and processing it again."""

import reflex as rx

from portal.web.admin.events.state import EventsState, PlatformEventsState
from portal.web.admin.events.view import events_page, platform_events_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    add_admin_page(app, f"{TENANT}/events", events_page, title="Events", on_load=(EventsState.enter,))
    add_admin_page(app, "/admin/events", platform_events_page, title="Events", on_load=(PlatformEventsState.enter,))
