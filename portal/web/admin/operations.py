"""What the pages of a business's machinery share: their tabs."""

import reflex as rx

from portal.web.admin.components.lists import tabs
from portal.web.admin.shell_state import ShellState

TABS = (("/events", "Events"), ("/jobs", "Jobs"))


def operations_tabs(part: str) -> rx.Component:
    """``part``: which of the tabs this is."""
    return tabs(TABS, base=ShellState.here.base, current=part, label="Operations")
