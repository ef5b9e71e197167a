"""Paths as they may be logged and counted: bounded in number, without tokens or ids."""

import re
from collections.abc import Mapping
from typing import Any

from portal.api.hosts import is_api

PAGES = frozenset({"/", "/book", "/chat", "/privacy", "/terms", "/manage"})
PREFIXES = (
    ("/assets/", "/assets/{file}"),
    ("/manage/", "/manage/{token}"),
    ("/_event", "/_event"),
    ("/_upload", "/_upload"),
)
ID = re.compile(r"/[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}(?=/|$)")
ADMIN_PATH = re.compile(r"^/admin(?:/[a-z_\-]{1,40}|/\{id\}){0,6}$")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def route(scope: Mapping[str, Any], status: int) -> str:
    """The route's template; ``{other}`` for what no route of ours has."""
    path = scope["path"]
    if is_api(path):
        # Set by the router that took it; none did for what is unknown. A route of an included router knows only its
        # own part of the path: the whole one is kept beside it.
        included = scope.get("fastapi", {}).get("effective_route_context")
        return str(getattr(included, "path", None) or getattr(scope.get("route"), "path", "{other}"))
    if path in PAGES:
        return str(path)
    if template := next((template for prefix, template in PREFIXES if path.startswith(prefix)), None):
        return template
    admin = ID.sub("/{id}", path)
    return admin if status < 400 and ADMIN_PATH.match(admin) else "{other}"


def method(name: str) -> str:
    return name if name in METHODS else "OTHER"
