"""Carrying out one call of the model. What comes of it is always something that it can put into words."""

import json
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError

from portal.assistant import state
from portal.assistant.events import Event
from portal.assistant.guardrails import neutralise
from portal.assistant.tools.catalog import TOOLS
from portal.assistant.tools.context import Result, ToolContext
from portal.core.errors import PortalError

log = structlog.get_logger("portal.assistant.tools")


@dataclass(frozen=True)
class Outcome:
    """What a call gave: JSON for the model, and what the customer gets to see."""

    result: Result
    shown: tuple[Event, ...] = ()

    @property
    def failed(self) -> bool:
        return "error" in self.result

    def as_block(self, tool_use_id: str) -> dict[str, Any]:
        """The API's ``tool_result`` block."""
        text = json.dumps(self.result, ensure_ascii=False)
        block: dict[str, Any] = {"type": "tool_result", "tool_use_id": tool_use_id, "content": text}
        return block | ({"is_error": True} if self.failed else {})


def failed(code: str, message: str) -> Outcome:
    return Outcome({"error": {"code": code, "message": message}})


def call(context: ToolContext, name: str, arguments: dict[str, Any]) -> Outcome:
    """Do what the model asks for, if it may. Never raises: whatever goes wrong becomes an error it can speak about."""
    tool = TOOLS.get(name)
    if tool is None:
        return failed("unknown_tool", f"There is no such tool. There are: {', '.join(TOOLS)}.")
    if (refusal := state.refusal(context.standing, name)) is not None:
        return failed("not_now", refusal)
    context.shown = []
    try:
        checked = tool.arguments.model_validate_json(json.dumps(arguments))
        result = tool.function(context, checked)
    except ValidationError as invalid:
        return failed("invalid_arguments", _in_words(invalid))
    except PortalError as error:
        log.info("tool_refused", tool=name, reason=error.reason)
        return failed(error.reason, error.message)
    except Exception as unexpected:  # a tool's bug must not end the conversation
        log.exception("tool_failed", tool=name, kind=type(unexpected).__name__)
        return failed("internal", "This did not work because of a fault on our side. Offer to hand over to a person.")
    return Outcome(_harmless(result), tuple(context.shown))


def _in_words(invalid: ValidationError) -> str:
    """Which argument is wrong and how, without repeating what was given."""
    problems = invalid.errors(include_url=False, include_input=False, include_context=False)[:6]
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}" for problem in problems)


def _harmless(value: Any) -> Any:
    """Texts of customers and businesses inside results can't pose as notes of ours."""
    if isinstance(value, str):
        return neutralise(value)
    if isinstance(value, dict):
        return {key: _harmless(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_harmless(item) for item in value]
    return value
