"""The app: pages, API and middleware wired together."""

import reflex as rx
from starlette.types import ASGIApp

from portal.api.dispatch import beside
from portal.api.middleware import wrap
from portal.api.preload import preload
from portal.core import observe
from portal.web import gate
from portal.web.admin import register as dashboard
from portal.web.chat import page as chat
from portal.web.components.failures import app_wraps
from portal.web.fallback import fallback
from portal.web.html import TenantHtml
from portal.web.notices import suspended_page, unknown_host_page
from portal.web.public import book, landing, legal, manage


def edge(inner: ASGIApp) -> ASGIApp:
    """The outermost layer, with our words for hosts that have no open site."""
    return wrap(inner, suspended_page=suspended_page, unknown_page=unknown_host_page)


class PortalApp(rx.App):
    """Reflex's app with our edge and API outside of it: its own cross-origin layer must not speak for us."""

    def __call__(self) -> ASGIApp:
        return edge(beside(super().__call__()))


app = PortalApp(
    stylesheets=["/portal.css"],
    toaster=None,
    app_wraps=app_wraps(),
    hydrate_fallback=fallback,
    api_transformer=TenantHtml,
    backend_exception_handler=gate.explain,
    frontend_exception_handler=gate.note_page_error,
)
gate.guard(app)

app.register_lifespan_task(observe.configure)
app.register_lifespan_task(preload)
for module in (landing, book, chat, manage, legal, dashboard):
    module.add_pages(app)
