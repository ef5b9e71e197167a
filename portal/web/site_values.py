"""What a tenant's pages say, as flat text: the one source of the first HTML byte and of ``window.__T``."""

from datetime import datetime
from typing import Final
from urllib.parse import quote, urljoin, urlsplit
from zlib import crc32
from zoneinfo import ZoneInfo

from portal.domain import hours, phrases
from portal.domain.tenants import Policies, Profile, Service, Site
from portal.web.contacts import clean, logo_url, postal_address, readable_phone, web_url
from portal.web.head import color_rules, head_markup
from portal.web.legal_text import privacy_sections, terms_sections
from portal.web.prerendered import Row, Values
from portal.web.preview import preview_of
from portal.web.site_lists import LISTS

SANDBOX_LABEL: Final = "Sandbox: nothing booked here is real."
ICON_PATH: Final = "/brand/icon.svg"
PLATFORM_ICON_PATH: Final = "/admin/icon.svg"
PLATFORM_NAME: Final = "Dashboard"
# Of the two things to show while a page is being put together (portal.web.fallback), the dashboard's.
DASHBOARD_STYLE: Final = ".site-loading{display:none}.dashboard-loading{display:block}"
_TITLES: Final = ("title", "title_book", "title_chat", "title_manage", "title_privacy", "title_terms", "title_missing")


def site_values(site: Site, *, now: datetime, sandbox: bool) -> Values:
    """Everything the tenant's pages show at ``now``."""
    profile, branding = site.profile, site.branding
    logo, mark = logo_url(branding.logo_url), initial(profile.business_name)
    drawn = f"{ICON_PATH}?v={crc32((mark + branding.primary_color).encode()):x}"  # a new one when it looks different
    scalars = {
        **_titles(profile),
        "name": clean(profile.business_name),
        "tagline": clean(profile.tagline) or "Book an appointment online in under a minute.",
        "description": description(site),
        "icon": logo or drawn,
        "og_image": urljoin(site.url, preview_of(site, mark).address),
        "initial": mark,
        "timezone": profile.timezone,
        "timezone_note": f"Times are shown in {_zone_name(profile.timezone)} time.",
        "city": clean(profile.city),
        "address": ", ".join(postal_address(profile)),
        "phone": readable_phone(clean(profile.phone)),
        "email": clean(profile.email),
        "contact_title": "Find us" if postal_address(profile) else "Contact",
        "copyright": f"© {now.astimezone(ZoneInfo(profile.timezone)).year} {clean(profile.business_name)}",
        **_openness(profile, now),
    }
    lists: dict[str, tuple[Row, ...]] = {
        "sandbox": ({"label": SANDBOX_LABEL},) if sandbox else (),
        "logo": ({"url": logo},) if logo else (),
        "mark": () if logo else ({"initial": mark},),
        "services": tuple(_service(service) for service in site.services),
        "glance": _glance(profile, now),
        "hours": _hours(profile, now),
        "faqs": tuple({"question": clean(faq.question), "answer": clean(faq.answer)} for faq in site.faqs),
        "policies": _policies(site.policies),
        "privacy": _sections(site.policies.privacy_text, privacy_sections(profile)),
        "terms": _sections(site.policies.terms_text, terms_sections(profile)),
        "booking": (),
        "lost_link": (),
        **_contacts(profile),
    }
    return Values(scalars, lists, head_markup(site, scalars))


def platform_values(*, sandbox: bool) -> Values:
    """For hosts that are no tenant's (the admin is served there): nobody's words, neutral colours."""
    titles = dict.fromkeys((*_TITLES, "title_dashboard"), PLATFORM_NAME)
    scalars = {**titles, "name": PLATFORM_NAME, "icon": PLATFORM_ICON_PATH, "initial": initial(PLATFORM_NAME)}
    scalars |= {"copyright": "", "description": ""}
    lists = {"sandbox": ({"label": SANDBOX_LABEL},) if sandbox else (), "mark": ({"initial": scalars["initial"]},)}
    style = f"<style>{color_rules('', '')}{DASHBOARD_STYLE}</style>"
    head = f'{style}<link rel="icon" href="{PLATFORM_ICON_PATH}"/>'
    return Values(scalars, {**dict.fromkeys(LISTS, ()), **lists}, head)


