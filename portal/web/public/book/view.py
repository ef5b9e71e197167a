"""The page ``/book``."""

from typing import Any

import reflex as rx

from portal.web import theme
from portal.web.components.layout import page
from portal.web.components.sections import anchor_link
from portal.web.components.tenant import each, when
from portal.web.public import booking_card as cards
from portal.web.public.book.details_view import details_form, forget_draft
from portal.web.public.book.state import STEP_NAMES, BookState
from portal.web.public.calendar_view import picker
from portal.web.public.focus import focus_mover
from portal.web.public.step_trail import step_trail

TITLE = "text-3xl font-semibold tracking-tight text-ink sm:text-4xl"
TEXT_BUTTON = f"cursor-pointer {theme.TEXT_LINK}"


def book_page() -> rx.Component:
    return page(
        rx.el.div(
            rx.el.h1("Book an appointment", class_name=rx.cond(BookState.step == "done", "sr-only", TITLE)),
            rx.el.div(
                rx.el.div(_progress(), _stage(), class_name="min-w-0"),
                _aside(),
                class_name="mt-8 grid items-start gap-10 lg:grid-cols-[minmax(0,1fr)_19rem]",
            ),
            focus_mover(BookState.focus_target),
            forget_draft(),
            step_trail(
                rx.cond(BookState.is_hydrated, BookState.trail, ""),
                is_busy=BookState.is_submitting,
                on_back=BookState.go_back_to,
            ),
            class_name=f"{theme.CONTAINER} pt-8 sm:pt-12",
        )
    )


# --- progress --------------------------------------------------------------------------------------------------------


def _progress() -> rx.Component:
    return rx.cond(
        BookState.step != "done",
        rx.el.nav(
            rx.el.ol(
                *(_mark(number, name) for number, name in enumerate(STEP_NAMES)),
                class_name="grid grid-cols-5 gap-1.5 sm:gap-2",
            ),
            aria_label="Progress",
            class_name="mb-8",
        ),
    )


def _mark(number: int, name: str) -> rx.Component:
    """One step of the progress; a finished one leads back to itself."""
    title = rx.el.span(name, class_name="block pt-2 text-left text-xs font-medium sm:text-sm")
    bar = rx.el.span(
        class_name="block h-1 rounded-full bg-line group-data-[state=done]:bg-brand group-data-[state=now]:bg-brand"
    )
    state = rx.cond(BookState.step_number > number, "done", rx.cond(BookState.step_number == number, "now", "ahead"))
    return rx.el.li(
        rx.el.button(
            bar,
            title,
            type="button",
            on_click=BookState.go_back_to(name.lower()),
            disabled=BookState.step_number <= number,
            aria_label=f"Step {number + 1} of {len(STEP_NAMES)}: {name}",
            aria_current=rx.cond(BookState.step_number == number, "step", "false"),
            custom_attrs={"data-state": state},
            class_name=(
                "group block w-full rounded-md text-muted enabled:cursor-pointer enabled:hover:text-ink "
                f"data-[state=now]:text-ink {theme.FOCUS}"
            ),
        )
    )


# --- the step in hand ------------------------------------------------------------------------------------------------


def _stage() -> rx.Component:
    return rx.el.section(
        rx.cond(BookState.card.status == "confirmed", _tick()),
        rx.el.h2(
            BookState.heading,
            id="step-heading",
            tab_index=-1,
            class_name=f"{theme.H2} scroll-mt-28 outline-none",
        ),
        _chosen_so_far(),
        _notice(),
        rx.el.div(
            rx.match(
                BookState.step,
                ("day", _calendar()),
                ("time", _calendar()),
                ("details", details_form()),
                ("confirm", _confirm()),
                ("done", _done()),
                _services(),
            ),
            class_name="mt-6",
        ),
        aria_labelledby="step-heading",
    )


def _chosen_so_far() -> rx.Component:
    """On a phone, where the summary beside does not fit: what was chosen, on a line."""
    return rx.cond(
        (BookState.step_number > 0) & (BookState.step_number < 4),
        rx.el.p(
            rx.el.span(BookState.service_name, class_name="font-medium text-ink"),
            rx.cond(BookState.service_facts != "", rx.el.span(" · ", BookState.service_facts)),
            rx.cond(BookState.slot_label != "", rx.el.span(" · ", BookState.slot_label)),
            class_name="mt-1.5 text-muted lg:hidden",
        ),
    )


