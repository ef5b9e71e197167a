"""A small picture of the customers' site in the colours being chosen, by day and by night."""

from dataclasses import asdict
from typing import Any

import reflex as rx

from portal.web import theme
from portal.web.admin.components.forms import group
from portal.web.admin.shell_state import ShellState
from portal.web.colors import DARK, LIGHT, Surfaces, brand_colors

SERVICES = (("A first visit", "30 min"), ("The usual", "45 min"))


def scheme_colors(primary: str, accent: str) -> tuple[dict[str, str], dict[str, str]]:
    """The theme's CSS variables for these colours, light and dark: those of the real pages."""
    return _variables(primary, accent, LIGHT), _variables(primary, accent, DARK)


def preview(state: Any) -> rx.Component:
    """For a state with ``light``, ``dark`` and ``logo_url``."""
    return group(
        "Preview",
        rx.el.div(
            _site(state.light, state.logo_url, "Light"),
            _site(state.dark, state.logo_url, "Dark"),
            class_name="grid gap-4 sm:grid-cols-2",
        ),
        hint="Visitors see the one their device asks for.",
    )


def _site(colors: rx.Var[dict[str, str]], logo_url: rx.Var[str], name: str) -> rx.Component:
    return rx.el.figure(
        rx.el.div(
            rx.el.div(
                rx.cond(
                    logo_url, rx.el.img(src=logo_url, alt="", class_name="size-9 rounded-xl object-cover"), _mark()
                ),
                rx.el.span(ShellState.here.name, class_name="truncate font-semibold text-ink"),
                class_name="flex items-center gap-3 border-b border-line p-4",
            ),
            rx.el.div(
                rx.el.p("Book an appointment", class_name="text-lg font-semibold text-ink"),
                rx.el.ul(*(_service(service, minutes) for service, minutes in SERVICES), class_name="mt-3 grid gap-2"),
                rx.el.div(
                    rx.el.span("Book", class_name=f"{theme.PRIMARY_BUTTON} cursor-default!"),
                    rx.el.span("Our policies", class_name="text-sm text-brand-text underline underline-offset-4"),
                    class_name="mt-4 flex items-center gap-4",
                ),
                class_name="p-4",
            ),
            aria_hidden="true",
            custom_attrs={"style": colors},
            class_name="overflow-hidden rounded-xl border border-line bg-page text-ink",
        ),
        rx.el.figcaption(name, class_name="mt-1.5 text-xs font-medium text-muted"),
        class_name="min-w-0",
    )


def _mark() -> rx.Component:
    return rx.el.span(
        ShellState.here.name[0],
        class_name="flex size-9 items-center justify-center rounded-xl bg-brand font-semibold text-on-brand",
    )


def _service(name: str, minutes: str) -> rx.Component:
    return rx.el.li(
        rx.el.span(name),
        rx.el.span(minutes, class_name="text-muted"),
        class_name=(
            "flex justify-between rounded-lg border border-line bg-card px-3 py-2 text-sm first:border-brand-text "
            "first:bg-brand-soft"
        ),
    )


def _variables(primary: str, accent: str, surfaces: Surfaces) -> dict[str, str]:
    roles = {**asdict(surfaces), **asdict(brand_colors(primary, accent, surfaces))}
    return {f"--{role.replace('_', '-')}": color for role, color in roles.items()}
