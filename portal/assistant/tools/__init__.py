"""What the model may ask the backend to do. The tenant comes from the access, never from the model's arguments."""

from portal.assistant.tools.calls import Outcome, call, failed
from portal.assistant.tools.catalog import TOOLS, definitions
from portal.assistant.tools.context import ToolContext

__all__ = ["TOOLS", "Outcome", "ToolContext", "call", "definitions", "failed"]
