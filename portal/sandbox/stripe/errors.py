"""Stripe's error shape, and the refusals of this stand-in."""

from __future__ import annotations

from typing import Any

INVALID = "invalid_request_error"


class StripeError(Exception):
    """An answer other than success; ``code`` and ``param`` are left out where Stripe names none."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, param: str | None = None, kind: str = INVALID
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.kind = status, message, code, param, kind

    def body(self) -> dict[str, Any]:
        named = {"code": self.code, "param": self.param}
        error = {"message": self.message, "type": self.kind}
        return {"error": error | {name: value for name, value in named.items() if value is not None}}


def missing(what: str, object_id: str, param: str | None = None) -> StripeError:
    """There is no such object: 404 where the address names it, 400 where a parameter does."""
    status = 404 if param is None else 400
    return StripeError(status, f"No such {what}: '{object_id}'", code="resource_missing", param=param or "id")
