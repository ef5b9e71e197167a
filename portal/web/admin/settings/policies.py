"""What customers agree to."""

from typing import Any

import reflex as rx

from portal.domain.admin import policies
from portal.domain.admin.policies import PoliciesForm
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.components.conflict import conflict_notice
from portal.web.admin.components.feedback import loaded
from portal.web.admin.components.forms import area_field, group, save_bar, select_field
from portal.web.admin.edit_form import EditForm, as_text
from portal.web.admin.settings.frame import settings_page
from portal.web.admin.shell_state import ShellState

PART = "/policies"
LABELS = {
    "cancel_window_minutes": "Changes by customers end",
    "cancellation_policy": "Cancelling and moving",
    "late_policy": "Running late",
    "no_show_policy": "Not coming",
    "payment_policy": "Payment",
    "privacy_text": "Privacy notice",
    "terms_text": "Terms",
}
WINDOWS = {
    "0": "when the appointment begins",
    "60": "1 hour before",
    "120": "2 hours before",
    "240": "4 hours before",
    "720": "12 hours before",
    "1440": "24 hours before",
    "2880": "2 days before",
    "4320": "3 days before",
    "10080": "a week before",
}


class PoliciesState(EditForm, AdminState):
    """The policies' form."""

    @admin_event(Action.POLICIES_VIEW)
    async def load(self) -> None:
        """What is stored, into the form."""
        self._take(await self._in_tenant(policies.get))

    @admin_event(Action.POLICIES_EDIT)
    async def save(self, form: dict[str, Any]) -> None:
        """Store the form."""
        changes = {name: form[name] for name in LABELS if name in form}
        if "cancel_window_minutes" in changes:
            changes["cancel_window_minutes"] = as_number(changes["cancel_window_minutes"])
        await self._save(changes)

    @admin_event(Action.POLICIES_EDIT)
    async def keep_mine(self) -> None:
        """Store what was typed over what somebody else stored meanwhile."""
        await self._save(self._attempt, version=self._newer_version)

    @admin_event(Action.POLICIES_VIEW)
    async def take_theirs(self) -> None:
        """Forget what was typed."""
        self._take(await self._in_tenant(policies.get))

    async def _save(self, changes: dict[str, Any], *, version: str = "") -> None:
        stored = await self._store(policies.update, changes, LABELS, version=version)
        if stored is not None:
            self._take(stored)
            self._say("Policies saved. The assistant knows them from now on.")

    def _take(self, stored: PoliciesForm) -> None:
        self._show_values({name: as_text(getattr(stored, name)) for name in LABELS}, stored.version)


LOAD = (PoliciesState.load,)


def as_number(text: Any) -> Any:
    """A whole number as typed; anything else as it is, for the domain to refuse."""
    shown = str(text).strip()
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 13 else text


def page() -> rx.Component:
    return settings_page(
        PART, conflict_notice(PoliciesState), loaded(PoliciesState.loaded_for == ShellState.here.id, _form())
    )


def _form() -> rx.Component:
    return rx.el.form(
        group(
            "Appointments",
            rx.el.div(
                _window(),
                _area("cancellation_policy"),
                _area("late_policy"),
                _area("no_show_policy"),
                _area("payment_policy"),
                class_name="grid gap-4",
            ),
            hint="Customers read these before they book, and the assistant answers by them.",
        ),
        group(
            "Legal texts",
            rx.el.div(_area("privacy_text", rows=8), _area("terms_text", rows=8), class_name="grid gap-4"),
            hint="Left empty, your site shows a general text with your name and address.",
        ),
        save_bar(),
        key=PoliciesState.form_key,
        on_submit=PoliciesState.save,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )


def _window() -> rx.Component:
    """The usual windows, and the stored one where it is none of these."""
    value = PoliciesState.values["cancel_window_minutes"]
    options = rx.fragment(
        rx.cond(
            rx.Var.create(list(WINDOWS)).contains(value), None, rx.el.option(value + " minutes before", value=value)
        ),
        *(rx.el.option(text, value=key) for key, text in WINDOWS.items()),
    )
    return select_field(
        "cancel_window_minutes",
        LABELS["cancel_window_minutes"],
        options,
        value=value,
        errors=PoliciesState.errors,
        hint="After that, customers can no longer cancel or move an appointment by themselves.",
    )


def _area(name: str, rows: int = 3) -> rx.Component:
    return area_field(name, LABELS[name], value=PoliciesState.values[name], errors=PoliciesState.errors, rows=rows)
