"""Twilio: text messages, messaging services and their registration, signatures of webhooks."""

from portal.providers.twilio.client import TwilioClient, platform_client
from portal.providers.twilio.errors import (
    CredentialsRefused,
    MessageNotFound,
    MessagingBusy,
    MessagingUnavailable,
    OptedOut,
    SenderRefused,
    UnreachablePhone,
)
from portal.providers.twilio.shapes import A2pStatus, Account, Message, MessageStatus, Service

__all__ = [
    "A2pStatus",
    "Account",
    "CredentialsRefused",
    "Message",
    "MessageNotFound",
    "MessageStatus",
    "MessagingBusy",
    "MessagingUnavailable",
    "OptedOut",
    "SenderRefused",
    "Service",
    "TwilioClient",
    "UnreachablePhone",
    "platform_client",
]
