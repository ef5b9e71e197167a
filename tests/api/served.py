"""The API behind its edge, as a server loads it."""

from starlette.types import ASGIApp

from portal.api.app import create_api
from portal.api.dispatch import beside
from portal.api.middleware import wrap
from portal.core import observe
from tests.api.conftest import pages


def app() -> ASGIApp:
    observe.configure()
    return wrap(beside(pages, create_api()))
