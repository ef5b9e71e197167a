"""Who is signed in, where they are, and what the frame of the page shows of it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import reflex as rx

from portal.core import threads
from portal.core.auth import Principal
from portal.core.errors import Forbidden, NotFound
from portal.domain import accounts, permissions
from portal.domain.admin import tenants
from portal.domain.permissions import Role
from portal.web.admin.base_state import AdminState, admin_event

ROLE_NAMES = {
    Role.PLATFORM_ADMIN: "Platform admin",
    Role.TENANT_ADMIN: "Admin",
    Role.TENANT_STAFF: "Staff",
}
SWITCHER_ROWS = 8


@dataclass(frozen=True)
class Me:
    """The signed-in person."""

    email: str = ""
    initial: str = ""
    is_platform_admin: bool = False


@dataclass(frozen=True)
class Here:
    """The business of the page, or nothing. ``url``: its public site; ``base``: where its dashboard's
    addresses begin.
    """

    id: str = ""
    name: str = ""
    slug: str = ""
    status: str = ""
    role: str = ""
    url: str = ""
    base: str = ""


@dataclass(frozen=True)
class Choice:
    """A business in the switcher."""

    id: str = ""
    name: str = ""


class ShellState(AdminState):
    """What the frame shows. ``can`` holds the names of the actions the person's role allows here (``faqs.edit``)."""

    status: str = "loading"  # loading | ready | missing
    me: Me = Me()
    here: Here = Here()
    can: rx.Field[list[str]] = rx.field(default_factory=list)
    choices: rx.Field[list[Choice]] = rx.field(default_factory=list)

    @admin_event
    async def enter(self) -> Any:
        """On every load of a page, before its own state's."""
        principal = await self._principal()
        self.me = _me(principal)
        if not self._has_tenant():
            self.here, self.can, self.status = Here(), _platform_actions(principal), "ready"
            return
        try:
            await self._show(principal, self._tenant())
        except (NotFound, Forbidden):
            self.here, self.can, self.status = Here(), [], "missing"

    @admin_event
    async def find(self, text: str) -> None:
        """The switcher's list: the businesses this person works for, or for operators those that fit ``text``."""
        term = text.strip()[:100]
        principal = await self._principal()
        if principal.is_platform_admin:
            page = await threads.run(tenants.list_tenants, principal, search=term or None, limit=SWITCHER_ROWS)
            self.choices = [Choice(str(line.id), line.business_name) for line in page.items]
            return
        account = await threads.run(accounts.me, principal)
        fitting = [each for each in account.tenants if term.casefold() in each.business_name.casefold()]
        self.choices = [Choice(str(each.tenant_id), each.business_name) for each in fitting[:SWITCHER_ROWS]]

    @admin_event
    async def search(self, form: dict[str, Any]) -> Any:
        """The search box: bookings of the business."""
        text = quote(str(form.get("q", "")).strip()[:100])
        return rx.redirect(f"{self.here.base}/bookings?q={text}") if self.here.id else None

    @admin_event
    async def dismiss(self, toast_id: str) -> None:
        """Take a message away."""
        self.toasts = [toast for toast in self.toasts if toast.id != toast_id]

    @admin_event
    async def undo(self, toast_id: str) -> Any:
        """Send the event that takes a message's act back. It is checked like any other."""
        way = self._undos.get(toast_id)
        self.toasts = [toast for toast in self.toasts if toast.id != toast_id]
        if way is None:
            return None
        state, handler, arguments = way
        return rx.State.get_class_substate(state).event_handlers[handler](*arguments)

    def _has_tenant(self) -> bool:
        return bool(getattr(self, "tenant_id", ""))

    async def _show(self, principal: Principal, tenant_id: UUID) -> None:
        role = await threads.run(permissions.find_role, principal, tenant_id)
        if role is None:
            raise NotFound
        found = await self._in_tenant(tenants.get)
        base = f"/admin/tenants/{tenant_id}"
        self.here = Here(
            str(tenant_id), found.business_name, found.slug, found.status, ROLE_NAMES[role], found.url, base
        )
        self.can = sorted(permissions.actions_of(role))
        self.status = "ready"


def _me(principal: Principal) -> Me:
    return Me(principal.email, principal.email[:1].upper(), principal.is_platform_admin)


def _platform_actions(principal: Principal) -> list[str]:
    return sorted(permissions.actions_of(Role.PLATFORM_ADMIN)) if principal.is_platform_admin else []
