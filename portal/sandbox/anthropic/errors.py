"""Error answers in the shape of the Messages API: `{type: "error", error: {type, message}, request_id}`."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

ERROR_TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def error_type(status: int) -> str:
    """The `error.type` that goes with an HTTP status; an unlisted one counts as a failure of the API itself."""
    return ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")


class ApiError(Exception):
    """A refusal that the endpoint turns into an HTTP answer; `headers` are added to it."""

    def __init__(
        self, status: int, message: str, *, kind: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind or error_type(status)
        self.headers = dict(headers or {})

    def response(self, request_id: str) -> JSONResponse:
        """The answer on the wire."""
        return JSONResponse(
            error_body(self.kind, self.message, request_id),
            status_code=self.status,
            headers={**self.headers, "request-id": request_id},
        )


def invalid(message: str) -> ApiError:
    """A 400 with the given sentence."""
    return ApiError(400, message)


def error_body(kind: str, message: str, request_id: str) -> dict[str, Any]:
    """The JSON of an error answer, also used for an `error` event within a stream."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}
