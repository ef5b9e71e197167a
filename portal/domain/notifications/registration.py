"""Whether the messaging service is registered for sending to US numbers (A2P), as Twilio says."""

from datetime import timedelta
from typing import Final

import structlog

from portal.core import clock, db
from portal.core.errors import ProviderError
from portal.core.settings import get_settings
from portal.domain.notifications.accounts import Account
from portal.domain.notifications.types import Registration, SmsSettings

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


def is_stale(known: SmsSettings) -> bool:
    """Whether we never asked, or some time ago and were told that nothing may be sent."""
    asked = known.a2p_checked_at
    return not known.a2p_status.allows_sending and (asked is None or clock.now() - asked > ASKED_AGAIN_AFTER)


def try_refresh(access: db.Access, account: Account | None) -> None:
    """Ask and store if Twilio answers; else what is stored decides: nothing goes to US numbers on a guess."""
    try:
        refresh(access, account)
    except ProviderError as error:
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
