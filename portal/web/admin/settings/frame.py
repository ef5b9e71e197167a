"""What all pages of the settings share: their tabs."""

import reflex as rx

from portal.web.admin.components.lists import tabs
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState

TABS = (
    ("", "Profile"),
    ("/hours", "Hours"),
    ("/branding", "Branding"),
    ("/policies", "Policies"),
    ("/integrations", "Integrations"),
    ("/assistant", "Assistant"),
)


def settings_page(part: str, *content: rx.Component) -> rx.Component:
    """``part``: which of the tabs this is."""
    return admin_page(
        rx.el.div(
            tabs(TABS, base=ShellState.here.base + "/settings", current=part, label="Settings"),
            rx.el.div(*content, class_name="mt-5 max-w-3xl"),
        ),
        active="settings",
        title="Settings",
    )