def _notice() -> rx.Component:
    return rx.el.div(
        rx.cond(BookState.notice != "", rx.el.p(BookState.notice, class_name=f"mt-4 {theme.ERROR_NOTICE}")),
        role="alert",
    )


def _back(step: str, label: str = "Back") -> rx.Component:
    return rx.el.button(label, type="button", on_click=BookState.go_back_to(step), class_name=theme.SECONDARY_BUTTON)


def _services() -> rx.Component:
    return rx.el.div(
        each("services", _service, tag=rx.el.ul, class_name="grid gap-3"),
        rx.el.noscript(
            rx.el.p("Booking online needs JavaScript. Please call us instead.", class_name=f"mt-4 {theme.NOTICE}")
        ),
    )


def _service(row: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(
                rx.el.span(row["name"], class_name="block text-lg font-semibold text-ink"),
                rx.el.span(row["description"], class_name="mt-0.5 block text-pretty text-muted empty:hidden"),
                class_name="min-w-0 flex-1",
            ),
            rx.el.span(
                rx.el.span(row["price"], class_name="block font-semibold text-ink empty:hidden"),
                rx.el.span(row["duration"], class_name="block text-sm whitespace-nowrap text-muted"),
                class_name="shrink-0 text-right",
            ),
            type="button",
            on_click=BookState.choose_service(row["id"]),
            aria_pressed=BookState.service_id == row["id"],
            class_name=(
                "flex w-full cursor-pointer items-start gap-4 rounded-2xl border border-line bg-card p-5 text-left "
                "transition-colors duration-150 hover:border-brand-text aria-pressed:border-brand-text "
                f"aria-pressed:bg-brand-soft {theme.FOCUS}"
            ),
        )
    )


def _calendar() -> rx.Component:
    return rx.el.div(
        picker(BookState, on_day=BookState.pick_day, on_time=BookState.pick_time),
        rx.el.div(_back("service", "Back to services"), class_name="mt-8"),
    )


def _confirm() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.dl(
                _line("Service", BookState.service_name, BookState.service_duration, step="service"),
                _line("When", BookState.slot_day, BookState.slot_time, step="day"),
                _line("Name", BookState.name, step="details"),
                _line("E-mail", BookState.email, step="details"),
                _line("Phone", BookState.phone, BookState.consent_words, step="details"),
                _line("Notes", BookState.notes, step="details"),
                _line("Price", BookState.service_price),
                class_name="divide-y divide-line",
            ),
            class_name=f"{theme.CARD} py-1 sm:py-2",
        ),
        rx.cond(
            BookState.policy != "",
            rx.el.div(
                rx.el.h3("Cancellation policy", class_name="text-sm font-semibold text-ink"),
                rx.el.p(BookState.policy, class_name="mt-1 text-sm leading-relaxed text-pretty text-muted"),
                class_name="mt-5",
            ),
        ),
        rx.el.div(
            rx.cond(BookState.failure != "", rx.el.p(BookState.failure, class_name=f"mt-5 {theme.ERROR_NOTICE}")),
            role="alert",
        ),
        rx.el.div(
            _back("details"),
            rx.el.button(
                rx.cond(BookState.is_submitting, "Booking…", "Confirm booking"),
                type="button",
                on_click=BookState.confirm,
                disabled=BookState.is_submitting,
                class_name=f"{theme.PRIMARY_BUTTON} flex-1 sm:flex-none",
            ),
            class_name="mt-6 flex gap-3",
        ),
        rx.el.p(rx.cond(BookState.is_submitting, "Booking your appointment.", ""), role="status", class_name="sr-only"),
    )


