"""Who is at the other end, for rate limits and the record: a keyed stand-in that cannot be looked up in a table."""

import hashlib
import hmac
from ipaddress import ip_address, ip_network
from uuid import UUID

from portal.core import limits
from portal.core.errors import RateLimited
from portal.core.secrets import derived_key

# The same buckets as those of the API's routes that do the same.
BOOKINGS = ("book", 20, 600.0)
CALENDARS = ("availability", 120, 60.0)


def address_hash(address: str) -> str:
    """The same for the same IPv4 address or IPv6 /64 (what one customer has to themselves)."""
    return hmac.new(derived_key("ip"), _subnet(address).encode(), hashlib.sha256).hexdigest()[:32]


async def admit(tenant_id: UUID, address: str, allowed: tuple[str, int, float]) -> None:
    """Count one action of this visitor on this site. Raises RateLimited."""
    action, capacity, seconds = allowed
    key = f"{action}:{tenant_id}:{address_hash(address)}"
    allowance = await limits.take_async(key, capacity=capacity, per_seconds=seconds)
    if not allowance.allowed:
        raise RateLimited(retry_after_seconds=allowance.retry_after_seconds)


def _subnet(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if mapped := getattr(parsed, "ipv4_mapped", None):
        return str(mapped)
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
