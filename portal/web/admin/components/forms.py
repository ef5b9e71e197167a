"""Form fields with label, hint and error. Values are uncontrolled: what is typed stays in the browser until sent.

A form is shown once its values are loaded (``skeleton`` before), and with a ``key`` that changes when they are loaded
anew, so that the fields take the new values.
"""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from portal.web.admin.components import styles

Text = str | rx.Var[str]
Errors = rx.Var[dict[str, str]]


def text_field(name: str, label: str, *, value: Any, errors: Errors, hint: str = "", **props: Any) -> rx.Component:
    """One line. ``errors[name]`` is shown below it and read out with it. The input's id is ``field-<name>``."""
    control = rx.el.input(
        **_wiring(name, errors, hint), default_value=value, class_name=styles.INPUT, **{"type": "text"} | props
    )
    return field(name, label, control, errors=errors, hint=hint)


def area_field(
    name: str, label: str, *, value: Any, errors: Errors, hint: str = "", rows: int = 4, **props: Any
) -> rx.Component:
    """Several lines."""
    control = rx.el.textarea(
        **_wiring(name, errors, hint), default_value=value, rows=rows, class_name=styles.INPUT, **props
    )
    return field(name, label, control, errors=errors, hint=hint)


def select_field(
    name: str,
    label: str,
    options: Mapping[str, str] | rx.Component,
    *,
    value: Any,
    errors: Errors,
    hint: str = "",
    **props: Any,
) -> rx.Component:
    """A choice: ``options`` maps what is sent to what is read, or is an ``rx.foreach`` of ``rx.el.option``."""
    shown = (
        [rx.el.option(text, value=key) for key, text in options.items()] if isinstance(options, Mapping) else [options]
    )
    control = rx.el.select(
        *shown, **_wiring(name, errors, hint), default_value=value, class_name=f"{styles.INPUT} cursor-pointer", **props
    )
    return field(name, label, control, errors=errors, hint=hint)


def check_field(name: str, label: Text, *, value: Any, hint: str = "", **props: Any) -> rx.Component:
    """A box to tick; it is sent as ``"on"`` or not at all."""
    box = rx.el.input(
        type="checkbox",
        id=field_id(name),
        name=name,
        default_checked=value,
        class_name=styles.CHECKBOX,
        **({"aria_describedby": f"{field_id(name)}-hint"} if hint else {}),
        **props,
    )
    words = rx.el.span(label, class_name="text-sm font-medium text-ink")
    return rx.el.div(
        rx.el.label(box, words, class_name="flex min-h-11 cursor-pointer items-center gap-3 sm:min-h-10"),
        *_hint(name, hint),
    )


def field(name: str, label: str, control: rx.Component, *, errors: Errors, hint: str = "") -> rx.Component:
    """The frame of a field, for controls of your own kind."""
    return rx.el.div(
        rx.el.label(label, html_for=field_id(name), class_name=styles.LABEL),
        control,
        *_hint(name, hint),
        rx.el.p(errors[name], id=f"{field_id(name)}-error", aria_live="polite", class_name=styles.ERROR),
        class_name="min-w-0",
    )


def field_id(name: str) -> str:
    return f"field-{name}"


def save_bar(
    *, is_saving: rx.Var[bool] | bool = False, label: str = "Save", extra: tuple[rx.Component, ...] = ()
) -> rx.Component:
    """The end of a form: its one main button."""
    return rx.el.div(
        rx.el.button(label, type="submit", disabled=is_saving, class_name=styles.PRIMARY),
        *extra,
        class_name="flex flex-wrap items-center gap-3",
    )


def group(title: str, *content: rx.Component, hint: Text = "", **props: Any) -> rx.Component:
    """A titled part of a form or page."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title, class_name=styles.SUBTITLE),
            *([rx.el.p(hint, class_name=f"mt-0.5 {styles.HINT}")] if isinstance(hint, rx.Var) or hint else []),
            class_name="mb-4",
        ),
        *content,
        class_name=f"{styles.PANEL} p-4 sm:p-5",
        **props,
    )


def columns(*content: rx.Component) -> rx.Component:
    """Fields side by side where there is room."""
    return rx.el.div(*content, class_name="grid gap-4 sm:grid-cols-2")


def _hint(name: str, hint: str) -> list[rx.Component]:
    return [rx.el.p(hint, id=f"{field_id(name)}-hint", class_name=f"mt-1 {styles.HINT}")] if hint else []


def _wiring(name: str, errors: Errors, hint: str) -> dict[str, Any]:
    described = f"{field_id(name)}-error" + (f" {field_id(name)}-hint" if hint else "")
    return {
        "id": field_id(name),
        "name": name,
        "aria_invalid": rx.cond(errors[name], "true", "false"),
        "aria_describedby": described,
    }
