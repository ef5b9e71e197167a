"""A tenant's front page: what it offers, when and where, and the way to book."""

import reflex as rx

from portal.web import theme
from portal.web.components.layout import add_page, page
from portal.web.components.sections import HIDE_WHEN_EMPTY, anchor_link, external_link, section
from portal.web.components.tenant import Row, each, value, when

CARD_TITLE = "text-xl font-semibold tracking-tight text-ink"


def add_pages(app: rx.App) -> None:
    add_page(app, "/", landing, title_key="title")


def landing() -> rx.Component:
    return page(_hero(), _services(), _visit(), _faqs(), _policies(), _closing())


def _hero() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                _open_badge(),
                rx.el.h1(value("name"), class_name=theme.H1),
                rx.el.p(value("tagline"), class_name=f"{theme.LEAD} max-w-xl"),
                _calls_to_action(),
                class_name="flex flex-1 flex-col items-start gap-6",
            ),
            each("glance", _fact, tag=rx.el.dl, class_name=f"hidden w-80 shrink-0 flex-col gap-4 lg:flex {theme.CARD}"),
            class_name=f"{theme.CONTAINER} flex items-center gap-12 pb-14 pt-14 sm:pb-20 sm:pt-20",
        ),
        class_name="border-b border-line bg-linear-to-b from-brand-soft to-page",
    )


def _fact(row: Row) -> rx.Component:
    return rx.el.div(
        rx.el.dt(row["label"], class_name=theme.SMALL),
        rx.el.dd(row["text"], class_name="mt-0.5 font-medium text-ink"),
    )


def _open_badge() -> rx.Component:
    return rx.el.p(
        value("open_label"),
        custom_attrs={"data-state": value("open_state")},
        class_name=(
            "inline-flex items-center gap-2 rounded-full border border-line bg-card px-3.5 py-1.5 text-sm font-medium "
            "text-ink empty:hidden before:size-2 before:rounded-full before:bg-field before:content-[''] "
            "data-[state=open]:before:bg-good"
        ),
    )


def _calls_to_action() -> rx.Component:
    return rx.el.div(
        rx.el.a("Book an appointment", href="/book", class_name=theme.PRIMARY_BUTTON),
        rx.el.a("Chat with us", href="/chat", class_name=theme.SECONDARY_BUTTON),
        class_name="flex w-full flex-col gap-3 sm:w-auto sm:flex-row",
    )


def _services() -> rx.Component:
    return section(
        "Services",
        each("services", _service, tag=rx.el.ul, class_name="grid gap-4 sm:grid-cols-2"),
        anchor="services",
    )


def _service(row: Row) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h3(row["name"], class_name=theme.H3),
            rx.el.p(row["price"], class_name="shrink-0 text-lg font-semibold text-ink empty:hidden"),
            class_name="flex items-baseline justify-between gap-4",
        ),
        rx.el.p(row["description"], class_name="mt-1.5 leading-relaxed text-pretty text-muted empty:hidden"),
        rx.el.div(
            rx.el.p(row["duration"], class_name="text-muted"),
            rx.el.a(
                rx.el.span("Book"),
                rx.el.span(row["name"], class_name="sr-only"),
                href="/book?service=" + row["id"],
                class_name=(
                    "font-semibold text-brand-text underline decoration-1 underline-offset-4 outline-none "
                    "after:absolute after:inset-0 after:rounded-2xl group-hover:decoration-2 "
                    "focus-visible:after:outline-2 focus-visible:after:outline-offset-2 "
                    "focus-visible:after:outline-brand-text"
                ),
            ),
            class_name="mt-auto flex items-center justify-between gap-4 pt-5",
        ),
        class_name=f"group relative flex flex-col {theme.CARD} transition-colors hover:border-field",
    )


def _visit() -> rx.Component:
    return rx.el.section(
        rx.el.div(_hours(), _location(), class_name=f"{theme.CONTAINER} grid gap-4 md:grid-cols-2"),
        aria_label="Hours and contact",
        class_name="py-6 sm:py-8",
    )


