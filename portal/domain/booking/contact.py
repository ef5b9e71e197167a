"""Contact details as typed → as stored."""

from email_validator import EmailNotValidError, validate_email

from portal.core.characters import visible
from portal.core.errors import InvalidArgument
from portal.domain import phones
from portal.domain.booking.types import Contact

MAX_NAME = 120
MAX_NOTES = 1000


def normalise(name: str, email: str, phone: str | None, *, country: str) -> Contact:
    """Name trimmed, e-mail in lower case, phone as E.164 (national numbers read as of ``country``).

    Raises InvalidArgument with ``details.field``.
    """
    return Contact(clean_name(name), clean_email(email), clean_phone(phone, country=country))


def clean_name(name: str) -> str:
    cleaned = " ".join(visible(name).split())
    if not cleaned or not any(character.isalpha() for character in cleaned):
        raise InvalidArgument("Please give a name.", details={"field": "name"})
    if len(cleaned) > MAX_NAME:
        raise InvalidArgument(f"Please keep the name under {MAX_NAME} characters.", details={"field": "name"})
    return cleaned


def clean_email(email: str) -> str:
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidArgument("That e-mail address does not look right.", details={"field": "email"}) from error


def clean_phone(phone: str | None, *, country: str) -> str | None:
    """E.164, or None for an empty one."""
    if not phone or not phone.strip():
        return None
    try:
        return phones.e164(phone, country=country)
    except phones.WrongNumber as error:
        raise InvalidArgument(str(error), details={"field": "phone"}) from error


def clean_notes(notes: str | None) -> str | None:
    """Trimmed; None for an empty one. Raises InvalidArgument when too long."""
    cleaned = visible(notes or "").strip()
    if len(cleaned) > MAX_NOTES:
        raise InvalidArgument(f"Please keep the notes under {MAX_NOTES} characters.", details={"field": "notes"})
    return cleaned or None
