"""The chat in the corner of every public page. Nothing is asked of the server before it is opened."""

from typing import Any

import reflex as rx
from reflex.experimental import ClientStateVar

from portal.web import theme
from portal.web.chat.state import ChatState
from portal.web.chat.view import COMPOSER, conversation
from portal.web.components.tenant import value

is_open = ClientStateVar.create("chat_open", default=False)

PANEL = "chat-panel"
LAUNCHER = "chat-launcher"
ICON_BUTTON = (
    "inline-flex size-11 cursor-pointer items-center justify-center rounded-full text-muted hover:bg-sunken "
    f"hover:text-ink {theme.FOCUS}"
)
# A keyboard that pops up on opening would hide half of a phone's screen.
FOCUS_INSIDE = f"""(() => {{
  const fine = matchMedia("(pointer: fine)").matches;
  document.getElementById(fine ? "{COMPOSER}" : "{PANEL}")?.focus();
}})"""
ESCAPE_CLOSES = """((event) => {{
  if (event.key !== "Escape") return;
  {close}(false);
  requestAnimationFrame(() => document.getElementById("{launcher}")?.focus());
}})"""

# On a phone the panel covers the page that a link in it leads to.
LINKS_CLOSE_ON_PHONES = """((event) => {{
  if (event.target.closest("a[href^='/']") && matchMedia("(max-width: 639px)").matches) {close}(false);
}})"""


def chat_widget() -> rx.Component:
    return rx.el.div(rx.cond(is_open.value, _panel()), _launcher())


def _launcher() -> rx.Component:
    return rx.el.button(
        rx.cond(is_open.value, _icon("M5 5l10 10M15 5 5 15"), _icon(BUBBLE)),
        rx.el.span(rx.cond(is_open.value, "Close chat", "Chat"), class_name="max-sm:sr-only"),
        id=LAUNCHER,
        type="button",
        aria_expanded=rx.cond(is_open.value, "true", "false"),
        aria_controls=PANEL,
        on_click=is_open.set_value(~is_open.value),
        class_name=(
            f"fixed right-4 bottom-4 z-40 shadow-lg sm:right-6 sm:bottom-6 {theme.PRIMARY_BUTTON} max-sm:size-14 "
            "max-sm:p-0 aria-expanded:max-sm:hidden"
        ),
    )


BUBBLE = "M17 9.5a6.5 6.5 0 0 1-9.6 5.7L3.5 16l1-3.4A6.5 6.5 0 1 1 17 9.5Z"


def _panel() -> rx.Component:
    return rx.el.section(
        _header(),
        conversation(),
        id=PANEL,
        role="dialog",
        aria_label="Chat",
        tab_index=-1,
        on_mount=[rx.call_function(rx.Var(FOCUS_INSIDE)), ChatState.restore],
        custom_attrs={"on_key_down": _closing(ESCAPE_CLOSES), "on_click": _closing(LINKS_CLOSE_ON_PHONES)},
        class_name=(
            "fixed inset-0 z-50 flex flex-col overflow-hidden bg-page text-ink outline-none sm:inset-auto sm:right-6 "
            "sm:bottom-24 sm:z-40 sm:h-[min(42rem,calc(100dvh-8rem))] sm:w-96 sm:rounded-2xl sm:border sm:border-line "
            "sm:shadow-2xl"
        ),
    )


def _closing(code: str) -> rx.Var[Any]:
    """A handler in the browser alone that may close the panel."""
    return rx.Var(code.format(close=str(is_open.set), launcher=LAUNCHER), _var_data=is_open.set._get_all_var_data())


def _header() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.p(value("name"), class_name="truncate font-semibold text-ink"),
            rx.el.p("Booking assistant", class_name="text-sm text-muted"),
            class_name="min-w-0 flex-1",
        ),
        new_conversation_button(),
        rx.el.button(
            _icon("M5 5l10 10M15 5 5 15"),
            type="button",
            aria_label="Close chat",
            on_click=is_open.set_value(False),
            class_name=ICON_BUTTON,
        ),
        class_name="flex items-center gap-1 border-b border-line bg-card py-2.5 pr-2 pl-4",
    )


def new_conversation_button() -> rx.Component:
    """Begin anew; there once something was said."""
    return rx.cond(
        ChatState.messages.length() > 1,
        rx.el.button(
            "New chat",
            type="button",
            on_click=ChatState.start_over,
            disabled=ChatState.is_busy,
            class_name=(
                "min-h-11 cursor-pointer rounded-full px-3 text-sm font-medium text-muted hover:bg-sunken "
                f"hover:text-ink {theme.FOCUS}"
            ),
        ),
    )


def _icon(path: str) -> rx.Component:
    return rx.el.svg(
        rx.el.path(d=path, stroke="currentColor", stroke_width="1.75", stroke_linecap="round", stroke_linejoin="round"),
        view_box="0 0 20 20",
        fill="none",
        class_name="size-5 shrink-0",
        aria_hidden="true",
    )
