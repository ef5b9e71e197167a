"""Comparing what changed at Cal.com lately with our rows: what no webhook told is found here."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

import structlog
from sqlmodel import col, select

from portal.core import clock, db
from portal.core.errors import NotConnected
from portal.domain import integrations, tenants
from portal.domain.booking import claims
from portal.domain.calendar_sync import looking, states
from portal.domain.calendar_sync.looking import Seen
from portal.domain.calendar_sync.processing import sync
from portal.domain.calendar_sync.storing import HOLDING, Outpaced, UnderWay, store
from portal.domain.events import Finishing
from portal.models import Booking, TenantIntegrations, TenantService
from portal.providers.calcom import Attendee, CalBooking, CalcomClient

OVERLAP: Final = timedelta(hours=1)
# Of a calendar that was just connected: what is still to come, and the last days.
FIRST_LOOK: Final = timedelta(days=7)
MOST_ENDED: Final = 50
KEEP_EVERY: Final = 10
log = structlog.get_logger("portal.calendar")


def reconcile(access: db.Access, *, keep: Callable[[], None], finishing: Finishing) -> int:
    """Repair what differs; returns how many bookings did. ``keep`` is called now and then: this may take a while.

    Raises CalendarUnavailable, CalendarBusy (then what was repaired stays so), KeyRefused.
    """
    with access.begin() as scope:
        row = scope.session.get(TenantIntegrations, access.tenant)
        since = row.cal_reconciled_at if row else None
        started: datetime = scope.execute("select now()").scalar_one()
    try:
        client = integrations.background_calcom(access.tenant)
    except NotConnected:
        return 0
    repaired = _repair(access, _changed(client, since), keep, is_first=since is None) + _end(access, since, keep)
    _part(access)
    with finishing() as scope:
        # The row's version is not touched: people who have its form open are not disturbed.
        scope.execute(
            "update portal.tenant_integrations set cal_reconciled_at = :started where tenant_id = :tenant",
            started=started, tenant=access.tenant,
        )  # fmt: skip
    if repaired:
        log.info("calendar_repaired", tenant_id=str(access.tenant), bookings=repaired)
    return repaired


def _changed(client: CalcomClient, since: datetime | None) -> Iterator[CalBooking]:
    """Each booking once that was made or changed since, with an hour's overlap for clocks and late listings."""
    found: Iterable[CalBooking]
    if since is None:
        found = client.list_bookings(after=clock.now() - FIRST_LOOK)
    else:
        moment = since - OVERLAP
        made, changed = client.list_bookings(created_after=moment), client.list_bookings(updated_after=moment)
        found = chain(made, changed)
    seen: set[str] = set()
    for booking in found:
        if booking.uid not in seen:
            seen.add(booking.uid)
            yield booking


def _repair(access: db.Access, listed: Iterator[CalBooking], keep: Callable[[], None], *, is_first: bool) -> int:
    """Store what differs; of a calendar that was just connected nothing that was over before."""
    repaired = 0
    shared: list[str] = []
    for number, booking in enumerate(listed, start=1):
        if number % KEEP_EVERY == 0:
            keep()
        if not _differs(access, booking, and_gone=not is_first):
            continue
        repaired += 1
        if looking.is_seated(booking):
            shared.append(booking.uid)
        _repair_one(access, booking)
    # Last: by now whoever moved from one shared time to another is known there.
    for uid in shared:
        keep()
        _sync(access, uid)
    return repaired


def _differs(access: db.Access, booking: CalBooking, *, and_gone: bool) -> bool:
    """Whether our rows say something else; ``and_gone``: we should have a row of a cancelled booking too."""
    with access.begin() as scope:
        names = looking.names_of(booking)
        ids = [row_id for row_id, _ in looking.rows_named(scope, names)]
        rows = [row for row_id in ids if (row := scope.session.get(Booking, row_id)) is not None]
        country = tenants.site(scope.tenant_id).profile.country
    if not rows and not booking.status.holds_slot and not and_gone:
        return False
    if not looking.is_seated(booking):
        # A booking that was moved on is told by the one it became.
        current = [row for row in rows if row.cal_booking_uid == booking.uid]
        if not current and any(booking.uid in row.cal_previous_uids for row in rows):
            return False
        return not current or _is_other(booking, states.main_attendee(booking) or Attendee(), current[0], country)
    by_seat = {row.cal_seat_uid: row for row in rows}
    present = {seat.seat_uid for seat in booking.attendees}
    if any(row.status in HOLDING and row.cal_seat_uid not in present for row in rows):
        return True
    return any(
        seat.seat_uid not in by_seat or _is_other(booking, seat, by_seat[seat.seat_uid], country)
        for seat in booking.attendees
    )


def _is_other(booking: CalBooking, attendee: Attendee, row: Booking, country: str) -> bool:
    wanted = states.values(booking, attendee, row, uids=(), now=clock.now())
    who = states.contact_values(row, states.person(attendee, country=country))
    return bool(states.changes(row, wanted | who))


def _repair_one(access: db.Access, booking: CalBooking) -> None:
    """What we have no row of is stored as it was listed; else Cal.com is asked anew, see ``looking``."""
    moved = booking.rescheduled_from_uid or booking.rescheduled_to_uid
    if not moved and not looking.is_seated(booking):
        seen = Seen(looking.names_of(booking), booking, frozenset(), clock.now())
        try:
            with access.begin() as scope:
                store(scope, seen)
            return
        except Outpaced:
            pass  # there is a row: the listing may be older than it
        except UnderWay:
            return
    _sync(access, booking.uid, with_gone=not looking.is_seated(booking))


def _sync(access: db.Access, uid: str, *, with_gone: bool = True) -> None:
    try:
        sync(access, uid, with_gone=with_gone)
    except UnderWay:
        log.info("calendar_change_under_way", tenant_id=str(access.tenant))


def _end(access: db.Access, since: datetime | None, keep: Callable[[], None]) -> int:
    """Bookings that ended meanwhile: whether somebody was absent is asked, nothing else changes at their end."""
    now = clock.now()
    with access.begin() as scope:
        ended = select(Booking.cal_booking_uid).where(
            Booking.tenant_id == scope.tenant_id,
            Booking.status == "confirmed",
            Booking.end_time <= now,
            Booking.end_time > (since or now) - timedelta(days=1),
        )
        uids = {uid for uid in scope.session.exec(ended.limit(MOST_ENDED)).all() if uid}
    for uid in sorted(uids):
        keep()
        _sync(access, uid)
    return len(uids)


def _part(access: db.Access) -> None:
    """Bookings that overlapped another one, which has gone meanwhile."""
    with access.begin() as scope:
        query = select(Booking, TenantService).where(
            Booking.tenant_id == scope.tenant_id,
            TenantService.tenant_id == scope.tenant_id,
            Booking.service_id == TenantService.id,
            col(Booking.overlapping),
            col(Booking.status).in_(HOLDING),
            Booking.end_time > clock.now(),
        )
        for row, service in scope.session.exec(query.with_for_update(of=Booking)).all():
            if claims.claim_for(scope, service, booking_id=row.id, start=row.start_time, end=row.end_time):
                row.overlapping, row.updated_at = False, clock.now()
                scope.session.add(row)
