"""What the control APIs of all stand-ins share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Order = Callable[[Request], Awaitable[Response]]


def understood(handler: Order) -> Order:
    """A control call that we cannot understand is answered with 422 and the reason."""

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False, include_context=False)
            return JSONResponse({"error": {"message": "not understood", "details": details}}, status_code=422)

    return guarded
