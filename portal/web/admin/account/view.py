"""``/admin/account``."""

import reflex as rx

from portal.web.admin.account.state import AccountState
from portal.web.admin.components import styles
from portal.web.admin.components.api_form import api_field, api_form
from portal.web.admin.components.feedback import badge
from portal.web.admin.components.forms import group
from portal.web.admin.entrance.links import PASSWORD_HINT
from portal.web.admin.session import API, LEAVE
from portal.web.admin.shell import admin_page

# What the API answers is shown once, by the browser alone.
SHOW_QR = """((answer, form) => {
  const box = document.getElementById("enrolment");
  box.querySelector("img").src = answer.qr_code;
  box.querySelector("code").textContent = answer.secret.match(/.{1,4}/g).join(" ");
  form.hidden = true;
  box.hidden = false;
  document.getElementById("field-code").focus();
})"""
SHOW_RECOVERY_CODES = """((answer) => {
  const box = document.getElementById("recovery");
  box.querySelector("pre").textContent = answer.recovery_codes.join("\\n");
  document.getElementById("enrolment").hidden = true;
  box.hidden = false;
  box.focus();
})"""
END_EVERYWHERE = f"""(async () => {{
  const answer = await fetch("{API}/sign-out", {{
    method: "POST", credentials: "same-origin", headers: {{ "Content-Type": "application/json" }},
    body: JSON.stringify({{ everywhere: true }}),
  }});
  if (answer.ok || answer.status === 401) {{ {LEAVE} }}
}})"""


def account_page() -> rx.Component:
    return admin_page(
        rx.el.div(
            _person(),
            _password(),
            _second_factor(),
            _sessions(),
            class_name="grid max-w-3xl grid-cols-[minmax(0,1fr)] gap-5",
        ),
        active="account",
        title="Account",
    )


def _person() -> rx.Component:
    return group(
        "You",
        rx.el.dl(
            rx.cond(AccountState.name, _fact("Name", AccountState.name)),
            _fact("E-mail", AccountState.email),
            class_name="grid gap-3 sm:grid-cols-2",
        ),
        rx.cond(
            AccountState.places,
            rx.el.div(
                rx.el.h3("Where you belong", class_name="mt-5 mb-1 text-sm font-medium text-ink"),
                rx.el.ul(rx.foreach(AccountState.places, _place), class_name="divide-y divide-line"),
            ),
        ),
    )


def _fact(name: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name="text-xs font-medium text-muted"),
        rx.el.dd(value, class_name="text-sm text-ink wrap-anywhere"),
    )


def _place(place: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        rx.el.a(place["name"], href="/admin/tenants/" + place["id"], class_name=f"text-sm {styles.LINK}"),
        badge(place["role"]),
        key=place["id"],
        class_name="flex items-center justify-between gap-3 py-2.5",
    )


def _password() -> rx.Component:
    return group(
        "Password",
        api_form(
            api_field(
                "current_password", "Current password", type="password", auto_complete="current-password", required=True
            ),
            api_field(
                "new_password", "New password", hint=PASSWORD_HINT, type="password", auto_complete="new-password",
                required=True,
            ),
            rx.el.div(rx.el.button("Change password", type="submit", class_name=styles.PRIMARY)),
            path=f"{API}/password",
            next_step='((answer, form) => { form.reset(); document.getElementById("tell-password").click(); })',
            class_name="grid max-w-md gap-4",
        ),
        _teller("password"),
        hint="All your other sessions end when you change it.",
    )  # fmt: skip


def _second_factor() -> rx.Component:
    return group(
        "Second factor",
        rx.cond(
            AccountState.has_totp,
            rx.fragment(
                rx.el.p(badge("On", kind="good"), class_name="mb-3"),
                rx.cond(
                    AccountState.is_turning_off, _turn_off_form(), _button("Turn off", AccountState.start_turning_off)
                ),
            ),
            rx.cond(AccountState.is_enrolling, _enrolment(), _button("Turn on", AccountState.start_enrolling)),
        ),
        _teller("totp_on"),
        _teller("totp_off"),
        hint=(
            "Besides the password, a code from an app on your phone: whoever learns the password still cannot sign in."
        ),
    )


def _enrolment() -> rx.Component:
    return rx.fragment(
        api_form(
            api_field("password", "Your password", type="password", auto_complete="current-password", required=True),
            rx.el.div(rx.el.button("Continue", type="submit", class_name=styles.PRIMARY)),
            path=f"{API}/totp/enrol",
            next_step=SHOW_QR,
            class_name="grid max-w-md gap-4 [&[hidden]]:hidden",
        ),
        rx.el.div(
            rx.el.p("Scan this with an authenticator app, then enter the code it shows.", class_name=styles.TEXT),
            rx.el.img(alt="QR code for the authenticator app", class_name="size-44 rounded-lg bg-white p-2"),
            rx.el.p("Or type this key: ", rx.el.code(class_name="font-mono wrap-anywhere"), class_name=styles.HINT),
            api_form(
                api_field(
                    "code", "Code", auto_complete="one-time-code", input_mode="numeric", max_length=6, required=True
                ),
                rx.el.div(rx.el.button("Turn on", type="submit", class_name=styles.PRIMARY)),
                path=f"{API}/totp/confirm",
                next_step=SHOW_RECOVERY_CODES,
                class_name="grid max-w-xs gap-4",
            ),
            id="enrolment",
            custom_attrs={"hidden": True},
            class_name="grid justify-items-start gap-4 [&[hidden]]:hidden",
        ),
        rx.el.div(
            rx.el.p(
                "The second factor is on. Keep these recovery codes somewhere safe: each lets you in "
                "once without your phone. "
                "They are not shown again.",
                class_name=styles.TEXT,
            ),
            rx.el.pre(class_name="rounded-lg bg-sunken p-4 font-mono text-sm leading-7 text-ink"),
            rx.el.button(
                "I have kept them", type="button", on_click=AccountState.say_done("totp_on"), class_name=styles.PRIMARY
            ),
            id="recovery",
            tab_index=-1,
            custom_attrs={"hidden": True},
            class_name="grid justify-items-start gap-4 outline-none [&[hidden]]:hidden",
        ),
    )


def _turn_off_form() -> rx.Component:
    return api_form(
        api_field(
            "code",
            "A code from the app, or a recovery code",
            auto_complete="one-time-code",
            max_length=40,
            required=True,
        ),
        rx.el.div(rx.el.button("Turn off", type="submit", class_name=styles.DANGER)),
        path=f"{API}/totp/disable",
        next_step='(() => document.getElementById("tell-totp_off").click())',
        class_name="grid max-w-md gap-4",
    )


def _sessions() -> rx.Component:
    return group(
        "Sessions",
        rx.el.button(
            "Sign out everywhere",
            type="button",
            on_click=rx.call_function(rx.Var(END_EVERYWHERE)),
            class_name=styles.SECONDARY,
        ),
        hint="On all devices, this one too.",
    )


def _button(text: str, event: rx.EventHandler) -> rx.Component:
    return rx.el.button(text, type="button", on_click=event, class_name=styles.SECONDARY)


def _teller(what: str) -> rx.Component:
    """Lets the browser report to the page's state what the API did."""
    return rx.el.button(
        type="button",
        id=f"tell-{what}",
        on_click=AccountState.say_done(what),
        tab_index=-1,
        aria_hidden="true",
        custom_attrs={"hidden": True},
    )
