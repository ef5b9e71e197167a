"""Our webhook in a tenant's Cal.com account. Every step may be repeated: what is there is found and put right."""

import secrets
from datetime import datetime, timedelta
from typing import Final

import structlog

from portal.core import clock, db, tenant
from portal.core.errors import NotConnected, PortalError, ProviderRefused
from portal.core.settings import get_settings
from portal.domain import integrations
from portal.domain.events import Finishing
from portal.models import Tenant, TenantIntegrations
from portal.providers.calcom import CalcomClient, KeyRefused, Webhook

TRIGGERS: Final = (
    "BOOKING_CREATED",
    "BOOKING_REQUESTED",
    "BOOKING_REJECTED",
    "BOOKING_RESCHEDULED",
    "BOOKING_CANCELLED",
    "BOOKING_NO_SHOW_UPDATED",
    "BOOKING_PAYMENT_INITIATED",
    "BOOKING_PAID",
    "MEETING_ENDED",
)
CHECK_AFTER: Final = timedelta(days=1)
CONFLICT: Final = 409
PATH: Final = "/v1/webhooks/calcom"
LOOPBACK: Final = "127.0.0.1"
log = structlog.get_logger("portal.calendar")


def webhook_url(slug: str) -> str:
    """Where a tenant's events go: its address with us, which stays when its own domain changes.

    On this machine it is an address that every program finds: not all of them know ``*.localhost``.
    """
    settings = get_settings()
    if settings.is_local:
        return f"{settings.public_url(LOOPBACK)}{PATH}/{slug}"
    return settings.public_url(f"{slug}.{settings.base_domain}") + PATH


def is_due(slug: str, url: str | None, checked_at: datetime | None) -> bool:
    """Whether a registration must be looked after: never made, for another address, or not checked for a day."""
    return url != webhook_url(slug) or checked_at is None or clock.now() - checked_at >= CHECK_AFTER


def register(access: db.Access, *, finishing: Finishing) -> None:
    """Have Cal.com send this tenant's events to us, signed with our secret for it.

    Raises CalendarUnavailable, CalendarBusy, OutcomeUnknown, ProviderRefused.
    """
    try:
        client = integrations.background_calcom(access.tenant)
    except NotConnected:
        return
    with access.begin() as scope:
        url, known_id = webhook_url(_slug(scope)), _noted(scope)
    # Known to us before Cal.com signs anything with it.
    secret = _secret(access)
    try:
        hook = _put_right(client, url, secret, known_id)
    except KeyRefused:
        return  # noted where it was met
    with finishing() as scope:
        _note(scope, hook.id, url)
        if hook.id != known_id:
            scope.audit(
                "integration.calcom_webhook_registered", actor_type="system", target_type="integration",
                target_id=str(access.tenant), details={"url": url},
            )  # fmt: skip


def unregister(access: db.Access) -> None:
    """End the subscription while the key is still there; best effort: what comes after is refused anyway."""
    with access.begin() as scope:
        hook_id = _noted(scope)
    if hook_id is None:
        return
    try:
        integrations.calcom(access.tenant).delete_webhook(hook_id)
    except PortalError as error:
        log.warning("calendar_webhook_left", tenant_id=str(access.tenant), reason=error.reason)


def _put_right(client: CalcomClient, url: str, secret: str, known_id: str | None) -> Webhook:
    ours = _ours(client, url, known_id)
    if ours is None:
        try:
            return client.create_webhook(url, TRIGGERS, secret)
        except ProviderRefused as refused:
            # Made meanwhile, by an attempt of ours whose answer was lost.
            if refused.provider_status != CONFLICT or (ours := _ours(client, url, None)) is None:
                raise
    if ours.subscriber_url == url and ours.active and ours.secret == secret and set(ours.triggers) >= set(TRIGGERS):
        return ours
    return client.change_webhook(ours.id, url, TRIGGERS, secret)


def _ours(client: CalcomClient, url: str, known_id: str | None) -> Webhook | None:
    """The one for this address, else the one we made for an earlier address."""
    hooks = client.webhooks()
    by_url = next((hook for hook in hooks if hook.subscriber_url == url), None)
    return by_url or next((hook for hook in hooks if hook.id == known_id), None)


def _secret(access: db.Access) -> str:
    """The tenant's webhook secret, made and stored where there is none."""
    try:
        return integrations.calcom_webhook_secret(access.tenant)
    except NotConnected:
        pass
    made = secrets.token_urlsafe(32)
    with access.begin() as scope:
        # Two workers: the first one's secret counts.
        row = scope.session.get(TenantIntegrations, access.tenant, with_for_update=True)
        if row is not None and row.cal_webhook_secret_id is None:
            stored = integrations.store(scope, integrations.CALCOM_WEBHOOK, made)
            scope.execute(
                "update portal.tenant_integrations set cal_webhook_secret_id = :secret where tenant_id = :tenant",
                secret=stored, tenant=access.tenant,
            )  # fmt: skip
            scope.after_commit(lambda: tenant.forget(access.tenant))
    return integrations.calcom_webhook_secret(access.tenant)


def _noted(scope: db.Scope) -> str | None:
    row = scope.session.get(TenantIntegrations, scope.tenant_id)
    return row.cal_webhook_id if row else None


def _note(scope: db.Scope, hook_id: str, url: str) -> None:
    scope.execute(
        "update portal.tenant_integrations"
        " set cal_webhook_id = :hook, cal_webhook_url = :url, cal_webhook_checked_at = now() where tenant_id = :tenant",
        hook=hook_id, url=url, tenant=scope.tenant_id,
    )  # fmt: skip


def _slug(scope: db.Scope) -> str:
    found = scope.session.get(Tenant, scope.tenant_id)
    if found is None:
        raise NotConnected
    return found.slug
