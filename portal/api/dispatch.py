"""Pages and API in one app. The API is loaded beside the running pages: the first page does not wait for it."""

import threading
from collections.abc import Awaitable, Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.api import hosts
from portal.core import threads

ALIVE = "/healthz"


def _create() -> ASGIApp:
    from portal.api.app import create_api  # its framework and some hundred models: a second of one core

    return create_api()


class Loading:
    """Stands where the app will be. Whoever comes first loads it; /healthz is answered meanwhile."""

    def __init__(self, create: Callable[[], ASGIApp] = _create) -> None:
        self.app: ASGIApp | None = None
        self._create = create
        self._lock = threading.Lock()

    def load(self) -> ASGIApp:
        """The app, made once. Blocks: for threads."""
        with self._lock:
            if self.app is None:
                self.app = self._create()
            return self.app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == ALIVE and scope["method"] in ("GET", "HEAD"):
            await JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})(scope, receive, send)
            return
        app = await threads.run(self.load)
        await app(scope, receive, send)


#: The API of this process.
API = Loading()


def beside(pages: ASGIApp, api: ASGIApp | None = None) -> ASGIApp:
    """What is the API's never reaches the pages, so it pays nothing for them."""

    def dispatch(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and hosts.is_api(scope["path"]):
            return (api or API.app or API)(scope, receive, send)
        return pages(scope, receive, send)

    return dispatch
