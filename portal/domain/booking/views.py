"""Bookings as their customers see them."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.core import clock, db
from portal.core.errors import BookingNotFound, NotChangeable, TooLateToChange
from portal.domain import tenants
from portal.domain.booking.links import manage_url
from portal.domain.booking.types import BookingView, Status
from portal.models import Booking

OPEN = (Status.PENDING, Status.CONFIRMED)


def get(access: db.Access) -> BookingView:
    """The booking this access may touch. Raises BookingNotFound."""
    with access.begin() as scope:
        return view(scope, load(scope))


def of_conversation(access: db.Access) -> tuple[BookingView, ...]:
    """The bookings that the access's conversation made or changed, as they stand; the latest act last."""
    with access.begin() as scope:
        rows = scope.execute(
            "select booking_id from portal.proposals"
            " where tenant_id = :tenant and session_id = :session and state in ('executing', 'done')"
            " group by booking_id order by max(decided_at) nulls last",
            tenant=access.tenant, session=access.session_id,
        ).all()  # fmt: skip
    found = []
    for row in rows:
        with suppress(BookingNotFound):
            found.append(get(access.with_booking(row.booking_id)))
    return tuple(found)


def find(access: db.Access, uid: str, email: str | None = None) -> UUID:
    """Id of the tenant's booking with this reference (an earlier one too), of this attendee where an e-mail is given.

    Raises BookingNotFound: the same for an unknown reference and for a wrong e-mail.
    """
    with access.begin() as scope:
        found: UUID | None = scope.execute(
            "select portal.find_booking(:uid, :email)", uid=uid.strip(), email=email.strip().lower() if email else None
        ).scalar()
    if found is None:
        raise BookingNotFound
    return found


def load(scope: db.Scope) -> Booking:
    booking_id = scope.access.booking_id
    row = scope.session.get(Booking, booking_id) if booking_id else None
    if row is None or row.tenant_id != scope.tenant_id:
        raise BookingNotFound
    return row


def view(scope: db.Scope, row: Booking) -> BookingView:
    site = tenants.site(scope.tenant_id)
    deadline = row.start_time - timedelta(minutes=site.policies.cancel_window_minutes)
    return BookingView(
        id=row.id,
        uid=row.cal_seat_uid or row.cal_booking_uid,
        status=Status(row.status),
        service_id=row.service_id,
        service_name=row.service_name,
        start=row.start_time,
        end=row.end_time,
        timezone=site.profile.timezone,
        customer_name=row.attendee_name,
        customer_email=row.attendee_email,
        customer_phone=row.attendee_phone,
        notes=row.notes,
        price_cents=row.price_cents,
        currency=row.currency,
        sequence=row.sequence,
        overlapping=row.overlapping,
        can_change=row.status in OPEN and row.cal_booking_uid is not None and clock.now() < deadline,
        change_deadline=deadline,
        manage_url=manage_url(site, row.id),
    )


def require_changeable(scope: db.Scope, row: Booking, now: datetime) -> None:
    """Check that its asker may still change a booking.

    Raises NotChangeable, or TooLateToChange for a customer inside the cancel window; staff may always.
    """
    if row.status not in OPEN or row.cal_booking_uid is None or row.start_time <= now:
        raise NotChangeable
    window = timedelta(minutes=tenants.site(scope.tenant_id).policies.cancel_window_minutes)
    if scope.access.role is db.Role.CUSTOMER and now >= row.start_time - window:
        raise TooLateToChange


def audit(scope: db.Scope, action: str, booking_id: UUID, **details: Any) -> None:
    """Record what happened to a booking, in the transaction that does it. Details are ids, times and states only."""
    actor = {db.Role.CUSTOMER: "customer", db.Role.MEMBER: "user", db.Role.WORKER: "system"}[scope.access.role]
    scope.audit(action, actor_type=actor, target_type="booking", target_id=str(booking_id), details=details)
