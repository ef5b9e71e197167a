"""The services a template brought, as a short list: which are offered, for how long and for how much."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx

from portal.core.errors import Conflict, InvalidArgument
from portal.domain.admin import services
from portal.domain.admin.services import ServiceForm
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.prices import as_price, price_text


@dataclass(frozen=True)
class StarterRow:
    id: str = ""
    name: str = ""
    minutes: str = ""
    price: str = ""
    currency: str = ""
    is_offered: bool = True


class StarterServicesState(AdminState):
    """The list, and what is wrong with what was typed into it."""

    rows: rx.Field[list[StarterRow]] = rx.field(default_factory=list)
    problem: str = ""
    form_key: str = ""

    _versions: rx.Field[dict[str, str]] = rx.field(default_factory=dict)

    @admin_event(Action.SERVICES_VIEW)
    async def load(self) -> None:
        """What is stored."""
        listing = await self._in_tenant(services.list_services)
        self.rows = [_row(service) for service in listing.items]
        self._versions = {str(service.id): service.version for service in listing.items}
        self.problem, self.form_key = "", "".join(self._versions.values())[:2000]

    @admin_event(Action.SERVICES_EDIT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store what differs, row by row; stops at the first that is refused."""
        self.problem = ""
        for row in self.rows:
            try:
                if changes := _changes(row, form):
                    await self._in_tenant(services.update, UUID(row.id), changes, version=self._versions[row.id])
            except (InvalidArgument, Conflict) as error:
                self.problem = f"{row.name}: {error.message}"
                return None
        return StarterServicesState.load

    @admin_event(Action.SERVICES_EDIT)
    async def add(self, form: dict[str, Any]) -> Any:
        """One more service."""
        self.problem = ""
        try:
            values = {
                "name": str(form.get("name", "")),
                "duration_minutes": _minutes(form.get("minutes")),
                "price_cents": as_price(str(form.get("price", "")), "USD"),
            }
            await self._in_tenant(services.create, values)
        except (InvalidArgument, Conflict) as error:
            self.problem = error.message
            return None
        return StarterServicesState.load


def _row(service: ServiceForm) -> StarterRow:
    return StarterRow(
        id=str(service.id),
        name=service.name,
        minutes=str(service.duration_minutes),
        price=price_text(service.price_cents, service.currency),
        currency=service.currency,
        is_offered=service.active,
    )


def _changes(row: StarterRow, form: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if (name := str(form.get(f"name-{row.id}", row.name)).strip()) != row.name:
        changes["name"] = name
    if (minutes := str(form.get(f"minutes-{row.id}", row.minutes)).strip()) != row.minutes:
        changes["duration_minutes"] = _minutes(minutes)
    if (price := str(form.get(f"price-{row.id}", row.price)).strip()) != row.price:
        changes["price_cents"] = as_price(price, row.currency)
    if (is_offered := f"offered-{row.id}" in form) != row.is_offered:
        changes["active"] = is_offered
    return changes


def _minutes(text: Any) -> int:
    shown = str(text).strip()
    if not (shown.isascii() and shown.isdigit() and len(shown) < 5):
        raise InvalidArgument("Please give the length in minutes.")
    return int(shown)
