"""What of a request the API finds in its cache again: the bytes before a breakpoint, the same from turn to turn.

In order: tools, what all businesses share, the business, the conversation. Each of the last three ends in a breakpoint;
the conversation's moves along with it, and the one of the turn before stays, so that a turn of many tool calls between
them is bridged (the API looks back 20 blocks). What changes with every request, the clock and where the conversation
stands, is a note after the last breakpoint: at the end of what the customer said, not after a tool's result, where a
text makes the model take its turn for over.
"""

from typing import Any

from portal.assistant.guardrails.context import note_block

Message = dict[str, Any]
BREAKPOINT = {"cache_control": {"type": "ephemeral"}}


def messages_with(moment: str, messages: list[Message], opening: int) -> list[Message]:
    """The request's messages. ``opening`` is the place of what began this turn, which ``moment`` is added to."""
    sent = [dict(message) for message in messages]
    marked = [opening, *(place for place in reversed(range(opening)) if _is_opening(sent[place]))][:2]
    for place in marked:
        content = sent[place]["content"]
        sent[place]["content"] = [*content[:-1], content[-1] | BREAKPOINT]
    sent[opening]["content"] = [*sent[opening]["content"], note_block(moment)]
    return sent


def _is_opening(message: Message) -> bool:
    return bool(message["role"] == "user" and message["content"][-1]["type"] == "text")
