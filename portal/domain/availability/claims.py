"""Our own holds on seats, taken out of what the calendar offers: it does not know of them, or not yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from portal.core import db
from portal.domain.availability.shared import Slot
from portal.domain.tenants import Service

CLAIMS = """
    select service_id, seat, start_time, end_time from portal.slot_claims
    where tenant_id = :tenant and resource_id = :resource and start_time < :until and end_time > :since
      and (expires_at is null or expires_at > now()) and booking_id is distinct from :ignoring
"""


@dataclass(frozen=True)
class Claim:
    service_id: UUID
    seat: int
    start: datetime
    end: datetime


def without_claimed(
    tenant_id: UUID, service: Service, days: Mapping[date, tuple[Slot, ...]], *, ignoring: UUID | None = None
) -> dict[date, tuple[Slot, ...]]:
    """The same days without slots in which no seat of the service's resource is left.

    ``ignoring`` names a booking whose own seats do not count: it may move into them.
    """
    slots = [slot for found in days.values() for slot in found]
    claims = _claims(tenant_id, service, slots, ignoring) if slots else []
    return {day: tuple(slot for slot in found if _has_seat(slot, service, claims)) for day, found in days.items()}


def is_claimed(
    tenant_id: UUID, service: Service, start: datetime, end: datetime, *, ignoring: UUID | None = None
) -> bool:
    """Whether every seat of the service's resource is held then: somebody else was faster."""
    slot = Slot(start, end)
    return not _has_seat(slot, service, _claims(tenant_id, service, [slot], ignoring))


def _claims(tenant_id: UUID, service: Service, slots: list[Slot], ignoring: UUID | None) -> list[Claim]:
    with db.worker(tenant_id).begin() as scope:
        rows = scope.execute(
            CLAIMS,
            tenant=tenant_id,
            resource=service.resource_id,
            since=min(slot.start for slot in slots),
            until=max(slot.end for slot in slots),
            ignoring=ignoring,
        ).all()
    return [Claim(row.service_id, row.seat, row.start_time, row.end_time) for row in rows]


def _has_seat(slot: Slot, service: Service, claims: list[Claim]) -> bool:
    """As the database decides it: another service keeps the whole resource, one of ours keeps its seat."""
    overlapping = [claim for claim in claims if claim.start < slot.end and slot.start < claim.end]
    if any(claim.service_id != service.id for claim in overlapping):
        return False
    return len({claim.seat for claim in overlapping}) < service.seats
