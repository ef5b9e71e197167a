"""The rule-driven receptionist. It knows only what a model would see: prompt, tools, conversation, tool results.

It keeps no state: every request is answered by reading its conversation anew.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from portal.sandbox.anthropic.protocol import CountTokensRequest, Message, TextBlock
from portal.sandbox.anthropic.receptionist.dialogue import decide
from portal.sandbox.anthropic.receptionist.facts import read_facts
from portal.sandbox.anthropic.receptionist.move import Move
from portal.sandbox.anthropic.receptionist.reading import read_story
from portal.sandbox.anthropic.receptionist.toolbox import Toolbox
from portal.sandbox.anthropic.receptionist.transcript import happenings
from portal.sandbox.anthropic.reply import Reply


def answer(request: CountTokensRequest, *, now: datetime | None = None) -> Reply:
    """The reply to a request; `now` (local, naive) stands in where the prompt tells no time."""
    story = happenings(request.messages)
    system = [block.text for block in request.system]
    facts = read_facts(system, _texts(request.messages), story, now or datetime.now(UTC).replace(tzinfo=None))
    frame = read_story(story, facts)
    tools = Toolbox(request.tools, request.tool_choice)
    return _forced(decide(frame, facts, tools), request, tools).reply()


def _texts(messages: Sequence[Message]) -> list[str]:
    """What the surrounding program may have put into user and system messages, such as the time."""
    return [
        block.text
        for message in messages
        if message.role != "assistant"
        for block in message.content
        if isinstance(block, TextBlock)
    ]


def _forced(move: Move, request: CountTokensRequest, tools: Toolbox) -> Move:
    """A request may force a tool: then no other is called, and one that needs no particulars is called rather than "
    "none."""
    choice = request.tool_choice
    if choice is None or choice.type in ("auto", "none"):
        return move
    wanted = [choice.name] if choice.name is not None else [tool.name for tool in request.tools]
    if move.call is not None and move.call.name in wanted:
        return move
    calls = (tools.call(name, reason="The conversation calls for a person.") for name in wanted if name)
    return Move(move.text, next((call for call in calls if call is not None), None))
