"""Who is at the other end, for rate limits and the record: a keyed stand-in that cannot be looked up in a table."""

import hashlib
import hmac
from ipaddress import ip_address, ip_network

from portal.core.secrets import derived_key


def address_hash(address: str) -> str:
    """The same for the same IPv4 address or IPv6 /64."""
    return hmac.new(derived_key("ip"), subnet(address).encode(), hashlib.sha256).hexdigest()[:32]


def subnet(address: str) -> str:
    """What a rate limit counts: an IPv4 address, or the /64 that one IPv6 customer has to themselves."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if mapped := getattr(parsed, "ipv4_mapped", None):
        return str(mapped)
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
