"""What a link in a mail is for. Whoever holds the link may see that, signed in or not."""

from dataclasses import dataclass

import reflex as rx

from portal.core import limits, threads
from portal.core.errors import NotFound
from portal.core.visitors import address_hash
from portal.domain import accounts
from portal.domain.permissions import Role
from portal.web.admin.base_state import session_token

LINKS_PER_SECONDS = (60, 600.0)  # the same bucket as the API's
ROLES = {Role.PLATFORM_ADMIN: "platform admin", Role.TENANT_ADMIN: "admin", Role.TENANT_STAFF: "staff"}


@dataclass(frozen=True)
class LinkCard:
    """``purpose``: loading, invite, password_reset or invalid. ``is_mine``: its person is signed in here."""

    purpose: str = "loading"
    email: str = ""
    business: str = ""
    role: str = ""
    has_account: bool = False
    is_mine: bool = False


class LinkState(rx.State):
    """Not one of the dashboard's states: nobody needs to be signed in."""

    card: LinkCard = LinkCard()

    @rx.event
    async def open_link(self) -> None:
        """Look at the address's token."""
        token = self.router.url.query_parameters.get("token", "")
        capacity, seconds = LINKS_PER_SECONDS
        address = address_hash(self.router.session.client_ip)
        allowance = await limits.take_async(f"links:{address}", capacity=capacity, per_seconds=seconds)
        self.card = await self._look(token[:100]) if allowance.allowed else LinkCard("invalid")

    async def _look(self, token: str) -> LinkCard:
        try:
            view = await threads.run(accounts.find_link, token)
        except NotFound:
            return LinkCard("invalid")
        signed_in = await threads.run(accounts.session_principal, session_token(self.router.headers.cookie))
        return LinkCard(
            purpose=view.purpose.value,
            email=view.email,
            business=view.business_name or "the platform",
            role=ROLES[view.role] if view.role else "",
            has_account=view.has_account,
            is_mine=signed_in is not None and signed_in.email == view.email,
        )
