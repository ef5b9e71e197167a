"""Filters above a list."""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles

CONTROL = f"{styles.INPUT} sm:w-auto!"


def filter_bar(*content: rx.Component, label: str, key: Any, is_filtered: Any, on_clear: Any) -> rx.Component:
    """``key`` changes when the fields are to be empty again (after ``on_clear``)."""
    clear = rx.el.button("Clear", type="button", on_click=on_clear, class_name=f"{styles.QUIET} justify-self-start")
    return rx.el.div(
        *content,
        rx.cond(is_filtered, clear),
        key=key,
        role="search",
        aria_label=label,
        class_name="grid grid-cols-2 items-end gap-3 sm:flex sm:flex-wrap",
    )


def choice_filter(label: str, value: Any, event: Any, options: rx.Component) -> rx.Component:
    """``options`` begin with the one that means no filter, its value being empty."""
    control = rx.el.select(options, value=value, on_change=event, class_name=f"{CONTROL} cursor-pointer")
    return _labelled(label, control)


def day_filter(label: str, value: Any, event: Any) -> rx.Component:
    """A day of the business's calendar."""
    return _labelled(label, rx.el.input(type="date", default_value=value, on_change=event, class_name=CONTROL))


def _labelled(label: str, control: rx.Component) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="mb-1 block text-xs text-muted"), control, class_name="block min-w-0"
    )
