"""``/admin/forgotten``: ask for a link to choose a new password."""

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.api_form import api_field, api_form
from portal.web.admin.session import API
from portal.web.admin.shell import plain_page

SENT = """((answer, form) => {
  form.hidden = true;
  const done = document.getElementById("sent");
  done.hidden = false;
  done.focus();
})"""


def page() -> rx.Component:
    return plain_page(
        rx.el.h1("A new password", class_name=f"mb-3 {styles.TITLE}"),
        api_form(
            rx.el.p("We send you a link to choose one. It works for an hour.", class_name=styles.HINT),
            api_field("email", "E-mail", type="email", auto_complete="username", input_mode="email", required=True),
            rx.el.button("Send the link", type="submit", class_name=f"mt-1 w-full {styles.PRIMARY}"),
            path=f"{API}/password/forgotten",
            next_step=SENT,
            class_name="grid gap-4 [&[hidden]]:hidden",
        ),
        rx.el.p(
            "If there is an account with this address, the link is on its way. "
            "No mail? Ask the admin of your business: they can give you a link, too.",
            id="sent",
            tab_index=-1,
            custom_attrs={"hidden": True},
            class_name=f"{styles.TEXT} outline-none [&[hidden]]:hidden",
        ),
        rx.el.p(rx.el.a("Back to signing in", href="/admin/login", class_name=styles.LINK), class_name="mt-5 text-sm"),
    )
