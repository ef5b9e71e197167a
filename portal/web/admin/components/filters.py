"""Filters above a list. ``state`` is a ``Filtered`` one (``portal.web.admin.paged``)."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from portal.web.admin.components import styles

CONTROL = f"{styles.INPUT} sm:w-auto!"


def filter_bar(state: Any, *content: rx.Component, label: str) -> rx.Component:
    """``content``, then the first and the last day."""
    clear = rx.el.button("Clear", type="button", on_click=state.clear, class_name=f"{styles.QUIET} justify-self-start")
    return rx.el.div(
        *content,
        _day("From", state.first, state.filter_first),
        _day("To", state.last, state.filter_last),
        rx.cond(state.is_filtered, clear),
        key=state.form_key,
        role="search",
        aria_label=label,
        class_name="grid grid-cols-2 items-end gap-3 sm:flex sm:flex-wrap",
    )


def choice_filter(
    state: Any, name: str, label: str, *, every: str, choices: Mapping[Any, str] | rx.Var[Any]
) -> rx.Component:
    """Sets ``state.<name>`` through ``state.filter_<name>``. ``every`` names the choice that means no filter.

    ``choices``: names by value, or a list in the state whose rows have ``id`` and ``name``.
    """
    if isinstance(choices, rx.Var):
        options = [rx.foreach(choices, lambda each: rx.el.option(each.name, value=each.id))]
    else:
        options = [rx.el.option(shown, value=str(value)) for value, shown in choices.items()]
    control = rx.el.select(
        rx.fragment(rx.el.option(every, value=""), *options),
        value=getattr(state, name),
        on_change=getattr(state, f"filter_{name}"),
        class_name=f"{CONTROL} cursor-pointer",
    )
    return _labelled(label, control)


def _day(label: str, value: Any, event: Any) -> rx.Component:
    """A day of the business's calendar."""
    return _labelled(label, rx.el.input(type="date", default_value=value, on_change=event, class_name=CONTROL))


def _labelled(label: str, control: rx.Component) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="mb-1 block text-xs text-muted"), control, class_name="block min-w-0"
    )
