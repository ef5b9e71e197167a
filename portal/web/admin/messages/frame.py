"""What all pages about text messages share: their tabs."""

import reflex as rx

from portal.web.admin.components.lists import tabs
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState

TABS = (("", "Messages"), ("/opted-out", "Opted out"), ("/settings", "Settings"))


def messages_frame(part: str, *content: rx.Component) -> rx.Component:
    """``part``: which of the tabs this is."""
    return admin_page(
        rx.el.div(
            tabs(TABS, base=ShellState.here.base + "/messages", current=part, label="Text messages"),
            *content,
            class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
        ),
        active="messages",
        title="Messages",
    )
