"""The floating chat on every public page."""

import reflex as rx


def chat_widget() -> rx.Component:
    return rx.fragment()
