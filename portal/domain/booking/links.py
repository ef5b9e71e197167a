"""Links with which a customer sees and changes a booking without an account."""

from uuid import UUID

from portal.core import secrets
from portal.core.errors import Forbidden
from portal.domain.tenants import Site

PURPOSE = "manage"
TTL_SECONDS = 400 * 86400


def manage_token(tenant_id: UUID, booking_id: UUID) -> str:
    """A signed token that lets its holder see and change one booking of one tenant."""
    return secrets.sign(PURPOSE, {"t": str(tenant_id), "b": str(booking_id)}, ttl_seconds=TTL_SECONDS)


def open_manage_token(tenant_id: UUID, token: str) -> UUID:
    """The booking's id. Raises Forbidden for a changed or old token, or another tenant's."""
    claims = secrets.verify(PURPOSE, token)
    if claims.get("t") != str(tenant_id):
        raise Forbidden("This link belongs to another site.")
    return UUID(claims["b"])


def manage_url(site: Site, booking_id: UUID) -> str:
    return f"{site.url}/manage/{manage_token(site.tenant_id, booking_id)}"