def description(site: Site) -> str:
    """One sentence for search engines and previews."""
    name, city = clean(site.profile.business_name), clean(site.profile.city)
    offered = ", ".join(clean(service.name) for service in site.services[:3])
    parts = [clean(site.profile.tagline).rstrip("."), f"Book {offered} online" if offered else "Book online"]
    return f"{name}{f' in {city}' if city else ''}. " + "".join(f"{part}. " for part in parts if part).strip()


def initial(name: str) -> str:
    return next((letter.upper() for letter in name if letter.isalnum()), "•")


def _titles(profile: Profile) -> dict[str, str]:
    name, city = clean(profile.business_name), clean(profile.city)
    return {
        "title": f"{name}{f' – {city}' if city else ''} | Book online",
        "title_book": f"Book an appointment – {name}",
        "title_chat": f"Chat – {name}",
        "title_manage": f"Your booking – {name}",
        "title_privacy": f"Privacy – {name}",
        "title_terms": f"Terms – {name}",
        "title_missing": f"Page not found – {name}",
    }


def _openness(profile: Profile, now: datetime) -> dict[str, str]:
    if not any(profile.business_hours.values()):
        return {"open_state": "", "open_label": ""}
    is_open = hours.open_now(profile, now)
    return {"open_state": "open" if is_open else "closed", "open_label": "Open now" if is_open else "Closed now"}


def _hours(profile: Profile, now: datetime) -> tuple[Row, ...]:
    today = now.astimezone(ZoneInfo(profile.timezone)).weekday()
    rows = hours.weekly(profile)
    return tuple(
        {"day": day, "text": text, "current": "date" if index == today else "false"}
        for index, (day, text) in enumerate(rows)
    )


def _glance(profile: Profile, now: datetime) -> tuple[Row, ...]:
    """What most visitors come to look up."""
    today = next((row["text"] for row in _hours(profile, now) if row["current"] == "date"), "")
    facts = {
        "Today": today,
        "Where": ", ".join(postal_address(profile)),
        "Phone": readable_phone(clean(profile.phone)),
    }
    return tuple({"label": label, "text": text} for label, text in facts.items() if text)


def _service(service: Service) -> Row:
    price = phrases.money(service.price_cents, service.currency) if service.price_cents is not None else ""
    return {
        "id": str(service.id),
        "name": clean(service.name),
        "description": clean(service.description),
        "duration": phrases.duration(service.duration_minutes),
        "price": "Free" if service.price_cents == 0 else price,
    }


def _policies(policies: Policies) -> tuple[Row, ...]:
    texts = {
        "Cancellations and changes": policies.cancellation_policy,
        "Running late": policies.late_policy,
        "Missed appointments": policies.no_show_policy,
        "Payment": policies.payment_policy,
    }
    return tuple({"title": title, "text": clean(text)} for title, text in texts.items() if clean(text))


def _contacts(profile: Profile) -> dict[str, tuple[Row, ...]]:
    lines, phone, email = postal_address(profile), clean(profile.phone), clean(profile.email)
    website = web_url(profile.website_url)
    query = quote(", ".join((clean(profile.business_name), *lines)))
    return {
        "address_lines": tuple({"text": line} for line in lines),
        "map": ({"href": f"https://www.google.com/maps/search/?api=1&query={query}"},) if lines else (),
        "phones": ({"text": readable_phone(phone), "href": f"tel:{phone}"},) if phone else (),
        "emails": ({"text": email, "href": f"mailto:{quote(email, safe='@+')}"},) if email else (),
        "websites": ({"text": urlsplit(website).netloc, "href": website},) if website else (),
    }


def _sections(own_text: str | None, template: tuple[tuple[str, str], ...]) -> tuple[Row, ...]:
    """The tenant's own paragraphs when it wrote any, else the template's sections."""
    paragraphs = [part.strip() for part in clean(own_text).split("\n\n") if part.strip()]
    return tuple({"heading": h, "text": t} for h, t in ([("", p) for p in paragraphs] or template))


def _zone_name(timezone: str) -> str:
    return timezone.rpartition("/")[2].replace("_", " ")
