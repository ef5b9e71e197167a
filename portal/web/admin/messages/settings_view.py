"""``/admin/tenants/<id>/messages/settings``."""

from typing import Any

import reflex as rx

from portal.domain.notifications.templates import MOST_LETTERS, PLACEHOLDERS
from portal.domain.notifications.types import Kind
from portal.web.admin.components import styles
from portal.web.admin.components.conflict import conflict_notice
from portal.web.admin.components.feedback import badge, loaded, notice
from portal.web.admin.components.forms import area_field, check_field, columns, group, save_bar, text_field
from portal.web.admin.components.here import is_of_here
from portal.web.admin.messages.frame import messages_frame
from portal.web.admin.messages.settings_form import FLAGS, LABELS
from portal.web.admin.messages.settings_state import MessageSettingsState
from portal.web.admin.shell_state import ShellState


def settings_page() -> rx.Component:
    state = MessageSettingsState
    content = rx.el.div(
        conflict_notice(state), _account(), _form(), class_name="grid max-w-3xl grid-cols-[minmax(0,1fr)] gap-5"
    )
    return messages_frame("/settings", loaded(is_of_here(state.loaded_for), content, lines=12))


def _account() -> rx.Component:
    """Whose account sends, and whether US carriers take its messages."""
    state = MessageSettingsState
    integrations = rx.el.a(
        "Connect Twilio", href=ShellState.here.base + "/settings/integrations", class_name=styles.LINK
    )
    return rx.cond(
        state.account,
        group(
            "Sender",
            rx.el.dl(
                _fact("Account", rx.el.span(state.account)),
                _fact(
                    "Registration for US numbers (A2P)",
                    rx.el.span(badge(state.a2p, kind=state.a2p_kind)),
                    rx.cond(state.a2p_checked, rx.el.span("checked ", state.a2p_checked, class_name=styles.HINT)),
                ),
                class_name="grid gap-3 text-sm",
            ),
            rx.cond(
                (state.a2p_kind == "bad") | (state.a2p_kind == "brand"),
                rx.el.p(
                    "Messages to US numbers are not sent until the registration is approved: carriers would drop "
                    "them. It is made at Twilio; we look every day.",
                    class_name=f"mt-3 {styles.HINT}",
                ),
            ),
        ),
        notice("No Twilio account is connected, so nothing is sent. ", integrations, kind="bad"),
    )


def _fact(name: str, *content: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name="text-muted sm:w-64 sm:shrink-0"),
        rx.el.dd(*content, class_name="flex flex-wrap items-center gap-x-3 gap-y-1 text-ink"),
        class_name="flex flex-col gap-1 sm:flex-row sm:gap-4",
    )


def _form() -> rx.Component:
    state = MessageSettingsState
    return rx.el.form(
        group(
            "Which messages",
            _check("enabled"),
            _check("send_confirmation"),
            _check("send_reminders"),
            _text("reminder_hours", hint="One or two, such as 24, 2.", max_length=12),
            hint="Only customers who agree to text messages when they book get any.",
        ),
        group(
            "Night",
            _check("quiet_hours_enabled"),
            columns(_text("quiet_start", type="time"), _text("quiet_end", type="time")),
            hint="A reminder due at night comes in the morning, or the evening before if that were too late.",
        ),
        group(
            "Words",
            rx.el.div(*(_template(kind) for kind in Kind), class_name="grid gap-6"),
            _placeholders(),
            hint="An emptied text gets our words back. Long texts, and letters such as ł or 😀, cost more parts.",
        ),
        rx.cond(ShellState.can.contains("messages.edit"), save_bar()),
        key=state.form_key,
        on_submit=state.save,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )


def _check(name: str) -> rx.Component:
    return check_field(name, FLAGS[name], value=MessageSettingsState.values[name] == "on")


def _text(name: str, *, hint: str = "", **props: Any) -> rx.Component:
    state = MessageSettingsState
    return text_field(name, LABELS[name], value=state.values[name], errors=state.errors, hint=hint, **props)


def _template(kind: Kind) -> rx.Component:
    state, name = MessageSettingsState, f"template_{kind.value}"
    shown = state.previews[kind.value]
    field = area_field(
        name,
        LABELS[name],
        value=state.values[name],
        errors=state.errors,
        rows=3,
        max_length=MOST_LETTERS,
        on_change=lambda text: state.preview(kind.value, text).debounce(350),
    )
    preview = rx.el.div(
        rx.cond(
            shown.problem,
            rx.el.p(shown.problem, class_name="text-sm text-danger"),
            rx.fragment(
                rx.el.p(shown.text, class_name="text-sm wrap-anywhere text-ink"),
                rx.el.p(shown.size, class_name="mt-1 text-xs text-muted"),
                rx.cond(
                    shown.others,
                    rx.el.ul(
                        rx.foreach(shown.others, lambda text: rx.el.li(text)),
                        aria_label="For other names",
                        class_name="mt-2 grid gap-1 border-t border-line pt-2 text-xs wrap-anywhere text-muted",
                    ),
                ),
            ),
        ),
        aria_live="polite",
        role="group",
        aria_label=f"Preview: {LABELS[name]}",
        class_name="mt-2 rounded-2xl rounded-bl-sm bg-sunken px-4 py-3",
    )
    return rx.el.div(field, preview)


def _placeholders() -> rx.Component:
    return rx.el.details(
        rx.el.summary("Placeholders", class_name=f"mt-5 w-fit cursor-pointer text-sm {styles.LINK}"),
        rx.el.dl(
            *(
                rx.el.div(
                    rx.el.dt(f"{{{name}}}", class_name="w-28 shrink-0 font-mono text-ink"),
                    rx.el.dd(meaning, class_name="text-muted"),
                    class_name="flex gap-3",
                )
                for name, meaning in PLACEHOLDERS.items()
            ),
            class_name="mt-3 grid gap-1 text-sm",
        ),
    )
