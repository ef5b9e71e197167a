"""The routes of the Messages API: authenticate, validate, decide what to answer, send it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import wraps

from pydantic import JsonValue
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from portal.sandbox.anthropic import receptionist, rules, stream
from portal.sandbox.anthropic.caching import segments
from portal.sandbox.anthropic.catalog import MODELS, Model, get_model
from portal.sandbox.anthropic.errors import ApiError, invalid
from portal.sandbox.anthropic.protocol import (
    VERSIONS,
    CountTokensRequest,
    parse_count_request,
    parse_messages_request,
)
from portal.sandbox.anthropic.receptionist.transcript import last_customer_text
from portal.sandbox.anthropic.reply import Reply, ThinkingPart, limited, new_id
from portal.sandbox.anthropic.state import sandbox
from portal.sandbox.anthropic.turns import ScriptedTurn
from portal.sandbox.anthropic.usage import Usage, input_tokens

MAX_BODY_BYTES = 32 * 1024 * 1024
#: A key with this beginning is refused, so that "your key is wrong" can be tried out.
REVOKED_KEY = "sk-ant-revoked"

Endpoint = Callable[[Request, str], Awaitable[Response]]


def _endpoint(handler: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Gives the request an id, lets only callers with key and version in, and shapes refusals."""

    @wraps(handler)
    async def run(request: Request) -> Response:
        request_id = new_id("req")
        try:
            _authenticate(request)
            response = await handler(request, request_id)
        except ApiError as error:
            return error.response(request_id)
        response.headers["request-id"] = request_id
        return response

    return run


def _authenticate(request: Request) -> None:
    if not _api_key(request):
        raise ApiError(401, "x-api-key header is required")
    if _api_key(request).startswith(REVOKED_KEY):
        raise ApiError(401, "invalid x-api-key")
    version = request.headers.get("anthropic-version")
    if version is None:
        raise invalid("anthropic-version: header is required")
    if version not in VERSIONS:
        raise invalid(f'anthropic-version: "{version}" is not a valid version')


def _api_key(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return request.headers.get("x-api-key", "").strip() or bearer


async def _body(request: Request) -> JsonValue:
    raw = await request.body()
    if len(raw) > MAX_BODY_BYTES:
        raise ApiError(413, "Request exceeds the maximum size")
    try:
        value: JsonValue = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise invalid(f"The request body is not valid JSON: {type(error).__name__}") from None
    return value


async def _messages(http: Request, request_id: str) -> Response:
    body = parse_messages_request(await _body(http), http.headers["anthropic-version"])
    model = _accepted(body)
    prefix = segments(body)
    _check_context(input_tokens(prefix), body.max_tokens, model)

    scripted = sandbox.turns.take(last_customer_text(body.messages)) or ScriptedTurn()
    if scripted.hang_ms:
        await asyncio.sleep(scripted.hang_ms / 1000)
    if scripted.error is not None:
        raise scripted.error.as_api_error()

    reply = scripted.reply() or _considered(receptionist.answer(body), body, model)
    reply = limited(reply, body.max_tokens, body.stop_sequences)
    usage = Usage(input_tokens(prefix), sandbox.cache.use(_api_key(http), model, prefix))
    made = stream.answer(reply, model=model.id, usage=usage, request_id=request_id)
    if body.stream:
        return StreamingResponse(
            stream.events(made, sandbox.pace, scripted.breakage()),
            media_type="text/event-stream",
            headers={"cache-control": "no-cache"},
        )
    if scripted.breakage() is not None:
        raise ApiError(529, scripted.error_message, kind=scripted.error_type)
    await stream.wait_as_paced(sandbox.pace, stream.delta_count(reply))
    return JSONResponse(made.message())


def _considered(reply: Reply, body: CountTokensRequest, model: Model) -> Reply:
    """The reply with the thinking that goes before it, on models that think or where it was asked for."""
    asked = body.thinking.type if body.thinking is not None else "adaptive"
    thinks = asked != "disabled" and (model.adaptive_thinking or asked == "enabled")
    if not thinks:
        return reply
    shown = "" if body.thinking is not None and body.thinking.display == "omitted" else "Which step comes next?"
    return Reply((ThinkingPart(shown), *reply.parts), stop_reason=reply.stop_reason)


def _accepted(body: CountTokensRequest) -> Model:
    model = get_model(body.model)
    rules.check_request(body, model)
    return model


def _check_context(tokens: int, max_tokens: int, model: Model) -> None:
    if tokens > model.context_window:
        raise invalid(f"prompt is too long: {tokens} tokens > {model.context_window} maximum")
    if tokens + max_tokens > model.context_window:
        raise invalid(
            f"input length and `max_tokens` exceed context limit: {tokens} + {max_tokens} > {model.context_window}"
        )


async def _count_tokens(http: Request, request_id: str) -> Response:
    body = parse_count_request(await _body(http))
    _accepted(body)
    return JSONResponse({"input_tokens": input_tokens(segments(body))})


async def _models(http: Request, request_id: str) -> Response:
    listed = [model.info() for model in MODELS]
    return JSONResponse({"data": listed, "has_more": False, "first_id": listed[0]["id"], "last_id": listed[-1]["id"]})


async def _model(http: Request, request_id: str) -> Response:
    return JSONResponse(get_model(http.path_params["model_id"]).info())


async def _elsewhere(http: Request, request_id: str) -> Response:
    path = "/" + http.path_params["path"].rstrip("/")
    if path in _METHODS and http.method not in _METHODS[path]:
        raise ApiError(405, "Method Not Allowed", headers={"allow": ", ".join(_METHODS[path])})
    raise ApiError(404, "Not Found")


_METHODS = {"/v1/messages": ["POST"], "/v1/messages/count_tokens": ["POST"], "/v1/models": ["GET"]}
_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]

routes = [
    Route("/v1/messages", _endpoint(_messages), methods=["POST"]),
    Route("/v1/messages/count_tokens", _endpoint(_count_tokens), methods=["POST"]),
    Route("/v1/models", _endpoint(_models), methods=["GET"]),
    Route("/v1/models/{model_id}", _endpoint(_model), methods=["GET"]),
    Route("/{path:path}", _endpoint(_elsewhere), methods=_ANY),
]
