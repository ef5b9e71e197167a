"""Cal.com, Twilio, Stripe: what is connected, and connecting it."""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.dialogs import confirm_dialog
from portal.web.admin.components.feedback import badge, empty_state, loaded, notice
from portal.web.admin.components.forms import group, text_field
from portal.web.admin.settings.billing import stripe_news, stripe_panel
from portal.web.admin.settings.billing_state import BillingState
from portal.web.admin.settings.frame import settings_page
from portal.web.admin.settings.integrations_state import EventTypeChoice, IntegrationsState, MappingRow
from portal.web.admin.shell_state import ShellState

PART = "/integrations"
LOAD = (IntegrationsState.load, BillingState.load)
PANELS = "grid grid-cols-[minmax(0,1fr)] gap-5"
REMOVE_TEXT = {
    "calcom": "Until there is a new key, nothing can be booked, moved or cancelled online.",
    "twilio": "No text messages are sent until there is a new one.",
}


def page() -> rx.Component:
    accounts = rx.el.div(calcom_panel(), _twilio(), class_name=PANELS)
    content = rx.el.div(
        stripe_news(),
        loaded(IntegrationsState.loaded_for == ShellState.here.id, accounts),
        stripe_panel(),
        class_name=PANELS,
    )
    return settings_page(PART, content, remove_dialog())


def calcom_panel() -> rx.Component:
    """Key, account and event types, also for the setting up of a new business."""
    return group(
        "Cal.com",
        rx.cond(IntegrationsState.calcom_set, _connected("calcom", IntegrationsState.calcom_set)),
        rx.cond(
            IntegrationsState.calcom_set,
            rx.el.details(
                rx.el.summary("Use another key", class_name=f"mt-3 w-fit cursor-pointer text-sm {styles.LINK}"),
                rx.el.div(_key_form("Replace the key"), class_name="mt-3"),
            ),
            _key_form("Connect"),
        ),
        rx.el.div(_account(), aria_live="polite", class_name="mt-5 empty:hidden"),
        hint="Your calendar there is where free times come from and where bookings go.",
    )


def remove_dialog() -> rx.Component:
    """Asks before a key is forgotten."""
    which = IntegrationsState.removing
    return confirm_dialog(
        "remove-key",
        "Remove the key?",
        rx.match(which, *REMOVE_TEXT.items(), ""),
        shown=which != "",
        confirm="Remove",
        on_confirm=IntegrationsState.remove,
        on_leave=IntegrationsState.ask_to_remove(""),
    )


def _connected(which: str, words: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        badge("Connected", kind="good"),
        rx.el.span(words, class_name=styles.HINT),
        rx.el.button(
            "Remove",
            type="button",
            on_click=IntegrationsState.ask_to_remove(which),
            class_name=f"ml-auto {styles.QUIET}",
        ),
        class_name="flex flex-wrap items-center gap-x-3 gap-y-1",
    )


def _key_form(label: str) -> rx.Component:
    return rx.el.form(
        text_field(
            "api_key",
            "API key",
            value="",
            errors=IntegrationsState.errors,
            hint=(
                "In Cal.com: Settings → Developer → API keys. We try it now, store it sealed, and never show it again."
            ),
            type="password",
            auto_complete="off",
            spell_check=False,
            max_length=200,
        ),
        rx.el.div(
            rx.el.button(
                rx.cond(IntegrationsState.is_asking, "Trying it…", label),
                type="submit",
                disabled=IntegrationsState.is_asking,
                class_name=styles.PRIMARY,
            )
        ),
        key=IntegrationsState.form_key,
        on_submit=IntegrationsState.save_calcom,
        class_name="grid max-w-lg gap-3",
    )


def _account() -> rx.Component:
    return rx.cond(
        IntegrationsState.calendar_problem,
        notice(
            rx.el.p(IntegrationsState.calendar_problem),
            rx.el.button(
                "Try again",
                type="button",
                on_click=IntegrationsState.ask_calendar,
                class_name=f"mt-2 {styles.SECONDARY}",
            ),
            kind="bad",
        ),
        rx.cond(
            IntegrationsState.account,
            _mapping(),
            rx.cond(
                IntegrationsState.is_asking & (IntegrationsState.calcom_set != ""),
                rx.el.p("Asking Cal.com…", class_name=styles.HINT),
            ),
        ),
    )


