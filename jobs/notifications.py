"""Text messages: planning, releasing, sending and following them."""

from uuid import UUID

from portal.core import db
from portal.core.queue import Run, job
from portal.domain.notifications import accounts, delivery, planning, receiving, registration, sending

RELEASED_AT_ONCE = 500
RELEASED_A_MINUTE = 20_000


@job("schedule_booking_reminders")
def schedule_booking_reminders(run: Run) -> None:
    """Write, move or cancel the messages of a booking that changed."""
    with run.finishing() as scope:
        planning.write(scope, UUID(run.args["booking_id"]))


@job("replan_notifications")
def replan_notifications(run: Run) -> None:
    """Plan a business's coming reminders anew after its settings changed."""
    after = None
    while (after := planning.replan(run.access, after)) is not None:
        run.renew()


@job("release_notifications", every_minutes=1)
def release_notifications(run: Run) -> None:
    """Have every message sent whose time has come."""
    for _ in range(RELEASED_A_MINUTE // RELEASED_AT_ONCE):
        if planning.release(RELEASED_AT_ONCE) < RELEASED_AT_ONCE:
            break
        run.renew()


@job("close_stale_messages", every_minutes=60)
def close_stale_messages(run: Run) -> None:
    """Put away messages that were given up and have become too late."""
    planning.close_stale()


@job("send_sms")
def send_sms(run: Run) -> None:
    """Send one message, once."""
    sending.send(run, UUID(run.args["notification_id"]))


@job("refresh_sms")
def refresh_sms(run: Run) -> None:
    """Ask how a message fared and what it cost, where no callback told."""
    delivery.refresh(run, UUID(run.args["notification_id"]))


@job("process_twilio_webhook")
def process_twilio_webhook(run: Run) -> None:
    """A status callback, or a customer's answer."""
    receiving.receive(run, UUID(run.args["event_id"]))


@job("check_registrations", every_minutes=24 * 60)
def check_registrations(run: Run) -> None:
    """Ask every day how each business stands with the US carriers, and see to it that answers reach us."""
    registration.hear_answers(accounts.platform())
    with run.access.begin() as scope:
        tenants = list(scope.execute("select portal.tenants_texting()").scalars())
    for tenant_id in tenants:
        with db.worker(tenant_id).begin() as scope:
            scope.enqueue("check_registration", dedup_key="daily")


@job("check_registration")
def check_registration(run: Run) -> None:
    """One business's registration: of its own account, or of the platform's."""
    registration.refresh(run.access, accounts.find(run.access.tenant))
