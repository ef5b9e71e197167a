"""The list, its dialog and what was deleted."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from portal.web.admin.catalog.state import NEW, CatalogState
from portal.web.admin.components import styles
from portal.web.admin.components.conflict import conflict_notice
from portal.web.admin.components.dialogs import modal
from portal.web.admin.components.feedback import badge, empty_state, loaded
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.icons import icon
from portal.web.admin.components.sorting import sortable_list
from portal.web.admin.shell_state import ShellState
from portal.web.theme import FOCUS


def catalog_page(
    state: type[CatalogState],
    *,
    noun: str,
    can_edit: Any,
    empty: rx.Component,
    fields: Sequence[rx.Component],
) -> rx.Component:
    """``noun`` in the singular ("service"); ``fields`` are those of the dialog."""
    return rx.el.div(
        loaded(
            is_of_here(state.loaded_for),
            rx.fragment(
                rx.cond(
                    state.rows.length() > 0,
                    rx.cond(can_edit, _sortable(state, noun), _plain(state)),
                    empty,
                ),
                rx.cond(can_edit & (state.deleted.length() > 0), _deleted(state)),
            ),
        ),
        rx.el.p(state.announcement, role="status", aria_live="polite", class_name="sr-only"),
        _dialog(state, noun, fields),
    )


def new_button(state: Any, label: str) -> rx.Component:
    return rx.el.button(icon("plus"), label, type="button", on_click=state.open(NEW), class_name=styles.PRIMARY)


def nothing_yet(state: Any, title: str, text: str, *, label: str, can_edit: Any, sign: str) -> rx.Component:
    return empty_state(title, text, rx.cond(can_edit, new_button(state, label)), sign=sign)


def _sortable(state: Any, noun: str) -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Customers see them in this order. Drag a line by its handle, or use its arrows.",
            class_name=f"mb-3 {styles.HINT}",
        ),
        sortable_list(
            state.rows,
            lambda row: rx.el.div(
                _words(row),
                _acts(state, row),
                class_name="flex flex-col gap-1 py-1 sm:flex-row sm:items-center sm:justify-between sm:gap-4",
            ),
            list_id=f"{noun}-list",
            on_move=state.move,
            aria_label=f"{noun.capitalize()} list, in the order customers see",
        ),
    )


def _plain(state: Any) -> rx.Component:
    return rx.el.ul(
        rx.foreach(
            state.rows,
            lambda row: rx.el.li(
                _words(row), key=row["id"], class_name="border-t border-line px-4 py-3 first:border-t-0"
            ),
        ),
        class_name=styles.PANEL,
    )


def _words(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h2(row["name"], class_name="text-sm font-semibold wrap-anywhere text-ink"),
            rx.cond(row["tag"], badge(row["tag"], kind="brand")),
            rx.cond(row["hidden"], badge("Hidden")),
            class_name="flex flex-wrap items-center gap-2",
        ),
        rx.el.p(row["facts"], class_name="text-sm text-ink empty:hidden"),
        rx.el.p(row["text"], class_name=f"line-clamp-2 wrap-anywhere {styles.HINT} empty:hidden"),
        class_name="min-w-0 flex-1",
    )


def _acts(state: Any, row: Any) -> rx.Component:
    return rx.el.div(
        _act("Edit", row, state.open(row["id"])),
        rx.cond(row["hidden"], _act("Show", row, state.show(row["id"])), _act("Hide", row, state.hide(row["id"]))),
        _act("Delete", row, state.delete(row["id"])),
        class_name="-ml-3 flex shrink-0 sm:ml-0",
    )


def _act(label: str, row: Any, event: Any) -> rx.Component:
    return rx.el.button(
        label, type="button", aria_label=label + ": " + row["name"], on_click=event, class_name=styles.QUIET
    )


def _deleted(state: Any) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            "Deleted (",
            state.deleted.length(),
            ")",
            class_name=f"inline-flex min-h-11 cursor-pointer items-center px-2 text-sm font-medium text-muted {FOCUS}",
        ),
        rx.el.ul(
            rx.foreach(
                state.deleted,
                lambda row: rx.el.li(
                    rx.el.div(_words(row), class_name="min-w-0 flex-1"),
                    _act("Restore", row, state.restore(row["id"], -1)),
                    key=row["id"],
                    class_name="flex items-center gap-3 border-t border-line px-4 py-2 first:border-t-0",
                ),
            ),
            class_name=f"mt-2 {styles.PANEL}",
        ),
        class_name="mt-6",
    )


def _dialog(state: Any, noun: str, fields: Sequence[rx.Component]) -> rx.Component:
    return modal(
        noun,
        rx.cond(state.editing == NEW, f"New {noun}", f"Edit {noun}"),
        conflict_notice(state),
        rx.el.form(
            *fields,
            rx.el.div(
                rx.el.button("Cancel", type="button", on_click=state.close, class_name=styles.SECONDARY),
                rx.el.button("Save", type="submit", class_name=styles.PRIMARY),
                class_name="flex justify-end gap-3",
            ),
            key=state.form_key,
            on_submit=state.submit,
            reset_on_submit=False,
            no_validate=True,
            class_name="grid gap-4",
        ),
        shown=state.editing != "",
        on_leave=state.close,
    )


def can(action: str) -> Any:
    return ShellState.can.contains(action)
