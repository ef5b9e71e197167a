"""The business's accounts at providers. A key goes in and never comes out: only who stored it, and when."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from portal.core import clock, db
from portal.core.auth import Principal
from portal.core.errors import InvalidArgument, NotConnected, ProviderRefused
from portal.domain import calendar_sync, integrations, tenants
from portal.domain.admin import edits, fields, people, services
from portal.domain.permissions import Action, require
from portal.models import TenantIntegrations, TenantService
from portal.providers.calcom import CalcomClient, EventType, KeyRefused
from portal.providers.twilio import CredentialsRefused, MessageNotFound, Service, TwilioClient

KEY: Final = re.compile(r"[\x21-\x7e]{8,200}")
ACCOUNT_SID: Final = re.compile(r"AC[0-9a-f]{32}")
AUTH_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
SERVICE_SID: Final = re.compile(r"MG[0-9a-f]{32}")
INBOUND_PATH: Final = "/v1/webhooks/twilio/inbound"
# What a key removed takes along.
CALCOM: Final = (
    "cal_api_key_secret_id", "cal_api_key_set_at", "cal_api_key_set_by", "cal_webhook_secret_id", "cal_webhook_id",
    "cal_webhook_url", "cal_webhook_checked_at", "cal_reconciled_at", "cal_key_refused_at", "cal_event_types",
    "cal_event_types_at",
)  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """Whether a secret is there; never the secret. ``set_by`` is a name; None for what the system stored."""

    is_set: bool
    set_at: datetime | None
    set_by: str | None


@dataclass(frozen=True)
class IntegrationsForm:
    """``stripe_status`` is the subscription's, as Stripe last said."""

    calcom: Stored
    twilio: Stored
    twilio_messaging_service_sid: str | None
    stripe_status: str | None
    version: str


@dataclass(frozen=True)
class CalcomAccount:
    """Whose key it is, and what can be booked there, hidden event types included: they are booked like others."""

    username: str
    email: str
    timezone: str
    event_types: tuple[EventType, ...]


@dataclass(frozen=True)
class EventTypeMapping:
    """A service is booked as this event type (None: not yet); ``version`` is the service's."""

    service_id: UUID
    event_type_id: int | None
    version: str


def get(principal: Principal, tenant_id: UUID) -> IntegrationsForm:
    """Raises NotFound, Forbidden."""
    with require(principal, tenant_id, Action.INTEGRATIONS_VIEW).begin() as scope:
        return _form(scope, edits.existing(scope.session.get(TenantIntegrations, tenant_id)))


# --- Cal.com ---------------------------------------------------------------------------------------------------------


def set_calcom_key(principal: Principal, tenant_id: UUID, api_key: str, *, version: str) -> IntegrationsForm:
    """Store a key that Cal.com accepts now.

    Raises InvalidArgument when it does not, CalendarUnavailable or CalendarBusy when it cannot be asked, Outdated.
    """
    access = require(principal, tenant_id, Action.INTEGRATIONS_EDIT)
    key = _secret("api_key", api_key, KEY, "That does not look like a Cal.com API key.")
    seen = {
        "cal_event_types": {str(each.id): each.length_in_minutes for each in _ask(CalcomClient(key)).event_types},
        "cal_event_types_at": clock.now(),
    }
    _end_webhook(access, version)
    with access.begin() as scope:
        row = _locked(scope, version)
        replaced = row.cal_api_key_secret_id
        values = {
            "cal_api_key_secret_id": integrations.store(scope, integrations.CALCOM_KEY, key),
            "cal_api_key_set_at": clock.now(),
            "cal_api_key_set_by": principal.user_id,
            "cal_webhook_url": None,
            "cal_reconciled_at": None,
            "cal_key_refused_at": None,
            **seen,
        }
        edits.write(scope, row, values)
        _discard(scope, replaced)
        _record(scope, "integration.calcom_key_set", replaced=replaced is not None)
        for name, dedup_key in (("register_calcom_webhook", "register"), ("reconcile_calendar", "reconcile")):
            scope.enqueue(name, dedup_key=dedup_key)
        return _form(scope, row)


