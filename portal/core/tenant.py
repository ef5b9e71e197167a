"""Host → tenant, from a cache that every change drops at once."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

import idna

from portal.core import db
from portal.core.cache import cache, invalidate
from portal.core.redis import client
from portal.core.settings import get_settings

FOUND_SECONDS = 600
MISSED_SECONDS = 60
NAMESPACE = "hosts"
GENERATION = "portal:hosts:generation"


@dataclass(frozen=True)
class TenantRef:
    """Which business a host belongs to."""

    tenant_id: UUID
    slug: str
    status: str

    @property
    def is_open(self) -> bool:
        return self.status == "active"


class _Unknown:
    """Marks a host that is known to belong to nobody."""


UNKNOWN: Final = _Unknown()


@lru_cache(maxsize=4096)
def normalise(host: str | None) -> str | None:
    """A Host header as a bare ASCII host name: lower case, no port, no trailing dot, IDN as punycode; or None."""
    name = (host or "").strip().lower()
    if name.startswith("[") or not name or len(name) > 260:
        return None
    name, _, port = name.partition(":")
    name = name.removesuffix(".")
    if port and not port.isdigit():
        return None
    return _ascii(name)


def _ascii(name: str) -> str | None:
    try:
        encoded = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return None
    labels = encoded.split(".")
    fits = len(encoded) <= 253 and all(0 < len(label) <= 63 for label in labels)
    return encoded if fits and all(c.isalnum() or c in "-." for c in encoded) else None


def peek(host: str | None) -> TenantRef | _Unknown | None:
    """What this process already knows of a Host header: a tenant, UNKNOWN, or None (ask :func:`resolve`)."""
    name = normalise(host)
    return cache.get(NAMESPACE, name) if name else UNKNOWN


def resolve(host: str | None) -> TenantRef | None:
    """The tenant of a Host header. None: nobody's. A found one is kept 10 minutes, a miss 60 seconds."""
    name = normalise(host)
    if name is None:
        return None
    found = cache.load(NAMESPACE, name, _seconds, lambda: _shared(name) or UNKNOWN)
    return found if isinstance(found, TenantRef) else None


def forget(tenant_id: UUID) -> None:
    """Drop every kept answer about hosts and this tenant, in all processes. Call it after commit."""
    client().incr(GENERATION)
    invalidate(NAMESPACE)
    invalidate(tenant_id)


def _seconds(found: TenantRef | _Unknown) -> float:
    return FOUND_SECONDS if isinstance(found, TenantRef) else MISSED_SECONDS


def _shared(name: str) -> TenantRef | None:
    """Redis first, then the database; both answers are kept in Redis for all processes.

    The generation is read before the database: an answer older than a change lands under a key nobody reads any more.
    """
    redis = client()
    key = b"portal:host:%b:%b" % (redis.get(GENERATION) or b"0", name.encode())
    if (kept := redis.get(key)) is not None:
        return _decode(kept)
    tenant = _look_up(name)
    redis.set(key, _encode(tenant), ex=int(_seconds(tenant or UNKNOWN)))
    return tenant


def _look_up(name: str) -> TenantRef | None:
    base = get_settings().base_domain
    slug = name.removesuffix("." + base) if name.endswith("." + base) else None
    with db.nobody().begin() as scope:
        row = scope.execute(
            "select tenant_id, slug, status from portal.resolve_host(:name, :slug)", name=name, slug=slug
        ).one_or_none()
    return TenantRef(row.tenant_id, row.slug, row.status) if row else None


def _encode(tenant: TenantRef | None) -> bytes:
    return f"{tenant.tenant_id} {tenant.slug} {tenant.status}".encode() if tenant else b""


def _decode(kept: bytes) -> TenantRef | None:
    if not kept:
        return None
    tenant_id, slug, status = kept.decode().split(" ")
    return TenantRef(UUID(tenant_id), slug, status)
