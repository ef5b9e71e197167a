"""The state behind the list of bookings and the week."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import reflex as rx

from portal.core.clock import now
from portal.core.errors import InvalidArgument
from portal.domain.admin import bookings, services
from portal.domain.admin.bookings import Wanted
from portal.domain.booking import Status
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.bookings.rows import BookingRow, booking_row
from portal.web.admin.bookings.week import Grid, grid
from portal.web.admin.components.days import day_from
from portal.web.admin.paged import Filtered, filters, steps
from portal.web.public.calendar import short_day

MODES = {"upcoming": "Upcoming", "past": "Past", "all": "All", "week": "Week"}
PAGE = 25
WEEKS_REACH = 520  # ten years either way


@dataclass(frozen=True)
class ServiceChoice:
    """A service to filter by."""

    id: str = ""
    name: str = ""


class BookingsState(Filtered, AdminState):
    """One person's view: which bookings, and which page of them."""

    mode: str = "upcoming"
    status: str = ""
    service: str = ""
    search: str = ""
    rows: rx.Field[list[BookingRow]] = rx.field(default_factory=list)
    services: rx.Field[list[ServiceChoice]] = rx.field(default_factory=list)
    zone: str = ""
    week: Grid = Grid()
    week_title: str = ""

    _week: int = 0  # counted from this one

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.status or self.service or self.first or self.last or self.search)

    @admin_event(Action.BOOKINGS_VIEW)
    async def enter(self) -> None:
        """On every load of the page; ``?q=`` comes from the search box of the frame."""
        searched = self.router.url.query_parameters.get("q", "")[:100]
        if searched:
            self._clear()
            self.mode, self.search = "all", searched
        listing = await self._in_tenant(services.list_services)
        self.services = [ServiceChoice(str(each.id), each.name) for each in listing.items]
        await self._first_page()

    @admin_event(Action.BOOKINGS_VIEW)
    async def choose_mode(self, mode: str) -> None:
        """Upcoming, past, all, or the week."""
        if mode not in MODES:
            raise InvalidArgument
        self.mode, self._week = mode, 0
        await self._first_page()

    @admin_event(Action.BOOKINGS_VIEW, most=100)
    async def filter_status(self, value: str) -> None:
        """One status, or all for an empty text."""
        self.status = _known(value, tuple(Status))
        await self._first_page()

    @admin_event(Action.BOOKINGS_VIEW, most=100)
    async def filter_service(self, value: str) -> None:
        """One service, or all for an empty text."""
        self.service = str(as_id(value)) if value else ""
        await self._first_page()

    @admin_event(Action.BOOKINGS_VIEW, most=100)
    async def find(self, text: str) -> None:
        """Part of a name, e-mail, phone or reference."""
        self.search = text.strip()
        await self._first_page()

    filter_first, filter_last, clear = filters(Action.BOOKINGS_VIEW)
    later, earlier = steps(Action.BOOKINGS_VIEW)

    @admin_event(Action.BOOKINGS_VIEW)
    async def turn_week(self, weeks: int) -> None:
        """Another week: so many from the one shown; 0 is this week."""
        wanted = self._week + weeks if weeks else 0
        if abs(wanted) > WEEKS_REACH:
            raise InvalidArgument("That week is too far away.")
        self._week = wanted
        await self._load()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _clear(self) -> None:
        super()._clear()
        self.status = self.service = self.search = ""

    async def _load(self) -> None:
        self.zone = await self._zone()
        today = now().astimezone(ZoneInfo(self.zone)).date()
        if self.mode == "week":
            await self._load_week(today)
        else:
            await self._load_page(today)
        self.loaded_for = str(self._tenant())

    async def _load_page(self, today: date) -> None:
        found = await self._in_tenant(bookings.list_bookings, self._wanted(today), limit=PAGE, after=self._after)
        self.rows = [booking_row(line, self.zone) for line in found.items]
        self._show_page(found, PAGE)

    async def _load_week(self, today: date) -> None:
        day = today + timedelta(weeks=self._week)
        found = await self._in_tenant(bookings.week, day)
        self.week = grid(found, today)
        first, last = found.days[0].date, found.days[-1].date
        self.week_title = f"{short_day(first)} – {short_day(last)}, {last.year}"

    def _wanted(self, today: date) -> Wanted:
        first, last = day_from(self.first), day_from(self.last)
        if self.mode == "upcoming":
            first = max(first or today, today)
        elif self.mode == "past":
            last = min(last or today, today)
        return Wanted(
            statuses=(self.status,) if self.status else (),
            service_id=UUID(self.service) if self.service else None,
            first=first,
            last=last,
            search=self.search or None,
            newest_first=self.mode != "upcoming",
        )


def _known(value: str, choices: tuple[str, ...]) -> str:
    if value and value not in choices:
        raise InvalidArgument
    return value
