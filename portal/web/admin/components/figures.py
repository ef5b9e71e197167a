"""Numbers to see at a glance."""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles


def figures(*shown: rx.Component, columns: str = "lg:grid-cols-4") -> rx.Component:
    """A row of ``figure``s, two abreast on a phone."""
    return rx.el.dl(*shown, class_name=f"grid grid-cols-2 gap-3 {columns}")


def figure(name: str, number: Any, unit: Any) -> rx.Component:
    """``unit`` says of what and since when."""
    return rx.el.div(
        rx.el.dt(name, class_name="text-sm text-muted"),
        rx.el.dd(
            rx.el.span(number, class_name="text-3xl font-semibold tracking-tight tabular-nums text-ink"),
            rx.el.span(unit, class_name="block text-xs text-muted"),
        ),
        class_name=f"{styles.PANEL} px-4 py-3.5",
    )
