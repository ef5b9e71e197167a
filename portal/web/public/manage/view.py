"""The page ``/manage/<token>``."""

from typing import Any

import reflex as rx

from portal.web import theme
from portal.web.components.layout import page
from portal.web.components.sections import anchor_link
from portal.web.components.tenant import Row, each, when
from portal.web.public import booking_card as cards
from portal.web.public.calendar_view import picker
from portal.web.public.focus import focus_mover
from portal.web.public.manage.state import ManageState
from portal.web.public.step_trail import step_trail

FRAME = f"{theme.NARROW} pt-8 sm:pt-12"
KNOWN = "peer empty:hidden"
LOST = "peer/lost empty:hidden"
HEADING = f"{theme.H2} scroll-mt-28 outline-none"


def manage_page() -> rx.Component:
    return page(
        rx.el.div(
            _title(),
            rx.match(ManageState.status, ("ready", _booking()), ("invalid", _invalid()), _first_booking()),
            focus_mover(ManageState.focus_target),
            step_trail(ManageState.trail, is_busy=ManageState.is_working, on_back=ManageState.go_back_to),
            class_name=FRAME,
        )
    )


def first_sight() -> rx.Component:
    """The page as the first byte has it, until the page itself is there; empty where no booking is known."""
    return rx.fragment(
        when("booking", _frame_as_sent, tag=rx.el.div, class_name=KNOWN),
        when("lost_link", _lost_frame, tag=rx.el.div, class_name=LOST),
    )


def _lost_frame(row: Row) -> rx.Component:
    return rx.el.div(_title(), _invalid(row["title"]), class_name=FRAME)


def _frame_as_sent(row: Row) -> rx.Component:
    return rx.el.div(_title(), _as_sent(row), class_name=FRAME)


def _title() -> rx.Component:
    return rx.el.h1("Your booking", class_name="text-3xl font-semibold tracking-tight text-ink sm:text-4xl")


def _first_booking() -> rx.Component:
    """What the first byte said, until the state is there; grey where it said nothing."""
    return rx.fragment(
        when("booking", _as_sent, tag=rx.el.div, class_name=KNOWN),
        when("lost_link", lambda row: _invalid(row["title"]), tag=rx.el.div, class_name=LOST),
        rx.el.div(
            rx.el.span("Loading your booking…", class_name="sr-only"),
            rx.el.div(class_name="h-64 animate-pulse rounded-2xl bg-sunken"),
            role="status",
            class_name=f"mt-8 hidden peer-empty:block {theme.UNLESS_LOST}",
        ),
    )


def _as_sent(row: Row) -> rx.Component:
    return rx.el.section(
        rx.el.h2(row["greeting"], class_name=HEADING),
        _facts(row, row["history"]),
        class_name="mt-8",
    )


def _invalid(title: str | rx.Var[str] = "This link doesn’t work any more") -> rx.Component:
    return rx.el.div(
        rx.el.h2(title, class_name=theme.H3),
        rx.el.p(
            "It may be incomplete or too old. Please open the whole link you were given, or contact us.",
            class_name="mt-1.5 text-pretty text-muted",
        ),
        rx.el.div(
            _contacts(), rx.el.a("Book an appointment", href="/book", class_name=theme.SECONDARY_BUTTON),
            class_name="mt-5 flex flex-wrap gap-3",
        ),
        class_name=f"mt-8 {theme.CARD}",
    )  # fmt: skip


def _contacts() -> rx.Component:
    """The business's phone, where it has one."""
    return each(
        "phones",
        lambda row: anchor_link("Call ", row["text"], href=row["href"], class_name=theme.PRIMARY_BUTTON),
        tag=rx.el.div,
        class_name="empty:hidden",
    )


def _booking() -> rx.Component:
    return rx.el.section(
        rx.el.h2(_heading(), id="manage-heading", tab_index=-1, class_name=HEADING),
        _messages(),
        rx.match(
            ManageState.mode,
            ("move", _move()),
            ("check", _check()),
            ("cancel", _cancel()),
            _overview(),
        ),
        class_name="mt-8",
        aria_labelledby="manage-heading",
    )


def _heading() -> rx.Var[str]:
    return rx.match(
        ManageState.mode,
        ("move", "Choose a new time"),
        ("check", "Move your booking?"),
        ("cancel", "Cancel this booking?"),
        ManageState.greeting,
    )


def _messages() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.cond(ManageState.notice != "", rx.el.p(ManageState.notice, class_name=f"mt-5 {theme.SUCCESS_NOTICE}")),
            role="status",
        ),
        rx.el.div(
            rx.cond(ManageState.failure != "", rx.el.p(ManageState.failure, class_name=f"mt-5 {theme.ERROR_NOTICE}")),
            role="alert",
        ),
    )


