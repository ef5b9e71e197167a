"""When the business is open."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from portal.core.errors import InvalidArgument
from portal.domain.admin import profile
from portal.domain.admin.edits import Outdated
from portal.domain.admin.fields import SPANS_PER_DAY
from portal.domain.admin.profile import ProfileForm
from portal.domain.hours import KEYS
from portal.domain.permissions import Action
from portal.domain.phrases import WEEKDAYS
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import loaded, notice
from portal.web.admin.components.forms import group
from portal.web.admin.components.icons import icon
from portal.web.admin.settings.frame import settings_page
from portal.web.admin.shell_state import ShellState

PART = "/hours"
FIRST_SPAN = ("09:00", "17:00")
WORKING_DAYS = KEYS[:5]
# On a phone below the day's name.
SPANS = "grid min-w-0 grid-cols-[minmax(0,1fr)] gap-2 max-sm:order-last max-sm:basis-full sm:flex-1"


@dataclass(frozen=True)
class Span:
    """Times as ``HH:MM``; midnight at the end of a day is ``00:00`` here, as the browser's time field has no 24:00."""

    place: int = 0
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True)
class Day:
    key: str = ""
    name: str = ""
    spans: list[Span] = field(default_factory=list)


class HoursState(AdminState):
    """The week as it is edited; stored all at once."""

    days: rx.Field[list[Day]] = rx.field(default_factory=list)
    timezone: str = ""
    problem: str = ""
    is_outdated: bool = False
    is_changed: bool = False
    loaded_for: str = ""

    _version: str = ""

    @admin_event(Action.PROFILE_VIEW)
    async def load(self) -> None:
        """The stored week."""
        self._take(await self._in_tenant(profile.get))

    @admin_event(Action.PROFILE_EDIT)
    async def toggle(self, day: str, is_open: bool) -> None:
        """Open or close a whole day."""
        self._edit(day, [FIRST_SPAN] if is_open else [])

    @admin_event(Action.PROFILE_EDIT)
    async def set_time(self, day: str, place: int, which: str, value: str) -> None:
        """One of a span's two times."""
        spans = self._spans(day)
        if not 0 <= place < len(spans) or which not in ("opens", "closes"):
            raise InvalidArgument
        opens, closes = spans[place]
        spans[place] = (value[:5], closes) if which == "opens" else (opens, value[:5])
        self._edit(day, spans)

    @admin_event(Action.PROFILE_EDIT)
    async def add_span(self, day: str) -> None:
        """Another span after a break."""
        spans = self._spans(day)
        if len(spans) < SPANS_PER_DAY:
            self._edit(day, [*spans, (spans[-1][1], "") if spans else FIRST_SPAN])

    @admin_event(Action.PROFILE_EDIT)
    async def remove_span(self, day: str, place: int) -> None:
        """Take a span away."""
        self._edit(day, [span for index, span in enumerate(self._spans(day)) if index != place])

    @admin_event(Action.PROFILE_EDIT)
    async def copy_to_working_days(self, day: str) -> None:
        """Monday to Friday like this day."""
        spans = self._spans(day)
        for key in WORKING_DAYS:
            self._edit(key, spans)

    @admin_event(Action.PROFILE_EDIT)
    async def save(self) -> None:
        """Store the week."""
        await self._save(self._version)

    @admin_event(Action.PROFILE_EDIT)
    async def save_anyway(self) -> None:
        """Store the week as it stands here, although somebody else changed the profile meanwhile."""
        await self._save((await self._in_tenant(profile.get)).version)

    async def _save(self, version: str) -> None:
        week = {day.key: [_stored(span) for span in day.spans] for day in self.days if day.spans}
        self.problem, self.is_outdated = "", False
        try:
            stored = await self._in_tenant(profile.update, {"business_hours": week}, version=version)
        except Outdated as error:
            self.problem, self.is_outdated = error.message, True
        except InvalidArgument as error:
            self.problem = _with_day(error)
        else:
            self._take(stored)
            self._say("Opening hours saved. They are on your site now.")

    def _take(self, stored: ProfileForm) -> None:
        self.days = [_day(key, stored.business_hours.get(key, [])) for key in KEYS]
        self.timezone, self._version = stored.timezone, stored.version
        self.problem, self.is_outdated, self.is_changed = "", False, False
        self.loaded_for = str(self._tenant())

    def _spans(self, day: str) -> list[tuple[str, str]]:
        found = next((each for each in self.days if each.key == day), None)
        if found is None:
            raise InvalidArgument
        return [(span.opens, span.closes) for span in found.spans]

    def _edit(self, day: str, spans: list[tuple[str, str]]) -> None:
        self._spans(day)
        self.days = [_day(day, spans) if each.key == day else each for each in self.days]
        self.is_changed = True


LOAD = (HoursState.load,)


