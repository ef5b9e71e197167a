"""Stored messages as the model gets them: alternating, complete, and within a budget of tokens."""

import json
from typing import Any

from portal.assistant.guardrails.text import neutralise
from portal.domain.conversation import Blocks, StoredMessage

#: What of a conversation is sent along, in tokens as estimated below.
MAX_CONTEXT_TOKENS = 16_000
#: Where that is full, so much of what was said before is kept: what goes along then begins at one place for many turns,
#: and the API finds it in its cache.
KEPT_SHARE = 0.5
CHARACTERS_PER_TOKEN = 3.5
#: A message alone, however many characters of text, markup or foreign script it holds.
MESSAGE_OVERHEAD_TOKENS = 8

Message = dict[str, Any]


def to_model_messages(
    history: list[StoredMessage], *, followed_by: Blocks, max_tokens: int = MAX_CONTEXT_TOKENS
) -> list[Message]:
    """The API's messages: whole exchanges up to the newest within the budget, first one the customer's.

    An exchange is what a customer (or a note of ours) said and all that followed, so that a tool's call and its result
    stay or go together; one that the model refused goes, or it would refuse everything after it. Customers' words are
    neutralised here, never where they are stored. ``followed_by`` is this turn's own content.
    """
    asked: Message = {"role": "user", "content": followed_by}
    told = [
        _complete([message for stored in exchange if (message := _message(stored)) is not None])
        for exchange in _exchanges(history)
        if not any(stored.stop_reason == "refusal" for stored in exchange)
    ]
    sizes = [sum(map(estimated_tokens, exchange)) for exchange in told]
    kept = told[_first_kept(sizes, estimated_tokens(asked), max_tokens) :]
    return _merged([*(message for exchange in kept for message in exchange), asked])


def _first_kept(sizes: list[float], asked: float, most: float) -> int:
    """Which exchange comes first, told from the conversation's beginning: when there is no room, a large part goes."""
    first, total = 0, 0.0
    for place, size in enumerate([*sizes, asked]):
        if total + size > most:
            while first < place and (total > most * KEPT_SHARE or total + size > most):
                total -= sizes[first]
                first += 1
        total += size
    return first


def _exchanges(history: list[StoredMessage]) -> list[list[StoredMessage]]:
    """What was said with what followed it; what stands before the first is no exchange (the greeting)."""
    exchanges: list[list[StoredMessage]] = []
    for stored in history:
        if stored.role in ("user", "system"):
            exchanges.append([stored])
        elif exchanges:
            exchanges[-1].append(stored)
    return exchanges


def estimated_tokens(message: Message) -> float:
    """A rough upper estimate, without asking the API."""
    return MESSAGE_OVERHEAD_TOKENS + sum(map(_size, message["content"])) / CHARACTERS_PER_TOKEN


def _size(block: dict[str, Any]) -> int:
    """In characters."""
    text = block.get("text") or block.get("content")
    return len(text) if isinstance(text, str) else len(json.dumps(block, ensure_ascii=False))


def customer_block(said: str) -> dict[str, Any]:
    return {"type": "text", "text": neutralise(said)}


def note_block(note: str) -> dict[str, Any]:
    """A note of the backend: the square brackets that no text from outside can hold, not even one within the note."""
    return {"type": "text", "text": f"[{neutralise(note)}]"}


def _message(stored: StoredMessage) -> Message | None:
    texts = [block["text"] for block in stored.content if block["type"] == "text" and block["text"].strip()]
    if stored.role == "user":
        return {"role": "user", "content": [customer_block(said) for said in texts]} if texts else None
    if stored.role == "system":
        return {"role": "user", "content": [note_block(note) for note in texts]} if texts else None
    if stored.role == "tool":
        return {"role": "user", "content": list(stored.content)}
    content = [block for block in stored.content if _is_kept(block)]
    return {"role": "assistant", "content": content} if content else None


def _is_kept(block: dict[str, Any]) -> bool:
    """Thinking of earlier turns is left out: only within a turn must it be handed back."""
    return block["type"] == "tool_use" or (block["type"] == "text" and bool(block["text"].strip()))


def _complete(exchange: list[Message]) -> list[Message]:
    """Without calls that have no result right after them, and results that have no call right before."""
    whole: list[Message] = []
    for index, message in enumerate(exchange):
        before = exchange[index - 1]["content"] if index else []
        after = exchange[index + 1]["content"] if index + 1 < len(exchange) else []
        content = [block for block in message["content"] if _is_paired(block, before, after)]
        if content:
            whole.append({"role": message["role"], "content": content})
    return whole


def _is_paired(block: dict[str, Any], before: Blocks, after: Blocks) -> bool:
    if block["type"] == "tool_use":
        return any(other.get("tool_use_id") == block["id"] for other in after)
    if block["type"] == "tool_result":
        return any(other["type"] == "tool_use" and other.get("id") == block["tool_use_id"] for other in before)
    return True


def _merged(messages: list[Message]) -> list[Message]:
    """Neighbours of one role become one message."""
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1]["role"] == message["role"]:
            merged[-1] = {"role": message["role"], "content": merged[-1]["content"] + message["content"]}
        else:
            merged.append(message)
    return merged
