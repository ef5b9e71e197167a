"""The platform's list of businesses: find, make, suspend and open them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx

from portal.core.errors import Conflict, InvalidArgument, PortalError
from portal.domain.admin import tenants
from portal.domain.admin.edits import Outdated
from portal.domain.admin.launch import NotReady
from portal.domain.admin.paging import Page
from portal.domain.admin.tenants import TenantLine
from portal.domain.onboarding import Status
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.paged import Paged, steps

PER_PAGE = 25
STATUS_NAMES = {Status.ONBOARDING: "Being set up", Status.ACTIVE: "Open", Status.SUSPENDED: "Suspended"}
STATUS_KINDS = {Status.ONBOARDING: "brand", Status.ACTIVE: "good", Status.SUSPENDED: "bad"}
NEW_FIELDS = ("name", "slug", "vertical", "timezone")
NO_ERRORS = dict.fromkeys((*NEW_FIELDS, "reason"), "")


@dataclass(frozen=True)
class TenantRow:
    id: str = ""
    name: str = ""
    slug: str = ""
    url: str = ""
    status: str = ""
    status_name: str = ""
    kind: str = ""
    vertical: str = ""
    created: str = ""


class TenantsState(Paged, AdminState):
    """One page of the list, and the dialog that is open over it."""

    rows: rx.Field[list[TenantRow]] = rx.field(default_factory=list)
    search: str = ""
    status: str = ""
    is_loaded: bool = False
    dialog: str = ""  # new | suspend
    subject: TenantRow = TenantRow()
    errors: dict[str, str] = NO_ERRORS

    _versions: rx.Field[dict[str, str]] = rx.field(default_factory=dict)

    @admin_event(Action.PLATFORM_TENANTS_VIEW)
    async def enter(self) -> None:
        """The first page; follows ``?q=``."""
        self.search = self.router.url.query_parameters.get("q", "")[:100]
        self.dialog = ""
        await self._first_page()

    @admin_event(Action.PLATFORM_TENANTS_VIEW)
    async def find(self, text: str) -> None:
        """Look for a name or an address."""
        self.search = text.strip()[:100]
        await self._first_page()

    @admin_event(Action.PLATFORM_TENANTS_VIEW)
    async def filter_status(self, status: str) -> None:
        """Only those of one status; an empty one: all."""
        self.status = status if status in STATUS_NAMES else ""
        await self._first_page()

    later, earlier = steps(Action.PLATFORM_TENANTS_VIEW)

    @admin_event(Action.PLATFORM_TENANTS_MANAGE)
    async def open_dialog(self, name: str, tenant_id: str) -> None:
        """``new``, or ``suspend`` for one business."""
        self.errors = NO_ERRORS
        self.subject = next((row for row in self.rows if row.id == tenant_id), TenantRow())
        self.dialog = name if name == "new" or (name == "suspend" and self.subject.id) else ""

    @admin_event(Action.PLATFORM_TENANTS_MANAGE)
    async def close_dialog(self) -> None:
        """Leave the dialog without an answer."""
        self.dialog = ""

    @admin_event(Action.PLATFORM_TENANTS_MANAGE)
    async def create(self, form: dict[str, Any]) -> Any:
        """A new business; on to its setting up."""
        given = {name: str(form.get(name, "")) for name in NEW_FIELDS}
        try:
            made = await self._as_user(tenants.create, **given)
        except (InvalidArgument, Conflict) as error:
            return self._blame(error)
        self.dialog = ""
        return rx.redirect(f"/admin/tenants/{made.id}/onboarding")

    @admin_event(Action.PLATFORM_TENANTS_MANAGE)
    async def suspend(self, form: dict[str, Any]) -> None:
        """Close a site: its visitors see a polite page."""
        subject = as_id(self.subject.id)
        try:
            done = await self._as_user(
                tenants.suspend, subject, reason=str(form.get("reason", "")), version=self._version_of(subject)
            )
        except InvalidArgument as error:
            self._blame(error)
            return
        except Outdated as error:
            self._say(error.message, kind="error")
        else:
            self._say(f"{done.business_name} is suspended.", undo=TenantsState.activate(str(subject)))
        self.dialog = ""
        await self._load()

    @admin_event(Action.PLATFORM_TENANTS_MANAGE)
    async def activate(self, tenant_id: str) -> None:
        """Open a site."""
        subject = as_id(tenant_id)
        try:
            done = await self._as_user(tenants.activate, subject, version=self._version_of(subject))
        except NotReady:
            self._say("Its setting up is not complete yet. Open it to see what is missing.", kind="error")
            return
        except Outdated as error:
            self._say(error.message, kind="error")
        else:
            self._say(f"{done.business_name} is open.")
        await self._load()

    async def _load(self) -> None:
        found: Page[TenantLine] = await self._as_user(
            tenants.list_tenants,
            search=self.search or None,
            status=self.status or None,
            limit=PER_PAGE,
            after=self._after,
        )
        self.rows = [_row(line) for line in found.items]
        self._versions = {str(line.id): line.version for line in found.items}
        self._show_page(found, PER_PAGE)
        self.is_loaded = True

    def _version_of(self, tenant_id: UUID) -> str:
        return self._versions.get(str(tenant_id), "")

    def _blame(self, error: PortalError) -> None:
        name = str(error.details.get("field", ""))
        if name not in NO_ERRORS:
            raise error
        self.errors = {**NO_ERRORS, name: error.message}
        self._focus(f"field-{name}")


def _row(line: TenantLine) -> TenantRow:
    status = Status(line.status)
    return TenantRow(
        id=str(line.id),
        name=line.business_name,
        slug=line.slug,
        url=line.url,
        status=status.value,
        status_name=STATUS_NAMES[status],
        kind=STATUS_KINDS[status],
        vertical=line.vertical.replace("_", " "),
        created=f"{line.created_at:%b %d, %Y}",
    )
