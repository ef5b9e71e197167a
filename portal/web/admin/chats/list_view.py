"""The list of conversations."""

import reflex as rx

from portal.web.admin.chats.list_state import NOT_BOOKED, ChatsState
from portal.web.admin.chats.rows import OUTCOMES, ChatRow
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import badge, empty_state, loaded
from portal.web.admin.components.filters import choice_filter, filter_bar
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.lists import filtered_list
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState
from portal.web.theme import FOCUS


def chats_page() -> rx.Component:
    state = ChatsState
    filters = filter_bar(
        state,
        choice_filter(
            state, "outcome", "Outcome", every="Any outcome", choices={**OUTCOMES, NOT_BOOKED: "Nothing booked"}
        ),
        label="Filter chats",
    )
    content = rx.el.div(filters, loaded(is_of_here(state.loaded_for), _list()), class_name="grid grid-cols-1 gap-4")
    return admin_page(content, active="chats", title="Chats")


def _list() -> rx.Component:
    state = ChatsState
    return filtered_list(
        state,
        rx.el.ul(rx.foreach(state.rows, _row), aria_label="Chats", class_name=styles.PANEL),
        no_match="No chat matches these filters.",
        nothing=empty_state(
            "No chats yet", "What customers and the assistant say to each other appears here.", sign="chat"
        ),
    )


def _row(row: rx.Var[ChatRow]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(row.at, class_name="text-sm font-semibold text-ink sm:w-44 sm:shrink-0"),
            rx.el.span(
                rx.el.span(row.preview, class_name="line-clamp-2 text-sm wrap-anywhere text-ink"),
                rx.el.span(row.messages, " · ", row.tokens, class_name="block text-xs text-muted"),
                class_name="min-w-0 flex-1",
            ),
            rx.el.span(badge(row.outcome, kind=row.kind), class_name="sm:w-28 sm:shrink-0 sm:text-right"),
            href=ShellState.here.base + "/chats/" + row.id,
            class_name=f"flex flex-col gap-1.5 px-4 py-3 hover:bg-sunken sm:flex-row sm:items-center sm:gap-4 {FOCUS}",
        ),
        key=row.id,
        class_name="border-t border-line first:border-t-0",
    )
