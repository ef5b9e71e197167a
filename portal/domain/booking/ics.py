"""A booking as a calendar file (RFC 5545): the same UID for its whole life, SEQUENCE counting its changes."""

from icalendar import Calendar, Event, vCalAddress, vText

from portal.core import clock
from portal.domain.booking.types import BookingView, Status
from portal.domain.tenants import Site

STATUS = {Status.PENDING: "TENTATIVE", Status.CANCELLED: "CANCELLED"}


def render(view: BookingView, site: Site) -> bytes:
    """The bytes of an ``.ics`` file with this one appointment, times in UTC."""
    event = Event()
    event.add("uid", f"{view.id}@{site.slug}")
    event.add("sequence", view.sequence)
    event.add("dtstamp", clock.now())
    event.add("dtstart", view.start)
    event.add("dtend", view.end)
    event.add("summary", f"{view.service_name} – {site.profile.business_name}")
    event.add("status", STATUS.get(view.status, "CONFIRMED"))
    event.add("url", view.manage_url)
    event.add("description", f"See, move or cancel this appointment: {view.manage_url}")
    if place := _place(site):
        event.add("location", place)
    if site.profile.email:
        organizer = vCalAddress(f"mailto:{site.profile.email}")
        organizer.params["cn"] = vText(site.profile.business_name)
        event["organizer"] = organizer
    calendar = Calendar()
    calendar.add("prodid", "-//Booking portal//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if view.status is Status.CANCELLED else "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _place(site: Site) -> str:
    profile = site.profile
    parts = (profile.address_line1, profile.address_line2, profile.city, profile.region, profile.postal_code)
    return ", ".join(part for part in parts if part)