def _hours() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Opening hours", class_name=CARD_TITLE, id="hours"),
        rx.el.p(value("timezone_note"), class_name=f"mt-1 {theme.SMALL}"),
        each("hours", _day, tag=rx.el.ul, class_name="mt-5 flex flex-col"),
        class_name=f"{theme.CARD} {HIDE_WHEN_EMPTY}",
    )


def _day(row: Row) -> rx.Component:
    return rx.el.li(
        rx.el.span(row["day"]),
        rx.el.span(row["text"], class_name="text-right tabular-nums"),
        custom_attrs={"aria-current": row["current"]},
        class_name=(
            "flex justify-between gap-6 rounded-lg px-3 py-2 text-muted aria-[current=date]:bg-brand-soft "
            "aria-[current=date]:font-semibold aria-[current=date]:text-ink"
        ),
    )


def _location() -> rx.Component:
    return rx.el.div(
        rx.el.h2(value("contact_title"), class_name=CARD_TITLE, id="contact"),
        rx.el.address(
            each("address_lines", lambda row: rx.el.p(row["text"]), tag=rx.el.div, class_name="leading-relaxed"),
            when("map", _map_link, tag=rx.el.div, class_name="empty:hidden"),
            when("phones", _contact_link, tag=rx.el.div, class_name="empty:hidden"),
            when("emails", _contact_link, tag=rx.el.div, class_name="empty:hidden"),
            when("websites", _website_link, tag=rx.el.div, class_name="empty:hidden"),
            class_name="mt-5 flex flex-col gap-4 text-lg text-ink not-italic",
        ),
        class_name=theme.CARD,
    )


def _map_link(row: Row) -> rx.Component:
    return external_link("Open in maps", href=row["href"], class_name=theme.TEXT_LINK)


def _contact_link(row: Row) -> rx.Component:
    return anchor_link(row["text"], href=row["href"], class_name=f"break-words {theme.TEXT_LINK}")


def _website_link(row: Row) -> rx.Component:
    return external_link(row["text"], href=row["href"], class_name=f"break-words {theme.TEXT_LINK}")


def _faqs() -> rx.Component:
    return section(
        "Questions and answers",
        each("faqs", _faq, tag=rx.el.div, class_name="divide-y divide-line rounded-2xl border border-line bg-card"),
        anchor="faqs",
    )


def _faq(row: Row) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.el.span(row["question"], class_name="text-pretty"),
            rx.el.span(
                class_name=(
                    "size-2.5 shrink-0 -translate-y-0.5 rotate-45 border-b-2 border-r-2 border-muted "
                    "transition-transform group-open:translate-y-0.5 group-open:-rotate-135"
                ),
                aria_hidden="true",
            ),
            class_name=(
                "flex min-h-11 cursor-pointer list-none items-center justify-between gap-4 rounded-2xl px-5 py-4 "
                f"font-medium text-ink sm:px-6 [&::-webkit-details-marker]:hidden {theme.FOCUS}"
            ),
        ),
        rx.el.p(row["answer"], class_name="px-5 pb-5 leading-relaxed whitespace-pre-line text-muted sm:px-6"),
        class_name="group",
    )


def _policies() -> rx.Component:
    return section(
        "Good to know",
        each("policies", _policy, tag=rx.el.dl, class_name="grid gap-x-10 gap-y-8 sm:grid-cols-2"),
        anchor="policies",
    )


def _policy(row: Row) -> rx.Component:
    return rx.el.div(
        rx.el.dt(row["title"], class_name=theme.H3),
        rx.el.dd(row["text"], class_name="mt-1.5 leading-relaxed whitespace-pre-line text-pretty text-muted"),
    )


def _closing() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Ready when you are", class_name=theme.H2),
            rx.el.p("Pick a time that suits you. It takes less than a minute.", class_name=theme.LEAD),
            _calls_to_action(),
            class_name="flex flex-col items-start gap-5 rounded-3xl bg-brand-soft p-8 sm:p-12",
        ),
        aria_label="Book",
        class_name=f"{theme.CONTAINER} pt-8",
    )
