"""Our own hold on a seat: the database decides who gets it."""

from datetime import datetime
from uuid import UUID

from portal.core import db
from portal.core.errors import SlotTaken
from portal.domain.tenants import Service
from portal.models import TenantService

CLAIM = "select portal.claim_seat(:resource, :service, :booking, :proposal, :seats, :start, :end, :expires)"


def claim(
    scope: db.Scope, service: Service, *, proposal_id: UUID, start: datetime, end: datetime, expires_at: datetime | None
) -> int:
    """Hold the lowest free seat for the scope's booking; returns its number. Raises SlotTaken when all are held."""
    seat: int | None = scope.execute(
        CLAIM, resource=service.resource_id, service=service.id, booking=scope.access.booking_id,
        proposal=proposal_id, seats=service.seats, start=start, end=end, expires=expires_at,
    ).scalar()  # fmt: skip
    if seat is None:
        raise SlotTaken
    return seat


def keep(scope: db.Scope, proposal_id: UUID) -> bool:
    """Let a proposal's claim stand as long as its booking; False when it expired and was released meanwhile."""
    kept = scope.execute(
        "update portal.slot_claims set expires_at = null where booking_id = :booking and proposal_id = :proposal",
        booking=scope.access.booking_id, proposal=proposal_id,
    )  # fmt: skip
    return bool(kept.rowcount)


def release(scope: db.Scope, proposal_id: UUID) -> None:
    """Give back what a proposal holds."""
    scope.execute(
        "delete from portal.slot_claims where booking_id = :booking and proposal_id = :proposal",
        booking=scope.access.booking_id, proposal=proposal_id,
    )  # fmt: skip


def release_others(scope: db.Scope, *, keep_proposal: UUID | None) -> None:
    """Give back all seats of the scope's booking but the one this proposal holds (None: all)."""
    scope.execute(
        "delete from portal.slot_claims where booking_id = :booking and proposal_id is distinct from :proposal",
        booking=scope.access.booking_id, proposal=keep_proposal,
    )  # fmt: skip


def standing(scope: db.Scope, booking_id: UUID) -> list[tuple[datetime, datetime]]:
    """The times that a booking holds for good (not those that a proposal holds for a while)."""
    rows = scope.execute(
        "select start_time, end_time from portal.slot_claims"
        " where tenant_id = :tenant and booking_id = :booking and expires_at is null order by start_time",
        tenant=scope.tenant_id, booking=booking_id,
    )  # fmt: skip
    return [(row.start_time, row.end_time) for row in rows]


def release_standing(scope: db.Scope, booking_id: UUID) -> None:
    """Give back what a booking holds for good."""
    scope.execute(
        "delete from portal.slot_claims where tenant_id = :tenant and booking_id = :booking and expires_at is null",
        tenant=scope.tenant_id, booking=booking_id,
    )  # fmt: skip


def claim_for(scope: db.Scope, service: TenantService, *, booking_id: UUID, start: datetime, end: datetime) -> bool:
    """Hold the lowest free seat for a booking that stands in the calendar already; False when all are held for good.

    What somebody has only proposed gives way: the calendar would refuse it.
    """
    values = {"resource": service.resource_id, "booking": booking_id, "start": start, "end": end}
    claim = {"service": service.id, "proposal": None, "seats": service.seats, "expires": None}
    if scope.execute(CLAIM, **values, **claim).scalar() is not None:
        return True
    yielded = scope.execute(
        "delete from portal.slot_claims where tenant_id = :tenant and resource_id = :resource"
        " and booking_id <> :booking and expires_at is not null"
        " and tstzrange(start_time, end_time, '[)') && tstzrange(:start, :end, '[)')",
        tenant=scope.tenant_id, **values,
    ).rowcount  # fmt: skip
    return bool(yielded) and scope.execute(CLAIM, **values, **claim).scalar() is not None
