"""Whether the messaging service is registered for sending to US numbers (A2P), as Twilio says."""

from datetime import timedelta
from typing import Final

import structlog

from portal.core import clock, db
from portal.core.errors import ProviderError
from portal.core.settings import get_settings
from portal.domain.notifications import settings
from portal.domain.notifications.accounts import Account
from portal.domain.notifications.types import Registration

# How soon an unfavourable answer is asked for again.
ASKED_AGAIN_AFTER: Final = timedelta(hours=1)
ANSWERS_PATH: Final = "/v1/webhooks/twilio/inbound"
STORE: Final = """
    insert into portal.tenant_sms_settings (tenant_id, a2p_status, a2p_checked_at)
    values (:tenant, :status, :now)
    on conflict (tenant_id) do update set a2p_status = excluded.a2p_status, a2p_checked_at = excluded.a2p_checked_at
"""
log = structlog.get_logger("portal.notifications")


def refresh(access: db.Access, account: Account | None) -> Registration:
    """Ask and store. Raises ProviderUnavailable, ProviderRefused."""
    status = Registration(account.client.a2p_status()) if account else Registration.UNKNOWN
    with access.begin() as scope:
        scope.execute(STORE, tenant=scope.tenant_id, status=status, now=clock.now())
    return status


def refresh_if_unknown(access: db.Access, account: Account | None) -> None:
    """Before a message: ask where we never did, or did some time ago and were told that nothing may be sent."""
    with access.begin() as scope:
        known = settings.load(scope)
    is_fresh = known.a2p_checked_at is not None and clock.now() - known.a2p_checked_at < ASKED_AGAIN_AFTER
    if account is None or known.a2p_status.allows_sending or is_fresh:
        return
    try:
        refresh(access, account)
    except ProviderError as error:
        # What is stored decides: nothing goes to US numbers on a guess.
        log.warning("registration_not_known", reason=error.reason)


def hear_answers(account: Account | None) -> None:
    """Have answers to the platform's own messages told to us, unless they go somewhere else on purpose."""
    if account is None:
        return
    config = get_settings()
    try:
        if not account.client.service().inbound_request_url:
            account.client.receive_at(config.public_url(config.base_domain) + ANSWERS_PATH)
    except ProviderError as error:
        log.warning("answers_not_heard", reason=error.reason)
