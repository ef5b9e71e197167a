"""Every failure of the API as ``{"error": {code, message, details?, request_id}}``; nothing a caller sent is echoed."""

import math
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import redis
import structlog
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import exc as sql
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.core.errors import (
    Conflict,
    Forbidden,
    InvalidArgument,
    NotFound,
    PortalError,
    RateLimited,
    Unauthenticated,
    Unavailable,
)

if TYPE_CHECKING:  # the edge answers failures too, before the API is loaded
    from fastapi import FastAPI

# The database or Redis cannot be reached or is overwhelmed: asking again later can help.
STORAGE_AWAY = (redis.ConnectionError, redis.TimeoutError, sql.OperationalError, sql.InterfaceError, sql.TimeoutError)
log = structlog.get_logger("portal.api")


class MethodNotAllowed(InvalidArgument):
    status, reason = 405, "method_not_allowed"
    default = "This method is not supported here."


class BodyTooSlow(InvalidArgument):
    status, reason = 408, "body_too_slow"
    default = "The request took too long to arrive."


class BodyTooLarge(InvalidArgument):
    status, reason = 413, "body_too_large"
    default = "The request is too large."


class UnknownHost(NotFound):
    reason = "unknown_host"
    default = "There is no site at this address."


class SiteSuspended(Unavailable):
    reason = "site_suspended"
    default = "This site is not available at the moment."


class ForeignOrigin(Forbidden):
    reason = "foreign_origin"
    default = "Requests from pages of another site are refused."


BY_STATUS: dict[int, type[PortalError]] = {
    error.status: error
    for error in (
        InvalidArgument, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, BodyTooSlow, Conflict, BodyTooLarge,
        RateLimited, Unavailable,
    )
}  # fmt: skip


class ErrorDetail(BaseModel):
    """One failure."""

    code: str = Field(description="Stable code of the kind of failure.", examples=["INVALID_ARGUMENT"])
    message: str = Field(description="A sentence for people.")
    details: dict[str, Any] | None = Field(
        default=None, description="`reason`: a finer code; `fields`: what is wrong with which field."
    )
    request_id: str = Field(description="Quote it when you report a problem.")


class ErrorBody(BaseModel):
    """The shape of every answer with a status of 400 or more."""

    error: ErrorDetail


DESCRIPTIONS = {
    400: "The request is not valid (`INVALID_ARGUMENT`)",
    401: "Sign in first (`UNAUTHENTICATED`)",
    403: "Not allowed (`FORBIDDEN`)",
    404: "Not found (`NOT_FOUND`)",
    405: "Wrong method (`INVALID_ARGUMENT`)",
    409: "Does not fit the current state (`CONFLICT`)",
    413: "The body is too large (`INVALID_ARGUMENT`)",
    429: "Too many requests (`RATE_LIMITED`)",
    500: "Our mistake (`INTERNAL`)",
    503: "Unavailable right now (`UNAVAILABLE`)",
}


def documented(*statuses: int, **others: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the failures a route can answer, 500 always among them; ``_202={…}`` adds another answer."""
    entries: dict[int | str, dict[str, Any]] = {int(name.strip("_")): entry for name, entry in others.items()}
    return entries | {status: {"model": ErrorBody, "description": DESCRIPTIONS[status]} for status in (*statuses, 500)}


def respond(error: PortalError, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """The wire answer of a failure."""
    extra = {"Cache-Control": "no-store", **(headers or {})}
    if isinstance(error, RateLimited):
        extra["Retry-After"] = str(max(1, math.ceil(error.retry_after_seconds)))
    elif isinstance(error, Unavailable):
        extra.setdefault("Retry-After", str(math.ceil(error.details.get("retry_after_seconds", 2))))
    return JSONResponse(error.as_dict(request_id), status_code=error.status, headers=extra)


def request_id_of(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", "-"))


def install(api: "FastAPI") -> None:
    """Answer every kind of failure of the app in our shape. Unexpected ones are logged where they arrive: the edge."""
    from fastapi.exceptions import RequestValidationError

    api.add_exception_handler(PortalError, _portal_error)
    api.add_exception_handler(RequestValidationError, _validation_error)
    api.add_exception_handler(HTTPException, _http_error)
    for kind in STORAGE_AWAY:
        api.add_exception_handler(kind, _storage_away)
    api.add_exception_handler(Exception, _unexpected)


def from_exception(error: Exception, headers: Mapping[str, str] | None = None) -> PortalError:
    """What an exception means to the caller."""
    if isinstance(error, PortalError):
        return error
    if isinstance(error, ValidationError):
        return invalid(error.errors())
    if isinstance(error, HTTPException):
        fallback = InvalidArgument if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else PortalError
        return BY_STATUS.get(error.status_code, fallback)()
    return Unavailable() if isinstance(error, STORAGE_AWAY) else PortalError()


async def _portal_error(request: Request, error: Exception) -> Response:
    return respond(from_exception(error), request_id_of(request))


async def _validation_error(request: Request, error: Any) -> Response:
    return respond(invalid(error.errors()), request_id_of(request))


async def _http_error(request: Request, error: Exception) -> Response:
    headers = getattr(error, "headers", None) or {}
    return respond(from_exception(error), request_id_of(request), {k: v for k, v in headers.items() if k == "Allow"})


async def _storage_away(request: Request, error: Exception) -> Response:
    log.exception("storage_away", exc_info=error)
    return respond(from_exception(error), request_id_of(request))


async def _unexpected(request: Request, error: Exception) -> Response:
    return respond(PortalError(), request_id_of(request))


# --- What is wrong with which field ----------------------------------------------------------------------------------

SAFE_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_\-]{0,63}$")
MAX_FIELDS = 20
MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "json_invalid": "is not valid JSON",
    "string_type": "must be text",
    "string_unicode": "must be valid Unicode text",
    "string_pattern_mismatch": "does not have the expected form",
    "bool_type": "must be true or false",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "timezone_aware": "must carry a time zone offset, such as Z",
    "date_type": "must be a date such as 2026-11-24",
}
BY_PREFIX = {
    "uuid": "must be a UUID",
    "date_": "must be a date such as 2026-11-24",
    "datetime": "must be a date and time such as 2026-11-24T16:30:00Z",
    "int": "must be a whole number",
    "bool": "must be true or false",
    "json": "is not valid JSON",
}


class FieldError(ValueError):
    """Raised by validators of ours: its words hold nothing that the caller sent."""


def invalid(errors: Sequence[Mapping[str, Any]]) -> InvalidArgument:
    """INVALID_ARGUMENT with ``details.fields``: [{field, message}], without any value."""
    fields = [{"field": _field(error.get("loc", ())), "message": _message(error)} for error in errors[:MAX_FIELDS]]
    return InvalidArgument(details={"fields": fields})


def _field(location: Sequence[Any]) -> str:
    # A name may come from the caller too: an unknown field, a key inside an object.
    parts = [str(part) for part in location if not isinstance(part, int)]
    if len(parts) > 1 and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    return ".".join(part if SAFE_NAME.match(part) else "?" for part in parts) or "body"


def _message(error: Mapping[str, Any]) -> str:
    kind, context = str(error.get("type", "")), error.get("ctx") or {}
    if isinstance(cause := context.get("error"), FieldError):
        return str(cause)
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters"
    if kind == "string_too_short":
        return f"must have at least {context['min_length']} characters"
    by_prefix = next((text for start, text in BY_PREFIX.items() if kind.startswith(start)), "is not valid")
    return MESSAGES.get(kind, by_prefix)
