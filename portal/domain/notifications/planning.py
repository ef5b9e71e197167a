"""Which messages a booking needs now: written whenever it changes, so that what it no longer needs is never sent.

Each message exists once per booking, kind and start time. Planning again changes nothing that was sent or is under way.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from portal.core import clock, db, queue
from portal.core.ids import new_id
from portal.domain import tenants
from portal.domain.notifications import settings, times
from portal.domain.notifications.times import Due
from portal.domain.notifications.types import Kind, Reason, SmsSettings, State
from portal.models import Booking, Notification

Key = tuple[str, datetime]
WAITING = (State.PLANNED, State.QUEUED)
REPLANNED_AT_ONCE = 200


def plan(scope: db.Scope, booking_id: UUID) -> None:
    """Have the messages of this booking planned once this transaction is committed. Call it in every one that changes
    a booking's time, status, phone or consent; nothing happens twice.

    Until the plan is made nothing wrong is sent: each message is compared with its booking before.
    """
    scope.enqueue("schedule_booking_reminders", booking_id=booking_id)


def write(scope: db.Scope, booking_id: UUID, *, notices: bool = True) -> None:
    """Plan, as a worker. Without ``notices`` only the reminders: what happened is not told again."""
    booking = scope.session.get(Booking, booking_id, with_for_update=True, populate_existing=True)
    if booking is None or booking.tenant_id != scope.tenant_id:
        return
    chosen, now = settings.load(scope), clock.now()
    zone = tenants.site(scope.tenant_id).profile.timezone
    existing = _existing(scope, booking_id)
    wanted = _reminders(booking, chosen, zone, now)
    if notices and (notice := _notice(booking, existing, chosen, zone, now)):
        wanted = (notice, *wanted)
    _cancel_others(scope, existing, booking, {due.kind for due in wanted}, chosen, notices=notices)
    for due in wanted:
        _put(scope, booking, existing.get((due.kind, booking.start_time)), due, now)


def replan(access: db.Access, after: UUID | None) -> UUID | None:
    """Plan the coming reminders anew, some bookings at a time; returns where to go on, None at the end."""
    with access.begin() as scope:
        coming = (
            select(Booking.id)
            .where(
                Booking.tenant_id == scope.tenant_id, col(Booking.start_time) > clock.now(), col(Booking.consent_sms)
            )
            .order_by(col(Booking.id))
            .limit(REPLANNED_AT_ONCE)
        )
        found = scope.session.exec(coming.where(col(Booking.id) > after) if after else coming).all()
    for booking_id in found:
        with access.begin() as scope:
            write(scope, booking_id, notices=False)
    return found[-1] if len(found) == REPLANNED_AT_ONCE else None


def _existing(scope: db.Scope, booking_id: UUID) -> dict[Key, Notification]:
    """Held until the end of the transaction: nobody releases or sends them meanwhile."""
    query = select(Notification).where(Notification.tenant_id == scope.tenant_id, Notification.booking_id == booking_id)
    rows = scope.session.exec(query.with_for_update().execution_options(populate_existing=True)).all()
    return {(row.kind, row.start_time): row for row in rows}


def _reminders(booking: Booking, chosen: SmsSettings, zone: str, now: datetime) -> tuple[Due, ...]:
    if booking.status != "confirmed" or not _may_text(booking) or not chosen.allows(Kind.REMINDER_24H):
        return ()
    return times.due_times(booking.start_time, zone, chosen, now)


def _notice(
    booking: Booking, existing: Mapping[Key, Notification], chosen: SmsSettings, zone: str, now: datetime
) -> Due | None:
    """What happened to the booking, if its customer may be told and it still matters."""
    kind = _what_happened(booking, existing)
    if kind is None or not _may_text(booking) or booking.start_time <= now:
        return None
    if not chosen.allows(kind):
        # Recorded, so that switching messages on later tells no old news.
        return Due(kind, now, Reason.SWITCHED_OFF)
    at = times.notice_time(now, booking.start_time, zone, chosen)
    return Due(kind, now, Reason.QUIET_HOURS) if at is None else Due(kind, at)


def _what_happened(booking: Booking, existing: Mapping[Key, Notification]) -> Kind | None:
    if booking.status == "confirmed":
        moved = booking.cal_previous_uids or any(start != booking.start_time for _, start in existing)
        return Kind.RESCHEDULE if moved else Kind.CONFIRMATION
    # What the calendar never accepted was never promised.
    return Kind.CANCELLATION if booking.status == "cancelled" and booking.cal_booking_uid else None


def _may_text(booking: Booking) -> bool:
    return booking.consent_sms and booking.attendee_phone is not None


def _cancel_others(
    scope: db.Scope,
    existing: Mapping[Key, Notification],
    booking: Booking,
    kinds: set[Kind],
    chosen: SmsSettings,
    *,
    notices: bool,
) -> None:
    for (kind, start), row in existing.items():
        is_wanted = start == booking.start_time and (Kind(kind) in kinds or not (notices or Kind(kind).is_reminder))
        if row.state in WAITING and not is_wanted:
            row.state, row.reason = State.CANCELLED, _why(row, booking, chosen)
            _touch(scope, row)


def _why(row: Notification, booking: Booking, chosen: SmsSettings) -> Reason:
    if row.start_time != booking.start_time or booking.status != "confirmed":
        return Reason.BOOKING_CHANGED
    if not _may_text(booking):
        return Reason.NO_CONSENT
    return Reason.BOOKING_CHANGED if chosen.allows(Kind(row.kind)) else Reason.SWITCHED_OFF


def _put(scope: db.Scope, booking: Booking, row: Notification | None, due: Due, now: datetime) -> None:
    if row is None:
        if booking.start_time <= now:
            return
        row = Notification(
            id=new_id(), tenant_id=scope.tenant_id, booking_id=booking.id, kind=due.kind, start_time=booking.start_time,
            to_phone=booking.attendee_phone or "", due_at=due.at,
        )  # fmt: skip
    elif not _is_replaceable(row, due):
        return
    row.due_at, row.to_phone = due.at, booking.attendee_phone or row.to_phone
    row.state, row.reason = (State.DROPPED, due.dropped) if due.dropped else (State.PLANNED, None)
    if due.dropped is None and due.at <= now:
        row.state = State.QUEUED
        scope.enqueue("send_sms", dedup_key=str(row.id), notification_id=row.id)
    _touch(scope, row)


def _is_replaceable(row: Notification, due: Due) -> bool:
    """What waits may move; what was put aside may come back, news of the past only when it was cancelled."""
    if row.state == State.PLANNED:
        return due.kind.is_reminder and (row.due_at != due.at or due.dropped in (Reason.QUIET_HOURS, Reason.SAME_TIME))
    if row.state == State.DROPPED:
        return due.kind.is_reminder and due.dropped is None and row.attempted_at is None
    return row.state == State.CANCELLED


def _touch(scope: db.Scope, row: Notification) -> None:
    row.updated_at = clock.now()
    scope.session.add(row)
    scope.session.flush()


def release(most: int) -> int:
    """Queue planned messages whose time has come, of all tenants, each with the job that sends it; returns how many."""
    with db.worker().begin() as scope:
        stored = scope.execute(
            "select portal.release_due_notifications(:now, :most)", now=clock.now(), most=most
        ).scalars()
        jobs = list(stored)
    if jobs:
        queue.announce_all(jobs)
    return len(jobs)


def close_stale() -> None:
    """Put away what no job sends any more, of all tenants, once its appointment has begun."""
    with db.worker().begin() as scope:
        scope.execute("select portal.close_stale_notifications(:now)", now=clock.now())
