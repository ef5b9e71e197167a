"""The state behind ``/manage/<token>``.

The token in the address is the only key to the booking, and it comes from the browser: every handler verifies it again.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import reflex as rx

from portal.core import threads
from portal.core.clock import now
from portal.core.db import Access
from portal.core.errors import (
    BookingNotFound,
    Forbidden,
    PortalError,
    ProviderUnavailable,
    TooLateToChange,
)
from portal.domain import booking, phrases
from portal.domain.booking import BookingView
from portal.domain.tenants import Site
from portal.web.base_state import SiteState
from portal.web.own_booking import greeting, history, is_ahead
from portal.web.public.booking_card import BookingCard, booking_card, day_text, time_text
from portal.web.public.calendar_state import FreeTimes, SlotPicker
from portal.web.public.visitor import BOOKINGS, admit

# The modes that lead to each.
TRAILS = {"view": "view", "move": "view/move", "check": "view/move/check", "cancel": "view/cancel"}
BROKEN = "This could not be done right now. Please try again."


class ManageState(SlotPicker, SiteState):
    """One tab's view of one booking."""

    status: str = "loading"  # loading | ready | invalid
    mode: str = "view"  # view | move | check | cancel
    card: BookingCard = BookingCard()
    greeting: str = ""
    history: str = ""
    can_change: bool = False
    can_move: bool = False
    change_note: str = ""
    is_too_late: bool = False
    policy: str = ""
    notice: str = ""
    failure: str = ""
    is_working: bool = False
    new_day: str = ""
    new_time: str = ""

    _start: datetime | None = None
    _proposal_id: UUID | None = None  # of the time chosen last: it holds the seat, so a second try must use it again

    @rx.var
    def trail(self) -> str:
        """The modes that led here; empty until a booking is shown."""
        return TRAILS[self.mode] if self.status == "ready" else ""

    async def _free_times(self) -> FreeTimes:
        access, _ = await self._open()
        return partial(booking.slots_for_move, access)

    # --- what the page calls ---------------------------------------------------------------------------------------

    @rx.event
    async def enter(self) -> None:
        """On every load and reconnect."""
        if self.is_working:
            return
        try:
            access, site = await self._open()
            view = await threads.run(booking.get, access)
        except (Forbidden, BookingNotFound):
            self.status = "invalid"
            return
        self._show(view, site)
        self.status = "ready"

    @rx.event
    async def start_moving(self) -> Any:
        """Show the calendar of free times."""
        access, site = await self._open()
        view = await threads.run(booking.get, access)
        self._show(view, site)
        if not self.can_move or view.service_id is None:
            return None
        self.mode, self.notice, self.failure = "move", "", ""
        self._open_calendar(view.service_id)
        self._focus("manage-heading")
        return ManageState.load_days

    @rx.event
    def pick_day(self, date: str) -> Any:
        """A day of the calendar."""
        day = self._day_from(date)
        if day is None or self.mode != "move":
            return None
        self._choose_day(day)
        self._focus("times-heading")
        if self._has_free_times() or self._point_to_next_free():
            return None
        return ManageState.find_next_free

    @rx.event
    async def pick_time(self, start: str) -> None:
        """The new time: shown beside the old one, to be confirmed."""
        slot = self._slot_from(start)
        if slot is None or self.mode != "move":
            return
        _, site = await self._open()
        self.slot, self._start, self._proposal_id = start, slot.start, None
        self.new_day, self.new_time = day_text(slot.start, site), time_text(slot.start, slot.end, site)
        self.mode, self.failure = "check", ""
        self._focus("manage-heading")

    @rx.event
    def start_cancelling(self) -> None:
        """Ask once more."""
        if self.can_change and self.mode == "view":
            self.mode, self.notice, self.failure = "cancel", "", ""
            self._focus("manage-heading")

    @rx.event
    def go_back(self) -> Any:
        """One step back, with nothing changed."""
        return ManageState.go_back_to("move" if self.mode == "check" else "view")

    @rx.event(background=True)
    async def go_back_to(self, mode: str) -> AsyncIterator[Any]:
        """Back to an earlier step, with nothing changed; a seat that was held for a move is free again."""
        async with self:
            if self.is_working or mode not in TRAILS[self.mode].split("/")[:-1]:
                return
            access, held = (await self._open())[0], self._proposal_id
            self.mode = mode
            self._proposal_id, self.failure = None, ""
            self._focus("manage-heading")
            is_calendar = self.mode == "move"
        if held:
            with suppress(PortalError):
                await threads.run(booking.withdraw, access, held)
        if is_calendar:
            yield ManageState.load_days

    @rx.event(background=True)
    async def confirm_move(self) -> AsyncIterator[Any]:
        """The customer's own act: move to the time shown."""
        async with self:
            if self.mode != "check" or self.is_working or self._start is None:
                return
            start, held = self._start, self._proposal_id
            self.is_working, self.failure = True, ""
        gone = await self._change(
            lambda access: held or booking.propose_reschedule(access, start=start).id, "Your booking was moved."
        )
        if gone:
            yield ManageState.load_days

    @rx.event(background=True)
    async def confirm_cancel(self) -> None:
        """The customer's own act: cancel."""
        async with self:
            if self.mode != "cancel" or self.is_working:
                return
            self.is_working, self.failure = True, ""
        await self._change(lambda access: booking.propose_cancel(access).id, "Your booking was cancelled.")

    # --- inside ----------------------------------------------------------------------------------------------------

    async def _change(self, propose: Callable[[Access], UUID], done: str) -> bool:
        """Propose and confirm in one go: pressing the button was the act. True: the time is gone, choose another."""
        outcome: BookingView | PortalError = PortalError(BROKEN)
        held: UUID | None = None
        try:
            async with self:
                access, site = await self._open()
                address = self.router.session.client_ip
            await admit(site.tenant_id, address, BOOKINGS)
            held = await threads.run(propose, access)
            outcome = await threads.run(booking.confirm, access, held)
        except PortalError as error:
            outcome = error
        finally:
            async with self:
                self.is_working = False
                gone = await self._finish(outcome, held, done)
        return gone

    async def _finish(self, outcome: BookingView | PortalError, held: UUID | None, done: str) -> bool:
        if isinstance(outcome, BookingView):
            _, site = await self._open()
            before = f"{self.card.day}, {self.card.time}"
            self._show(outcome, site)
            self.history = f"Moved from {before}." if self.mode == "check" else self.history
            self.mode, self.notice, self._proposal_id = "view", done, None
            self._focus("manage-heading")
            return False
        # Only after an answer that changed nothing does the proposal wait for another try.
        self._proposal_id = held if isinstance(outcome, ProviderUnavailable) else None
        self.failure = outcome.message
        is_gone = self.mode == "check" and isinstance(outcome, booking.ANOTHER_TIME)
        if is_gone:
            self.mode, self.slot = "move", ""
            self._focus("manage-heading")
        self.is_too_late = isinstance(outcome, TooLateToChange)
        return is_gone

    def _show(self, view: BookingView, site: Site) -> None:
        zone = site.profile.timezone
        is_open = is_ahead(view)
        self.card, self.greeting = booking_card(view, site), greeting(view)
        self.can_change = view.can_change and is_open
        self.can_move = self.can_change and any(service.id == view.service_id for service in site.services)
        self.is_too_late = is_open and not view.can_change and view.change_deadline <= now()
        self.change_note = f"You can move or cancel until {phrases.slot_label(view.change_deadline, zone)}."
        self.policy = site.policies.cancellation_policy or ""
        self.history = self.history or history(view)

    async def _open(self) -> tuple[Access, Site]:
        """The booking of the address's token, on the site of this host. Raises Forbidden."""
        site = await self._site()
        token = self.router.url.path.strip("/").rpartition("/")[2]
        booking_id = booking.open_manage_token(site.tenant_id, token)
        return await self._customer(booking_id=booking_id), site
