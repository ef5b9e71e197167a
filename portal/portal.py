"""The app: pages, API and middleware wired together."""

import reflex as rx

from portal.web.components.failures import app_wraps
from portal.web.html import TenantHtml
from portal.web.public import landing, legal

app = rx.App(
    stylesheets=["/portal.css"],
    toaster=None,
    app_wraps=app_wraps(),
    api_transformer=[TenantHtml],  # the last is outermost
)

for module in (landing, legal):
    module.add_pages(app)
