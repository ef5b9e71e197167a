"""The Content-Security-Policy of HTML pages, strict enough to matter and satisfied by the real pages."""

from collections.abc import Iterable


def content_security_policy(script_hashes: Iterable[str], host: str | None, *, secure: bool) -> str:
    """The policy of one page.

    ``script_hashes`` are the sources of the inline scripts this very page holds; no other inline script may run, and
    nothing is evaluated from text. ``host`` (with its port) is where the page's websocket goes: some browsers do not
    count it as ``'self'``. Styles may be inline: the framework and React set them as attributes.
    """
    socket = f" {'wss' if secure else 'ws'}://{host}" if host else ""
    directives = {
        "default-src": "'self'",
        "script-src": " ".join(("'self'", *script_hashes)),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: https:",
        "font-src": "'self'",
        "connect-src": f"'self'{socket}",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


#: For pages without any script, such as those for unknown and suspended hosts.
STATIC_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
