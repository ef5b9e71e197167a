"""Sending one message at most once, whatever dies meanwhile.

First the message is checked against its booking and marked ``sending``; then the provider is called with no transaction
open; then its id is stored, together with the job's end. A message found ``sending`` may have been sent: the provider
is asked before it is sent again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from portal.core import clock, db
from portal.core.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable
from portal.core.queue import Run
from portal.core.settings import get_settings
from portal.domain import tenants
from portal.domain.notifications import accounts, checks, registration, settings, suppressions, templates
from portal.domain.notifications.accounts import Account
from portal.domain.notifications.types import Kind, Reason, State
from portal.models import Booking, Notification
from portal.providers.twilio import CredentialsRefused, Message, MessagingUnavailable, OptedOut, SenderRefused

# A message may be missing from the provider's lists for a moment, and another worker's call still be under way.
LISTED_AFTER: Final = timedelta(seconds=20)
CLOCK_SKEW: Final = timedelta(minutes=2)
FOLLOWED_UP_AFTER_SECONDS: Final = 3600
log = structlog.get_logger("portal.notifications")


@dataclass(frozen=True)
class Draft:
    """A message marked ``sending``. ``uncertain_since``: an earlier attempt began then and never ended."""

    id: UUID
    phone: str = field(repr=False)
    body: str = field(repr=False)
    uncertain_since: datetime | None = None


class AskAboutRegistration(Exception):
    """The answer we have is old, and stands in the way."""


def send(run: Run, notification_id: UUID) -> None:
    """Do the job of one message. Raises ProviderUnavailable and OutcomeUnknown to be tried again."""
    account = accounts.find(run.access.tenant)
    try:
        draft = _begin(run.access, notification_id, account)
    except AskAboutRegistration:
        registration.try_refresh(run.access, account)
        draft = _begin(run.access, notification_id, account, has_asked=True)
    if draft is not None and draft.uncertain_since is not None:
        draft = _settle(run, draft, draft.uncertain_since, account)
    if draft is not None and account is not None:
        _hand_over(run, draft, account)


def _begin(
    access: db.Access, notification_id: UUID, account: Account | None, *, has_asked: bool = False
) -> Draft | None:
    """Check the message and mark it ``sending``; None when it is not to be sent (now). Raises AskAboutRegistration."""
    with access.begin() as scope:
        row = lock(scope, notification_id)
        if row is not None and row.state == State.SENDING:
            return Draft(row.id, row.to_phone, row.body or "", row.attempted_at or row.created_at)
        if row is None or not _is_its_turn(row):
            return None
        return _mark_sending(scope, row, account, has_asked=has_asked)


def _settle(run: Run, draft: Draft, since: datetime, account: Account | None) -> Draft | None:
    """Look for what an earlier attempt may have sent; None when it did, or when it is no longer to be sent."""
    if account is not None:
        if clock.now() - since < LISTED_AFTER:
            raise OutcomeUnknown("An earlier attempt may still be under way.")
        found = _unclaimed(account.client.find(draft.phone, since=since - CLOCK_SKEW), draft)
        if found is not None:
            log.info("message_found", notification_id=str(draft.id))
            _store(run, draft.id, found)
            return None
        # The look took a while: whoever lost the lease must not send.
        run.renew()
    with run.access.begin() as scope:
        row = lock(scope, draft.id)
        if row is None or row.state != State.SENDING:
            return None
        return _mark_sending(scope, row, account, has_asked=True)


def _unclaimed(listed: list[Message], draft: Draft) -> Message | None:
    """The oldest listed message of these words that no other row of ours stands for."""
    same = [each for each in listed if " ".join(each.body.split()) == draft.body]
    # The platform's account sends for all tenants: the row may be another one's.
    with db.worker().begin() as scope:
        for message in reversed(same):
            if scope.execute("select portal.tenant_of_message(:sid, null)", sid=message.sid).scalar() is None:
                return message
    return None


def _is_its_turn(row: Notification) -> bool:
    return row.state == State.QUEUED or (row.state == State.PLANNED and row.due_at <= clock.now())


def _mark_sending(scope: db.Scope, row: Notification, account: Account | None, *, has_asked: bool) -> Draft | None:
    booking = scope.session.get(Booking, row.booking_id)
    chosen = settings.load(scope)
    verdict = checks.verdict(scope, row, booking, chosen, account)
    if verdict is Reason.NOT_REGISTERED and not has_asked and registration.is_stale(chosen):
        raise AskAboutRegistration
    if verdict is not None or booking is None:
        _put_aside(scope, row, verdict or Reason.BOOKING_CHANGED)
        return None
    site = tenants.site(scope.tenant_id)
    facts = templates.facts(site, booking.service_name, row.start_time, booking.attendee_name)
    rendered = templates.render(templates.template(Kind(row.kind), chosen.templates), facts)
    row.body, row.segments, row.to_phone = rendered.text, rendered.size.segments, booking.attendee_phone or row.to_phone
    row.from_account = account.owner if account else None
    row.reason = row.error_code = None
    row.attempted_at = clock.now()
    _change(scope, row, State.SENDING)
    return Draft(row.id, row.to_phone, rendered.text)


def _put_aside(scope: db.Scope, row: Notification, verdict: Reason | datetime) -> None:
    if isinstance(verdict, datetime):
        row.due_at = verdict
        _change(scope, row, State.PLANNED)
        return
    row.reason = verdict
    _change(scope, row, State.CANCELLED if verdict is Reason.BOOKING_CHANGED else State.DROPPED)


def _hand_over(run: Run, draft: Draft, account: Account) -> None:
    try:
        sent = account.client.send(draft.phone, draft.body, status_callback=callback_url(run.access.tenant, draft.id))
    except (CredentialsRefused, SenderRefused) as refused:
        # The account's fault, not the message's: somebody may put it right while the message still helps.
        _give_back(run.access, draft.id, refused)
        raise MessagingUnavailable("The Twilio account does not send.") from refused
    except ProviderRefused as refused:
        _refused(run, draft, refused)
    except ProviderUnavailable:
        _give_back(run.access, draft.id)
        raise
    else:
        _store(run, draft.id, sent)


def callback_url(tenant_id: UUID, notification_id: UUID) -> str:
    """Where the provider tells of this message; ours on the platform's own domain, which outlives a tenant's."""
    config = get_settings()
    host = config.public_url(f"{tenants.site(tenant_id).slug}.{config.base_domain}")
    return f"{host}/v1/webhooks/twilio/status/{tenant_id}?notification={notification_id}"


def _store(run: Run, notification_id: UUID, message: Message) -> None:
    """The provider has it. A callback may have told us more already."""
    with run.finishing() as scope:
        row = lock(scope, notification_id)
        if row is None:
            return
        row.provider_sid = row.provider_sid or message.sid
        if row.state == State.SENDING:
            row.sent_at = clock.now()
            _change(scope, row, State.SENT)
        scope.session.add(row)
        scope.enqueue("refresh_sms", delay_seconds=FOLLOWED_UP_AFTER_SECONDS, notification_id=notification_id)


def _refused(run: Run, draft: Draft, refused: ProviderRefused) -> None:
    code = _code(refused)
    with run.finishing() as scope:
        row = lock(scope, draft.id)
        if row is None or row.state != State.SENDING:
            return
        row.error_code, row.reason = code, Reason.REFUSED
        if isinstance(refused, OptedOut):
            row.reason = Reason.OPTED_OUT
            suppressions.stop(scope, draft.phone, "provider", at=clock.now())
        _change(scope, row, State.FAILED)
    log.info("message_refused", notification_id=str(draft.id), code=code)


def _give_back(access: db.Access, notification_id: UUID, refused: ProviderRefused | None = None) -> None:
    """It surely was not sent: the next attempt need not look for it."""
    with access.begin() as scope:
        row = lock(scope, notification_id)
        if row is not None and row.state == State.SENDING:
            row.attempted_at = None
            if refused is not None:
                row.reason, row.error_code = Reason.REFUSED, _code(refused)
            _change(scope, row, State.QUEUED)


def _code(refused: ProviderRefused) -> int | None:
    return int(refused.provider_code) if refused.provider_code.isdigit() else None


def lock(scope: db.Scope, notification_id: UUID) -> Notification | None:
    row = scope.session.get(Notification, notification_id, with_for_update=True, populate_existing=True)
    return row if row is not None and row.tenant_id == scope.tenant_id else None


def _change(scope: db.Scope, row: Notification, state: State) -> None:
    row.state, row.updated_at = state, clock.now()
    scope.session.add(row)
    scope.session.flush()
