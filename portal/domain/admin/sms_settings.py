"""How a business texts its customers: which messages, how long before, not at night, and in which words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from portal.core import clock, db
from portal.core.auth import Principal
from portal.domain import hours, tenants
from portal.domain.admin import edits, fields
from portal.domain.notifications import accounts, templates
from portal.domain.notifications.templates import DEFAULTS, PLACEHOLDERS
from portal.domain.notifications.types import Kind
from portal.domain.permissions import Action, require
from portal.models import TenantSmsSettings

MOST_REMINDERS: Final = 2
LONGEST_AHEAD: Final = 168
# The version of settings that nobody has saved yet.
UNSAVED: Final = "unsaved"
# What previews greet: a name like many, and some that a template must come out right with too.
PLAIN_NAME: Final = "Maria Lopez"
HARD_NAMES: Final = ("Mary-Jane O'Brien", "प्रिया शर्मा", "J. Smith")


@dataclass(frozen=True)
class SmsSettingsForm:
    """``templates`` are the business's own words by kind; where there are none, ``defaults`` are sent.

    Quiet hours are ``HH:MM`` on the business's wall clock. ``account``: whose Twilio account sends (``tenant``,
    ``platform``), None: there is none, nothing is sent. ``a2p_status``: of its registration for US numbers.
    """

    enabled: bool
    send_confirmation: bool
    send_reminders: bool
    reminder_hours: list[int]
    quiet_hours_enabled: bool
    quiet_start: str
    quiet_end: str
    templates: dict[str, str]
    defaults: dict[str, str]
    placeholders: dict[str, str]
    account: str | None
    a2p_status: str
    a2p_checked_at: datetime | None
    version: str


@dataclass(frozen=True)
class Preview:
    """A message as a customer would get it. ``segments`` is what it is billed as, ``units`` what is counted for it.

    ``others``: the same for customers whose names are less plain, where the words speak of a name.
    """

    text: str
    encoding: str
    units: int
    segments: int
    others: tuple[str, ...] = ()


def get(principal: Principal, tenant_id: UUID) -> SmsSettingsForm:
    """Raises NotFound."""
    with require(principal, tenant_id, Action.MESSAGES_VIEW).begin() as scope:
        row = scope.session.get(TenantSmsSettings, tenant_id)
        return _form(row or _unsaved(tenant_id))


def update(principal: Principal, tenant_id: UUID, changes: Mapping[str, Any], *, version: str) -> SmsSettingsForm:
    """Change the given fields only; coming reminders follow. Raises InvalidArgument (with the field), Outdated."""
    with require(principal, tenant_id, Action.MESSAGES_EDIT).begin() as scope:
        scope.execute(
            "insert into portal.tenant_sms_settings (tenant_id) values (:tenant) on conflict do nothing",
            tenant=tenant_id,
        )
        row = edits.lock(scope, TenantSmsSettings, tenant_id)
        edits.require_version(version, _version(row), _shown(row))
        values = fields.clean(RULES, changes)
        if values.get("quiet_start", row.quiet_start) == values.get("quiet_end", row.quiet_end):
            raise fields.wrong("quiet_end", "Quiet hours must have a length; switch them off instead.")
        if edits.change(scope, row, values, action="sms_settings.updated", target_type="sms_settings"):
            scope.enqueue("replan_notifications")
        return _form(row)


def preview(principal: Principal, tenant_id: UUID, kind: str, text: str | None = None) -> Preview:
    """What a template makes of tomorrow's appointment, or the words in use. Raises InvalidArgument, NotFound."""
    access = require(principal, tenant_id, Action.MESSAGES_VIEW)
    fields.one_of(*Kind)("kind", kind)
    site = tenants.site(tenant_id)
    words = templates.check("text", text) if text is not None else _words(access, Kind(kind))
    tomorrow = clock.now().date() + timedelta(days=1)
    start = hours.at_wall_clock(tomorrow, time(16, 30), site.profile.timezone)
    service = site.services[0].name if site.services else "appointment"

    def rendered(name: str) -> templates.Rendered:
        return templates.render(words, templates.facts(site, service, start, name))

    shown = rendered(PLAIN_NAME)
    others = tuple(rendered(name).text for name in HARD_NAMES) if "{name}" in words else ()
    return Preview(shown.text, shown.size.encoding, shown.size.units, shown.size.segments, others)


# --- Fields ----------------------------------------------------------------------------------------------------------


def _reminder_hours(field: str, value: Any) -> list[int]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_REMINDERS:
        raise fields.wrong(field, "Choose one or two reminders; to send none, switch reminders off.")
    found = {fields.whole(1, LONGEST_AHEAD)(field, each) for each in value}
    return sorted(found, reverse=True)


def _clock(field: str, value: Any) -> time:
    text = value.strip() if isinstance(value, str) else ""
    if not fields.CLOCK.fullmatch(text):
        raise fields.wrong(field, "Please write times as HH:MM, for example 21:00.")
    return time.fromisoformat(text)


def _templates(field: str, value: Any) -> dict[str, str]:
    """By kind; an empty one gives ours back."""
    if not isinstance(value, Mapping) or not set(value) <= set(Kind):
        raise fields.wrong(field, f"There are messages for {', '.join(Kind)}.")
    cleaned = {
        kind: templates.check(f"{field}.{kind}", text)
        for kind, given in value.items()
        if (text := fields.line(templates.MOST_LETTERS)(f"{field}.{kind}", given))
    }
    return {kind: text for kind, text in cleaned.items() if text != DEFAULTS[Kind(kind)]}


RULES: Final[fields.Rules] = {
    "enabled": fields.flag,
    "send_confirmation": fields.flag,
    "send_reminders": fields.flag,
    "reminder_hours": _reminder_hours,
    "quiet_hours_enabled": fields.flag,
    "quiet_start": _clock,
    "quiet_end": _clock,
    "templates": _templates,
}


# --- Rows ------------------------------------------------------------------------------------------------------------


def _words(access: db.Access, kind: Kind) -> str:
    with access.begin() as scope:
        row = scope.session.get(TenantSmsSettings, scope.tenant_id)
        return templates.template(kind, row.templates if row is not None else {})


def _unsaved(tenant_id: UUID) -> TenantSmsSettings:
    return TenantSmsSettings(tenant_id=tenant_id, templates={})


def _version(row: TenantSmsSettings) -> str:
    # The registration is stored in the row too, maybe before anybody saved it; that is no change of theirs.
    return UNSAVED if row.updated_at is None or row.updated_at == row.created_at else edits.version_of(row)


def _shown(row: TenantSmsSettings) -> dict[str, Any]:
    times = {name: f"{getattr(row, name):%H:%M}" for name in ("quiet_start", "quiet_end")}
    return {name: getattr(row, name) for name in RULES} | times


def _form(row: TenantSmsSettings) -> SmsSettingsForm:
    account = accounts.find(row.tenant_id)
    return SmsSettingsForm(
        **_shown(row),
        defaults={kind.value: text for kind, text in DEFAULTS.items()},
        placeholders=dict(PLACEHOLDERS),
        account=account.owner if account else None,
        a2p_status=row.a2p_status,
        a2p_checked_at=row.a2p_checked_at,
        version=_version(row),
    )
