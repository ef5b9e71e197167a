"""``/admin/invite`` and ``/admin/reset``: joining a business, and choosing a new password."""

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.api_form import api_field, api_form
from portal.web.admin.components.feedback import skeleton
from portal.web.admin.entrance.links_state import LinkState
from portal.web.admin.session import API, ENTER
from portal.web.admin.shell import plain_page

PASSWORD_HINT = "At least 10 characters. A few words in a row are easy to remember."  # noqa: S105 - a hint
TOKEN = "new URLSearchParams(location.search).get('token')"  # noqa: S105 - code
WITH_TOKEN = f"((fields) => ({{ ...fields, token: {TOKEN} }}))"
TOKEN_ONLY = f"(() => ({{ token: {TOKEN} }}))"
# Signs in at once with what was just chosen; where a second step or a rest is wanted, the login page takes over.
THEN_SIGN_IN = f"""(async (answer, form) => {{
  const email = form.dataset.email, password = form.elements.namedItem("password").value;
  const response = await fetch("{API}/sign-in", {{
    method: "POST", credentials: "same-origin", headers: {{ "Content-Type": "application/json" }},
    body: JSON.stringify({{ email, password, cookie: true }}),
  }});
  const entered = response.ok && (await response.json()).status === "signed_in";
  sessionStorage.clear();
  location.assign(entered ? "/admin" : "/admin/login");
}})"""
JOINED = f"(() => {{ {ENTER} }})"
HERE_AFTER_LOGIN = "'/admin/login?next=' + encodeURIComponent(location.pathname + location.search)"


def invite_page() -> rx.Component:
    card = LinkState.card
    return plain_page(
        rx.match(
            card.purpose,
            ("loading", skeleton(lines=4)),
            (
                "invite",
                rx.fragment(
                    rx.el.h1("Join ", card.business, class_name=f"mb-2 {styles.TITLE}"),
                    rx.el.p(
                        "You are invited as ", card.role, ", with the address ",
                        rx.el.strong(card.email, class_name="font-medium text-ink"), ".",
                        class_name=f"mb-5 {styles.HINT}",
                    ),
                    rx.cond(card.has_account, rx.cond(card.is_mine, _join(), _sign_in_first()), _new_account()),
                ),
            ),
            _invalid(),
        )
    )  # fmt: skip


def reset_page() -> rx.Component:
    card = LinkState.card
    return plain_page(
        rx.match(
            card.purpose,
            ("loading", skeleton(lines=4)),
            (
                "password_reset",
                rx.fragment(
                    rx.el.h1("Choose a new password", class_name=f"mb-2 {styles.TITLE}"),
                    rx.el.p(
                        "For ", card.email, ". You are signed out everywhere else.", class_name=f"mb-5 {styles.HINT}"
                    ),
                    api_form(
                        _password(),
                        rx.el.button("Save and sign in", type="submit", class_name=f"mt-1 w-full {styles.PRIMARY}"),
                        path=f"{API}/password/reset",
                        prepare=WITH_TOKEN,
                        next_step=THEN_SIGN_IN,
                        custom_attrs={"data-email": card.email},
                    ),
                ),
            ),
            _invalid(),
        )
    )


def _new_account() -> rx.Component:
    return api_form(
        api_field("display_name", "Your name", auto_complete="name", max_length=120),
        _password(),
        rx.el.button("Join", type="submit", class_name=f"mt-1 w-full {styles.PRIMARY}"),
        path=f"{API}/invites/accept",
        prepare=WITH_TOKEN,
        next_step=THEN_SIGN_IN,
        custom_attrs={"data-email": LinkState.card.email},
    )


def _join() -> rx.Component:
    return api_form(
        rx.el.button("Join", type="submit", class_name=f"w-full {styles.PRIMARY}"),
        path=f"{API}/invites/accept",
        prepare=TOKEN_ONLY,
        next_step=JOINED,
    )


def _sign_in_first() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "This address has an account already. Sign in with it, and you are brought back here.",
            class_name=styles.TEXT,
        ),
        rx.el.button(
            "Sign in",
            type="button",
            on_click=rx.call_function(rx.Var(f"(() => location.assign({HERE_AFTER_LOGIN}))")),
            class_name=f"mt-4 w-full {styles.PRIMARY}",
        ),
    )


def _password() -> rx.Component:
    return api_field(
        "password", "Password", hint=PASSWORD_HINT, type="password", auto_complete="new-password", required=True
    )


def _invalid() -> rx.Component:
    return rx.fragment(
        rx.el.h1("This link does not work any more", class_name=f"mb-2 {styles.TITLE}"),
        rx.el.p("It was used already, or its time is over. Ask for a new one.", class_name=styles.TEXT),
        rx.el.p(rx.el.a("To the login page", href="/admin/login", class_name=styles.LINK), class_name="mt-5 text-sm"),
    )
