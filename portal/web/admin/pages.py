"""How a page of the dashboard is registered."""

from typing import Any

import reflex as rx

from portal.web.admin.shell_state import ShellState

TENANT: str = "/admin/tenants/[tenant_id]"


def add_admin_page(app: rx.App, route: str, component: Any, *, title: str, on_load: tuple[Any, ...] = ()) -> None:
    """Register a page for signed-in people: the frame's state is filled first, then ``on_load`` in order."""
    app.add_page(
        component, route=route, title=f"{title} – Dashboard", description="", on_load=[ShellState.enter, *on_load]
    )
