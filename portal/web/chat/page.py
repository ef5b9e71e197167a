"""The page ``/chat``."""

import reflex as rx

from portal.web.chat.state import ChatState
from portal.web.chat.view import conversation
from portal.web.chat.widget import new_conversation_button
from portal.web.components.layout import add_page, page


def chat_page() -> rx.Component:
    return page(
        rx.el.div(
            rx.el.div(
                rx.el.h1("Chat with us", class_name="text-xl font-semibold tracking-tight text-ink sm:text-2xl"),
                new_conversation_button(),
                class_name="flex min-h-14 items-center justify-between gap-3 px-5 sm:px-0",
            ),
            rx.el.div(
                conversation(),
                class_name=(
                    "flex min-h-0 flex-1 flex-col overflow-hidden border-t border-line bg-card sm:rounded-2xl sm:border"
                ),
            ),
            class_name="mx-auto flex h-[calc(100dvh-7rem)] min-h-96 w-full max-w-2xl flex-col sm:px-8 sm:py-4",
        ),
        show_chat=False,
        main_class="",
    )


def add_pages(app: rx.App) -> None:
    """Register ``/chat``."""
    add_page(app, "/chat", chat_page, title_key="title_chat", on_load=ChatState.restore)
