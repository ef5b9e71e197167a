"""The web server's way to the app.

Loading it makes some hundred thousand objects that stay for good. Looking for garbage among them again and again
would take half a second of the start, and 50 ms of some request later on.
"""

import gc
from collections.abc import Callable
from typing import Any

gc.disable()


def app() -> Callable[..., Any]:
    """The ASGI app, loaded (the server's worker calls this once)."""
    from portal.portal import app as portal

    made = portal()
    gc.freeze()
    gc.enable()
    return made
