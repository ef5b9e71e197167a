"""Stripe's forms: nested values written with brackets, and what is said of those that do not fit."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

from portal.sandbox.stripe.errors import StripeError


class Form(BaseModel):
    """Parameters of a call. What is not named is refused, as Stripe does."""

    model_config = ConfigDict(extra="forbid")


F = TypeVar("F", bound=Form)


def nested(encoded: str) -> dict[str, Any]:
    """``a[b]=1&c[0]=2`` as ``{"a": {"b": "1"}, "c": ["2"]}``."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        *path, last = name.replace("]", "").split("[")
        place = found
        for step in path:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise StripeError(400, "Invalid request parameters.", code="parameter_invalid", param=name)
        place[last or str(len(place))] = value
    return {name: _with_lists(value) for name, value in found.items()}


def taken(form: type[F], given: dict[str, Any]) -> F:
    """The parameters as a form. Raises StripeError, about the first that does not fit."""
    try:
        return form.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        first, *rest = (str(part) for part in fault["loc"])
        name = first + "".join(f"[{part}]" for part in rest)
        if fault["type"] == "missing":
            raise StripeError(400, f"Missing required param: {name}.", code="parameter_missing", param=name) from None
        if fault["type"] == "extra_forbidden":
            message = f"Received unknown parameter: {name}"
            raise StripeError(400, message, code="parameter_unknown", param=name) from None
        raise StripeError(400, f"Invalid {name}: {fault['msg']}", code="parameter_invalid", param=name) from None


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(each) for name, each in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
