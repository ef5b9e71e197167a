"""A booking as customers see it: the same facts and links after booking, behind the link, and in the chat."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import reflex as rx

from portal.domain import phrases
from portal.domain.booking import BookingView
from portal.domain.tenants import Site
from portal.web import theme
from portal.web.components.sections import anchor_link, external_link
from portal.web.components.tenant import Row

STATUS_TITLES = {
    "pending": "Being confirmed",
    "confirmed": "Confirmed",
    "cancelled": "Cancelled",
    "completed": "Completed",
    "no_show": "Missed",
}


@dataclass(frozen=True)
class BookingCard:
    """What a page shows of one booking, as text. Links are empty where there is nothing to follow."""

    status: str = ""
    status_title: str = ""
    service: str = ""
    day: str = ""
    time: str = ""
    where: str = ""
    price: str = ""
    reference: str = ""
    manage_path: str = ""
    calendar_path: str = ""
    google_url: str = ""


def booking_card(view: BookingView, site: Site) -> BookingCard:
    """The card of a booking of this site."""
    return make_card(
        site,
        status=view.status,
        service=view.service_name,
        start=view.start,
        end=view.end,
        price=price_text(view.price_cents, view.currency),
        reference=view.uid or "",
        manage_url=view.manage_url,
    )


def make_card(
    site: Site,
    *,
    status: str,
    service: str,
    start: datetime,
    end: datetime,
    price: str = "",
    reference: str = "",
    manage_url: str = "",
) -> BookingCard:
    """A card from its parts; calendar links only for a time that stands."""
    manage_path = urlsplit(manage_url).path
    is_set = status == "confirmed"
    return BookingCard(
        status=status,
        status_title=STATUS_TITLES.get(status, status.replace("_", " ").capitalize()),
        service=service,
        day=day_text(start, site),
        time=time_text(start, end, site),
        where=address(site),
        price=price,
        reference=reference,
        manage_path=manage_path,
        calendar_path=_calendar_path(manage_path) if is_set else "",
        google_url=_google_url(service, start, end, site) if is_set else "",
    )


def price_text(cents: int | None, currency: str) -> str:
    """``$35``; ``Free`` for nothing; empty where no price is given."""
    return "" if cents is None else "Free" if cents == 0 else phrases.money(cents, currency)


def day_text(start: datetime, site: Site) -> str:
    """``Tuesday, November 24, 2026`` in the business's zone."""
    local = start.astimezone(ZoneInfo(site.profile.timezone))
    return f"{phrases.day_label(local.date())}, {local.year}"


def time_text(start: datetime, end: datetime, site: Site) -> str:
    """``4:30 – 5:00 PM (New York time)``."""
    zone = ZoneInfo(site.profile.timezone)
    first, last = (phrases.clock_time(moment.astimezone(zone)) for moment in (start, end))
    same_half = first[-2:] == last[-2:]
    return f"{first[:-3] if same_half else first} – {last} ({zone.key.rsplit('/', 1)[-1].replace('_', ' ')} time)"


def address(site: Site) -> str:
    """The business's address on one line; empty where it gives none."""
    profile = site.profile
    city = " ".join(part for part in (profile.region, profile.postal_code) if part)
    parts = (profile.address_line1, profile.address_line2, profile.city, city)
    return ", ".join(part for part in parts if part)


def _calendar_path(manage_path: str) -> str:
    token = manage_path.rpartition("/")[2]
    return f"/v1/public/bookings/{token}/calendar.ics" if token else ""


def _google_url(service: str, start: datetime, end: datetime, site: Site) -> str:
    span = "/".join(moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") for moment in (start, end))
    title = f"{service} at {site.profile.business_name}"
    query = {"action": "TEMPLATE", "text": title, "dates": span, "location": address(site)}
    return f"https://calendar.google.com/calendar/render?{urlencode(query)}"


# --- on the page -----------------------------------------------------------------------------------------------------

#: A ``BookingCard`` in a page's state, or the row of one in the first HTML (``portal.web.own_booking``).
Card: TypeAlias = rx.Var[BookingCard] | Row

LINK_BUTTON = f"{theme.SECONDARY_BUTTON} px-4! text-sm"
LINKS = "flex flex-wrap gap-2"


def booking_facts(card: Card) -> rx.Component:
    """Service, time, place and price as a description list."""
    return rx.el.dl(
        _fact("Service", card["service"]),
        _fact("When", card["day"], card["time"]),
        _fact("Where", card["where"]),
        _fact("Price", card["price"]),
        class_name="grid gap-4 sm:grid-cols-2",
    )


def _fact(name: str, text: rx.Var[str], more: rx.Var[str] | None = None) -> rx.Component:
    lines = [rx.el.dd(text, class_name="mt-0.5 font-medium text-ink")]
    if more is not None:
        lines.append(rx.el.dd(more, class_name="text-ink"))
    return rx.el.div(rx.el.dt(name, class_name="text-sm text-muted"), *lines, class_name="has-[dd:empty]:hidden")


def booking_links(card: rx.Var[BookingCard]) -> rx.Component:
    """Add to calendar, and the customer's own link."""
    return rx.el.div(
        rx.cond(
            card.calendar_path != "",
            rx.fragment(*_calendar_links(card)),
        ),
        rx.cond(
            card.manage_path != "",
            rx.el.a("View or change booking", href=card.manage_path, class_name=LINK_BUTTON),
        ),
        class_name=f"{LINKS} empty:hidden",
    )


def calendar_links(card: Card) -> rx.Component:
    """Add to calendar, set off from the facts above; hidden for a time that does not stand."""
    return rx.el.div(
        *_calendar_links(card), class_name=f"mt-6 border-t border-line pt-5 has-[a[href='']]:hidden {LINKS}"
    )


def _calendar_links(card: Card) -> tuple[rx.Component, ...]:
    return (
        anchor_link("Add to calendar", href=card["calendar_path"], class_name=LINK_BUTTON),
        external_link("Google Calendar", href=card["google_url"], class_name=LINK_BUTTON),
    )


def status_badge(card: Card) -> rx.Component:
    """The booking's state in a word, coloured by it."""
    return rx.el.span(
        card["status_title"],
        custom_attrs={"data-status": card["status"]},
        class_name=(
            "inline-flex items-center rounded-full bg-sunken px-3 py-1 text-sm font-medium text-ink "
            "data-[status=confirmed]:bg-good-soft data-[status=confirmed]:text-good "
            "data-[status=cancelled]:bg-danger-soft data-[status=cancelled]:text-danger"
        ),
    )
