"""What hosts without an open site answer: no script, nothing of a build, nothing to load."""

import html

from portal.core.errors import NotFound
from portal.core.tenant import TenantRef
from portal.domain import tenants
from portal.web.head import color_rules

STYLE = (
    "body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--page);color:var(--ink);"
    "font:1.125rem/1.6 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    "main{max-width:34rem;padding:2rem}h1{font-size:2rem;line-height:1.2;letter-spacing:-.02em;margin:0 0 1rem}"
    "p{margin:0 0 1rem;color:var(--muted)}a{color:var(--brand-text)}"
)


def unknown_host_page() -> str:
    """Plain text for a host that belongs to nobody."""
    return "There is no site at this address.\n"


def suspended_page(ref: TenantRef) -> str:
    """Blocking: HTML for a suspended tenant's visitors, with its name and ways to reach it where those may be read."""
    try:
        site = tenants.site(ref.tenant_id)
    except NotFound:
        return _page("This site is taking a break", "", "", "Please come back later.")
    profile = site.profile
    ways = [html.escape(way) for way in (profile.phone, profile.email) if way]
    reach = f"You can reach us at {' or '.join(ways)}." if ways else "Please come back later."
    colors = color_rules(site.branding.primary_color, site.branding.accent_color)
    return _page("We are taking a break", profile.business_name, colors, reach)


def _page(title: str, name: str, colors: str, reach: str) -> str:
    heading = f"{name}: online booking is paused" if name else title
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{html.escape(name or title)}</title><style>{colors or color_rules('', '')}{STYLE}</style></head>"
        f"<body><main><h1>{html.escape(heading)}</h1>"
        f"<p>This site does not take bookings at the moment. {reach}</p></main></body></html>"
    )
