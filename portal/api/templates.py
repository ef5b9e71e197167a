"""Paths as they may be logged and counted: bounded in number, without tokens or ids."""

import re
from collections.abc import Mapping
from typing import Any

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
    found = getattr(scope.get("route"), "path", None)
    if isinstance(found, str) and found.startswith(("/v1/", "/healthz", "/readyz", "/metrics")):
        return found
    path = scope["path"]
    if path in PAGES:
        return str(path)
    if template := next((template for prefix, template in PREFIXES if path.startswith(prefix)), None):
        return template
    admin = ID.sub("/{id}", path)
    return admin if status < 400 and ADMIN_PATH.match(admin) else "{other}"


def method(name: str) -> str:
    return name if name in METHODS else "OTHER"
