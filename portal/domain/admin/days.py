"""Days as staff name them: the tenant's own (the platform's are UTC's), both ends included."""

from datetime import date, datetime
from uuid import UUID

from portal.core.errors import InvalidArgument
from portal.domain import hours, tenants


def bounds(tenant_id: UUID | None, first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """UTC instants at which the first day begins and the last one ends. Raises InvalidArgument out of reach."""
    if first is None and last is None:
        return None, None
    zone = tenants.site(tenant_id).profile.timezone if tenant_id else "UTC"
    try:
        return (
            hours.day_bounds(first, zone)[0] if first else None,
            hours.day_bounds(last, zone)[1] if last else None,
        )
    except OverflowError:
        raise InvalidArgument("That day is too far away.") from None
