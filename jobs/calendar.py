"""Jobs around the provider's calendar."""

from contextlib import suppress
from uuid import UUID

from portal.core import db
from portal.core.errors import CalendarBusy, CalendarUnavailable, NotConnected, ProviderRefused
from portal.core.queue import Run, job
from portal.domain import booking, calendar_sync, integrations
from portal.domain.booking import proposals


@job("settle_proposal")
def settle_proposal(run: Run) -> None:
    """Finish a change whose answer was lost or whose executor was killed."""
    numbered = run.args.get("round")
    booking.settle(run.access.tenant, UUID(run.args["proposal_id"]), round_number=int(numbered) if numbered else None)


@job("release_reservation")
def release_reservation(run: Run) -> None:
    """Give a courtesy hold back to the calendar; it ends by itself, so one try is enough."""
    with run.access.begin() as scope:
        reservation = proposals.load(scope, UUID(run.args["proposal_id"])).reservation_uid
    if reservation:
        with suppress(ProviderRefused, CalendarUnavailable, CalendarBusy, NotConnected):
            integrations.calcom(run.access.tenant).release(reservation)


@job("reconcile_calendars", every_minutes=15)
def reconcile_calendars(run: Run) -> None:
    """Have each connected calendar checked and compared with our bookings, by jobs of its tenant's own."""
    with run.access.begin() as scope:
        found = scope.execute("select tenant_id from portal.connected_calendars()").all()
    for row in found:
        with db.worker(row.tenant_id).begin() as scope:
            scope.enqueue("check_calendar", dedup_key="check")
            scope.enqueue("reconcile_calendar", dedup_key="reconcile")


@job("check_calendar")
def check_calendar(run: Run) -> None:
    """See whether a tenant's key is accepted and its event types are as they are mapped here."""
    calendar_sync.check(run.access, finishing=run.finishing)


@job("reconcile_calendar")
def reconcile_calendar(run: Run) -> None:
    """Repair what changed in a tenant's calendar and no webhook told."""
    calendar_sync.reconcile(run.access, keep=run.renew, finishing=run.finishing)
