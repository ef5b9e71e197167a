"""Logo and colours, with a preview of how they look before they are saved."""

from typing import Any

import reflex as rx

from portal.domain.admin import branding
from portal.domain.admin.branding import BrandingForm
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.components import styles
from portal.web.admin.components.conflict import conflict_notice
from portal.web.admin.components.feedback import loaded
from portal.web.admin.components.forms import columns, field, field_id, group, save_bar
from portal.web.admin.edit_form import EditForm, as_text
from portal.web.admin.settings.frame import settings_page
from portal.web.admin.settings.logo_upload import logo_field
from portal.web.admin.settings.preview import preview, scheme_colors
from portal.web.admin.shell_state import ShellState

PART = "/branding"
LABELS = {"primary_color": "Main colour", "accent_color": "Second colour"}


class BrandingState(EditForm, AdminState):
    """Colours as they are being chosen; the logo is stored at once when it is uploaded."""

    draft: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    light: rx.Field[dict[str, str]] = rx.field(default_factory=dict)  # CSS variables of the draft
    dark: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    logo_url: str = ""
    version: str = ""  # the upload sends it along

    @admin_event(Action.BRANDING_VIEW)
    async def load(self) -> None:
        """What is stored."""
        self._take(await self._in_tenant(branding.get))

    @admin_event(Action.BRANDING_VIEW)
    async def try_color(self, name: str, color: str) -> None:
        """Show a colour in the preview; nothing is stored."""
        if name in LABELS:
            self._show_draft({**self.draft, name: color[:20]})

    @admin_event(Action.BRANDING_EDIT)
    async def save(self) -> None:
        """Store the colours."""
        await self._save(dict(self.draft))

    @admin_event(Action.BRANDING_EDIT)
    async def keep_mine(self) -> None:
        """Store what was chosen over what somebody else stored meanwhile."""
        await self._save(self._attempt, version=self._newer_version)

    @admin_event(Action.BRANDING_VIEW)
    async def take_theirs(self) -> None:
        """Forget what was chosen."""
        self._take(await self._in_tenant(branding.get))

    @admin_event(Action.BRANDING_VIEW)
    async def take_logo(self) -> None:
        """After an upload: show it, and keep the colours that are being chosen."""
        draft = dict(self.draft)
        self._take(await self._in_tenant(branding.get))
        self._show_draft(draft)
        self._say("Logo saved. It is on your site now.")

    @admin_event(Action.BRANDING_EDIT)
    async def remove_logo(self) -> None:
        """Take the logo away: the business's initial stands in its place."""
        stored = await self._store(branding.update, {"logo_url": None}, {**LABELS, "logo_url": "Logo"})
        if stored is not None:
            self._take(stored)
            self._say("Logo removed.")

    async def _save(self, changes: dict[str, Any], *, version: str = "") -> None:
        stored = await self._store(branding.update, changes, LABELS, version=version)
        if stored is not None:
            self._take(stored)
            self._say("Colours saved. They are on your site now.")

    def _take(self, stored: BrandingForm) -> None:
        values = {name: as_text(getattr(stored, name)) for name in LABELS}
        self._show_values({**values, "logo_url": stored.logo_url or "none"}, stored.version)
        self.logo_url, self.version = stored.logo_url or "", stored.version
        self._show_draft(values)

    def _show_draft(self, colors: dict[str, str]) -> None:
        self.draft = colors
        self.light, self.dark = scheme_colors(colors["primary_color"], colors["accent_color"])


LOAD = (BrandingState.load,)


def page() -> rx.Component:
    return settings_page(
        PART,
        conflict_notice(BrandingState),
        loaded(BrandingState.loaded_for == ShellState.here.id, branding_form()),
    )


def branding_form(*, label: str = "Save colours", then: Any = None) -> rx.Component:
    """Logo, colours and preview; ``then`` as for the other forms."""
    return rx.el.div(
        group(
            "Logo",
            logo_field(BrandingState),
            hint="PNG, JPEG or WebP up to 1 MB, square is best.",
        ),
        rx.el.form(
            group(
                "Colours",
                columns(_color("primary_color"), _color("accent_color")),
                hint="Text on them stays readable: where a colour is too pale or too dark, we shift it a little.",
            ),
            preview(BrandingState),
            save_bar(label=label),
            on_submit=[BrandingState.save, *([then] if then is not None else [])],
            class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )


def _color(name: str) -> rx.Component:
    """The browser's own picker, and the colour as text: each follows the other."""
    value, wiring = BrandingState.draft[name], BrandingState.try_color(name)
    control = rx.el.div(
        rx.el.input(
            type="color",
            value=value,
            on_change=wiring,
            aria_label=f"{LABELS[name]}: picker",
            class_name="h-11 w-14 shrink-0 cursor-pointer rounded-lg border border-field bg-card p-1 sm:h-10",
        ),
        rx.el.input(
            id=field_id(name),
            value=value,
            on_change=wiring,
            spell_check=False,
            max_length=7,
            aria_invalid=rx.cond(BrandingState.errors[name], "true", "false"),
            aria_describedby=f"{field_id(name)}-error",
            class_name=f"{styles.INPUT} font-mono",
        ),
        class_name="flex gap-2",
    )
    return field(name, LABELS[name], control, errors=BrandingState.errors)
