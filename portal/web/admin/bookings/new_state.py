"""The state behind booking by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import reflex as rx

from portal.core import threads
from portal.core.errors import InvalidArgument, OutcomeUnknown, PortalError, ProviderUnavailable, SlotTaken
from portal.domain import availability, phrases, tenants
from portal.domain.admin import bookings
from portal.domain.availability import Slot
from portal.domain.booking import BookingRequest, Source
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.bookings.free_times import FreeTimes
from portal.web.admin.components.forms import field_id

FIELDS = ("name", "email", "phone", "notes")
NO_ERRORS = dict.fromkeys(FIELDS, "")
MAY_STAND = (OutcomeUnknown, ProviderUnavailable)  # asking again must be the same attempt


@dataclass(frozen=True)
class Offered:
    """A service that can be booked."""

    id: str = ""
    name: str = ""


class NewBookingState(FreeTimes, AdminState):
    """Service, time, customer; booked once however often it is sent."""

    services: rx.Field[list[Offered]] = rx.field(default_factory=list)
    service: str = ""
    loaded_for: str = ""
    errors: dict[str, str] = NO_ERRORS
    failure: str = ""
    is_busy: bool = False

    _attempt: str = ""

    @admin_event(Action.BOOKINGS_CHANGE)
    async def enter(self) -> None:
        """On every load of the page: an empty form."""
        site = await threads.run(tenants.site, self._tenant())
        bookable = [service for service in site.services if service.cal_event_type_id is not None]
        self.services = [
            Offered(str(each.id), f"{each.name} · {phrases.duration(each.duration_minutes)}") for each in bookable
        ]
        self.service, self.errors, self.failure, self.is_busy = "", NO_ERRORS, "", False
        self._attempt = str(uuid4())
        self._reset_times()
        self.loaded_for = str(self._tenant())

    @admin_event(Action.BOOKINGS_CHANGE)
    async def choose_service(self, service_id: str) -> Any:
        """Its free times come next."""
        self._reset_times()
        self.service = ""
        if not service_id:
            return None
        self.service, self.times_status = str(as_id(service_id)), "loading"
        return NewBookingState.load_times

    @admin_event(Action.BOOKINGS_CHANGE)
    async def load_times(self) -> None:
        """The strip's free times."""
        if self.service:
            await self._show_free(partial(availability.slots_between, self._tenant(), UUID(self.service)))

    @admin_event(Action.BOOKINGS_CHANGE)
    async def turn(self, strips: int) -> Any:
        """Two weeks on (1) or back (-1)."""
        return NewBookingState.load_times if self._turn(strips) else None

    @admin_event(Action.BOOKINGS_CHANGE)
    async def pick_day(self, day: str) -> None:
        await self._pick_day(day)

    @admin_event(Action.BOOKINGS_CHANGE)
    async def pick_time(self, start: str) -> None:
        await self._pick_time(start)
        self._attempt, self.failure = str(uuid4()), ""

    @admin_event(Action.BOOKINGS_CHANGE)
    async def submit(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Book it."""
        slot = self._chosen()
        if slot is None:
            self.failure = "Please choose a time first."
            return
        if self.is_busy:
            return
        self.is_busy, self.failure, self.errors = True, "", NO_ERRORS
        yield
        try:
            made = await self._in_tenant(bookings.book, self._request(form, slot), idempotency_key=self._attempt)
        except PortalError as error:
            await self._fail(error)
        else:
            self._say("Booked.")
            yield rx.redirect(f"/admin/tenants/{self._tenant()}/bookings/{made.view.id}")
        finally:
            self.is_busy = False

    # --- inside ------------------------------------------------------------------------------------------------------

    def _request(self, form: dict[str, Any], slot: Slot) -> BookingRequest:
        texts = {name: str(form.get(name, "")) for name in FIELDS}
        return BookingRequest(
            service_id=UUID(self.service),
            start=slot.start,
            name=texts["name"],
            email=texts["email"],
            phone=texts["phone"] or None,
            notes=texts["notes"] or None,
            consent_sms=bool(form.get("consent_sms")),
            source=Source.ADMIN,
        )

    async def _fail(self, error: PortalError) -> None:
        field = error.details.get("field", "")
        if not isinstance(error, MAY_STAND):
            self._attempt = str(uuid4())
        if isinstance(error, InvalidArgument) and field in FIELDS:
            self.errors = NO_ERRORS | {field: error.message}
            self._focus(field_id(field))
            return
        self.failure = error.message
        if isinstance(error, SlotTaken | InvalidArgument):
            await self._show_free(partial(availability.slots_between, self._tenant(), UUID(self.service)))
