"""The form of the customer's details."""

from typing import Any

import reflex as rx

from portal.web import theme
from portal.web.components.effects import effect
from portal.web.public.book.state import BookState

# What is being typed is kept in this tab alone, until it is booked; the state learns of it when a field is left.
DRAFT_HOOK = """
useEffect(() => {{
  const form = document.getElementById("book-details"), key = "book-details";
  const fields = () => [...form.querySelectorAll("input, textarea")];
  const keep = () => sessionStorage.setItem(
    key, JSON.stringify(fields().map((field) => field.type === "checkbox" ? field.checked : field.value)));
  try {{
    JSON.parse(sessionStorage.getItem(key) ?? "[]").forEach((value, index) => {{
      const field = fields()[index];
      if (typeof value === "boolean" && field?.type === "checkbox") field.checked = value;
      else if (typeof value === "string" && field) field.value = value;
    }});
  }} catch {{}}
  form.addEventListener("input", keep);
  return () => form.removeEventListener("input", keep);
}}, [{service}]);
"""
BOOKED_HOOK = """
useEffect(() => {{ if ({step} === "done") sessionStorage.removeItem("book-details"); }}, [{step}]);
"""


def forget_draft() -> rx.Component:
    """Put it once on the page: what was typed is not kept longer than until it is booked."""
    return effect(BOOKED_HOOK, step=BookState.step)


def details_form() -> rx.Component:
    return rx.el.form(
        effect(DRAFT_HOOK, service=BookState.service_id),
        _field("name", "Name", type="text", auto_complete="name", required=True, max_length=120),
        _field(
            "email", "E-mail", type="email", auto_complete="email", required=True, max_length=254, input_mode="email"
        ),
        _field("phone", "Phone", type="tel", auto_complete="tel", max_length=32, input_mode="tel"),
        _consent(),
        _notes(),
        rx.el.div(
            rx.el.button(
                "Back", type="button", on_click=BookState.go_back_to("time"), class_name=theme.SECONDARY_BUTTON
            ),
            rx.el.button("Continue", type="submit", class_name=f"{theme.PRIMARY_BUTTON} flex-1 sm:flex-none"),
            class_name="mt-2 flex gap-3",
        ),
        on_submit=BookState.submit_details,
        id="book-details",
        no_validate=True,  # our own messages, tied to their fields
        class_name="grid gap-5",
    )


def _field(name: str, label: str, *, required: bool = False, **props: Any) -> rx.Component:
    error = BookState.errors[name]
    return rx.el.div(
        _label(name, label, required=required),
        rx.el.input(
            id=f"book-{name}",
            name=name,
            default_value=getattr(BookState, name),
            on_blur=BookState.leave_field(name),
            required=required,
            aria_invalid=rx.cond(error != "", "true", "false"),
            aria_describedby=f"book-{name}-error",
            class_name=theme.INPUT,
            **props,
        ),
        _error(name),
    )


def _label(name: str, label: str, *, required: bool) -> rx.Component:
    hint = [] if required else [rx.el.span(" (optional)", class_name="font-normal text-muted")]
    return rx.el.label(label, *hint, html_for=f"book-{name}", class_name=theme.LABEL)


def _error(name: str) -> rx.Component:
    return rx.el.p(BookState.errors[name], id=f"book-{name}-error", aria_live="polite", class_name=theme.FIELD_ERROR)


def _consent() -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                id="book-consent",
                name="consent_sms",
                default_checked=BookState.consent_sms,
                aria_describedby="book-consent_sms-error",
                class_name=f"mt-0.5 size-5 shrink-0 cursor-pointer accent-brand {theme.FOCUS}",
            ),
            rx.el.span(
                "Text me about this appointment. Message and data rates may apply; reply STOP to end it at any time.",
                class_name="text-sm leading-relaxed text-pretty text-muted",
            ),
            class_name="flex cursor-pointer items-start gap-3",
        ),
        _error("consent_sms"),
    )


def _notes() -> rx.Component:
    return rx.el.div(
        _label("notes", "Anything we should know?", required=False),
        rx.el.textarea(
            id="book-notes",
            name="notes",
            default_value=BookState.notes,
            on_blur=BookState.leave_field("notes"),
            rows=3,
            max_length=1000,
            aria_describedby="book-notes-error",
            class_name=theme.INPUT,
        ),
        _error("notes"),
    )
