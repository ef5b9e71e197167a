"""What the conversation is held to by code, whatever the model or the customer writes."""

from portal.assistant.guardrails.consent import Consent, consent_in
from portal.assistant.guardrails.context import to_model_messages
from portal.assistant.guardrails.leaks import Secrets
from portal.assistant.guardrails.links import Links
from portal.assistant.guardrails.output import OutputFilter
from portal.assistant.guardrails.questions import asks_only_for
from portal.assistant.guardrails.spoken import unsaid
from portal.assistant.guardrails.text import (
    MAX_MESSAGE_LENGTH,
    clean_message,
    neutralise,
    one_line,
    without_markup,
)

__all__ = [
    "MAX_MESSAGE_LENGTH",
    "Consent",
    "Links",
    "OutputFilter",
    "Secrets",
    "asks_only_for",
    "clean_message",
    "consent_in",
    "neutralise",
    "one_line",
    "to_model_messages",
    "unsaid",
    "without_markup",
]
