"""``/admin``: on to the one place where somebody works, or a choice where there are several."""

from typing import Any

import reflex as rx

from portal.domain import accounts
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import badge, empty_state, skeleton
from portal.web.admin.components.icons import icon
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ROLE_NAMES


class StartState(AdminState):
    """The businesses of somebody who works for several."""

    status: str = "loading"  # loading | choice | none
    places: rx.Field[list[dict[str, str]]] = rx.field(default_factory=list)

    @admin_event
    async def enter(self) -> Any:
        """Leads on by role."""
        account = await self._as_user(accounts.me)
        if account.is_platform_admin:
            return rx.redirect("/admin/tenants", replace=True)
        if len(account.tenants) == 1:
            return rx.redirect(f"/admin/tenants/{account.tenants[0].tenant_id}", replace=True)
        self.places = [
            {"id": str(each.tenant_id), "name": each.business_name, "role": ROLE_NAMES[each.role]}
            for each in account.tenants
        ]
        self.status = "choice" if self.places else "none"
        return None


def start_page() -> rx.Component:
    return admin_page(
        rx.match(
            StartState.status,
            ("choice", rx.el.ul(rx.foreach(StartState.places, _place), class_name="grid gap-3 sm:grid-cols-2")),
            (
                "none",
                empty_state(
                    "You do not belong to a business yet",
                    "Ask its admin for an invitation to your e-mail address.",
                    sign="building",
                ),
            ),
            skeleton(),
        ),
        active="start",
        title="Your businesses",
    )


def _place(place: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(place["name"], class_name="min-w-0 flex-1 truncate font-medium text-ink"),
            badge(place["role"]),
            icon("right", class_name="size-4 text-muted"),
            href="/admin/tenants/" + place["id"],
            class_name=f"{styles.PANEL} flex items-center gap-3 p-4 hover:border-field",
        ),
        key=place["id"],
    )
