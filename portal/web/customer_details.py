"""The customer's details: what the form sends, and what is wrong with it, field by field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.core.errors import InvalidArgument
from portal.domain.booking import contact

LIMITS = {"name": 120, "email": 254, "phone": 32, "notes": 1000}
NO_ERRORS = dict.fromkeys((*LIMITS, "consent_sms"), "")
MISSING = {"name": "Please enter your name.", "email": "Please enter your e-mail address."}
CONSENT_WITHOUT_PHONE = "Please add a phone number to get text messages."


@dataclass(frozen=True)
class Details:
    """Texts as typed, trimmed."""

    name: str = ""
    email: str = ""
    phone: str = ""
    notes: str = ""
    consent_sms: bool = False

    def errors(self, country: str) -> dict[str, str]:
        """A sentence for every field, empty where it is fine. National phone numbers are of ``country`` (ISO 3166)."""
        found = {field: field_error(field, getattr(self, field), country) for field in LIMITS}
        consent = CONSENT_WITHOUT_PHONE if self.consent_sms and not self.phone else ""
        return {**found, "consent_sms": consent}


def from_form(form: Mapping[str, Any]) -> Details:
    """The fields of a submitted form; anything that is not what our page sends counts as empty."""
    texts = {field: field_text(field, form.get(field)) for field in LIMITS}
    return Details(**texts, consent_sms=form.get("consent_sms") in (True, "on", "true"))


def field_text(field: str, value: object) -> str:
    """A field's text, trimmed; cut a little above its limit, so that the check still sees that it is too long."""
    return value.strip()[: LIMITS[field] + 1] if isinstance(value, str) else ""


def field_error(field: str, text: str, country: str) -> str:
    """What is wrong with one field, as a sentence; empty when nothing is."""
    if not text:
        return MISSING.get(field, "")
    checks: dict[str, Callable[[], object]] = {
        "name": lambda: contact.clean_name(text),
        "email": lambda: contact.clean_email(text),
        "phone": lambda: contact.clean_phone(text, country=country),
        "notes": lambda: contact.clean_notes(text),
    }
    try:
        checks[field]()
    except InvalidArgument as error:
        return error.message
    return ""
