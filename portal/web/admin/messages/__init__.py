"""Text messages: what was sent, who wants none, and how the business texts."""

import reflex as rx

from portal.web.admin.messages.list_state import MessagesState, SuppressionsState
from portal.web.admin.messages.list_view import messages_page, suppressions_page
from portal.web.admin.messages.settings_state import MessageSettingsState
from portal.web.admin.messages.settings_view import settings_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    base = f"{TENANT}/messages"
    add_admin_page(app, base, messages_page, title="Messages", on_load=(MessagesState.enter,))
    add_admin_page(app, f"{base}/opted-out", suppressions_page, title="Opted out", on_load=(SuppressionsState.enter,))
    add_admin_page(
        app, f"{base}/settings", settings_page, title="Message settings", on_load=(MessageSettingsState.load,)
    )
