"""What one's own page shows. Passwords, codes and secrets go between browser and API, never through here."""

from typing import Any

import reflex as rx

from portal.domain import accounts
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.shell_state import ROLE_NAMES


class AccountState(AdminState):
    """The signed-in person's account."""

    email: str = ""
    name: str = ""
    has_totp: bool = False
    is_enrolling: bool = False
    is_turning_off: bool = False
    places: rx.Field[list[dict[str, str]]] = rx.field(default_factory=list)

    @admin_event
    async def load(self) -> None:
        """The account, and the businesses it belongs to."""
        found = await self._as_user(accounts.me)
        self.email, self.name, self.has_totp = found.email, found.display_name or "", found.has_totp
        self.is_enrolling = self.is_turning_off = False
        self.places = [
            {"id": str(each.tenant_id), "name": each.business_name, "role": ROLE_NAMES[each.role]}
            for each in found.tenants
        ]

    @admin_event
    async def start_enrolling(self) -> None:
        """Show the form that begins a second factor."""
        self.is_enrolling = not self.has_totp

    @admin_event
    async def start_turning_off(self) -> None:
        """Show the form that ends it."""
        self.is_turning_off = self.has_totp

    @admin_event
    async def say_done(self, what: str) -> Any:
        """After the API did something: say so, and show the account as it is now."""
        sentence = DONE.get(what)
        if sentence:
            self._say(sentence)
        return AccountState.load


DONE = {
    "password": "Password changed. All other sessions have ended.",
    "totp_on": "The second factor is on.",
    "totp_off": "The second factor is off.",
}
