"""The state behind ``/book``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import reflex as rx

from portal.core import threads
from portal.core.clock import now
from portal.core.errors import (
    OutcomeUnknown,
    PortalError,
    ProviderUnavailable,
    RateLimited,
)
from portal.domain import booking, phrases
from portal.domain.booking import BookingRequest, BookingView, Source
from portal.domain.tenants import Service, Site
from portal.web.base_state import SiteState
from portal.web.public.book.details import LIMITS, NO_ERRORS, Details, field_error, field_text, from_form
from portal.web.public.booking_card import BookingCard, booking_card, day_text, price_text, time_text
from portal.web.public.calendar_state import SlotPicker
from portal.web.public.visitor import BOOKINGS, admit

STEP_NAMES = ("Service", "Day", "Time", "Details", "Confirm")
STEPS = (*(name.lower() for name in STEP_NAMES), "done")
HEADINGS = {
    "service": "Choose a service",
    "day": "Choose a day",
    "time": "Choose a time",
    "details": "Your details",
    "confirm": "Check and confirm",
}
OUTCOMES = {"confirmed": "You’re booked", "pending": "Almost there"}
DONE_SECONDS = 600  # how long a finished booking greets a visitor who comes back to the page
POLL_SECONDS = 3
POLLS = 40
MAY_STAND = (
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
)  # the attempt lives on: asking again must be the same attempt
UNKNOWN_FAILURE = "We could not finish this right now. Please try again: your time is not booked twice."


class BookState(SlotPicker, SiteState):
    """One visitor's way through the steps. Kept on the server per tab, so a reload loses nothing."""

    step: str = "service"
    service_name: str = ""
    service_duration: str = ""
    service_price: str = ""
    service_facts: str = ""
    slot_day: str = ""
    slot_time: str = ""
    slot_label: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    notes: str = ""
    consent_sms: bool = False
    errors: dict[str, str] = NO_ERRORS
    policy: str = ""
    notice: str = ""
    failure: str = ""
    is_submitting: bool = False
    is_pending: bool = False
    card: BookingCard = BookingCard()

    _start: datetime | None = None
    _attempt: str = ""  # idempotency key of what the summary shows; a changed request gets a new one
    _booking_id: UUID | None = None
    _done_at: datetime | None = None

    @rx.var
    def step_number(self) -> int:
        return STEPS.index(self.step)

    @rx.var
    def trail(self) -> str:
        """The steps that led here; of a finished booking none leads back into the form."""
        return "done" if self.step == "done" else "/".join(STEPS[: self.step_number + 1])

    @rx.var
    def heading(self) -> str:
        return OUTCOMES.get(self.card.status, "Not booked") if self.step == "done" else HEADINGS[self.step]

    @rx.var
    def consent_words(self) -> str:
        return "Text messages about this appointment" if self.consent_sms else ""

    # --- coming in -------------------------------------------------------------------------------------------------

    @rx.event
    async def enter(self) -> Any:
        """On every load and reconnect: keeps what was chosen; follows ``?service=<id>`` once."""
        site = await self._site()
        if self._done_at and now() - self._done_at > timedelta(seconds=DONE_SECONDS):
            self._begin_again()
        asked = self.router.url.query_parameters.get("service", "")
        if asked:
            service = _service_of(site, asked)
            if service and (self.step == "done" or str(service.id) != self.service_id):
                self._begin_again()
                self._take_service(service, site)
            # The address is plain again, so that a reconnect doesn't undo a later choice.
            return [rx.redirect("/book", replace=True), *self._after_entering()]
        return self._after_entering()

    @rx.event
    async def choose_service(self, service_id: str) -> Any:
        """The first step."""
        site = await self._site()
        service = _service_of(site, service_id)
        if service is None:
            self.notice = "That service is no longer offered. Please choose another one."
            return None
        self._take_service(service, site)
        self._focus("step-heading")
        return BookState.load_days

    @rx.event
    def go_back_to(self, step: str) -> Any:
        """Back to an earlier step; everything entered stays."""
        if (
            not isinstance(step, str)
            or step not in STEPS
            or STEPS.index(step) >= self.step_number
            or self.step == "done"
            or self.is_submitting
        ):
            return None
        self.step = "day" if step == "time" and not self.day else step
        self.notice = self.failure = ""
        self._focus("step-heading")
        return BookState.load_days if self.step in ("day", "time") else None

    @rx.event
    async def restart(self) -> Any:
        """Another booking, with the same details."""
        self._begin_again()
        self._focus("step-heading")

    # --- choosing --------------------------------------------------------------------------------------------------

    @rx.event
    def pick_day(self, date: str) -> Any:
        """The second step."""
        day = self._day_from(date)
        if day is None or self.step not in ("day", "time"):
            return None
        self._choose_day(day)
        self.step, self.notice = "time", ""
        self._focus("times-heading")
        if self._has_free_times() or self._point_to_next_free():
            return None
        return BookState.find_next_free

    @rx.event
    async def pick_time(self, start: str) -> None:
        """The third step."""
        slot = self._slot_from(start)
        if slot is None or self.step not in ("day", "time"):
            return
        site = await self._site()
        self.slot, self._start = start, slot.start
        self.slot_day, self.slot_time = day_text(slot.start, site), time_text(slot.start, slot.end, site)
        self.slot_label = phrases.slot_label(slot.start, site.profile.timezone)
        self.step, self.notice = "details", ""
        self._focus("step-heading")

    # --- details ---------------------------------------------------------------------------------------------------

    @rx.event
    async def leave_field(self, field: str, value: str) -> None:
        """Check a field when it is left, so that mistakes show where and when they are made."""
        if not isinstance(field, str) or field not in LIMITS:
            return
        text = field_text(field, value)
        setattr(self, field, text)
        country = (await self._site()).profile.country
        # An empty field is not yet a mistake: the visitor may just be passing.
        self.errors[field] = field_error(field, text, country) if text else ""

    @rx.event
    async def submit_details(self, form: dict[str, Any]) -> None:
        """The fourth step."""
        if self.step != "details" or not isinstance(form, dict):
            return
        details = from_form(form)
        self._take_details(details)
        site = await self._site()
        self.errors = details.errors(site.profile.country)
        if wrong := [field for field, error in self.errors.items() if error]:
            self._focus("book-consent" if wrong[0] == "consent_sms" else f"book-{wrong[0]}")
            return
        self.policy = site.policies.cancellation_policy or ""
        self._attempt = str(uuid4())
        self.step, self.failure = "confirm", ""
        self._focus("step-heading")

    # --- booking ---------------------------------------------------------------------------------------------------

    @rx.event(background=True)
    async def confirm(self) -> AsyncIterator[Any]:
        """The customer's own act: book what the summary shows, once, however often it is pressed."""
        async with self:
            if self.step != "confirm" or self.is_submitting or self._start is None:
                return
            self.is_submitting, self.failure = True, ""
            access, site = await self._customer(), await self._site()
            request, attempt = self._request(self._start), self._attempt
            address = self.router.session.client_ip
        outcome: BookingView | PortalError = OutcomeUnknown(UNKNOWN_FAILURE)
        try:
            await admit(site.tenant_id, address, BOOKINGS)
            outcome = await threads.run(booking.book, access, request, idempotency_key=attempt)
        except PortalError as error:
            outcome = error
        finally:
            async with self:
                self.is_submitting = False
                follow_up = self._finish(outcome, site)
        if follow_up:
            yield follow_up

    @rx.event(background=True)
    async def watch(self) -> None:
        """While the outcome of a booking is being checked: look until it is known."""
        for _ in range(POLLS):
            await asyncio.sleep(POLL_SECONDS)
            async with self:
                if not self.is_pending or self._booking_id is None:
                    return
                access, site = await self._customer(booking_id=self._booking_id), await self._site()
            with suppress(PortalError):
                view = await threads.run(booking.get, access)
                if view.status != "pending":
                    async with self:
                        self._show_booked(view, site)
                    return

    # --- inside ----------------------------------------------------------------------------------------------------

    def _request(self, start: datetime) -> BookingRequest:
        return BookingRequest(
            service_id=UUID(self.service_id),
            start=start,
            name=self.name,
            email=self.email,
            phone=self.phone or None,
            notes=self.notes or None,
            consent_sms=self.consent_sms,
            source=Source.WIDGET,
        )

    def _finish(self, outcome: BookingView | PortalError, site: Site) -> Any:
        """Show what became of the attempt. A time that is gone leads back to the times, with everything else kept."""
        if isinstance(outcome, BookingView):
            self._done_at, self._booking_id = now(), outcome.id
            self.step = "done"
            self._show_booked(outcome, site)
            self._focus("step-heading")
            return BookState.watch if self.is_pending else None
        if isinstance(outcome, booking.ANOTHER_TIME):
            self.notice, self.step = outcome.message, "time"
            self.slot = self.slot_day = self.slot_time = self.slot_label = ""
            self._focus("step-heading")
            return BookState.load_days
        self.failure = outcome.message
        if not isinstance(outcome, MAY_STAND):
            self._attempt = str(uuid4())
        return None

    def _show_booked(self, view: BookingView, site: Site) -> None:
        self.card, self.is_pending = booking_card(view, site), view.status == "pending"

    def _begin_again(self) -> None:
        """Back to the first step. Name and contact stay, for a second booking."""
        self.step, self.service_id = "service", ""
        self.service_name = self.service_facts = self.service_price = self.service_duration = ""
        self.slot_day = self.slot_time = self.slot_label = ""
        self.notes = self.notice = self.failure = self._attempt = ""
        self._start = self._booking_id = self._done_at = None
        self.is_pending, self.card = False, BookingCard()
        self._clear_day()

    def _take_service(self, service: Service, site: Site) -> None:
        self._open_calendar(service.id)
        self.service_name = service.name
        self.service_duration = phrases.duration(service.duration_minutes)
        self.service_price = price_text(service.price_cents, service.currency)
        self.service_facts = " · ".join(part for part in (self.service_duration, self.service_price) if part)
        self.slot_day = self.slot_time = self.slot_label = self.notice = self.failure = ""
        self._start, self.step = None, "day"

    def _take_details(self, details: Details) -> None:
        self.name, self.email, self.phone = details.name, details.email, details.phone
        self.notes, self.consent_sms = details.notes, details.consent_sms

    def _after_entering(self) -> list[Any]:
        """What a freshly loaded page needs: current times, or the outcome still being checked."""
        if self.step in ("day", "time"):
            return [BookState.load_days]
        return [BookState.watch] if self.is_pending else []


def _service_of(site: Site, service_id: object) -> Service | None:
    """The site's service that a browser names."""
    return next((service for service in site.services if str(service.id) == service_id), None)
