"""What becomes of a message at the provider. Reports come in any order and again: the furthest one stands."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel import select

from portal.core import clock, db
from portal.core.errors import ProviderRefused
from portal.core.queue import Run
from portal.domain.notifications import accounts
from portal.domain.notifications.sending import lock
from portal.domain.notifications.types import State
from portal.models import Notification
from portal.providers.twilio import Message, MessageStatus

STATES: Final = {
    MessageStatus.ACCEPTED: State.SENT,
    MessageStatus.SCHEDULED: State.SENT,
    MessageStatus.QUEUED: State.SENT,
    MessageStatus.SENDING: State.SENT,
    MessageStatus.SENT: State.SENT,
    MessageStatus.FAILED: State.FAILED,
    MessageStatus.CANCELED: State.FAILED,
    MessageStatus.UNDELIVERED: State.UNDELIVERED,
    MessageStatus.DELIVERED: State.DELIVERED,
    MessageStatus.READ: State.DELIVERED,
}
# A total order: whatever reports there are, in whatever order, they end in the same state.
RANK: Final = {State.SENDING: 0, State.SENT: 1, State.FAILED: 2, State.UNDELIVERED: 3, State.DELIVERED: 4}
FINAL: Final = (State.FAILED, State.UNDELIVERED, State.DELIVERED)
# A price may take a while; a network that never confirms is asked about now and then. After a day nothing more comes.
PRICED_WITHIN_SECONDS: Final = 900
CONFIRMED_WITHIN_SECONDS: Final = 6 * 3600
FOLLOWED_FOR: Final = timedelta(days=1)


def report(
    scope: db.Scope, sid: str, status: MessageStatus, *, error_code: int | None, notification_id: UUID | None
) -> Notification | None:
    """Note what the provider reported; None when it speaks of no message of this tenant.

    ``notification_id`` (of the callback's address) finds a message whose sid was never stored: it brings the sid.
    """
    row = _find(scope, sid, notification_id)
    state = STATES.get(status)
    if row is None or state is None:
        return row
    row.provider_sid, row.sent_at = sid, row.sent_at or clock.now()
    if RANK[state] > RANK.get(State(row.state), -1):
        row.state, row.updated_at = state, clock.now()
        row.error_code = error_code if state in (State.FAILED, State.UNDELIVERED) else None
    scope.session.add(row)
    scope.session.flush()
    return row


def is_settled(row: Notification) -> bool:
    """Whether the provider has nothing more to tell of it."""
    return row.state in FINAL and row.price_micros is not None


def refresh(run: Run, notification_id: UUID) -> None:
    """Ask how a message fared and what it cost: what callbacks did not tell. Raises ProviderUnavailable."""
    with run.access.begin() as scope:
        row = scope.session.get(Notification, notification_id)
        sid = row.provider_sid if row is not None and not is_settled(row) else None
    account = accounts.find(run.access.tenant)
    if sid is None or account is None:
        return
    try:
        message = account.client.fetch(sid)
    except ProviderRefused:
        # Not this account's message (any more), or deleted there: nothing to learn.
        return
    with run.finishing() as scope:
        row = lock(scope, notification_id)
        if row is not None:
            _note(scope, row, message)
            _follow(scope, row)


def _note(scope: db.Scope, row: Notification, message: Message) -> None:
    if message.price_micros is not None:
        row.price_micros, row.price_currency = message.price_micros, message.price_currency
    if message.segments:
        row.segments = message.segments
    report(scope, message.sid, message.status, error_code=message.error_code, notification_id=row.id)


def _follow(scope: db.Scope, row: Notification) -> None:
    if not is_settled(row) and row.sent_at is not None and clock.now() - row.sent_at < FOLLOWED_FOR:
        delay = PRICED_WITHIN_SECONDS if row.state in FINAL else CONFIRMED_WITHIN_SECONDS
        scope.enqueue("refresh_sms", delay_seconds=delay, notification_id=row.id)


def _find(scope: db.Scope, sid: str, notification_id: UUID | None) -> Notification | None:
    query = select(Notification).where(Notification.tenant_id == scope.tenant_id, Notification.provider_sid == sid)
    found = scope.session.exec(query.with_for_update().execution_options(populate_existing=True)).first()
    if found is not None or notification_id is None:
        return found
    row = lock(scope, notification_id)
    # Another sid: not the message that this row stands for. Never attempted: a callback of somebody else's making.
    is_open = row is not None and row.provider_sid is None and row.attempted_at is not None
    return row if is_open else None
