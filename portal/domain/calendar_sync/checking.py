"""Whether the calendar can still be used as it is set up here: its key, and the event types that services name."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import col, select

from portal.core import db, tenant
from portal.core.errors import NotConnected
from portal.domain import integrations, phrases
from portal.domain.events import Finishing
from portal.models import TenantIntegrations, TenantService
from portal.providers.calcom import EventType, KeyRefused

ACCEPTED = """
    update portal.tenant_integrations set cal_key_refused_at = null where tenant_id = :tenant
    and cal_key_refused_at is not null
"""
SEEN = """
    update portal.tenant_integrations set cal_event_types = cast(:lengths as jsonb), cal_event_types_at = now()
    where tenant_id = :tenant
"""
# What waited for the key is looked at by the next sweep.
WAITED = """
    update portal.proposals set lease_until = now()
    where tenant_id = :tenant and state = 'executing' and failure = 'outcome_unknown'
"""


@dataclass(frozen=True)
class Health:
    """``notices``: sentences for the owner; empty while all is well."""

    key_is_refused: bool
    notices: tuple[str, ...]


def check(access: db.Access, *, finishing: Finishing) -> None:
    """Ask with the stored key, even a refused one. Raises CalendarUnavailable, CalendarBusy, ProviderRefused."""
    try:
        client = integrations.background_calcom(access.tenant, even_if_refused=True)
        client.me()
        event_types = client.event_types()
    except (NotConnected, KeyRefused):
        return  # a refusal was noted where it was met
    with finishing() as scope:
        note_works(scope, event_types)


def note_works(scope: db.Scope, event_types: Iterable[EventType]) -> None:
    """The key is accepted, and these are the account's event types. In a worker's or an admin's scope."""
    lengths = {str(each.id): each.length_in_minutes for each in event_types}
    scope.execute(SEEN, tenant=scope.tenant_id, lengths=json.dumps(lengths))
    if not scope.execute(ACCEPTED, tenant=scope.tenant_id).rowcount:
        return
    scope.audit(
        "integration.calcom_key_accepted", actor_type="system", target_type="integration",
        target_id=str(scope.tenant_id), details={},
    )  # fmt: skip
    scope.execute(WAITED, tenant=scope.tenant_id)
    for name, dedup_key in (("register_calcom_webhook", "register"), ("reconcile_calendar", "reconcile")):
        scope.enqueue(name, dedup_key=dedup_key)
    tenant_id = scope.tenant_id
    scope.after_commit(lambda: tenant.forget(tenant_id))


def health(scope: db.Scope) -> Health:
    """How the calendar stands, in a scope that may read integrations."""
    row = scope.session.get(TenantIntegrations, scope.tenant_id)
    if row is None or row.cal_api_key_secret_id is None:
        return Health(False, ())
    if row.cal_key_refused_at is not None:
        return Health(True, (KEY_REFUSED,))
    mapped = select(TenantService).where(
        TenantService.tenant_id == scope.tenant_id,
        col(TenantService.active),
        col(TenantService.deleted_at).is_(None),
        col(TenantService.cal_event_type_id).is_not(None),
    )
    lengths = row.cal_event_types
    services = scope.session.exec(mapped.order_by(col(TenantService.sort_order))).all() if lengths is not None else []
    return Health(False, tuple(words for each in services if (words := _mismatch(each, lengths or {}))))


KEY_REFUSED = (
    "Cal.com does not accept your API key any more. Nothing can be booked, moved or cancelled online until you enter"
    " a new one under Settings, Integrations."
)


def _mismatch(service: TenantService, lengths: dict[str, int]) -> str:
    minutes = lengths.get(str(service.cal_event_type_id))
    if minutes is None:
        return f"{service.name}: its event type is not in your Cal.com account any more, so it cannot be booked."
    return length_problem(service.name, service.duration_minutes, minutes)


def length_problem(name: str, here: int, there: int) -> str:
    """Empty where both agree."""
    if here == there:
        return ""
    return (
        f"{name} takes {phrases.duration(here)} here and {phrases.duration(there)} in Cal.com."
        " Make both the same: customers are shown one and booked for the other."
    )
