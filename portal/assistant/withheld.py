"""What the assistant never says, whoever asks: its instructions, its tools, and their names."""

import json

from portal.assistant import state, tools
from portal.assistant.guardrails import Secrets
from portal.assistant.prompt import INSTRUCTIONS
from portal.assistant.state import Standing

#: Of results and of the protocol.
OTHER_NAMES = frozenset(("start_local", "input_schema", "tool_use", "tool_result", "cache_control", "is_error"))


def _secrets() -> Secrets:
    definitions = [tool.definition() for tool in tools.TOOLS.values()]
    states = [state.line(Standing()), state.line(Standing(has_offers=True))]
    descriptions = [str(definition["description"]) for definition in definitions]
    schemas = [json.dumps(definition["input_schema"]) for definition in definitions]
    arguments = {name for definition in definitions for name in definition["input_schema"]["properties"]}
    names = OTHER_NAMES | arguments | tools.TOOLS.keys()
    return Secrets.of(INSTRUCTIONS, *states, *descriptions, *schemas, names=frozenset(names))


SECRETS = _secrets()
