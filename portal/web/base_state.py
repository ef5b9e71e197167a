"""The state every page's state stands on: it knows whose site this connection is for, and asks again on every event."""

from uuid import UUID

import reflex as rx

from portal.core import tenant, threads
from portal.core.db import Access, customer
from portal.core.errors import NotFound
from portal.core.tenant import TenantRef


class SiteState(rx.State):
    """Base of the customer-facing states. Holds nothing itself.

    The tenant is never stored in state and never taken from an argument: any client may send any event with any
    arguments, and only the host name of its own connection is trusted.
    """

    async def _tenant(self) -> TenantRef:
        """The active tenant of this connection's host. Raises NotFound for unknown and suspended hosts."""
        host = self.router.headers.host
        found = tenant.peek(host) or await threads.run(tenant.resolve, host)
        if not isinstance(found, TenantRef) or not found.is_open:
            raise NotFound("This site is not available.")
        return found

    async def _customer(self, *, session_id: UUID | None = None, booking_id: UUID | None = None) -> Access:
        """What a visitor of this site may do: the tenant's public rows, and the session and booking named."""
        ref = await self._tenant()
        return customer(ref.tenant_id, session_id=session_id, booking_id=booking_id)
