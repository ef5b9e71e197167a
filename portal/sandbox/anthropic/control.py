"""Orders from tests and the demo: pace, queued turns, reset. Mounted at the root of the sandbox, not under "
"`/anthropic`."""

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.sandbox.anthropic.state import sandbox
from portal.sandbox.anthropic.turns import parse_turns


class _PaceOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    first_token_ms: float | None = Field(default=None, ge=0)
    per_token_ms: float | None = Field(default=None, ge=0)


async def _pace(request: Request) -> Response:
    if request.method == "POST":
        try:
            order = _PaceOrder.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused(error)
        for name, value in order.model_dump(exclude_none=True).items():
            setattr(sandbox.pace, name, value)
    return JSONResponse(asdict(sandbox.pace))


async def _turns(request: Request) -> Response:
    if request.method == "DELETE":
        return JSONResponse({"removed": sandbox.turns.clear()})
    if request.method == "POST":
        try:
            sandbox.turns.add(parse_turns(await request.json()))
        except ValidationError as error:
            return _refused(error)
        except ValueError:
            return JSONResponse({"error": {"message": "the body is not JSON"}}, status_code=400)
    waiting = sandbox.turns.remaining()
    return JSONResponse({"remaining": len(waiting), "turns": waiting})


async def _reset(_: Request) -> Response:
    sandbox.reset()
    return Response(status_code=204)


def _refused(error: ValidationError) -> JSONResponse:
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return JSONResponse({"error": {"message": "not understood", "details": details}}, status_code=400)


control_routes = [
    Route("/_sandbox/anthropic/pace", _pace, methods=["GET", "POST"]),
    Route("/_sandbox/anthropic/turns", _turns, methods=["GET", "POST", "DELETE"]),
    Route("/_sandbox/anthropic/reset", _reset, methods=["POST"]),
]
