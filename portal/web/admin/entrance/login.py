"""``/admin/login``: a password, then a code where one is wanted. All of it between the browser and the API."""

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.api_form import api_field, api_form
from portal.web.admin.session import API, ENTER
from portal.web.admin.shell import plain_page

# The two forms are both in the page; the second one shows itself when the API asks for it.
SIGNED_IN = f"""((answer, form) => {{
  if (answer.status === "second_step") {{
    const second = document.getElementById("second-step");
    second.dataset.challenge = answer.challenge;
    form.hidden = true;
    second.hidden = false;
    document.getElementById("field-code").focus();
    return;
  }}
  {ENTER}
}})"""
WITH_CHALLENGE = """((fields) => ({
  code: fields.code, challenge: document.getElementById("second-step").dataset.challenge
}))"""
FINISHED = f"((answer) => {{ {ENTER} }})"
START_OVER = "(() => location.reload())"


def page() -> rx.Component:
    return plain_page(
        rx.el.h1("Sign in", class_name=f"mb-5 {styles.TITLE}"),
        _password_form(),
        _code_form(),
    )


def _password_form() -> rx.Component:
    return api_form(
        api_field(
            "email",
            "E-mail",
            type="email",
            auto_complete="username",
            input_mode="email",
            required=True,
            auto_focus=True,
        ),
        api_field("password", "Password", type="password", auto_complete="current-password", required=True),
        rx.el.button("Sign in", type="submit", class_name=f"mt-1 w-full {styles.PRIMARY}"),
        rx.el.a(
            "Forgot your password?", href="/admin/forgotten", class_name=f"justify-self-center text-sm {styles.LINK}"
        ),
        path=f"{API}/sign-in",
        prepare="((fields) => ({ ...fields, cookie: true }))",
        next_step=SIGNED_IN,
        class_name="grid gap-4 [&[hidden]]:hidden",
    )


def _code_form() -> rx.Component:
    return api_form(
        rx.el.p("Enter the code your authenticator app shows, or one of your recovery codes.", class_name=styles.HINT),
        api_field("code", "Code", auto_complete="one-time-code", input_mode="text", required=True, max_length=40),
        rx.el.button("Continue", type="submit", class_name=f"mt-1 w-full {styles.PRIMARY}"),
        rx.el.button(
            "Start over",
            type="button",
            on_click=rx.call_function(rx.Var(START_OVER)),
            class_name=f"justify-self-center {styles.QUIET}",
        ),
        path=f"{API}/totp/sign-in",
        prepare=WITH_CHALLENGE,
        next_step=FINISHED,
        id="second-step",
        custom_attrs={"hidden": True},
        class_name="grid gap-4 [&[hidden]]:hidden",
    )