def _day(key: str, spans: Any) -> Day:
    shown = [
        Span(place, opens, "00:00" if closes == "24:00" else closes) for place, (opens, closes) in enumerate(spans)
    ]
    return Day(key, WEEKDAYS[KEYS.index(key)], shown)


def _stored(span: Span) -> list[str]:
    return [span.opens, "24:00" if span.closes == "00:00" else span.closes]


def _with_day(error: InvalidArgument) -> str:
    key = str(error.details.get("field", "")).partition(".")[2]
    return f"{WEEKDAYS[KEYS.index(key)]}: {error.message}" if key in KEYS else error.message


# --- on the page -----------------------------------------------------------------------------------------------------


def page() -> rx.Component:
    return settings_page(PART, loaded(HoursState.loaded_for == ShellState.here.id, hours_form()))


def hours_form(*, label: str = "Save hours", then: Any = None) -> rx.Component:
    """The week alone, also for the setting up of a new business; ``then`` is the event after it was
    saved or refused.
    """
    return rx.el.div(
        group(
            "Opening hours",
            rx.el.ul(rx.foreach(HoursState.days, _row), class_name="divide-y divide-line"),
            hint=rx.Var.create("In the time of ") + HoursState.timezone + ". A closing time after midnight is fine.",
        ),
        rx.el.div(_problem(), aria_live="polite", class_name="empty:hidden"),
        rx.el.div(
            rx.el.button(
                label,
                type="button",
                on_click=[HoursState.save, *([then] if then is not None else [])],
                class_name=styles.PRIMARY,
            ),
            rx.cond(HoursState.is_changed, rx.el.p("Not saved yet.", class_name=styles.HINT)),
            class_name="flex items-center gap-3",
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )


def _problem() -> rx.Component:
    choices = rx.el.div(
        rx.el.button("Save mine", type="button", on_click=HoursState.save_anyway, class_name=styles.PRIMARY),
        rx.el.button("Take theirs", type="button", on_click=HoursState.load, class_name=styles.SECONDARY),
        class_name="mt-3 flex flex-wrap gap-3",
    )
    return rx.cond(
        HoursState.problem, notice(rx.el.p(HoursState.problem), rx.cond(HoursState.is_outdated, choices), kind="bad")
    )


def _row(day: rx.Var[Day]) -> rx.Component:
    is_open = day.spans.length() > 0
    return rx.el.li(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=is_open,
                on_change=lambda checked: HoursState.toggle(day.key, checked),
                class_name=styles.CHECKBOX,
            ),
            rx.el.span(day.name, class_name="text-sm font-medium text-ink"),
            class_name="flex min-h-11 grow cursor-pointer items-center gap-3 sm:min-h-10 sm:w-36 sm:grow-0",
        ),
        rx.el.div(
            rx.cond(
                is_open,
                rx.foreach(day.spans, lambda span: _span(day, span)),
                rx.el.p("Closed", class_name="flex min-h-10 items-center text-sm text-muted"),
            ),
            class_name=rx.cond(is_open, SPANS, "sm:flex-1"),
        ),
        rx.cond(is_open, _tools(day)),
        key=day.key,
        class_name="flex flex-wrap items-start gap-x-3 gap-y-1 py-2",
    )


def _span(day: rx.Var[Day], span: rx.Var[Span]) -> rx.Component:
    return rx.el.div(
        _time(day, span, "opens", span.opens, "opens"),
        rx.el.span("to", class_name="text-sm text-muted"),
        _time(day, span, "closes", span.closes, "closes"),
        rx.el.button(
            icon("close", class_name="size-4"),
            type="button",
            aria_label="Remove " + span.opens + " to " + span.closes + " on " + day.name,
            on_click=HoursState.remove_span(day.key, span.place),
            class_name=styles.ICON_BUTTON,
        ),
        key=span.place,
        class_name="flex min-w-0 items-center gap-1.5 sm:gap-2",
    )


def _time(day: rx.Var[Day], span: rx.Var[Span], which: str, value: Any, word: str) -> rx.Component:
    return rx.el.input(
        type="time",
        default_value=value,
        key=value,
        on_blur=lambda typed: HoursState.set_time(day.key, span.place, which, typed),
        required=True,
        aria_label=day.name + f" {word}",
        class_name=f"{styles.INPUT} min-w-0 flex-1 max-sm:px-2! sm:w-32! sm:flex-none",
    )


def _tools(day: rx.Var[Day]) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            icon("plus", class_name="size-4"),
            "Break",
            type="button",
            aria_label="Add another span on " + day.name,
            on_click=HoursState.add_span(day.key),
            class_name=styles.QUIET,
        ),
        rx.cond(
            day.key == "mon",
            rx.el.button(
                "Same until Friday",
                type="button",
                on_click=HoursState.copy_to_working_days(day.key),
                class_name=styles.QUIET,
            ),
        ),
        class_name="flex flex-wrap gap-1",
    )
