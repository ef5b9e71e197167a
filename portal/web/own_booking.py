"""What ``/manage/<token>`` says in its first byte of the one booking that the token opens."""

from dataclasses import asdict
from uuid import UUID

from portal.core.clock import now
from portal.core.db import customer
from portal.core.errors import BookingNotFound, Forbidden
from portal.domain import booking, tenants
from portal.domain.booking import BookingView
from portal.domain.tenants import Site
from portal.web.contacts import clean
from portal.web.prerendered import Row
from portal.web.public.booking_card import booking_card
from portal.web.site_lists import LISTS

PREFIX = "/manage/"
LOST: tuple[Row, ...] = ({"title": "This link doesn’t work any more"},)
"""The list ``lost_link`` for a link that opens nothing."""
OPEN = ("pending", "confirmed")


def find_row(tenant_id: UUID, path: str) -> Row | None:
    """Blocking: the row of the list ``booking`` for the page at ``path``; None for a link that opens nothing here."""
    try:
        booking_id = booking.open_manage_token(tenant_id, path.removeprefix(PREFIX).strip("/"))
        view = booking.get(customer(tenant_id, booking_id=booking_id))
    except (Forbidden, BookingNotFound):
        return None
    return _row(view, tenants.site(tenant_id))


def greeting(view: BookingView) -> str:
    return f"Hello {view.customer_name}"


def history(view: BookingView) -> str:
    """What became of a booking that is still to come; empty for one as it was made."""
    return "This booking was moved to its present time." if view.sequence > 0 and is_ahead(view) else ""


def is_ahead(view: BookingView) -> bool:
    return view.status in OPEN and view.start > now()


def _row(view: BookingView, site: Site) -> Row:
    """Named fields only: the customer's address and phone number are no part of the page."""
    texts = {**asdict(booking_card(view, site)), "greeting": greeting(view), "history": history(view)}
    return {field: clean(texts[field]) for field in LISTS["booking"]}
