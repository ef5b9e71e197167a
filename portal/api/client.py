"""Who is at the other end: forwarded headers count only when a trusted proxy wrote them."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from portal.core.settings import get_settings

FORWARDED = (b"x-forwarded-for", b"cf-connecting-ip", b"x-forwarded-proto", b"forwarded", b"x-real-ip")
Networks = tuple[IPv4Network | IPv6Network, ...]


def peer(scope: Mapping[str, Any]) -> str:
    """Address of the connection itself; empty for a local socket."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def address(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> str:
    """The visitor's address: the rightmost one in X-Forwarded-For that is not a trusted proxy's.

    Cloudflare's own header counts only where a trusted proxy sent no X-Forwarded-For: a proxy of another kind would
    pass on whatever the visitor put there.
    """
    direct = peer(scope)
    if not is_trusted(direct):
        return direct
    chain = [hop.strip() for hop in headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",") if hop.strip()]
    if not chain and (named := headers.get(b"cf-connecting-ip")):
        chain = [named.decode("latin-1").strip()]
    for hop in reversed(chain):
        if not _is_address(hop):
            break
        if not is_trusted(hop):
            return hop
        direct = hop
    return direct


def scheme(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> str:
    """``http`` or ``https``, as the visitor's browser sees it."""
    if (forwarded := headers.get(b"x-forwarded-proto")) and is_trusted(peer(scope)):
        return "https" if forwarded.rpartition(b",")[2].strip().lower() in (b"https", b"wss") else "http"
    return "https" if scope.get("scheme") in ("https", "wss") else "http"


def is_local(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> bool:
    """Whether a program on this very machine asks, not a visitor behind a proxy that runs here."""
    direct = peer(scope)
    if any(name in headers for name in FORWARDED):
        return is_trusted(direct) and _is_loopback(address(scope, headers))
    return _is_loopback(direct)


def is_trusted(host: str) -> bool:
    networks = trusted_networks(get_settings().trusted_proxies)
    return bool(networks) and _is_address(host) and any(ip_address(host) in network for network in networks)


@lru_cache(maxsize=8)
def trusted_networks(setting: str) -> Networks:
    """``TRUSTED_PROXIES``: addresses and networks, separated by commas."""
    return tuple(ip_network(part.strip(), strict=False) for part in setting.split(",") if part.strip())


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ip_address(host).is_loopback


@lru_cache(maxsize=4096)
def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