def _line(name: str, text: Any, more: Any = None, *, step: str = "") -> rx.Component:
    """A row of the summary, with the way back to change it."""
    extra = [] if more is None else [rx.el.span(more, class_name="block font-normal text-muted empty:hidden")]
    return rx.cond(
        text != "",
        rx.el.div(
            rx.el.dt(name, class_name="text-sm text-muted sm:text-base"),
            rx.el.dd(
                rx.el.span(text, class_name="break-words"),
                *extra,
                class_name="col-start-1 min-w-0 font-medium text-ink sm:col-start-2 sm:row-start-1",
            ),
            *([_change(name, step)] if step else []),
            class_name="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 py-3.5 sm:grid-cols-[5rem_minmax(0,1fr)_auto]",
        ),
    )


def _change(name: str, step: str) -> rx.Component:
    return rx.el.dd(
        rx.el.button(
            "Change",
            rx.el.span(f" {name.lower()}", class_name="sr-only"),
            type="button",
            on_click=BookState.go_back_to(step),
            class_name=f"{TEXT_BUTTON} text-sm",
        ),
        class_name="col-start-2 row-span-2 row-start-1 sm:col-start-3 sm:row-span-1",
    )


def _done() -> rx.Component:
    card = BookState.card
    return rx.el.div(
        rx.cond(BookState.is_pending, _still_checking()),
        rx.el.div(
            rx.el.div(cards.status_badge(card), class_name="mb-5"),
            cards.booking_facts(card),
            rx.el.div(cards.booking_links(card), class_name="mt-6 border-t border-line pt-5 has-[div:empty]:hidden"),
            class_name=theme.CARD,
        ),
        rx.el.p(
            "Keep your booking’s link: with it you can move or cancel the appointment without an account.",
            class_name="mt-5 text-pretty text-muted",
        ),
        rx.el.button(
            "Book another appointment", type="button", on_click=BookState.restart, class_name=f"mt-5 {TEXT_BUTTON}"
        ),
    )


def _tick() -> rx.Component:
    return rx.el.svg(
        rx.el.path(d="m6 12.5 4 4 8-9", stroke_linecap="round", stroke_linejoin="round"),
        view_box="0 0 24 24",
        fill="none",
        stroke="currentColor",
        stroke_width="2",
        aria_hidden="true",
        class_name="mb-4 size-14 rounded-full bg-good-soft p-3 text-good",
    )


def _still_checking() -> rx.Component:
    return rx.el.div(
        rx.el.p("We are still confirming this time with the calendar.", class_name="font-medium"),
        rx.el.p(
            "The time is held for you. This page updates by itself; please don’t book again.",
            class_name="mt-1 text-muted",
        ),
        role="status",
        class_name=f"mb-5 {theme.NOTICE}",
    )


# --- beside ----------------------------------------------------------------------------------------------------------


def _aside() -> rx.Component:
    return rx.el.aside(
        rx.cond(
            (BookState.step_number > 0) & (BookState.step_number < 4),
            rx.el.div(
                rx.el.h2("Your appointment", class_name="text-sm font-medium text-muted"),
                rx.el.p(BookState.service_name, class_name="mt-2 text-lg font-semibold text-ink"),
                rx.el.p(BookState.service_facts, class_name="text-muted"),
                rx.cond(
                    BookState.slot_day != "",
                    rx.el.div(
                        rx.el.p(BookState.slot_day, class_name="font-medium text-ink"),
                        rx.el.p(BookState.slot_time, class_name="text-muted"),
                        class_name="mt-4 border-t border-line pt-4",
                    ),
                ),
                class_name=f"hidden lg:block {theme.CARD}",
            ),
        ),
        rx.cond(BookState.step != "done", _other_ways()),
        class_name="grid gap-6 lg:sticky lg:top-28",
    )


def _other_ways() -> rx.Component:
    return rx.el.div(
        rx.el.p("Rather talk it through?", class_name="font-medium text-ink"),
        rx.el.p(
            rx.el.a("Book in the chat", href="/chat", class_name=theme.TEXT_LINK),
            when(
                "phones",
                lambda row: rx.el.span(
                    " or call ", anchor_link(row["text"], href=row["href"], class_name=theme.TEXT_LINK)
                ),
                tag=rx.el.span,
            ),
            class_name="mt-1 text-muted",
        ),
    )
