"""Hosts of their own that tenants want their site on. A host serves the site once it was verified."""

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from portal.core.auth import Principal
from portal.core.errors import Conflict
from portal.core.ids import new_id
from portal.core.settings import get_settings
from portal.core.tenant import normalise
from portal.domain.admin import edits, fields
from portal.domain.permissions import Action, require
from portal.models import TenantDomain

MOST: Final = 10
SPECIAL: Final = (".localhost", ".local", ".internal", ".test", ".example", ".invalid", ".onion", ".arpa")


class HostnameTaken(Conflict):
    reason = "hostname_taken"
    default = "This domain is in use already."


@dataclass(frozen=True)
class Domain:
    """``verified_at`` None: the site is not served there yet. ``tls_status``: pending, active or failed."""

    id: UUID
    hostname: str
    domain_type: str
    verified_at: datetime | None
    tls_status: str | None
    created_at: datetime


def list_domains(principal: Principal, tenant_id: UUID) -> tuple[Domain, ...]:
    """By name. Raises NotFound, Forbidden."""
    with require(principal, tenant_id, Action.DOMAINS_VIEW).begin() as scope:
        found = select(TenantDomain).where(TenantDomain.tenant_id == tenant_id).order_by(col(TenantDomain.hostname))
        return tuple(_shown(row) for row in scope.session.exec(found).all())


def add(principal: Principal, tenant_id: UUID, hostname: str) -> Domain:
    """Ask for a host; it waits to be verified. Raises InvalidArgument, HostnameTaken, Conflict past ten."""
    access = require(principal, tenant_id, Action.DOMAINS_EDIT)
    name = clean_hostname(hostname)
    with access.begin() as scope:
        count = scope.execute("select count(*) from portal.tenant_domains where tenant_id = :id", id=tenant_id)
        if count.scalar_one() >= MOST:
            raise Conflict(f"There may be at most {MOST} domains.")
        row = TenantDomain(
            id=new_id(), tenant_id=tenant_id, hostname=name, domain_type="custom", tls_status="pending",
        )  # fmt: skip
        scope.session.add(row)
        try:
            scope.session.flush()
        except IntegrityError:
            raise HostnameTaken(details={"field": "hostname"}) from None
        scope.session.refresh(row)
        edits.record(scope, "domain.added", "domain", row.id, {"hostname": name})
        return _shown(row)


def remove(principal: Principal, tenant_id: UUID, domain_id: UUID) -> None:
    """The site is no longer served there. Raises NotFound."""
    with require(principal, tenant_id, Action.DOMAINS_EDIT).begin() as scope:
        row = edits.lock(scope, TenantDomain, domain_id)
        edits.record(scope, "domain.removed", "domain", row.id, {"hostname": row.hostname})
        scope.session.delete(row)
        scope.session.flush()


def clean_hostname(value: Any) -> str:
    """A public DNS name in ASCII (IDN as punycode), not one of ours. Raises InvalidArgument."""
    typed = fields.line(253, required=True)("hostname", value) or ""
    name = normalise(typed.removeprefix("https://").removeprefix("http://").rstrip("/"))
    base = get_settings().base_domain
    if name is None or ":" in typed.rpartition("//")[2] or not _is_public(name):
        raise fields.wrong("hostname", "Please give a domain such as book.example.com.")
    if name == base or name.endswith("." + base):
        raise fields.wrong("hostname", "This domain is the platform's own.")
    return name


def _is_public(name: str) -> bool:
    labels = name.split(".")
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return False
    sound = all(label and label[0] != "-" and label[-1] != "-" for label in labels)
    return len(labels) > 1 and sound and not labels[-1].isdigit() and not name.endswith(SPECIAL)


def _shown(row: TenantDomain) -> Domain:
    return Domain(row.id, row.hostname, row.domain_type, row.verified_at, row.tls_status, row.created_at)
