"""Processing what providers told us, and keeping our subscriptions alive."""

from uuid import UUID

from portal.core import db
from portal.core.queue import Run, job
from portal.domain import billing, calendar_sync, events


@job("process_calcom_webhook")
def process_calcom_webhook(run: Run) -> None:
    """Bring the booking that an event speaks of up to date."""
    event_id = UUID(run.args["event_id"])
    event = events.read(run.access, event_id)
    # A later answer may have told all that this one could, or this attempt repeats one that ended.
    if event.is_processed:
        return
    with events.noting_failure(run.access, event_id):
        round_number = int(run.args.get("round", 0))
        calendar_sync.process(run.access, event, finishing=run.finishing, round_number=round_number)


@job("process_stripe_webhook")
def process_stripe_webhook(run: Run) -> None:
    """Bring the subscription that an event is about up to date."""
    event_id = UUID(run.args["event_id"])
    event = events.read(run.access, event_id)
    if event.is_processed:
        return
    with events.noting_failure(run.access, event_id):
        billing.process(run.access, event, finishing=run.finishing)


@job("register_calcom_webhook")
def register_calcom_webhook(run: Run) -> None:
    """Have a tenant's Cal.com account send its events to us."""
    calendar_sync.register(run.access, finishing=run.finishing)


@job("check_calcom_webhooks", every_minutes=15)
def check_calcom_webhooks(run: Run) -> None:
    """Look after subscriptions that were never made, point elsewhere, or were not checked for a day."""
    with run.access.begin() as scope:
        found = scope.execute("select * from portal.connected_calendars()").all()
    for row in found:
        if calendar_sync.is_due(row.slug, row.webhook_url, row.webhook_checked_at):
            with db.worker(row.tenant_id).begin() as scope:
                scope.enqueue("register_calcom_webhook", dedup_key="register")
