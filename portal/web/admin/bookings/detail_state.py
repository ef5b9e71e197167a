"""The state behind one booking's page."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import reflex as rx

from portal.core.errors import BookingNotFound, Conflict, InvalidArgument, NotFound, PortalError
from portal.domain import booking, phrases
from portal.domain.admin import bookings, messages
from portal.domain.admin.bookings import BookingDetail
from portal.domain.admin.edits import Outdated
from portal.domain.permissions import Action
from portal.web.admin.audit.history import HistoryRow, history_row
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.bookings.free_times import FreeTimes
from portal.web.admin.bookings.proof_rows import ProofRow, proof_row
from portal.web.admin.bookings.rows import SOURCE_NAMES, STATUS_KINDS, STATUS_NAMES
from portal.web.admin.messages.rows import MessageRow, message_row

CHANGED = "Somebody has changed this booking meanwhile. Here is how it is now; please try again."
UNDER_WAY = "The calendar has not answered yet. This page shows the change once it is known."


@dataclass(frozen=True)
class Shown:
    """A booking as its page shows it."""

    id: str = ""
    customer: str = ""
    email: str = ""
    phone: str = ""
    service: str = ""
    when: str = ""
    price: str = ""
    notes: str = ""
    reference: str = ""
    source: str = ""
    created: str = ""
    status: str = ""
    status_name: str = ""
    kind: str = ""
    is_overlapping: bool = False
    chat_id: str = ""
    manage_url: str = ""
    can_change: bool = False
    can_mark_absent: bool = False
    is_under_way: bool = False


class BookingState(FreeTimes, AdminState):
    """One booking; its id comes from the address and is asked for in the tenant's scope every time."""

    status: str = "loading"  # loading | ready | missing
    shown: Shown = Shown()
    history: rx.Field[list[HistoryRow]] = rx.field(default_factory=list)
    proofs: rx.Field[list[ProofRow]] = rx.field(default_factory=list)
    messages: rx.Field[list[MessageRow]] = rx.field(default_factory=list)
    asking: str = ""  # which dialog is open: cancel | move | absent
    is_busy: bool = False
    failure: str = ""

    _version: str = ""

    @admin_event(Action.BOOKINGS_VIEW)
    async def enter(self) -> AsyncIterator[Any]:
        """On every load of the page."""
        self.asking, self.failure, self.is_busy, self.status = "", "", False, "loading"
        self._reset_times()
        yield
        try:
            await self._refresh()
        except (BookingNotFound, NotFound):
            self.shown, self.history, self.proofs, self.status = Shown(), [], [], "missing"

    @admin_event(Action.BOOKINGS_CHANGE)
    async def ask(self, what: str) -> Any:
        """Open a dialog."""
        if what not in ("cancel", "move", "absent"):
            raise InvalidArgument
        self.asking, self.failure = what, ""
        if what == "move":
            self._reset_times()
            return BookingState.load_times
        return None

    @admin_event(Action.BOOKINGS_CHANGE)
    async def leave(self) -> None:
        """Close the dialog without doing anything."""
        self.asking = ""

    # --- acts --------------------------------------------------------------------------------------------------------

    @admin_event(Action.BOOKINGS_CHANGE)
    async def cancel(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Cancel it, in the calendar too; the customer is told."""
        reason = str(form.get("reason", "")).strip()[:500] or None
        async for event in self._do(partial(bookings.cancel, reason=reason), "Booking cancelled."):
            yield event

    @admin_event(Action.BOOKINGS_CHANGE)
    async def move(self) -> AsyncIterator[Any]:
        """To the time that is chosen."""
        slot = self._chosen()
        if slot is None:
            self.failure = "Please choose a time first."
            return
        act = partial(bookings.reschedule, start=slot.start)
        async for event in self._do(act, f"Moved to {self.slot_title}."):
            yield event

    @admin_event(Action.BOOKINGS_CHANGE)
    async def mark_absent(self) -> AsyncIterator[Any]:
        """The customer did not come."""
        undo = BookingState.mark_present(str(self._booking()))
        async for event in self._do(bookings.mark_absent, "Marked as no-show.", undo=undo):
            yield event

    @admin_event(Action.BOOKINGS_CHANGE)
    async def mark_present(self, booking_id: str) -> AsyncIterator[Any]:
        """They did come after all. The booking is named, as this may be sent from another one's page, to undo."""
        if as_id(booking_id) != self._booking():
            raise Conflict("Please open that booking to take this back.")
        async for event in self._do(partial(bookings.mark_absent, absent=False), "No longer marked as no-show."):
            yield event

    # --- moving ------------------------------------------------------------------------------------------------------

    @admin_event(Action.BOOKINGS_CHANGE)
    async def load_times(self) -> None:
        """The times to which it can move."""
        access = (await self._access(Action.BOOKINGS_CHANGE)).with_booking(self._booking())
        await self._show_free(partial(booking.slots_for_move, access))

    @admin_event(Action.BOOKINGS_CHANGE)
    async def turn(self, strips: int) -> Any:
        """Two weeks on (1) or back (-1)."""
        return BookingState.load_times if self._turn(strips) else None

    @admin_event(Action.BOOKINGS_CHANGE)
    async def pick_day(self, day: str) -> None:
        await self._pick_day(day)

    @admin_event(Action.BOOKINGS_CHANGE)
    async def pick_time(self, start: str) -> None:
        await self._pick_time(start)
        self.failure = ""

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _do(self, act: Callable[..., BookingDetail], words: str, *, undo: Any = None) -> AsyncIterator[Any]:
        """An act on the version that is shown. What the calendar refuses is said in the dialog, which stays."""
        if self.is_busy:
            return
        self.is_busy, self.failure = True, ""
        yield
        try:
            detail = await self._in_tenant(act, self._booking(), version=self._version)
        except Outdated:
            await self._refresh()
            self.asking = ""
            self._say(CHANGED, kind="error")
        except PortalError as error:
            await self._fail(error)
        else:
            await self._show(detail)
            self.asking = ""
            self._say(UNDER_WAY if detail.under_way else words, undo=None if detail.under_way else undo)
            self._focus("page-title")
        finally:
            self.is_busy = False

    async def _fail(self, error: PortalError) -> None:
        if not self.asking:
            raise error
        self.failure = error.message
        if self.asking == "move" and isinstance(error, Conflict | InvalidArgument):
            access = (await self._access(Action.BOOKINGS_CHANGE)).with_booking(self._booking())
            await self._show_free(partial(booking.slots_for_move, access))

    async def _refresh(self) -> None:
        await self._show(await self._in_tenant(bookings.get, self._booking()))

    async def _show(self, detail: BookingDetail) -> None:
        zone = await self._zone()
        self._version, self.status = detail.version, "ready"
        self.shown = _shown(detail)
        self.history = [history_row(entry, zone) for entry in reversed(detail.history)]
        self.proofs = [proof_row(proof, zone) for proof in reversed(detail.proofs)]
        sent = await self._in_tenant(messages.of_booking, self._booking())
        self.messages = [message_row(line, zone) for line in sent]

    def _booking(self) -> Any:
        return as_id(str(getattr(self, "shown_booking", "")))


def _shown(detail: BookingDetail) -> Shown:
    view = detail.view
    return Shown(
        id=str(view.id),
        customer=view.customer_name,
        email=view.customer_email,
        phone=view.customer_phone or "",
        service=view.service_name,
        when=phrases.long_time(view.start, view.timezone, view.end),
        price=phrases.money(view.price_cents, view.currency) if view.price_cents is not None else "On request",
        notes=view.notes or "",
        reference=view.uid or "",
        source=SOURCE_NAMES.get(detail.source, detail.source),
        created=phrases.slot_label(detail.created_at, view.timezone),
        status=view.status,
        status_name=STATUS_NAMES.get(view.status, view.status),
        kind=STATUS_KINDS.get(view.status, "neutral"),
        is_overlapping=view.overlapping,
        chat_id=str(detail.chat_session_id or ""),
        manage_url=view.manage_url,
        can_change=detail.can_change,
        can_mark_absent=detail.can_mark_absent,
        is_under_way=detail.under_way,
    )
