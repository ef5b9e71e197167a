"""Who the business is and where."""

from typing import Any

import reflex as rx

from portal.domain.admin import profile
from portal.domain.admin.profile import ProfileForm
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.components.choices import country_options, timezone_options
from portal.web.admin.components.conflict import conflict_notice
from portal.web.admin.components.feedback import loaded
from portal.web.admin.components.forms import columns, group, save_bar, select_field, text_field
from portal.web.admin.edit_form import EditForm, as_text
from portal.web.admin.settings.frame import settings_page
from portal.web.admin.shell_state import ShellState

PART = ""
LABELS = {
    "business_name": "Business name",
    "tagline": "Tagline",
    "phone": "Phone",
    "email": "E-mail",
    "website_url": "Website",
    "address_line1": "Street and number",
    "address_line2": "Suite, floor",
    "city": "City",
    "region": "State or region",
    "postal_code": "Postal code",
    "country": "Country",
    "timezone": "Time zone",
}


class ProfileState(EditForm, AdminState):
    """The profile's form."""

    @admin_event(Action.PROFILE_VIEW)
    async def load(self) -> None:
        """What is stored, into the form."""
        self._take(await self._in_tenant(profile.get))

    @admin_event(Action.PROFILE_EDIT)
    async def save(self, form: dict[str, Any]) -> None:
        """Store the form."""
        await self._save({name: form[name] for name in LABELS if name in form})

    @admin_event(Action.PROFILE_EDIT)
    async def keep_mine(self) -> None:
        """Store what was typed over what somebody else stored meanwhile."""
        await self._save(self._attempt, version=self._newer_version)

    @admin_event(Action.PROFILE_VIEW)
    async def take_theirs(self) -> None:
        """Forget what was typed."""
        self._take(await self._in_tenant(profile.get))

    async def _save(self, changes: dict[str, Any], *, version: str = "") -> None:
        stored = await self._store(profile.update, changes, LABELS, version=version)
        if stored is not None:
            self._take(stored)
            self._say("Profile saved. It is on your site now.")

    def _take(self, stored: ProfileForm) -> None:
        self._show_values({name: as_text(getattr(stored, name)) for name in LABELS}, stored.version)


LOAD = (ProfileState.load,)


def page() -> rx.Component:
    return settings_page(
        PART, conflict_notice(ProfileState), loaded(ProfileState.loaded_for == ShellState.here.id, profile_form())
    )


def profile_form(*, label: str = "Save", then: Any = None) -> rx.Component:
    """The form alone, also for the setting up of a new business; ``then`` is the event after it was
    saved or refused.
    """
    return rx.el.form(
        group(
            "Business",
            rx.el.div(
                _text("business_name", max_length=120, required=True),
                _text("tagline", hint="One sentence under the name on your site.", max_length=160),
                class_name="grid gap-4",
            ),
        ),
        group(
            "How customers reach you",
            columns(
                _text("phone", type="tel", max_length=40, auto_complete="off"),
                _text("email", type="email", max_length=254, auto_complete="off"),
                _text("website_url", type="url", placeholder="https://", max_length=500),
            ),
            hint="Give at least a phone number or an e-mail address.",
        ),
        group(
            "Where you are",
            columns(
                _text("address_line1", max_length=120),
                _text("address_line2", max_length=120),
                _text("city", max_length=80),
                _text("region", max_length=80),
                _text("postal_code", max_length=20),
                _choice("country", country_options()),
                _choice("timezone", timezone_options(), hint="Opening hours and appointments are in this zone."),
            ),
        ),
        save_bar(label=label),
        key=ProfileState.form_key,
        on_submit=[ProfileState.save, *([then] if then is not None else [])],
        no_validate=True,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )


def _text(name: str, **props: Any) -> rx.Component:
    return text_field(name, LABELS[name], value=ProfileState.values[name], errors=ProfileState.errors, **props)


def _choice(name: str, options: rx.Component, **props: Any) -> rx.Component:
    return select_field(
        name, LABELS[name], options, value=ProfileState.values[name], errors=ProfileState.errors, **props
    )
