"""The app: pages, API and middleware wired together."""

import reflex as rx

from portal.web.public import landing, legal

app = rx.App(stylesheets=["/portal.css"], toaster=None)

for module in (landing, legal):
    module.add_pages(app)
