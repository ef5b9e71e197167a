"""What a business's first page shows."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from portal.core.errors import Forbidden
from portal.domain import budget, phrases, spending
from portal.domain.admin import launch, overview
from portal.domain.admin.bookings import BookingLine
from portal.domain.admin.overview import DayCount, Overview
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.home.plot import Bar, bars

STATUS_WORDS = {"pending": "Pending", "confirmed": "", "completed": "Done", "no_show": "Did not come"}


@dataclass(frozen=True)
class Appointment:
    id: str = ""
    time: str = ""
    customer: str = ""
    service: str = ""
    note: str = ""


@dataclass(frozen=True)
class Task:
    """A step of the checklist and where to do it."""

    key: str = ""
    title: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Notice:
    """Something the owner should know now, and the page of the business (below its address) where it is dealt with."""

    key: str = ""
    words: str = ""
    page: str = ""
    label: str = ""


class HomeState(AdminState):
    """Today, a fortnight's plot, counters, and what is left to set up."""

    today: str = ""
    appointments: rx.Field[list[Appointment]] = rx.field(default_factory=list)
    bars: rx.Field[list[Bar]] = rx.field(default_factory=list)
    plot_words: str = ""
    upcoming: int = 0
    chats: int = 0
    booked_in_chat: int = 0
    absent: int = 0
    texts: int = 0
    texts_failed: int = 0
    tokens: str = ""
    cached: str = ""
    chat_cost: str = ""
    booking_cost: str = ""
    cost_words: str = ""
    notices: rx.Field[list[Notice]] = rx.field(default_factory=list)
    tasks: rx.Field[list[Task]] = rx.field(default_factory=list)
    is_live: bool = True
    loaded_for: str = ""

    @admin_event(Action.BOOKINGS_VIEW)
    async def load(self) -> Any:
        """All of it, anew."""
        self._show(await self._in_tenant(overview.overview))
        await self._show_tasks()
        self.loaded_for = str(self._tenant())

    def _show(self, found: Overview) -> None:
        self.today = f"{found.today:%A, %B} {found.today.day}"
        self.appointments = [_appointment(line, found.timezone) for line in found.appointments]
        self.bars, self.plot_words = bars(found.days, found.today), _words(found.days, found.today)
        self.upcoming, self.chats = found.upcoming, found.chats
        self.booked_in_chat, self.absent = found.booked_in_chat, found.absent
        self.texts, self.texts_failed = found.texts, found.texts_failed
        self._show_spent(found)
        self.notices = _notices(found)

    def _show_spent(self, found: Overview) -> None:
        spent = found.spent
        self.tokens, self.cached = f"{spent.tokens:,}", f"{spent.cache_percent} %"
        self.chat_cost = spending.dollars(spent.each(found.chats))
        self.booking_cost = spending.dollars(spent.each(found.booked_in_chat))
        self.cost_words = spending.NO_PRICE if spent.micros is None else "for the model, on average"

    async def _show_tasks(self) -> None:
        try:
            checklist = await self._in_tenant(launch.checklist)
        except Forbidden:  # staff set nothing up
            self.tasks, self.is_live = [], True
            return
        self.is_live = checklist.status != "onboarding"
        self.tasks = [Task(step.key, step.title, step.hint) for step in checklist.steps if not step.done]


def _notices(found: Overview) -> list[Notice]:
    """The gravest first."""
    broken = [
        Notice(f"calendar-{number}", words, "/settings/integrations", "Open integrations")
        for number, words in enumerate(found.notices)
    ]
    return [*broken, *_budget_notices(found.budget_used), *_answer_notices(found.unread_answers)]


def _answer_notices(unread: int) -> list[Notice]:
    if not unread:
        return []
    words = (
        "A customer may want no more text messages." if unread == 1 else f"{unread} customers may want no more texts."
    )
    return [
        Notice("answers", f"{words} Nothing is sent there until you decide.", "/messages/opted-out", "Read and decide")
    ]


def _budget_notices(used: int) -> list[Notice]:
    if used < min(budget.LEVELS):
        return []
    words = (
        f"The assistant has used {used} % of today’s budget. Visitors who asked much today are asked to"
        " use the booking form."
        if used < max(budget.LEVELS)
        else "The assistant has used up today’s budget. Until midnight (UTC) it asks visitors to use the booking form,"
        " which works as ever."
    )
    return [Notice("budget", words, "/settings/assistant", "Change the budget")]


def _appointment(line: BookingLine, zone: str) -> Appointment:
    start, end = (phrases.clock_time(moment.astimezone(ZoneInfo(zone))) for moment in (line.start, line.end))
    return Appointment(
        str(line.id), f"{start} – {end}", line.customer_name, line.service_name, STATUS_WORDS.get(line.status, "")
    )


def _words(days: tuple[DayCount, ...], today: date) -> str:
    """The plot in a sentence, for those who do not see it."""
    past = sum(each.bookings for each in days if each.day < today)
    ahead = sum(each.bookings for each in days if each.day >= today)
    return f"Bookings per day: {past} in the last {sum(each.day < today for each in days)} days, {ahead} from today on."
