"""The state behind the audit log."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from portal.core.errors import InvalidArgument
from portal.domain import accounts
from portal.domain.admin import audit
from portal.domain.admin.audit import Wanted
from portal.domain.permissions import Action
from portal.web.admin.audit.history import HistoryRow, history_row
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.components.days import day_from
from portal.web.admin.paged import Filtered, filters, steps

PAGE = 50
SUBJECTS: Final = {
    "booking": "Bookings",
    "service": "Services",
    "faq": "FAQs",
    "profile": "Profile",
    "branding": "Branding",
    "policies": "Policies",
    "assistant": "Assistant",
    "integration": "Integrations",
    "sms_settings": "Text messages",
    "member": "Members",
    "domain": "Domains",
    "tenant": "Business",
}


@dataclass(frozen=True)
class Person:
    """Somebody to filter by."""

    id: str = ""
    name: str = ""


class AuditState(Filtered, AdminState):
    """Which entries, and which page of them."""

    subject: str = ""
    actor: str = ""
    rows: rx.Field[list[HistoryRow]] = rx.field(default_factory=list)
    people: rx.Field[list[Person]] = rx.field(default_factory=list)
    zone: str = ""

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.subject or self.actor or self.first or self.last)

    @rx.var
    def export_query(self) -> str:
        """The filters, as the export's address takes them."""
        wanted = {"action": self.subject, "actor_id": self.actor, "from": self.first, "to": self.last}
        chosen = {name: value for name, value in wanted.items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""

    @admin_event(Action.AUDIT_VIEW)
    async def enter(self) -> None:
        """On every load of the page."""
        members = await self._in_tenant(accounts.list_members)
        self.people = [Person(str(each.user_id), each.display_name or each.email) for each in members]
        await self._first_page()

    @admin_event(Action.AUDIT_VIEW, most=100)
    async def filter_subject(self, value: str) -> None:
        """Changes of one kind of thing."""
        if value and value not in SUBJECTS:
            raise InvalidArgument
        self.subject = value
        await self._first_page()

    @admin_event(Action.AUDIT_VIEW, most=100)
    async def filter_actor(self, value: str) -> None:
        """What one person did."""
        self.actor = str(as_id(value)) if value else ""
        await self._first_page()

    filter_first, filter_last, clear = filters(Action.AUDIT_VIEW)
    later, earlier = steps(Action.AUDIT_VIEW)

    def _clear(self) -> None:
        super()._clear()
        self.subject = self.actor = ""

    async def _load(self) -> None:
        self.zone = await self._zone()
        wanted = Wanted(
            action=self.subject or None,
            actor_id=UUID(self.actor) if self.actor else None,
            first=day_from(self.first),
            last=day_from(self.last),
        )
        found = await self._in_tenant(audit.list_entries, wanted, limit=PAGE, after=self._after)
        self.rows = [history_row(entry, self.zone) for entry in found.items]
        self._show_page(found, PAGE)
        self.loaded_for = str(self._tenant())
