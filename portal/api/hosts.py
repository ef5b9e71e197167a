"""What is served on which host, and from which pages."""

import re
from collections.abc import Mapping

from portal.core.settings import get_settings

HEALTH = frozenset({"/healthz", "/readyz", "/metrics"})
ANY_HOST = ("/admin/", "/assets/", "/v1/admin/", "/v1/webhooks/")
ANY_HOST_EXACT = HEALTH | {"/admin", "/v1/openapi.json"}
# What the built frontend is made of; none of it belongs to a tenant.
STATIC_FILE = re.compile(r"^/[\w\-./]+\.(?:css|js|mjs|map|svg|ico|png|woff2|webmanifest)$")
SOCKET = "/_event"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_PORTS = {b"http": b":80", b"https": b":443"}


def is_api(path: str) -> bool:
    """Whether the path is answered with JSON, errors included."""
    return path.startswith("/v1/") or path == "/v1" or path in HEALTH


def needs_no_tenant(path: str) -> bool:
    """Whether the path is served on any host, also those of nobody and of suspended tenants."""
    return path in ANY_HOST_EXACT or path.startswith(ANY_HOST) or STATIC_FILE.match(path) is not None


def is_platform(host: str | None) -> bool:
    """Whether a bare host name is the platform's own: the base domain, or this machine while developing."""
    settings = get_settings()
    own = {settings.base_domain, f"www.{settings.base_domain}", f"admin.{settings.base_domain}"}
    return host in own or (settings.is_local and host in ("localhost", "127.0.0.1"))


def is_same_origin(headers: Mapping[bytes, bytes], scheme: str) -> bool:
    """Whether the Origin header names the very host (and port) that was asked. False when there is none."""
    origin_scheme, found, origin = headers.get(b"origin", b"").lower().partition(b"://")
    port = DEFAULT_PORTS.get(origin_scheme)
    if not found or port is None or (scheme == "https" and origin_scheme != b"https"):
        return False
    return origin.removesuffix(port) == headers.get(b"host", b"").strip().lower().removesuffix(port)


def is_foreign(method: str, path: str, headers: Mapping[bytes, bytes], scheme: str) -> bool:
    """Whether a page of another origin is behind a request that changes something or opens an event channel.

    Sites of other tenants are same-site, so a SameSite cookie alone does not tell them apart.
    """
    sensitive = method not in SAFE_METHODS or path.startswith(SOCKET)
    return sensitive and b"origin" in headers and not is_same_origin(headers, scheme)
