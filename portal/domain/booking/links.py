"""Links with which a customer sees and changes a booking without an account."""

import re
from typing import Final
from uuid import UUID

from portal.core import secrets
from portal.core.errors import Forbidden
from portal.domain.tenants import Site

PURPOSE = "manage"
TTL_SECONDS = 400 * 86400
# Two parts and a signature, whose length is known: what follows is none of ours.
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}")
MOST_CHARACTERS: Final = 1024


def manage_token(tenant_id: UUID, booking_id: UUID) -> str:
    """A signed token that lets its holder see and change one booking of one tenant."""
    return secrets.sign(PURPOSE, {"t": str(tenant_id), "b": str(booking_id)}, ttl_seconds=TTL_SECONDS)


def open_manage_token(tenant_id: UUID, token: str) -> UUID:
    """The booking's id. Raises Forbidden for a changed or old token, or another tenant's.

    Around the token there may be what a mail program or a sentence put there: a full stop, a bracket, a blank.
    """
    found = TOKEN.search(token[:MOST_CHARACTERS])
    if found is None:
        raise Forbidden("This link is not valid.")
    claims = secrets.verify(PURPOSE, found.group())
    if claims.get("t") != str(tenant_id):
        raise Forbidden("This link belongs to another site.")
    return UUID(claims["b"])


def manage_url(site: Site, booking_id: UUID) -> str:
    return f"{site.url}/manage/{manage_token(site.tenant_id, booking_id)}"
