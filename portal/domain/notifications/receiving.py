"""What Twilio tells us: how a message fared, and what a customer answered."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import structlog

from portal.core import db
from portal.core.characters import visible
from portal.core.queue import Run
from portal.domain import events
from portal.domain.events import Event
from portal.domain.notifications import accounts, delivery, optout, suppressions
from portal.domain.notifications.optout import Answer
from portal.models import Notification
from portal.providers.twilio import MessageStatus

INBOUND: Final = "inbound"
OUTCOMES: Final = {Answer.STOP: "stop", Answer.START: "start"}
NOTES: Final = {
    Answer.STOP: suppressions.stop,
    Answer.START: suppressions.start,
    Answer.UNSURE: suppressions.hold,
}
log = structlog.get_logger("portal.notifications")


def receive(run: Run, event_id: UUID) -> None:
    """Process one stored webhook; again, in any order and together with others, it ends in the same."""
    with events.noting_failure(run.access, event_id):
        event = events.read(run.access, event_id)
        fields = event.payload.get("fields", {})
        booking_id = None
        if event.kind == INBOUND:
            outcome = _answered(run.access, fields, event)
        else:
            outcome, row = _reported(run.access, fields, _named(event))
            booking_id = row.booking_id if row is not None and row.tenant_id == run.access.tenant_id else None
        with run.finishing() as scope:
            events.finish(scope, event_id, outcome, booking_id=booking_id)


# --- How a message fared ---------------------------------------------------------------------------------------------


def _reported(
    access: db.Access, fields: Mapping[str, str], notification_id: UUID | None
) -> tuple[str, Notification | None]:
    sid = fields.get("MessageSid") or fields.get("SmsSid") or ""
    status = MessageStatus(fields.get("MessageStatus") or fields.get("SmsStatus") or "")
    tenant_id = access.tenant_id or _tenant_of(access, sid, notification_id)
    if not sid or tenant_id is None:
        return "unknown_message", None
    code = fields.get("ErrorCode", "")
    with db.worker(tenant_id).begin() as scope:
        row = delivery.report(
            scope, sid, status, error_code=int(code) if code.isdigit() else None, notification_id=notification_id
        )
        if row is None:
            return "unknown_message", None
        if row.state in delivery.FINAL and not delivery.is_settled(row):
            scope.enqueue("refresh_sms", dedup_key=f"price:{row.id}", notification_id=row.id)
    return f"status_{status}", row


def _tenant_of(access: db.Access, sid: str, notification_id: UUID | None) -> UUID | None:
    """The platform's own account tells about everybody's messages in one place."""
    with access.begin() as scope:
        found: UUID | None = scope.execute(
            "select portal.tenant_of_message(:sid, :id)", sid=sid, id=notification_id
        ).scalar()
    return found


def _named(event: Event) -> UUID | None:
    """The message that our own address names."""
    try:
        return UUID(event.payload["query"]["notification"])
    except (KeyError, TypeError, ValueError):
        return None


# --- What a customer answered ----------------------------------------------------------------------------------------


def _answered(access: db.Access, fields: Mapping[str, str], event: Event) -> str:
    body, phone = fields.get("Body", ""), fields.get("From", "")
    answer = optout.read(body, fields.get("OptOutType"))
    if answer not in NOTES or not phone:
        # HELP is answered by Twilio itself; anything else waits in the list of events for somebody to read it.
        return "help" if answer is Answer.HELP else "no_keyword"
    for tenant_id in _texters(access, fields.get("AccountSid", ""), phone):
        with db.worker(tenant_id).begin() as scope:
            source = event.id if tenant_id == access.tenant_id else None
            NOTES[answer](scope, phone, OUTCOMES.get(answer, visible(body)), at=event.received_at, event_id=source)
    log.info("opt_out_noted", keyword=answer)
    return OUTCOMES.get(answer, suppressions.UNSURE)


def _texters(access: db.Access, account_sid: str, phone: str) -> set[UUID]:
    """Whom an answer concerns: the business it was sent to, and all that texted from the platform's numbers."""
    found = {access.tenant_id} if access.tenant_id is not None else set()
    if accounts.is_platform(account_sid):
        with db.worker().begin() as scope:
            found |= set(scope.execute("select portal.platform_texters(:phone)", phone=phone).scalars())
    return found
