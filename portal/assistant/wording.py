"""A business's facts in words, the same in the prompt and in the tools' answers."""

from portal.domain import phrases
from portal.domain.tenants import Profile, Service


def address(profile: Profile) -> str:
    """The postal address in one line, empty when there is none."""
    town = " ".join(part for part in (profile.region, profile.postal_code) if part)
    parts = (profile.address_line1, profile.address_line2, profile.city, town)
    return ", ".join(part for part in parts if part)


def price(service: Service) -> str:
    """The price in words."""
    return "price on request" if service.price_cents is None else phrases.money(service.price_cents, service.currency)