def _mapping() -> rx.Component:
    return rx.el.div(
        rx.el.h3("Event types", class_name="text-sm font-semibold text-ink"),
        rx.el.p("Account: ", IntegrationsState.account, class_name=f"mb-3 {styles.HINT}"),
        rx.cond(
            IntegrationsState.rows,
            rx.el.form(
                rx.el.ul(rx.foreach(IntegrationsState.rows, _mapping_row), class_name="divide-y divide-line"),
                rx.el.button("Save event types", type="submit", class_name=f"mt-4 {styles.PRIMARY}"),
                on_submit=IntegrationsState.save_mapping,
            ),
            empty_state("No services yet", "Add a service first; then choose which event type books it.", sign="tag"),
        ),
    )


def _mapping_row(row: rx.Var[MappingRow]) -> rx.Component:
    return rx.el.li(
        rx.el.label(
            rx.el.span(row.name, class_name="block text-sm font-medium text-ink wrap-anywhere"),
            rx.el.span(row.facts, class_name="block text-xs text-muted"),
            html_for="map-" + row.id,
            class_name="min-w-0 flex-1",
        ),
        rx.el.div(
            rx.el.select(
                rx.el.option("Not bookable", value=""),
                rx.foreach(IntegrationsState.choices, _choice),
                id="map-" + row.id,
                name="map-" + row.id,
                default_value=row.chosen,
                class_name=f"{styles.INPUT} cursor-pointer",
            ),
            rx.cond(
                row.is_suggested,
                rx.el.p("Suggested by its name or length; save to use it.", class_name="mt-1 text-xs text-muted"),
            ),
            class_name="w-full sm:w-72",
        ),
        key=row.id + row.chosen,
        class_name="flex flex-wrap items-center gap-x-4 gap-y-2 py-3",
    )


def _choice(choice: rx.Var[EventTypeChoice]) -> rx.Component:
    return rx.el.option(choice.label, value=choice.id)


def _twilio() -> rx.Component:
    return group(
        "Twilio",
        rx.cond(IntegrationsState.twilio_set, _connected("twilio", IntegrationsState.twilio_set)),
        rx.cond(
            IntegrationsState.twilio_set,
            rx.el.details(
                rx.el.summary("Use another account", class_name=f"mt-3 w-fit cursor-pointer text-sm {styles.LINK}"),
                rx.el.div(_twilio_form(), class_name="mt-3"),
            ),
            _twilio_form(),
        ),
        hint="Sends confirmations and reminders as text messages to customers who agreed to them.",
    )


def _twilio_form() -> rx.Component:
    return rx.el.form(
        _twilio_text("account_sid", "Account SID", placeholder="AC…", auto_complete="off"),
        _twilio_text(
            "auth_token",
            "Auth token",
            type="password",
            auto_complete="off",
            hint="We try it now, store it sealed, and never show it again.",
        ),
        _twilio_text(
            "messaging_service_sid",
            "Messaging service SID (optional)",
            value=IntegrationsState.messaging_service_sid,
            placeholder="MG…",
            auto_complete="off",
            hint="Needed where the account has several. Customers' answers come to us, unless they go elsewhere.",
        ),
        rx.el.div(
            rx.el.button(
                rx.cond(IntegrationsState.is_trying, "Trying it…", "Connect"),
                type="submit",
                disabled=IntegrationsState.is_trying,
                class_name=styles.PRIMARY,
            )
        ),
        key="twilio" + IntegrationsState.form_key,
        on_submit=IntegrationsState.save_twilio,
        class_name="grid max-w-lg gap-3",
    )


def _twilio_text(name: str, label: str, *, value: Any = "", **props: Any) -> rx.Component:
    return text_field(
        name, label, value=value, errors=IntegrationsState.errors, spell_check=False, max_length=64, **props
    )
