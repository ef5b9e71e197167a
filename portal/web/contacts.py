"""A tenant's own words and ways to reach it, made fit for a page: anything may have been typed there."""

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

import phonenumbers

from portal.domain.tenants import Profile

#: The path of a logo uploaded here.
UPLOADED: Final = re.compile(r"/v1/public/logo/(?P<digest>[0-9a-f]{64})\.(?:png|webp)")
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str | None) -> str:
    """Text with plain newlines, without control characters and without what turns the reading direction around."""
    plain = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in plain if c in "\n\t" or not (unicodedata.category(c) == "Cc" or c in _TURNING)).strip()


def web_url(url: str | None) -> str:
    """The address if it is an absolute http(s) one, else nothing: a tenant may type anything."""
    try:
        parts = urlsplit((url or "").strip())
    except ValueError:
        return ""
    return parts.geturl() if parts.scheme in {"http", "https"} and parts.netloc else ""


def logo_url(url: str | None) -> str:
    """The address of a logo: one uploaded here, by its path on every host, or one on the web; else nothing."""
    return url if url and UPLOADED.fullmatch(url) else web_url(url)


def postal_address(profile: Profile) -> tuple[str, ...]:
    """Its lines, as written on an envelope."""
    place = ", ".join(filter(None, (clean(profile.city), clean(profile.region))))
    last = " ".join(filter(None, (place, clean(profile.postal_code))))
    return tuple(filter(None, (clean(profile.address_line1), clean(profile.address_line2), last)))


def readable_phone(phone: str) -> str:
    """``(212) 555-0142`` in North America, ``+49 30 123456`` elsewhere; text that is no number as it is."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    is_nanp = number.country_code == 1
    style = phonenumbers.PhoneNumberFormat.NATIONAL if is_nanp else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)
