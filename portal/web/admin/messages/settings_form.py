"""How a business texts, as a form of texts: between the inputs and the domain's values."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from portal.core.auth import Principal
from portal.core.errors import InvalidArgument
from portal.domain.admin import sms_settings
from portal.domain.admin.edits import Outdated
from portal.domain.admin.sms_settings import SmsSettingsForm
from portal.domain.notifications.types import Kind
from portal.web.admin.messages.rows import KINDS

FLAGS: Final = {
    "enabled": "Send text messages",
    "send_confirmation": "Confirm bookings, moves and cancellations",
    "send_reminders": "Remind of appointments",
    "quiet_hours_enabled": "No reminders at night",
}
LABELS: Final = {
    **FLAGS,
    "reminder_hours": "Hours before the appointment",
    "quiet_start": "Night begins",
    "quiet_end": "Night ends",
    **{f"template_{kind.value}": name for kind, name in KINDS.items()},
}
ON, OFF = "on", ""


def as_texts(stored: Mapping[str, Any], defaults: Mapping[str, str]) -> dict[str, str]:
    """Stored values as the inputs show them."""
    own = stored.get("templates") or {}
    return {
        **{name: ON if stored[name] else OFF for name in FLAGS},
        "reminder_hours": ", ".join(map(str, stored["reminder_hours"])),
        "quiet_start": stored["quiet_start"],
        "quiet_end": stored["quiet_end"],
        **{f"template_{kind.value}": own.get(kind.value) or defaults[kind.value] for kind in Kind},
    }


def typed(form: Mapping[str, Any]) -> dict[str, str]:
    """What the browser sent, by field; a box that is not ticked is not sent."""
    return {name: ON if form.get(name) else OFF for name in FLAGS} | {
        name: str(form[name]) for name in LABELS if name not in FLAGS and name in form
    }


def store(principal: Principal, tenant_id: UUID, changes: Mapping[str, str], *, version: str) -> SmsSettingsForm:
    """Save changed texts. Raises as ``sms_settings.update``, with the names of this form."""
    known = sms_settings.get(principal, tenant_id)
    try:
        return sms_settings.update(principal, tenant_id, _values(changes, known.templates), version=version)
    except Outdated as error:
        current = as_texts(error.details["current"], known.defaults)
        raise Outdated(details=error.details | {"current": current}) from None
    except InvalidArgument as error:
        field = str(error.details.get("field", "")).replace("templates.", "template_")
        raise InvalidArgument(error.message, details={"field": field}) from None


def _values(changes: Mapping[str, str], own: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    words = dict(own)
    for name, text in changes.items():
        if name in FLAGS:
            values[name] = text == ON
        elif name == "reminder_hours":
            values[name] = [_hour(part) for part in text.split(",") if part.strip()]
        elif name.startswith("template_"):
            words[name.removeprefix("template_")] = text
            values["templates"] = words
        else:
            values[name] = text
    return values


def _hour(text: str) -> Any:
    """A whole number; anything else as it is, for the domain to refuse."""
    shown = text.strip()
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 5 else shown
