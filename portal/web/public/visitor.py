"""How often one visitor may do what costs something."""

from uuid import UUID

from portal.core import limits
from portal.core.errors import RateLimited
from portal.core.visitors import address_hash

# The same buckets as those of the API's routes that do the same.
BOOKINGS = ("book", 20, 600.0)
CALENDARS = ("availability", 120, 60.0)
CHATS = ("chat-session", 20, 600.0)


async def admit(tenant_id: UUID, address: str, allowed: tuple[str, int, float]) -> None:
    """Count one action of this visitor on this site. Raises RateLimited."""
    action, capacity, seconds = allowed
    key = f"{action}:{tenant_id}:{address_hash(address)}"
    allowance = await limits.take_async(key, capacity=capacity, per_seconds=seconds)
    if not allowance.allowed:
        raise RateLimited(retry_after_seconds=allowance.retry_after_seconds)
