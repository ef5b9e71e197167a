"""What a visitor sees when the connection or the page itself fails: a calm sentence, no technical detail."""

from collections.abc import Callable

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary  # type: ignore[import-untyped]
from reflex_components_core.core.banner import has_connection_errors  # type: ignore[import-untyped]

from portal.web import theme

RELOAD: rx.Var[str] = rx.Var("() => location.reload()")
#: Replaces the framework's own overlays, which show stack traces and server addresses.
Wraps = dict[tuple[int, str], Callable[[bool], rx.Component | None]]


def app_wraps() -> Wraps:
    """Parts around every page, outermost first: the greatest number."""
    return {
        (55, "ErrorBoundary"): lambda stateful: _error_boundary(),
        (5, "Connection"): lambda stateful: _connection_notice() if stateful else None,
    }


def _connection_notice() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.cond(has_connection_errors, rx.el.p("The connection was lost. Trying to reconnect…"), rx.fragment()),
            role="status",
            class_name=(
                "fixed inset-x-4 bottom-4 z-50 mx-auto w-fit rounded-xl bg-ink px-5 py-3 font-medium text-page "
                "shadow-lg empty:hidden"
            ),
        )
    )


def _error_boundary() -> rx.Component:
    return ErrorBoundary.create(fallback_render=rx.Var.create(_broken_page()))


def _broken_page() -> rx.Component:
    return rx.el.main(
        rx.el.h1("Sorry, this page stumbled", class_name=theme.H1),
        rx.el.p("Please load it again. Nothing you confirmed is lost.", class_name=theme.LEAD),
        rx.el.button(
            "Reload", on_click=rx.call_function(rx.Var("() => location.reload()")), class_name=theme.PRIMARY_BUTTON
        ),
        class_name=f"{theme.NARROW} flex min-h-dvh flex-col items-start justify-center gap-5",
    )