def remove_calcom_key(principal: Principal, tenant_id: UUID, *, version: str) -> IntegrationsForm:
    """Forget the key: nothing can be booked until there is another. Raises Outdated."""
    access = require(principal, tenant_id, Action.INTEGRATIONS_EDIT)
    _end_webhook(access, version)
    with access.begin() as scope:
        row = _locked(scope, version)
        if row.cal_api_key_secret_id is not None:
            _discard(scope, row.cal_api_key_secret_id, row.cal_webhook_secret_id)
            edits.write(scope, row, dict.fromkeys(CALCOM))
            _record(scope, "integration.calcom_key_removed")
        return _form(scope, row)


def calcom_account(principal: Principal, tenant_id: UUID) -> CalcomAccount:
    """Ask Cal.com with the stored key.

    Raises NotConnected without a key, InvalidArgument when it is no longer accepted, CalendarUnavailable, CalendarBusy.
    """
    require(principal, tenant_id, Action.INTEGRATIONS_VIEW)
    account = _ask(integrations.calcom_to_check(tenant_id))
    with db.worker(tenant_id).begin() as scope:
        calendar_sync.note_works(scope, account.event_types)
    return account


def map_event_types(principal: Principal, tenant_id: UUID, mappings: Sequence[EventTypeMapping]) -> None:
    """Say which event type books which service: all of them or none.

    Raises InvalidArgument for an event type the account does not have or one of another length than the service,
    NotFound, Outdated, and as :func:`calcom_account`.
    """
    access = require(principal, tenant_id, Action.INTEGRATIONS_EDIT)
    fields.ids("service_id", [mapping.service_id for mapping in mappings])
    known = {each.id: each for each in calcom_account(principal, tenant_id).event_types}
    if any(mapping.event_type_id not in known for mapping in mappings if mapping.event_type_id is not None):
        raise fields.wrong("event_type_id", "The Cal.com account has no such event type.")
    with access.begin() as scope:
        for mapping in mappings:
            row = services.CATALOG.locked(scope, mapping.service_id, mapping.version)
            if mapping.event_type_id is not None and mapping.event_type_id != row.cal_event_type_id:
                _require_same_length(row, known[mapping.event_type_id])
            services.CATALOG.write(scope, row, {"cal_event_type_id": mapping.event_type_id})


def _require_same_length(service: TenantService, event_type: EventType) -> None:
    """Where they differ already, the home page says so: a mapping that stays is not refused for it."""
    words = calendar_sync.length_problem(service.name, service.duration_minutes, event_type.length_in_minutes)
    if words:
        raise fields.wrong("event_type_id", words)


def _end_webhook(access: db.Access, version: str) -> None:
    """While its key is still there, and with no transaction open around the call."""
    with access.begin() as scope:
        _locked(scope, version)
    calendar_sync.unregister(db.worker(access.tenant))


def _ask(client: CalcomClient) -> CalcomAccount:
    try:
        account, event_types = client.me(), client.event_types()
    except KeyRefused:
        raise InvalidArgument("Cal.com does not accept this key.", details={"field": "api_key"}) from None
    except ProviderRefused as error:
        raise NotConnected("Cal.com refused the request.") from error
    shown = sorted(event_types, key=lambda each: (each.title.casefold(), each.id))
    return CalcomAccount(account.username, account.email, account.time_zone, tuple(shown))


# --- Twilio ----------------------------------------------------------------------------------------------------------


def set_twilio(
    principal: Principal,
    tenant_id: UUID,
    *,
    account_sid: str,
    auth_token: str,
    messaging_service_sid: str | None,
    version: str,
) -> IntegrationsForm:
    """Store the account that sends this business's text messages, once Twilio accepts it now.

    Where no messaging service is named, the account's only one is taken. Where answers to the service's messages go
    nowhere yet, they are told to this business's site from now on.

    Raises InvalidArgument (with the field), MessagingUnavailable or MessagingBusy when Twilio cannot be asked,
    Outdated.
    """
    access = require(principal, tenant_id, Action.INTEGRATIONS_EDIT)
    sid = _secret("account_sid", account_sid, ACCOUNT_SID, "A Twilio account SID is AC and 32 hexadecimal digits.")
    token = _secret("auth_token", auth_token, AUTH_TOKEN, "A Twilio auth token is 32 hexadecimal digits.")
    service = (
        _secret("messaging_service_sid", messaging_service_sid, SERVICE_SID, "This is MG and 32 hexadecimal digits.")
        if messaging_service_sid
        else None
    )
    service = _tried(sid, token, service, tenants.site(tenant_id).url + INBOUND_PATH)
    with access.begin() as scope:
        row = _locked(scope, version)
        replaced = (row.twilio_account_sid_secret_id, row.twilio_auth_token_secret_id)
        values = {
            "twilio_account_sid_secret_id": integrations.store(scope, integrations.TWILIO_SID, sid),
            "twilio_auth_token_secret_id": integrations.store(scope, integrations.TWILIO_TOKEN, token),
            "twilio_messaging_service_sid": service,
            "twilio_set_at": clock.now(),
            "twilio_set_by": principal.user_id,
        }
        edits.write(scope, row, values)
        _discard(scope, *replaced)
        _record(scope, "integration.twilio_set", replaced=replaced[0] is not None)
        scope.enqueue("check_registration", dedup_key="daily")
        scope.enqueue("check_registration")
        return _form(scope, row)


