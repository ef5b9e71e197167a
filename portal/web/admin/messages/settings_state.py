"""The state behind the settings of text messages."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

import reflex as rx

from portal.core.errors import InvalidArgument
from portal.domain import phrases
from portal.domain.admin import sms_settings
from portal.domain.admin.sms_settings import Preview, SmsSettingsForm
from portal.domain.notifications.types import Kind
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.edit_form import EditForm
from portal.web.admin.messages import settings_form
from portal.web.admin.messages.settings_form import LABELS

A2P: Final = {
    "approved": ("Approved", "good"),
    "not_needed": ("Not needed", "good"),
    "pending": ("Being checked", "brand"),
    "rejected": ("Rejected", "bad"),
    "unknown": ("Not registered", "bad"),
}
NOT_CHECKED: Final = ("Not checked yet", "neutral")
ACCOUNTS: Final = {"tenant": "Your own Twilio account", "platform": "The platform's account"}
LONGEST: Final = 2000


@dataclass(frozen=True)
class PreviewRow:
    """What becomes of a template; ``problem`` in its place when nothing does."""

    text: str = ""
    others: list[str] = field(default_factory=list)
    size: str = ""
    problem: str = ""


class MessageSettingsState(EditForm, AdminState):
    """Which messages, when, and in which words."""

    previews: rx.Field[dict[str, PreviewRow]] = rx.field(
        default_factory=lambda: {kind.value: PreviewRow() for kind in Kind}
    )
    account: str = ""
    a2p: str = ""
    a2p_kind: str = ""
    a2p_checked: str = ""

    @admin_event(Action.MESSAGES_VIEW)
    async def load(self) -> None:
        """What is stored, into the form."""
        await self._take(await self._in_tenant(sms_settings.get))

    @admin_event(Action.MESSAGES_EDIT)
    async def save(self, form: dict[str, Any]) -> None:
        """Store the form."""
        await self._save(settings_form.typed(form))

    @admin_event(Action.MESSAGES_EDIT)
    async def keep_mine(self) -> None:
        """Store what was typed over what somebody else stored meanwhile."""
        await self._save(self._attempt, version=self._newer_version)

    @admin_event(Action.MESSAGES_VIEW)
    async def take_theirs(self) -> None:
        """Forget what was typed."""
        await self._take(await self._in_tenant(sms_settings.get))

    @admin_event(Action.MESSAGES_VIEW, most=LONGEST)
    async def preview(self, kind: str, text: str) -> None:
        """Show what a template becomes while it is typed."""
        if kind not in self.previews:
            raise InvalidArgument
        self.previews = {**self.previews, kind: await self._preview(kind, text)}

    async def _save(self, changes: dict[str, Any], *, version: str = "") -> None:
        stored = await self._store(settings_form.store, changes, LABELS, version=version)
        if stored is not None:
            await self._take(stored)
            self._say("Saved. Coming reminders follow it.")

    async def _take(self, stored: SmsSettingsForm) -> None:
        values = settings_form.as_texts(asdict(stored), stored.defaults)
        self._show_values(values, stored.version)
        self.account = ACCOUNTS.get(stored.account or "", "")
        self.a2p, self.a2p_kind = A2P[stored.a2p_status] if stored.a2p_checked_at else NOT_CHECKED
        zone = await self._zone()
        self.a2p_checked = phrases.slot_label(stored.a2p_checked_at, zone) if stored.a2p_checked_at else ""
        self.previews = {kind.value: await self._preview(kind, values[f"template_{kind.value}"]) for kind in Kind}

    async def _preview(self, kind: str, text: str) -> PreviewRow:
        try:
            return _row(await self._in_tenant(sms_settings.preview, kind, text))
        except InvalidArgument as error:
            return PreviewRow(problem=error.message)


def _row(found: Preview) -> PreviewRow:
    parts = f"{found.segments} part{'' if found.segments == 1 else 's'}"
    return PreviewRow(found.text, list(found.others), f"{parts} · {found.units} characters · {found.encoding}")
