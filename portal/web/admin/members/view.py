"""The page of members."""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.dialogs import confirm_dialog, modal
from portal.web.admin.components.feedback import badge, loaded, notice
from portal.web.admin.components.forms import select_field, text_field
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.icons import icon
from portal.web.admin.components.lists import cell, table
from portal.web.admin.members.state import ROLES, InviteRow, MemberRow, MembersState
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ROLE_NAMES, ShellState

CAN_MANAGE = ShellState.can.contains("members.manage")
CHOICES = {role.value: ROLE_NAMES[role] for role in ROLES}
# Selects the link's text too, where the clipboard is closed to pages.
COPY = """(async () => {
  const box = document.getElementById("link-text");
  box.focus(); box.select();
  const said = document.getElementById("link-copied");
  try { await navigator.clipboard.writeText(box.value); said.textContent = "Copied."; }
  catch { said.textContent = "Selected: copy it with your keyboard."; }
})"""


def members_page() -> rx.Component:
    content = rx.el.div(
        loaded(
            is_of_here(MembersState.loaded_for),
            rx.fragment(_members(), rx.cond(MembersState.invites.length() > 0, _invites())),
        ),
        _invite_dialog(),
        _link_dialog(),
        confirm_dialog(
            "disable",
            rx.el.span("Shut out ", MembersState.disabling_name, "?"),
            "They are signed out at once, in open tabs too, and cannot come back until you let them in again.",
            shown=MembersState.disabling != "",
            confirm="Shut out",
            on_confirm=MembersState.disable,
            on_leave=MembersState.leave_disable,
        ),
        class_name="grid grid-cols-1 gap-8",
    )
    button = rx.el.button(
        icon("plus"), "Invite somebody", type="button", on_click=MembersState.start_invite, class_name=styles.PRIMARY
    )
    return admin_page(content, active="members", title="Members", actions=(rx.cond(CAN_MANAGE, button),))


def _members() -> rx.Component:
    return table(("Person", "Role", "Second factor", "Last seen", ""), MembersState.members, _member, caption="Members")


def _member(member: rx.Var[MemberRow]) -> list[rx.Component]:
    return [
        cell(
            rx.el.div(
                rx.el.span(member.name, class_name="wrap-anywhere"),
                rx.cond(member.is_me, badge("You")),
                rx.cond(member.status == "disabled", badge("Shut out", kind="bad")),
                class_name="flex flex-wrap items-center gap-2",
            ),
            rx.cond(member.name != member.email, rx.el.span(member.email, class_name="text-xs text-muted")),
            is_heading=True,
            class_name="min-w-48",
        ),
        cell(rx.cond(CAN_MANAGE, _role_choice(member), member.role_name)),
        cell(rx.cond(member.has_totp, "On", "Off")),
        cell(member.last_seen, class_name="whitespace-nowrap text-muted!"),
        cell(rx.cond(CAN_MANAGE, _acts(member)), class_name="py-1!"),
    ]


def _role_choice(member: Any) -> rx.Component:
    return rx.el.select(
        *(rx.el.option(name, value=key) for key, name in CHOICES.items()),
        value=member.role,
        on_change=lambda role: MembersState.change_role(member.id, role),
        aria_label="Role of " + member.name,
        class_name=f"{styles.INPUT} w-auto! min-w-28 cursor-pointer",
    )


def _acts(member: Any) -> rx.Component:
    def act(label: str, event: Any) -> rx.Component:
        return rx.el.button(
            label, type="button", aria_label=label + ": " + member.name, on_click=event, class_name=styles.QUIET
        )

    return rx.el.div(
        act("New password", MembersState.reset_password(member.id)),
        rx.cond(
            member.status == "disabled",
            act("Let in", MembersState.enable(member.id)),
            rx.cond(member.is_me, rx.fragment(), act("Shut out", MembersState.ask_disable(member.id))),
        ),
        class_name="flex justify-end",
    )


def _invites() -> rx.Component:
    def row(invite: rx.Var[InviteRow]) -> list[rx.Component]:
        withdraw = rx.el.button(
            "Withdraw",
            type="button",
            aria_label="Withdraw: " + invite.email,
            on_click=MembersState.revoke(invite.id),
            class_name=styles.QUIET,
        )
        return [
            cell(invite.email, is_heading=True, class_name="min-w-48 wrap-anywhere"),
            cell(invite.role_name),
            cell("Until ", invite.expires, class_name="whitespace-nowrap text-muted!"),
            cell(rx.el.div(rx.cond(CAN_MANAGE, withdraw), class_name="flex justify-end"), class_name="py-1!"),
        ]

    return rx.el.section(
        rx.el.h2("Open invitations", class_name=f"mb-3 {styles.SUBTITLE}"),
        table(("Invited", "Role", "Valid", ""), MembersState.invites, row, caption="Open invitations"),
    )


def _invite_dialog() -> rx.Component:
    errors: Any = MembersState.errors
    return modal(
        "invite",
        "Invite somebody",
        rx.el.form(
            text_field(
                "email", "E-mail", value="", errors=errors, type="email", auto_focus=True, auto_complete="off",
                max_length=254,
            ),
            select_field(
                "role", "Role", CHOICES, value=ROLES[1].value, errors=errors,
                hint="Staff handle bookings and read chats. Admins change everything, members included.",
            ),
            rx.el.div(
                rx.el.button("Cancel", type="button", on_click=MembersState.leave_invite, class_name=styles.SECONDARY),
                rx.el.button("Make a link", type="submit", class_name=styles.PRIMARY),
                class_name="flex justify-end gap-3",
            ),
            on_submit=MembersState.invite,
            no_validate=True,
            class_name="grid gap-4",
        ),
        shown=MembersState.is_inviting,
        on_leave=MembersState.leave_invite,
    )  # fmt: skip


def _link_dialog() -> rx.Component:
    return modal(
        "link",
        MembersState.link_title,
        notice("Copy this link now and send it to them yourself: it is shown only this once.", kind="good"),
        rx.el.label("Link", html_for="link-text", class_name="sr-only"),
        rx.el.textarea(
            id="link-text", value=MembersState.link, read_only=True, rows=3, class_name=f"{styles.INPUT} break-all"
        ),
        rx.el.p("Works once, until ", MembersState.link_expires, ".", class_name=styles.HINT),
        rx.el.div(
            rx.el.span(id="link-copied", role="status", class_name=f"mr-auto {styles.HINT}"),
            rx.el.button("Done", type="button", on_click=MembersState.leave_link, class_name=styles.SECONDARY),
            rx.el.button("Copy", type="button", on_click=rx.call_function(rx.Var(COPY)), class_name=styles.PRIMARY),
            class_name="flex flex-wrap items-center justify-end gap-3",
        ),
        shown=MembersState.link != "",
        on_leave=MembersState.leave_link,
    )