def remove_twilio(principal: Principal, tenant_id: UUID, *, version: str) -> IntegrationsForm:
    """Forget the account: no text messages are sent. Raises Outdated."""
    with require(principal, tenant_id, Action.INTEGRATIONS_EDIT).begin() as scope:
        row = _locked(scope, version)
        if row.twilio_account_sid_secret_id is not None:
            _discard(scope, row.twilio_account_sid_secret_id, row.twilio_auth_token_secret_id)
            edits.write(scope, row, dict.fromkeys(name for name in TenantIntegrations.model_fields if "twilio" in name))
            _record(scope, "integration.twilio_removed")
            scope.enqueue("check_registration", dedup_key="daily")
            scope.enqueue("check_registration")
        return _form(scope, row)


def _tried(sid: str, token: str, service_sid: str | None, inbound_url: str) -> str:
    """The messaging service that works with these credentials."""
    try:
        account = TwilioClient(sid, token).account()
    except CredentialsRefused:
        raise fields.wrong("auth_token", "Twilio does not accept this account SID with this token.") from None
    if account.status != "active":
        raise fields.wrong("account_sid", "This Twilio account is not active.")
    try:
        service = TwilioClient(sid, token, service_sid).service() if service_sid else _only_service(sid, token)
    except MessageNotFound:
        raise fields.wrong("messaging_service_sid", "The account has no such messaging service.") from None
    if not service.inbound_request_url:
        TwilioClient(sid, token, service.sid).receive_at(inbound_url)
    return service.sid


def _only_service(sid: str, token: str) -> Service:
    services = TwilioClient(sid, token).services()
    if not services:
        raise fields.wrong("messaging_service_sid", "The account has no messaging service: make one at Twilio.")
    if len(services) > 1:
        raise fields.wrong("messaging_service_sid", "The account has several messaging services: name one of them.")
    return services[0]


# --- Inside a transaction --------------------------------------------------------------------------------------------


def _locked(scope: db.Scope, version: str) -> TenantIntegrations:
    row = edits.lock(scope, TenantIntegrations, scope.tenant_id)
    current = {"calcom_is_set": row.cal_api_key_secret_id is not None}
    current["twilio_is_set"] = row.twilio_account_sid_secret_id is not None
    edits.require_version(version, edits.version_of(row), current)
    return row


def _discard(scope: db.Scope, *secret_ids: UUID | None) -> None:
    for secret_id in secret_ids:
        if secret_id is not None:
            scope.execute("select portal.discard_secret(:id)", id=secret_id)


def _record(scope: db.Scope, action: str, **details: Any) -> None:
    edits.record(scope, action, "integration", scope.tenant_id, details)


def _secret(field: str, value: Any, form: re.Pattern[str], sentence: str) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not form.fullmatch(text):
        raise fields.wrong(field, sentence)
    return text


def _form(scope: db.Scope, row: TenantIntegrations) -> IntegrationsForm:
    names = people.names(scope, (row.cal_api_key_set_by, row.twilio_set_by))
    return IntegrationsForm(
        calcom=_stored(row.cal_api_key_secret_id, row.cal_api_key_set_at, names.get(row.cal_api_key_set_by)),
        twilio=_stored(row.twilio_account_sid_secret_id, row.twilio_set_at, names.get(row.twilio_set_by)),
        twilio_messaging_service_sid=row.twilio_messaging_service_sid,
        stripe_status=row.stripe_status,
        version=edits.version_of(row),
    )


def _stored(secret_id: UUID | None, set_at: datetime | None, set_by: str | None) -> Stored:
    return Stored(True, set_at, set_by) if secret_id is not None else Stored(False, None, None)
