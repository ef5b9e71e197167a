"""Finishing changes whose answer was lost or whose executor was killed.

An answer that was lost is looked for at once and again after short pauses: the calendar may have heard us. Only after
the longest time a request can be under way does not finding it mean that nothing happened, and it is asked once more.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from portal.core import db
from portal.core.errors import (
    CalendarBusy,
    CalendarUnavailable,
    Conflict,
    InvalidArgument,
    NotConnected,
    OutcomeUnknown,
)
from portal.domain import tenants
from portal.domain.booking import calendar, proposals
from portal.domain.booking.confirm import LEASE, carry_out, concerned
from portal.domain.booking.effects import finish, look_later
from portal.domain.booking.types import ProposalState
from portal.models import Proposal

# Ten minutes of short pauses; afterwards the sweep comes by every minute.
MOST_ROUNDS: Final = 35
# Until the owner has mended the connection.
NOT_CONNECTED: Final = timedelta(minutes=15)
AT_ONCE: Final = timedelta(0)
log = structlog.get_logger("portal.booking")


def settle(tenant_id: UUID, proposal_id: UUID, *, round_number: int | None = None) -> None:
    """Finish an execution that was cut off, by looking first. Does nothing while somebody holds its lease.

    With ``round_number`` it comes back by itself after a pause while the outcome is not known.
    """
    access = db.worker(tenant_id)
    with access.begin() as scope:
        access = access.with_booking(proposals.load(scope, proposal_id).booking_id)
    is_settled = _settle(access, proposal_id)
    if not is_settled and round_number is not None and round_number < MOST_ROUNDS:
        with access.begin() as scope:
            look_later(scope, proposal_id, round_number + 1)


def _settle(access: db.Access, proposal_id: UUID) -> bool:
    """Whether there is nothing left to come back for."""
    with access.begin() as scope:
        taken = scope.execute(
            "update portal.proposals set lease_until = now() + :lease"
            " where id = :id and tenant_id = :tenant and state = 'executing' and lease_until < now()",
            lease=LEASE, id=proposal_id, tenant=access.tenant,
        ).rowcount  # fmt: skip
        proposal = proposals.load(scope, proposal_id)
    if taken:
        return _finish(access, proposal)
    if proposal.state != ProposalState.EXECUTING:
        return True
    # Somebody is executing it, unless its answer is known to be lost.
    return proposal.failure == OutcomeUnknown.reason and _find(access, proposal)


def _finish(access: db.Access, proposal: Proposal) -> bool:
    """With the lease in hand: look, and where it surely did not happen, do it."""
    try:
        carry_out(access, proposal, look_first=True)
    except (CalendarUnavailable, CalendarBusy):
        _lease_for(access, proposal, AT_ONCE)
        return False
    except NotConnected:
        _lease_for(access, proposal, NOT_CONNECTED)
    except OutcomeUnknown:
        pass  # held anew, with rounds of its own
    except (Conflict, InvalidArgument) as error:
        log.info("settled_without_effect", proposal_id=str(proposal.id), reason=error.reason)
    return True


def _find(access: db.Access, proposal: Proposal) -> bool:
    """Only look: the request may still be under way, so that not finding it means nothing yet."""
    site = tenants.site(access.tenant)
    booking, service = concerned(access, site, proposal)
    try:
        outcome = calendar.look(site, proposal, booking)
    except (CalendarUnavailable, CalendarBusy, NotConnected):
        return False
    if outcome is not None:
        finish(access, proposal, outcome, service)
    return outcome is not None


def _lease_for(access: db.Access, proposal: Proposal, span: timedelta) -> None:
    with access.begin() as scope:
        scope.execute(
            "update portal.proposals set lease_until = now() + :span where id = :id and state = 'executing'",
            span=span, id=proposal.id,
        )  # fmt: skip
