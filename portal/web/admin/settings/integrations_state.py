"""A business's accounts at providers. Keys pass through handlers into the vault and are never kept here."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import reflex as rx

from portal.core.errors import InvalidArgument, PortalError
from portal.domain import phrases
from portal.domain.admin import integrations, services
from portal.domain.admin.integrations import CalcomAccount, EventTypeMapping, IntegrationsForm, Stored
from portal.domain.admin.services import ServiceForm
from portal.domain.permissions import Action
from portal.providers.calcom import EventType
from portal.web.admin.base_state import AdminState, admin_event

TWILIO_FIELDS = ("account_sid", "auth_token", "messaging_service_sid")
NO_ERRORS = dict.fromkeys(("api_key", *TWILIO_FIELDS), "")


@dataclass(frozen=True)
class EventTypeChoice:
    id: str = ""
    label: str = ""


@dataclass(frozen=True)
class MappingRow:
    """A service and the event type that books it; ``chosen`` may be only our suggestion."""

    id: str = ""
    name: str = ""
    facts: str = ""
    chosen: str = ""
    is_suggested: bool = False


class IntegrationsState(AdminState):
    """What is connected, since when and by whom; never a key."""

    calcom_set: str = ""  # "Set on Nov 22, 2026 by …", or empty
    twilio_set: str = ""
    messaging_service_sid: str = ""
    account: str = ""
    choices: rx.Field[list[EventTypeChoice]] = rx.field(default_factory=list)
    rows: rx.Field[list[MappingRow]] = rx.field(default_factory=list)
    errors: dict[str, str] = NO_ERRORS
    calendar_problem: str = ""
    is_asking: bool = False
    is_trying: bool = False
    removing: str = ""  # calcom | twilio
    form_key: str = ""
    loaded_for: str = ""

    _version: str = ""
    _versions: rx.Field[dict[str, str]] = rx.field(default_factory=dict)

    @admin_event(Action.INTEGRATIONS_VIEW)
    async def load(self) -> Any:
        """What is stored; then Cal.com is asked, as that may take a moment."""
        self.errors, self.calendar_problem, self.removing = NO_ERRORS, "", ""
        await self._take(await self._in_tenant(integrations.get))
        self.loaded_for = str(self._tenant())
        if not self.calcom_set:
            self._forget_account()
            return None
        return IntegrationsState.ask_calendar

    @admin_event(Action.INTEGRATIONS_EDIT)
    async def save_calcom(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Try the key at Cal.com, and keep it when it works."""
        self.errors, self.calendar_problem, self.is_asking = NO_ERRORS, "", True
        yield
        try:
            key = str(form.get("api_key", ""))
            await self._take(await self._in_tenant(integrations.set_calcom_key, key, version=self._version))
        except InvalidArgument as error:
            self.errors = {**NO_ERRORS, "api_key": error.message}
            self._focus("field-api_key")
            return
        finally:
            self.is_asking = False
        self._say("Cal.com is connected.")
        yield IntegrationsState.ask_calendar

    @admin_event(Action.INTEGRATIONS_VIEW)
    async def ask_calendar(self) -> AsyncIterator[Any]:
        """Whose account it is, and what can be booked there."""
        self.is_asking, self.calendar_problem = True, ""
        yield
        try:
            account = await self._in_tenant(integrations.calcom_account)
        except PortalError as error:
            self._forget_account()
            self.calendar_problem = error.message
            return
        finally:
            self.is_asking = False
        await self._show_account(account)

    @admin_event(Action.INTEGRATIONS_EDIT)
    async def save_mapping(self, form: dict[str, Any]) -> None:
        """Which event type books which service."""
        mappings = [
            EventTypeMapping(UUID(row.id), _number(form.get(f"map-{row.id}", "")), self._versions[row.id])
            for row in self.rows
        ]
        await self._in_tenant(integrations.map_event_types, mappings)
        await self._show_account(await self._in_tenant(integrations.calcom_account))
        self._say("Saved. These services can be booked now.")

    @admin_event(Action.INTEGRATIONS_EDIT)
    async def save_twilio(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Try the account that sends text messages, and keep it when it works."""
        self.errors, self.is_trying = NO_ERRORS, True
        yield
        given = {name: str(form.get(name, "")).strip() for name in TWILIO_FIELDS}
        sid = given.pop("messaging_service_sid") or None
        try:
            stored = await self._in_tenant(
                integrations.set_twilio, **given, messaging_service_sid=sid, version=self._version
            )
        except InvalidArgument as error:
            name = str(error.details.get("field", ""))
            if name not in NO_ERRORS:
                raise
            self.errors = {**NO_ERRORS, name: error.message}
            self._focus(f"field-{name}")
            return
        finally:
            self.is_trying = False
        await self._take(stored)
        self._say("Twilio is connected.")

    @admin_event(Action.INTEGRATIONS_EDIT)
    async def ask_to_remove(self, which: str) -> None:
        """Ask before a key is forgotten; an empty name closes the question."""
        self.removing = which if which in ("calcom", "twilio") else ""

    @admin_event(Action.INTEGRATIONS_EDIT)
    async def remove(self) -> None:
        """Forget the key that was asked about."""
        acts = {"calcom": integrations.remove_calcom_key, "twilio": integrations.remove_twilio}
        which, self.removing = self.removing, ""
        if which not in acts:
            return
        await self._take(await self._in_tenant(acts[which], version=self._version))
        if which == "calcom":
            self._forget_account()
        self._say("The key is gone.")

    # --- inside ----------------------------------------------------------------------------------------------------

    async def _take(self, stored: IntegrationsForm) -> None:
        zone = await self._zone()
        self._version = self.form_key = stored.version
        self.calcom_set, self.twilio_set = _words(stored.calcom, zone), _words(stored.twilio, zone)
        self.messaging_service_sid = stored.twilio_messaging_service_sid or ""

    async def _show_account(self, account: CalcomAccount) -> None:
        listing = await self._in_tenant(services.list_services)
        self.account = f"{account.username} · {account.timezone}"
        self.choices = [EventTypeChoice(str(each.id), _label(each)) for each in account.event_types]
        self.rows = [_row(service, account) for service in listing.items]
        self._versions = {str(service.id): service.version for service in listing.items}

    def _forget_account(self) -> None:
        self.account, self.choices, self.rows, self._versions = "", [], [], {}


def _row(service: ServiceForm, account: CalcomAccount) -> MappingRow:
    known = {each.id for each in account.event_types}
    stored = service.cal_event_type_id if service.cal_event_type_id in known else None
    chosen = stored or _suggestion(service, account)
    facts = phrases.duration(service.duration_minutes) + ("" if service.active else " · hidden")
    there = next((each.length_in_minutes for each in account.event_types if each.id == stored), None)
    if there is not None and there != service.duration_minutes:
        facts += f" · takes {phrases.duration(there)} in Cal.com: make both the same"
    return MappingRow(str(service.id), service.name, facts, str(chosen or ""), chosen is not None and stored is None)


def _suggestion(service: ServiceForm, account: CalcomAccount) -> int | None:
    """Of those of the same length the one of the same name, else the only one."""
    fitting = [each for each in account.event_types if each.length_in_minutes == service.duration_minutes]
    named = [each for each in fitting if each.title.casefold() == service.name.casefold()]
    return named[0].id if named else fitting[0].id if len(fitting) == 1 else None


def _label(event_type: EventType) -> str:
    hidden = ", hidden there" if event_type.hidden else ""
    return f"{event_type.title} ({phrases.duration(event_type.length_in_minutes)}{hidden})"


def _words(stored: Stored, zone: str) -> str:
    if not stored.is_set:
        return ""
    by = f" by {stored.set_by}" if stored.set_by else ""
    return f"Set{_day(stored.set_at, zone)}{by}" if stored.set_at else "Set up by the platform"


def _day(moment: datetime | None, zone: str) -> str:
    return f" on {moment.astimezone(ZoneInfo(zone)):%b %d, %Y}" if moment else ""


def _number(text: object) -> int | None:
    shown = str(text)
    if shown and not (shown.isascii() and shown.isdigit() and len(shown) < 11):
        raise InvalidArgument
    return int(shown) if shown else None