def _overview() -> rx.Component:
    return rx.fragment(
        _facts(ManageState.card, ManageState.history),
        rx.cond(ManageState.card.status == "pending", _pending()),
        rx.cond(ManageState.can_change, _actions()),
        rx.cond(ManageState.is_too_late, _too_late()),
        rx.cond(
            ManageState.card.status == "cancelled",
            rx.el.a("Book a new appointment", href="/book", class_name=f"mt-6 {theme.PRIMARY_BUTTON}"),
        ),
    )


def _facts(card: cards.Card, history: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.div(cards.status_badge(card), class_name="mb-5"),
        cards.booking_facts(card),
        rx.el.p(history, class_name="mt-5 text-sm text-muted empty:hidden"),
        cards.calendar_links(card),
        class_name=f"mt-6 {theme.CARD}",
    )


def _pending() -> rx.Component:
    return rx.el.p(
        "We are still confirming this time with the calendar. Please look again in a minute.",
        class_name=f"mt-5 {theme.NOTICE}",
    )


def _actions() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.cond(
                ManageState.can_move, _button("Move to another time", ManageState.start_moving, theme.PRIMARY_BUTTON)
            ),
            _button("Cancel booking", ManageState.start_cancelling, theme.SECONDARY_BUTTON),
            class_name="mt-6 flex flex-col gap-3 sm:flex-row",
        ),
        rx.el.p(ManageState.change_note, class_name="mt-4 text-sm text-muted"),
        _policy(),
    )


def _too_late() -> rx.Component:
    return rx.el.div(
        rx.el.p("It’s too late to change this booking online. Please contact us directly.", class_name="font-medium"),
        rx.cond(ManageState.policy != "", rx.el.p(ManageState.policy, class_name="mt-1 text-pretty text-muted")),
        rx.el.div(_contacts(), class_name="mt-4 has-[div:empty]:hidden"),
        class_name=f"mt-6 {theme.NOTICE}",
    )


def _policy() -> rx.Component:
    return rx.cond(
        ManageState.policy != "",
        rx.el.p(ManageState.policy, class_name="mt-2 text-sm leading-relaxed text-pretty text-muted"),
    )


def _move() -> rx.Component:
    return rx.el.div(
        rx.el.p("Now: ", ManageState.card.day, ", ", ManageState.card.time, class_name="mb-6 text-muted"),
        picker(ManageState, on_day=ManageState.pick_day, on_time=ManageState.pick_time),
        rx.el.div(_button("Keep the present time", ManageState.go_back, theme.SECONDARY_BUTTON), class_name="mt-8"),
        class_name="mt-2",
    )


def _check() -> rx.Component:
    return rx.el.div(
        rx.el.dl(
            _moment("From", ManageState.card.day, ManageState.card.time, look="text-muted line-through decoration-1"),
            _moment("To", ManageState.new_day, ManageState.new_time, look="font-semibold text-ink"),
            class_name=f"grid gap-4 {theme.CARD}",
        ),
        _choice(
            _busy_button("Move booking", "Moving…", ManageState.confirm_move, theme.PRIMARY_BUTTON),
            _button("Choose another time", ManageState.go_back, theme.SECONDARY_BUTTON),
        ),
        class_name="mt-6",
    )


def _moment(name: str, day: Any, time: Any, *, look: str) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name="text-sm text-muted"),
        rx.el.dd(day, ", ", time, class_name=f"mt-0.5 {look}"),
    )


def _cancel() -> rx.Component:
    return rx.el.div(
        rx.el.div(cards.booking_facts(ManageState.card), class_name=theme.CARD),
        _policy(),
        _choice(
            _busy_button("Yes, cancel it", "Cancelling…", ManageState.confirm_cancel, theme.DANGER_BUTTON),
            _button("Keep booking", ManageState.go_back, theme.SECONDARY_BUTTON),
        ),
        class_name="mt-6",
    )


def _choice(*buttons: rx.Component) -> rx.Component:
    return rx.el.div(*buttons, class_name="mt-6 flex flex-col gap-3 sm:flex-row")


def _button(label: str, event: Any, look: str) -> rx.Component:
    return rx.el.button(label, type="button", on_click=event, class_name=look)


def _busy_button(label: str, busy: str, event: Any, look: str) -> rx.Component:
    return rx.el.button(
        rx.cond(ManageState.is_working, busy, label),
        type="button",
        on_click=event,
        disabled=ManageState.is_working,
        class_name=look,
    )
