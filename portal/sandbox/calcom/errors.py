"""Cal.com's two error shapes: the API's envelope, and the bare one of the booking core beneath it."""

from __future__ import annotations

import http
from typing import Any

from portal.sandbox.calcom.times import iso_millis
from portal.sandbox.clock import clock

EXCEPTION_NAMES = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "NotFoundException",
    409: "ConflictException",
    422: "UnprocessableEntityException",
    429: "ThrottlerException",
}


class CalcomError(Exception):
    """An answer other than success, in the API's envelope."""

    def __init__(self, status: int, message: str, *, code: str | None = None, details: Any = ...) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or EXCEPTION_NAMES[status]
        self.details = details

    def body(self, path: str) -> dict[str, Any]:
        """`details` repeats the message by default; None leaves it out, anything else is sent as it is."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is ...:
            reason = http.HTTPStatus(self.status).phrase
            error["details"] = {"message": self.message, "error": reason, "statusCode": self.status}
        elif self.details is not None:
            error["details"] = self.details
        return {"status": "error", "timestamp": iso_millis(clock.now()), "path": path, "error": error}


class CoreError(CalcomError):
    """An error of the booking core, which the API lets through in another shape."""

    def body(self, path: str) -> dict[str, Any]:
        return {"statusCode": self.status, "message": self.message}


def wrong(problems: list[tuple[str, str]]) -> CalcomError:
    """400 for refused fields. A dotted property path names the parents one after the other, as the server does."""
    return CalcomError(400, ", ".join(f"{_trail(path)},{message} " for path, message in problems))


def wrong_query(query: dict[str, Any], problems: list[tuple[str, str, str]]) -> CalcomError:
    """400 for refused parameters of a list (name, rule, sentence), with the long list of reasons given there."""
    errors: list[dict[str, Any]] = [
        {
            "target": {name: query.get(name)}, "value": query.get(name), "property": name, "children": [],
            "constraints": {rule: words},
        }
        for name, rule, words in problems
    ]  # fmt: skip
    return CalcomError(400, "Bad Request Exception", details={"errors": errors})


def bad_answer(message: str) -> CalcomError:
    """400 of the booking form's own check, which has a code of its own."""
    return CalcomError(400, message, code="BAD_REQUEST", details=None)


def _trail(path: str) -> str:
    return ", ".join(f"{part} property is wrong" for part in path.split("."))


def taken() -> CalcomError:
    """The time was not free when we looked."""
    return CalcomError(400, "User either already has booking at this time or is not available")


def lost_race() -> CoreError:
    """The time was free when we looked, and somebody else was quicker."""
    return CoreError(409, "booking_conflict_error")
