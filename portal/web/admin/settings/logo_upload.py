"""Choosing a logo: the browser sends the file to the API, which judges it by its content."""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.shell_state import ShellState

MAX_BYTES = 1024 * 1024
SEND = """(async (event) => {{
  const input = event.target, output = document.getElementById("logo-error"), file = input.files[0];
  const say = (text) => {{ output.textContent = text; }};
  if (!file) return;
  say("");
  if (file.size > {most}) {{ say("The file is larger than 1 MB."); return; }}
  try {{
    const path = "/v1/admin/tenants/" + {tenant} + "/branding/logo?version=" + encodeURIComponent({version});
    const answer = await fetch(path, {{
      method: "PUT", credentials: "same-origin", headers: {{ "Content-Type": file.type }}, body: file,
    }});
    if (answer.ok) document.getElementById("logo-sent").click();
    else say((await answer.json()).error?.message ?? "This did not work.");
  }} catch {{
    say("The server cannot be reached. Please try again in a moment.");
  }}
  input.value = "";
}})"""


def logo_field(state: Any) -> rx.Component:
    """For a state with ``logo_url``, ``version``, and the handlers ``take_logo`` and ``remove_logo``."""
    return rx.el.div(
        rx.cond(
            state.logo_url,
            rx.el.img(src=state.logo_url, alt="Your logo", class_name=(
                "size-20 rounded-2xl border border-line "
                "object-cover"
            )),
            rx.el.span(
                ShellState.here.name[0],
                aria_hidden="true",
                class_name=(
                    "flex size-20 items-center justify-center rounded-2xl border border-dashed border-field bg-sunken "
                    "text-2xl font-semibold text-muted"
                ),
            ),
        ),
        rx.el.div(
            rx.el.div(
                _file_input(state),
                rx.cond(
                    state.logo_url,
                    rx.el.button("Remove", type="button", on_click=state.remove_logo, class_name=styles.QUIET),
                ),
                class_name="flex flex-wrap items-center gap-2",
            ),
            rx.el.p(id="logo-error", role="alert", class_name=styles.ERROR),
            class_name="min-w-0",
        ),
        rx.el.button(
            type="button", id="logo-sent", on_click=state.take_logo, custom_attrs={"hidden": True}, aria_hidden="true",
            tab_index=-1,
        ),
        class_name="flex items-center gap-4",
    )  # fmt: skip


def _file_input(state: Any) -> rx.Component:
    code = SEND.format(most=MAX_BYTES, tenant=str(ShellState.here.id), version=str(state.version))
    data = rx.vars.VarData.merge(ShellState.here._get_all_var_data(), state.version._get_all_var_data())
    return rx.el.label(
        rx.el.span(rx.cond(state.logo_url, "Replace", "Choose a picture")),
        rx.el.input(
            type="file",
            accept="image/png,image/jpeg,image/webp",
            custom_attrs={"onChange": rx.Var(code, _var_data=data)},
            class_name="sr-only",
        ),
        class_name=(
            f"{styles.SECONDARY} focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-brand-text"
        ),
    )
