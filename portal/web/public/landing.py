"""The landing page."""

import reflex as rx

from portal.web import theme
from portal.web.components.layout import add_page, page
from portal.web.components.tenant import value


def landing() -> rx.Component:
    return page(rx.el.section(rx.el.h1(value("name"), class_name=theme.H1), class_name=theme.CONTAINER))


def add_pages(app: rx.App) -> None:
    add_page(app, "/", landing)
