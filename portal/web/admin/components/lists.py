"""Tables, tabs and pages of long lists."""

from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.feedback import empty_state
from portal.web.admin.components.icons import icon

CELL = "px-4 py-3 align-middle text-sm text-ink"


def table(
    headings: Sequence[str], rows: rx.Var[Any], render: Callable[[Any], Sequence[rx.Component]], *, caption: str
) -> rx.Component:
    """Rows as a table; on a phone it scrolls sideways on its own.

    ``render`` gives a row's cells (``cell(...)``), of which the first names the row. An empty heading is read as
    "Actions". ``caption`` is for those who do not see the page.
    """
    return rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="sr-only"),
            rx.el.thead(rx.el.tr(*map(_heading, headings)), class_name="border-b border-line bg-sunken"),
            rx.el.tbody(
                rx.foreach(
                    rows, lambda row: rx.el.tr(*render(row), class_name="border-t border-line first:border-t-0")
                ),
            ),
            class_name="w-full border-collapse text-left",
        ),
        role="region",
        aria_label=caption,
        tab_index=0,
        class_name=f"{styles.PANEL} relative overflow-x-auto outline-offset-2",
    )


def cell(*content: Any, class_name: str = "", is_heading: bool = False) -> rx.Component:
    element = rx.el.th if is_heading else rx.el.td
    scope = {"scope": "row"} if is_heading else {}
    return element(*content, class_name=f"{CELL} {'font-medium' if is_heading else ''} {class_name}", **scope)


def tabs(items: Sequence[tuple[str, str]], *, base: Any, current: str, label: str) -> rx.Component:
    """Links that look like tabs: each is a page of its own. ``items``: (last part of the address, name)."""
    return rx.el.nav(
        rx.el.ul(
            *(_tab(base, part, name, is_current=part == current) for part, name in items),
            class_name="flex gap-1 border-b border-line",
        ),
        aria_label=label,
        class_name="-mx-4 overflow-x-auto px-4 sm:mx-0 sm:px-0",
    )


def pagination(state: Any) -> rx.Component:
    """Steps through a list that knows only what comes before and after: a ``Paged`` state's."""
    return rx.el.nav(
        rx.el.p(state.summary, class_name=styles.HINT, aria_live="polite"),
        rx.el.div(
            rx.el.button(
                icon("left"),
                "Earlier",
                type="button",
                on_click=state.earlier,
                disabled=~state.has_earlier,
                class_name=styles.QUIET,
            ),
            rx.el.button(
                "Later",
                icon("right"),
                type="button",
                on_click=state.later,
                disabled=~state.has_later,
                class_name=styles.QUIET,
            ),
            class_name="flex gap-1",
        ),
        aria_label="Pages",
        class_name="mt-3 flex items-center justify-between gap-3",
    )


def pagination_if_longer(state: Any) -> rx.Component:
    """The steps, where there is more than one page."""
    return rx.cond(state.has_earlier | state.has_later, pagination(state))


def filtered_list(state: Any, shown: rx.Component, *, no_match: str, nothing: rx.Component) -> rx.Component:
    """A page of a ``Filtered`` state's rows: ``shown``, or a way out where none fits, or ``nothing``."""
    nothing_fits = empty_state(
        "Nothing fits",
        no_match,
        rx.el.button("Clear filters", type="button", on_click=state.clear, class_name=styles.SECONDARY),
        sign="search",
    )
    return rx.cond(
        state.rows.length() > 0,
        rx.el.div(shown, pagination(state)),
        rx.cond(state.is_filtered, nothing_fits, nothing),
    )


def search_field(name: str, label: str, *, value: Any = "", placeholder: str = "", **props: Any) -> rx.Component:
    """An input for a form of its own, with its label for screen readers only."""
    return rx.el.label(
        rx.el.span(label, class_name="sr-only"),
        rx.el.span(
            icon("search"), class_name="pointer-events-none absolute inset-y-0 left-3 flex items-center text-muted"
        ),
        rx.el.input(
            type="search",
            name=name,
            default_value=value,
            placeholder=placeholder or label,
            max_length=100,
            class_name=f"{styles.INPUT} pl-10!",
            **props,
        ),
        class_name="relative block min-w-0",
    )


def _heading(text: str) -> rx.Component:
    shown = text or rx.el.span("Actions", class_name="sr-only")
    return rx.el.th(shown, scope="col", class_name="px-4 py-2.5 text-xs font-semibold whitespace-nowrap text-muted")


def _tab(base: Any, part: str, name: str, *, is_current: bool) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            name,
            href=base + part,
            aria_current="page" if is_current else None,
            class_name=(
                "-mb-px flex min-h-11 items-center border-b-2 border-transparent px-3 text-sm font-medium "
                "whitespace-nowrap text-muted hover:text-ink aria-[current=page]:border-brand-text "
                "aria-[current=page]:text-ink rounded-t-md focus-visible:outline-2 focus-visible:-outline-offset-2 "
                "focus-visible:outline-brand-text"
            ),
        )
    )
