"""The frame of every customer page: skip link, header with the way to book, content, footer, chat."""

from typing import Any

import reflex as rx

from portal.web import theme
from portal.web.chat.widget import chat_widget
from portal.web.components.sections import anchor_link
from portal.web.components.tenant import Row, value, when


def add_page(app: rx.App, route: str, component: Any, *, title_key: str = "title", **options: Any) -> None:
    """Register a customer page. ``title_key`` names the tenant's value shown as the document's title."""
    if route != "404":  # the framework cannot take a variable there
        options = {"image": value("og_image"), **options}
    app.add_page(component, route=route, title=value(title_key), description=value("description"), **options)


def page(*content: rx.Component, show_chat: bool = True, main_class: str = "pb-20") -> rx.Component:
    """The whole page around ``content``. ``show_chat`` puts the floating chat in its corner."""
    return rx.el.div(
        anchor_link("Skip to content", href="#content", class_name=SKIP_LINK),
        _sandbox_ribbon(),
        _header(),
        rx.el.main(*content, id="content", tab_index=-1, class_name=f"flex-1 outline-none {main_class}"),
        _footer(),
        *([chat_widget()] if show_chat else []),
        class_name="flex min-h-dvh flex-col bg-page text-ink",
    )


def loading(known: rx.Component) -> rx.Component:
    """Shown in place of a page that is put together in the browser, until it is.

    ``known`` is what the first byte says already: a ``peer``, empty where it says nothing.
    """
    return rx.el.div(
        _sandbox_ribbon(),
        _header(),
        rx.el.main(
            known,
            rx.el.p(
                "One moment…",
                class_name=f"{theme.NARROW} {theme.LEAD} hidden pt-20 peer-empty:block {theme.UNLESS_LOST}",
            ),
            rx.el.noscript(
                rx.el.p("The rest of this page needs JavaScript. You can also reach us by phone or e-mail."),
                class_name=f"{theme.NARROW} block pt-6",
            ),
            id="content",
            aria_busy="true",
            class_name="flex-1 pb-20",
        ),
        _footer(),
        class_name="flex min-h-dvh flex-col bg-page text-ink",
    )


SKIP_LINK = (
    "sr-only focus:not-sr-only focus:fixed focus:left-4 focus:top-4 focus:z-50 focus:rounded-full focus:bg-brand "
    "focus:px-5 focus:py-2.5 focus:font-semibold focus:text-on-brand"
)
NAV_LINK = f"rounded-full px-3 py-2 text-base font-medium text-ink hover:bg-sunken {theme.FOCUS}"
FOOTER_LINK = f"rounded text-muted underline-offset-4 hover:text-ink hover:underline {theme.FOCUS}"


def _sandbox_ribbon() -> rx.Component:
    return when(
        "sandbox",
        lambda row: rx.el.p(row["label"], class_name="px-4 py-1.5 text-center text-sm font-medium"),
        tag=rx.el.aside,
        class_name="bg-ink text-page empty:hidden",
        aria_label="Notice",
    )


def _header() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            _brand(),
            rx.el.nav(
                anchor_link("Services", href="/#services", class_name=f"hidden sm:block {NAV_LINK}"),
                rx.el.a("Chat", href="/chat", class_name=f"hidden sm:block {NAV_LINK}"),
                rx.el.a("Book", href="/book", class_name=f"{theme.PRIMARY_BUTTON} ml-1 px-5"),
                class_name="flex shrink-0 items-center gap-1",
                aria_label="Main",
            ),
            class_name=f"{theme.CONTAINER} flex h-18 items-center justify-between gap-3",
        ),
        class_name="sticky top-0 z-30 border-b border-line bg-page/90 backdrop-blur-sm",
    )


def _brand() -> rx.Component:
    return rx.el.a(
        when("logo", _logo, tag=rx.el.span, class_name="shrink-0 empty:hidden"),
        when("mark", _mark, tag=rx.el.span, class_name="shrink-0 empty:hidden"),
        rx.el.span(value("name"), class_name="truncate text-lg font-semibold tracking-tight"),
        href="/",
        class_name=f"flex min-w-0 items-center gap-3 rounded-xl text-ink {theme.FOCUS}",
    )


def _logo(row: Row) -> rx.Component:
    return rx.el.img(src=row["url"], alt="", loading="lazy", class_name="size-9 rounded-xl object-cover")


def _mark(row: Row) -> rx.Component:
    return rx.el.b(
        row["initial"],
        aria_hidden="true",
        class_name="flex size-9 items-center justify-center rounded-xl bg-brand text-lg font-semibold text-on-brand",
    )


def _footer() -> rx.Component:
    return rx.el.footer(
        rx.el.div(
            rx.el.p(value("copyright"), class_name="text-muted"),
            rx.el.nav(
                rx.el.a("Privacy", href="/privacy", class_name=FOOTER_LINK),
                rx.el.a("Terms", href="/terms", class_name=FOOTER_LINK),
                class_name="flex gap-6",
                aria_label="Legal",
            ),
            class_name=f"{theme.CONTAINER} flex flex-col gap-4 py-10 text-sm sm:flex-row sm:justify-between",
        ),
        class_name="border-t border-line",
    )
