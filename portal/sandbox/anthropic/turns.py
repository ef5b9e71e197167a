"""Exact turns that a test queues: what the model answers next, or how it fails."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from portal.sandbox.anthropic.errors import ApiError, error_type
from portal.sandbox.anthropic.reply import Breakage, Part, RawPart, Reply, TextPart, ThinkingPart, ToolPart, new_id

BROKEN_JSON = '{"service_id": "abc", "start_da'


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScriptedCall(_Strict):
    """One tool call."""

    name: str
    input: dict[str, JsonValue] = {}
    id: str | None = None


class ScriptedError(_Strict):
    """An HTTP error instead of an answer; `retry_after` in seconds."""

    status: Annotated[int, Field(ge=400, le=599)] = 529
    type: str | None = None
    message: str = "Overloaded"
    retry_after: float | None = None

    def as_api_error(self) -> ApiError:
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        return ApiError(self.status, self.message, kind=self.type or error_type(self.status), headers=headers)


class ScriptedTurn(_Strict):
    """One queued turn. Without text, calls or blocks the receptionist answers, with the turn's faults.

    `match` restricts it to requests whose last customer message contains that text; `times` repeats it. `hang_ms` waits
    before anything is sent. `stream_error_after` deltas an `error` event ends the stream, `cut_after` it just ends.
    """

    text: str | None = None
    tool_use: list[ScriptedCall] = []
    blocks: list[dict[str, JsonValue]] = []
    thinking: str | None = None
    stop_reason: str | None = None
    error: ScriptedError | None = None
    stream_error_after: Annotated[int, Field(ge=0)] | None = None
    error_type: str = "overloaded_error"
    error_message: str = "Overloaded"
    cut_after: Annotated[int, Field(ge=0)] | None = None
    refusal: bool = False
    bad_json: bool = False
    name: str | None = None
    hang_ms: Annotated[float, Field(ge=0)] = 0
    match: str | None = None
    times: Annotated[int, Field(ge=1)] = 1

    def reply(self) -> Reply | None:
        """The answer as queued; None leaves it to the receptionist."""
        if self.refusal:
            details = {"type": "refusal", "category": None, "explanation": "This request was declined."}
            return Reply(tuple(self._parts()), stop_reason="refusal", stop_details=details)
        parts = self._parts()
        if not parts:
            return None
        calls = any(isinstance(part, ToolPart) for part in parts)
        return Reply(tuple(parts), stop_reason=self.stop_reason or ("tool_use" if calls else "end_turn"))

    def breakage(self) -> Breakage | None:
        """How the stream is to end early, if it is."""
        if self.stream_error_after is not None:
            return Breakage(self.stream_error_after, self.error_type, self.error_message)
        return None if self.cut_after is None else Breakage(self.cut_after)

    def _parts(self) -> list[Part]:
        parts: list[Part] = []
        if self.thinking is not None:
            parts.append(ThinkingPart(self.thinking))
        if self.text is not None:
            parts.append(TextPart(self.text))
        parts += [ToolPart(call.name, dict(call.input), call.id or new_id("toolu")) for call in self.tool_use]
        parts += [_part_of(block) for block in self.blocks]
        if self.bad_json:
            parts.append(ToolPart(self.name or "check_availability", {}, raw_json=BROKEN_JSON))
        return parts


def _part_of(block: dict[str, Any]) -> Part:
    match block:
        case {"type": "text", "text": str(text)}:
            return TextPart(text)
        case {"type": "tool_use", "name": str(name), "input": dict(arguments)}:
            return ToolPart(name, arguments, str(block.get("id") or new_id("toolu")))
        case {"type": "thinking", "thinking": str(thinking)}:
            return ThinkingPart(thinking)
    return RawPart(block)


_TURNS = TypeAdapter(list[ScriptedTurn])


def parse_turns(body: JsonValue) -> list[ScriptedTurn]:
    """A list of turns, or one. Raises pydantic's `ValidationError`."""
    return _TURNS.validate_python(body if isinstance(body, list) else [body])


class TurnQueue:
    """First in, first out; a turn with `match` waits for its request and lets others pass."""

    def __init__(self) -> None:
        self._turns: list[ScriptedTurn] = []

    def add(self, turns: list[ScriptedTurn]) -> None:
        """Queues turns behind those already there."""
        self._turns += [turn.model_copy(update={"times": 1}) for turn in turns for _ in range(turn.times)]

    def take(self, customer_text: str) -> ScriptedTurn | None:
        """The next turn for a request whose last customer message is this; None when the receptionist answers."""
        for index, turn in enumerate(self._turns):
            if turn.match is None or turn.match in customer_text:
                return self._turns.pop(index)
        return None

    def remaining(self) -> list[dict[str, Any]]:
        """What is still queued."""
        return [turn.model_dump(exclude_defaults=True) for turn in self._turns]

    def clear(self) -> int:
        """Empties the queue; how many turns were dropped."""
        dropped = len(self._turns)
        self._turns.clear()
        return dropped
