"""Privacy notice, terms, and the page for addresses that lead nowhere."""

import reflex as rx

from portal.web import theme
from portal.web.components.layout import add_page, page
from portal.web.components.tenant import Row, each, value


def add_pages(app: rx.App) -> None:
    add_page(app, "/privacy", privacy, title_key="title_privacy")
    add_page(app, "/terms", terms, title_key="title_terms")
    add_page(app, "404", missing, title_key="title_missing")


def privacy() -> rx.Component:
    return page(_document("Privacy", "privacy"))


def terms() -> rx.Component:
    return page(_document("Terms", "terms"))


def missing() -> rx.Component:
    return page(
        rx.el.section(
            rx.el.p("404", class_name="text-sm font-semibold tracking-widest text-brand-text"),
            rx.el.h1("This page is not here", class_name=theme.H1),
            rx.el.p("The address may have changed, or the link was cut short.", class_name=theme.LEAD),
            rx.el.div(
                rx.el.a("To the front page", href="/", class_name=theme.PRIMARY_BUTTON),
                rx.el.a("Book an appointment", href="/book", class_name=theme.SECONDARY_BUTTON),
                class_name="mt-2 flex flex-col gap-3 self-stretch sm:flex-row",
            ),
            class_name=f"{theme.NARROW} flex flex-col items-start gap-5 py-20 sm:py-28",
        )
    )


def _document(title: str, name: str) -> rx.Component:
    return rx.el.article(
        rx.el.p(value("name"), class_name="text-sm font-semibold text-brand-text"),
        rx.el.h1(title, class_name=f"mt-2 {theme.H1}"),
        each(name, _part, tag=rx.el.div, class_name="mt-10 flex flex-col gap-8"),
        class_name=f"{theme.NARROW} py-14 sm:py-20",
    )


def _part(row: Row) -> rx.Component:
    return rx.el.section(
        rx.el.h2(row["heading"], class_name="mb-2 text-xl font-semibold text-ink empty:hidden"),
        rx.el.p(row["text"], class_name=f"whitespace-pre-line {theme.BODY}"),
    )
