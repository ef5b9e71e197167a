"""What stands in place of a page that is put together in the browser, until it is. The build has one for all pages."""

import reflex as rx

from portal.web.admin.shell import shell_skeleton
from portal.web.components.layout import loading
from portal.web.public.manage.view import first_sight


def fallback() -> rx.Component:
    """A customer page's frame, and the dashboard's; the head of each page's first byte says which is shown."""
    return rx.fragment(
        rx.el.div(loading(first_sight()), class_name="site-loading"),
        rx.el.div(shell_skeleton(), class_name="dashboard-loading"),
    )
