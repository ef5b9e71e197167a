"""Whose Twilio account sends a business's messages: its own, or the platform's."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from portal.core.settings import get_settings
from portal.domain import integrations
from portal.providers.twilio import TwilioClient, platform_client

Owner = Literal["tenant", "platform"]


@dataclass(frozen=True)
class Account:
    """A Twilio account with a messaging service, whose numbers send."""

    owner: Owner
    client: TwilioClient = field(repr=False)


def find(tenant_id: UUID) -> Account | None:
    """The tenant's own account, else the platform's; None where there is none, or only one without a service."""
    own = integrations.twilio_account(tenant_id)
    if own is not None:
        client = TwilioClient(own.sid, own.auth_token, own.messaging_service_sid)
        return Account("tenant", client) if own.messaging_service_sid else None
    return platform()


def platform() -> Account | None:
    shared = platform_client()
    return Account("platform", shared) if shared is not None and shared.messaging_service_sid else None


def is_platform(account_sid: str) -> bool:
    return bool(account_sid) and account_sid == get_settings().twilio_account_sid
