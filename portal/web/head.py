"""What a tenant's pages carry at the end of their head: colours, previews, structured data, icon."""

import html
import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from portal.domain.phrases import DECIMALS
from portal.domain.tenants import Profile, Service, Site
from portal.web import preview
from portal.web.colors import DARK, LIGHT, Surfaces, brand_colors
from portal.web.prerendered import Row, script_safe

SCHEMA_TYPES: Final = {
    "salon": "HairSalon",
    "dental": "Dentist",
    "fitness": "ExerciseGym",
    "home_services": "HomeAndConstructionBusiness",
}
_DAYS: Final = {"mon": "Mo", "tue": "Tu", "wed": "We", "thu": "Th", "fri": "Fr", "sat": "Sa", "sun": "Su"}


@dataclass(frozen=True)
class Address:
    """Where a page is to be found: ``origin`` without a final slash, and the path."""

    origin: str
    path: str = "/"

    @property
    def url(self) -> str:
        return self.origin + self.path


def head_markup(site: Site, scalars: Row) -> str:
    """Elements for the end of the head. They stand there untouched when React takes the page over."""
    primary, accent = site.branding.primary_color, site.branding.accent_color
    light = brand_colors(primary, accent, LIGHT)
    dark = brand_colors(primary, accent, DARK)
    properties = {
        "og:type": "website",
        "og:site_name": scalars["name"],
        "og:title": scalars["title"],
        "og:description": scalars["description"],
        "og:url": f"{site.url}/",
        # Of the og:image that stands before, in the head as built.
        "og:image:type": "image/png",
        "og:image:width": str(preview.WIDTH),
        "og:image:height": str(preview.HEIGHT),
        "og:image:alt": f"{scalars['name']}: book online",
        "twitter:card": "summary_large_image",
    }
    return "".join(
        (
            f"<style>{color_rules(primary, accent)}</style>",
            f'<meta name="theme-color" media="(prefers-color-scheme: light)" content="{light.brand}"/>',
            f'<meta name="theme-color" media="(prefers-color-scheme: dark)" content="{dark.brand}"/>',
            *(f'<meta property="{name}" content="{html.escape(text)}"/>' for name, text in properties.items()),
            f'<link rel="icon" href="{html.escape(scalars["icon"])}"/>',
            f'<script type="application/ld+json">{script_safe(json.dumps(local_business(site, scalars)))}</script>',
        )
    )


def page_markup(address: Address, *, is_private: bool, title: str | None) -> str:
    """What differs from page to page of one site: its canonical address or that it is not to be found by search.

    ``title`` is for pages built without one, which the browser puts together.
    """
    canonical = f'<link rel="canonical" href="{html.escape(address.url)}"/>'
    found = '<meta name="robots" content="noindex"/>' if is_private else canonical
    return found if title is None else f"<title>{html.escape(title)}</title>{found}"


def color_rules(primary: str, accent: str) -> str:
    """CSS variables by role for light and dark. ``html:root`` outweighs whatever the build says of ``:root``."""
    light, dark = _variables(primary, accent, LIGHT), _variables(primary, accent, DARK)
    return f"html:root{{{light}}}@media (prefers-color-scheme:dark){{html:root{{{dark}}}}}"


def local_business(site: Site, scalars: Row) -> dict[str, Any]:
    """The business for search engines (schema.org)."""
    profile = site.profile
    data = {
        "@context": "https://schema.org",
        "@type": ["LocalBusiness", *filter(None, (SCHEMA_TYPES.get(site.vertical),))],
        "@id": f"{site.url}/#business",
        "name": scalars["name"],
        "description": scalars["description"],
        "url": f"{site.url}/",
        "image": scalars["og_image"],
        "telephone": profile.phone,
        "email": profile.email,
        "address": _postal_address(profile),
        "openingHours": opening_hours(profile),
        "makesOffer": [_offer(service) for service in site.services],
        "potentialAction": {"@type": "ReserveAction", "target": f"{site.url}/book"},
    }
    return {key: value for key, value in data.items() if value}


def opening_hours(profile: Profile) -> list[str]:
    """``["Mo 09:00-18:00", …]``."""
    return [
        f"{_DAYS[day]} {opens}-{closes}" for day in _DAYS for opens, closes in profile.business_hours.get(day) or ()
    ]


def icon_svg(initial: str, primary: str) -> str:
    """A square in the brand's colour with the business's initial."""
    colors = brand_colors(primary, primary, LIGHT)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="16" fill="{colors.brand}"/>'
        f'<text x="32" y="34" fill="{colors.on_brand}" font-family="system-ui,sans-serif" font-size="36" '
        f'font-weight="600" text-anchor="middle" dominant-baseline="central">{html.escape(initial)}</text></svg>'
    )


def _variables(primary: str, accent: str, surfaces: Surfaces) -> str:
    roles = {**asdict(surfaces), **asdict(brand_colors(primary, accent, surfaces))}
    return "".join(f"--{role.replace('_', '-')}:{color};" for role, color in roles.items())


def _postal_address(profile: Profile) -> dict[str, str]:
    street = ", ".join(filter(None, (profile.address_line1, profile.address_line2)))
    fields = {
        "streetAddress": street,
        "addressLocality": profile.city,
        "addressRegion": profile.region,
        "postalCode": profile.postal_code,
        "addressCountry": profile.country,
    }
    known = {name: text for name, text in fields.items() if text}
    return {"@type": "PostalAddress", **known} if street or profile.city else {}


def _offer(service: Service) -> dict[str, Any]:
    offer: dict[str, Any] = {"@type": "Offer", "itemOffered": {"@type": "Service", "name": service.name}}
    if service.price_cents is not None:
        decimals = DECIMALS.get(service.currency, 2)
        offer |= {
            "price": f"{service.price_cents / 10**decimals:.{decimals}f}",
            "priceCurrency": service.currency,
        }
    return offer
