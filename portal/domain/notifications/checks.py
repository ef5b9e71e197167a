"""Whether a message may go out now: asked in the transaction that marks it as being sent."""

from datetime import datetime, timedelta

import phonenumbers
from sqlmodel import col, select

from portal.core import clock, db
from portal.domain import tenants
from portal.domain.notifications import suppressions, times
from portal.domain.notifications.accounts import Account
from portal.domain.notifications.types import Kind, Reason, SmsSettings
from portal.models import Booking, Notification, SmsSuppression

CLOSED = ("suspended", "deleted")
# How often a message looks whether the business has decided about its customer's answer.
HELD_FOR = timedelta(minutes=5)


def verdict(
    scope: db.Scope, row: Notification, booking: Booking | None, chosen: SmsSettings, account: Account | None
) -> Reason | datetime | None:
    """None: send it. A reason: not at all. A time: not before then."""
    if booking is None or not _speaks_of(row, booking):
        return Reason.BOOKING_CHANGED
    phone = booking.attendee_phone
    if phone is None or not booking.consent_sms:
        return Reason.NO_CONSENT
    if tenants.site(scope.tenant_id).status in CLOSED:
        return Reason.SITE_CLOSED
    if not chosen.allows(Kind(row.kind)):
        return Reason.SWITCHED_OFF
    suppressed = suppression(scope, phone)
    if suppressed is not None and suppressed != suppressions.UNSURE:
        return Reason.OPTED_OUT
    if account is None:
        return Reason.NO_ACCOUNT
    if needs_registration(phone) and not chosen.a2p_status.allows_sending:
        return Reason.NOT_REGISTERED
    timing = _timing(scope, row, chosen)
    if suppressed is None or isinstance(timing, Reason):
        return timing
    return max(timing or clock.now(), clock.now() + HELD_FOR)


def suppression(scope: db.Scope, phone: str) -> str | None:
    """Why the number may not be texted now; None: it may."""
    query = select(SmsSuppression.reason).where(
        SmsSuppression.tenant_id == scope.tenant_id,
        SmsSuppression.phone == phone,
        col(SmsSuppression.lifted_at).is_(None),
    )
    return scope.session.exec(query).first()


def needs_registration(phone: str) -> bool:
    """Whether it is a number of the United States, whose networks take registered senders only."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) == "US"
    except phonenumbers.NumberParseException:
        return False


def _speaks_of(row: Notification, booking: Booking) -> bool:
    status = "cancelled" if row.kind == Kind.CANCELLATION else "confirmed"
    return booking.status == status and booking.start_time == row.start_time


def _timing(scope: db.Scope, row: Notification, chosen: SmsSettings) -> Reason | datetime | None:
    now, kind = clock.now(), Kind(row.kind)
    if times.is_too_late(kind, row.start_time, row.due_at, now):
        return Reason.TOO_LATE
    zone = tenants.site(scope.tenant_id).profile.timezone
    at: datetime | None
    if kind.is_reminder:
        at = times.reminder_time(now, row.start_time, zone, chosen)
    else:
        at = times.notice_time(now, row.start_time, zone, chosen)
    if at is None or at < now:
        return Reason.QUIET_HOURS
    return at if at > now else None
