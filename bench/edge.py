"""The API behind its edge, without the pages: tells what the page framework around it costs."""

from starlette.applications import Starlette
from starlette.types import ASGIApp

from portal.api.dispatch import beside
from portal.api.middleware import wrap
from portal.core import observe


def app() -> ASGIApp:
    observe.configure()
    return wrap(beside(Starlette()))
