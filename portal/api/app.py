"""The JSON API: routes, error shapes and OpenAPI."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from portal.api import admin, auth, bookings, errors, health, hosts, members, public, webhooks
from portal.api.errors import documented
from portal.api.schemas import AvailabilityOut, ServicesOut, TenantOut
from portal.core.errors import PortalError

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
Handler = Callable[[Request], Awaitable[Response]]
DESCRIPTION = """
The tenant is the one whose host is asked.
Every failure has the shape `{"error": {code, message, details?, request_id}}`.
"""


class HotRoute(APIRoute):
    """A route whose handler takes the request as it is: documented like any other, without parsing by the framework."""

    def get_route_handler(self) -> Any:
        return self.endpoint


class Api(FastAPI):
    """FastAPI, except that its busiest routes are called without the framework's layers around them."""

    def __init__(self) -> None:
        self.hot: dict[tuple[str, str], tuple[BaseRoute, Handler]] = {}
        super().__init__(
            title="Booking portal",
            version="1.0.0",
            description=DESCRIPTION.strip(),
            openapi_url="/v1/openapi.json",
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )

    def add_hot_route(self, path: str, handler: Handler, *, method: str = "GET", **documentation: Any) -> None:
        """Add a route that gets the request as it is; one without parameters in its path skips the router too."""
        self.router.add_api_route(path, handler, methods=[method], route_class_override=HotRoute, **documentation)
        if "{" not in path:
            self.hot[method, path] = (self.router.routes[-1], handler)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hot = self.hot.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if hot is None:
            await super().__call__(scope, receive, send)
            return
        scope["route"], handler = hot
        request = Request(scope, receive)
        try:
            answer = await handler(request)
        except (PortalError, *errors.STORAGE_AWAY) as error:
            answer = errors.respond(errors.from_exception(error), errors.request_id_of(request))
        await answer(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _with_our_errors(super().openapi())
        return self.openapi_schema


class UnknownRoute(BaseRoute):
    """Last of all: everything under /v1 that no route took is a JSON 404, or a 405 where only the method is wrong."""

    def __init__(self, known: Callable[[], list[BaseRoute]]) -> None:
        self._known = known

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        ours = scope["type"] == "http" and hosts.is_api(scope["path"])
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed: set[str] = set()
        for route in self._known():
            if route is not self and route.matches(scope)[0] is Match.PARTIAL:
                allowed |= _methods(route, scope)
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
        raise HTTPException(404)

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        raise NoMatchFound(name, path_params)


def _methods(route: BaseRoute, scope: Scope) -> set[str]:
    """The methods for which a route would take this path."""
    return {method for method in METHODS if route.matches({**scope, "method": method})[0] is Match.FULL}


def create_api() -> Api:
    """The API as an app of its own. Put the edge (``middleware.wrap``) around it: routes need what it finds out."""
    from portal.api import chat

    api = Api()
    api.state.prober = health.Prober()
    api.add_hot_route(
        "/v1/public/tenant", public.get_tenant, tags=["public"], response_model=TenantOut,
        responses=documented(404, 503),
    )  # fmt: skip
    api.add_hot_route(
        "/v1/public/services", public.get_services, tags=["public"], response_model=ServicesOut,
        responses=documented(404, 503),
    )  # fmt: skip
    api.add_hot_route(
        "/v1/public/availability", public.get_availability, tags=["public"], response_model=AvailabilityOut,
        responses=documented(400, 404, 429, 503), openapi_extra={"parameters": public.DAY_PARAMETERS},
    )  # fmt: skip
    webhooks.add_to(api)
    for router in (
        public.router,
        bookings.router,
        chat.router,
        health.router,
        auth.router,
        members.router,
        admin.router,
    ):
        api.include_router(router)
    api.router.routes.append(UnknownRoute(lambda: api.router.routes))
    errors.install(api)
    return api


def _with_our_errors(document: dict[str, Any]) -> dict[str, Any]:
    """Our one shape of failures in place of the framework's 422."""
    shape = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}}
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"].setdefault("default", {"description": "Any failure"} | shape)
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return document
