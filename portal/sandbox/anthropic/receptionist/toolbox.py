"""The tools that a request offers; nothing else may be called."""

from collections.abc import Sequence
from typing import Any

from portal.sandbox.anthropic.protocol import Tool, ToolChoice
from portal.sandbox.anthropic.reply import ToolPart


class Toolbox:
    """Tools by name. Arguments are fitted to each tool's schema, so that none is sent which it doesn't know."""

    def __init__(self, tools: Sequence[Tool], choice: ToolChoice | None = None) -> None:
        usable = () if choice is not None and choice.type == "none" else tools
        self._schemas = {tool.name: tool.input_schema for tool in usable}

    def __contains__(self, name: str) -> bool:
        return name in self._schemas

    def call(self, name: str, **values: Any) -> ToolPart | None:
        """The call with those of the values that the tool takes, or None when it isn't offered or lacks a required "
        "one."""
        schema = self._schemas.get(name)
        if schema is None:
            return None
        properties = schema.get("properties")
        known = properties if isinstance(properties, dict) else {}
        arguments = {key: value for key, value in values.items() if value is not None and key in known}
        required = schema.get("required")
        if isinstance(required, list) and any(str(key) not in arguments for key in required):
            return None
        return ToolPart(name, arguments)
