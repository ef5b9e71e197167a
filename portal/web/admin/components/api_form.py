"""Forms that the browser sends to the API itself: passwords and codes never pass through a page's state.

The answer of the API leads on; a failure is written below the field it names, or above the button. Elements that this
code writes into have no children of React's.
"""

from typing import Any

import reflex as rx
from reflex.components.el import Div
from reflex_base.constants.compiler import MemoizationDisposition, MemoizationMode

from portal.web.admin.components import styles
from portal.web.admin.components.forms import field_id

SENDER = """
const sendToApi = async (event, path, prepare, next) => {
  event.preventDefault();
  const form = event.target;
  const buttons = [...form.querySelectorAll("button")];
  const outputs = [...form.querySelectorAll("[data-error]")];
  const say = (name, text) => {
    const output = outputs.find((each) => each.dataset.error === name) ?? outputs.find((each) => !each.dataset.error);
    if (output) output.textContent = text;
    const input = form.elements.namedItem(name);
    if (input) { input.setAttribute("aria-invalid", "true"); input.focus(); }
  };
  outputs.forEach((each) => { each.textContent = ""; });
  form.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
  buttons.forEach((each) => { each.disabled = true; });
  try {
    const answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(prepare(Object.fromEntries(new FormData(form)))),
    });
    const body = answer.status === 204 ? {} : await answer.json();
    if (answer.ok) { await next(body, form); return; }
    const error = body.error ?? {};
    const field = error.details?.field ?? error.details?.fields?.[0]?.field ?? "";
    buttons.forEach((each) => { each.disabled = false; });
    say(String(field).replace(/^body\\./, ""), error.message ?? "This did not work. Please try again.");
    return;
  } catch {
    say("", "The server cannot be reached. Please try again in a moment.");
  }
  buttons.forEach((each) => { each.disabled = false; });
};
"""


class ApiForm(Div):
    """A ``form`` without the framework's own handling of forms."""

    tag = "form"

    _memoization_mode = MemoizationMode(disposition=MemoizationDisposition.ALWAYS, recursive=False)

    def add_custom_code(self) -> list[str]:
        return [SENDER]


def api_form(
    *content: rx.Component, path: str, next_step: str, prepare: str = "(fields) => fields", **props: Any
) -> rx.Component:
    """A form posted as JSON to ``path``.

    ``prepare`` and ``next_step`` are functions in JavaScript: fields → body, and (answer, form) → what happens then.
    """
    send = f"((event) => sendToApi(event, {path!r}, {prepare}, {next_step}))"
    return ApiForm.create(
        *content,
        general_error(),
        custom_attrs={"onSubmit": rx.Var(send), "method": "post"} | props.pop("custom_attrs", {}),
        no_validate=True,
        **{"class_name": "grid gap-4"} | props,
    )


def api_field(name: str, label: str, *, hint: str = "", **props: Any) -> rx.Component:
    """A line of such a form."""
    error = f"{field_id(name)}-error"
    described = f"{error} {field_id(name)}-hint" if hint else error
    return rx.el.div(
        rx.el.label(label, html_for=field_id(name), class_name=styles.LABEL),
        rx.el.input(
            id=field_id(name),
            name=name,
            aria_describedby=described,
            class_name=styles.INPUT,
            **{"type": "text"} | props,
        ),
        *([rx.el.p(hint, id=f"{field_id(name)}-hint", class_name=f"mt-1 {styles.HINT}")] if hint else []),
        rx.el.p(id=error, role="alert", custom_attrs={"data-error": name}, class_name=styles.ERROR),
    )


def general_error() -> rx.Component:
    """Where failures are written that no field is to blame for."""
    return rx.el.p(
        role="alert",
        custom_attrs={"data-error": ""},
        class_name=("-order-1 rounded-lg border border-danger bg-danger-soft px-3 py-2 text-sm text-ink empty:hidden"),
    )
