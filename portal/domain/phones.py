"""Phone numbers as people type them → E.164."""

import phonenumbers
from phonenumbers import PhoneNumber, ValidationResult

WRONG = "That phone number does not look right."
NO_AREA = "Please give the phone number with its area code."


class WrongNumber(ValueError):
    """What was typed is no number that could be reached; says so in a sentence."""


def e164(typed: str, *, country: str) -> str:
    """The number, read as of ``country`` (ISO 3166, two letters) unless it begins with +.

    Raises WrongNumber: too short or long for its country, without its area code, or one digit over and over. Whether a
    number is in use, nobody can tell from its digits, so new area codes pass.
    """
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException as error:
        raise WrongNumber(WRONG) from error
    found = phonenumbers.is_possible_number_with_reason(number)
    if found == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        raise WrongNumber(NO_AREA)
    if found != ValidationResult.IS_POSSIBLE or _is_one_digit(number):
        raise WrongNumber(WRONG)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_one_digit(number: PhoneNumber) -> bool:
    return len(set(phonenumbers.national_significant_number(number))) == 1
