"""The request bodies of the Messages API, as strict as the real one: an unknown field anywhere is a 400.

Only client tools and the content blocks that a client without server tools sends are accepted.
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from portal.sandbox.anthropic.errors import ApiError, invalid

VERSIONS = ("2023-06-01", "2026-10-21")
#: From this version on the sampling parameters are refused as unknown fields.
NO_SAMPLING_SINCE = "2026-10-21"
SAMPLING_FIELDS = ("temperature", "top_p", "top_k")

JsonObject = dict[str, JsonValue]
RequestT = TypeVar("RequestT", bound=BaseModel)


class Strict(BaseModel):
    """Base of every part: no unknown field, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CacheControl(Strict):
    """A cache breakpoint: the prefix up to and including the block that carries it."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class TextBlock(Strict):
    """Plain text."""

    type: Literal["text"]
    text: str
    cache_control: CacheControl | None = None
    citations: list[JsonValue] | None = None


class MediaBlock(BaseModel):
    """An image, document or search result; accepted and counted, never looked at."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    type: Literal["image", "document", "search_result"]
    source: JsonValue
    cache_control: CacheControl | None = None


class ThinkingBlock(Strict):
    """Thinking handed back by the client, with the signature it came with."""

    type: Literal["thinking"]
    thinking: str
    signature: str


class RedactedThinkingBlock(Strict):
    """Encrypted thinking handed back by the client."""

    type: Literal["redacted_thinking"]
    data: str


class ToolUseBlock(Strict):
    """A call that the assistant made."""

    type: Literal["tool_use"]
    id: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    input: JsonObject
    cache_control: CacheControl | None = None
    caller: JsonObject | None = None
    toolset_name: str | None = None


def _as_blocks(value: Any) -> Any:
    """A bare string means one text block, wherever content is expected."""
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


ResultContent = Annotated[
    list[Annotated[TextBlock | MediaBlock, Field(discriminator="type")]], BeforeValidator(_as_blocks)
]


class ToolResultBlock(Strict):
    """What the client's tool answered."""

    type: Literal["tool_result"]
    tool_use_id: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$")]
    content: ResultContent = []
    is_error: bool = False
    cache_control: CacheControl | None = None
    toolset_name: str | None = None


Block = Annotated[
    TextBlock | MediaBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ToolResultBlock,
    Field(discriminator="type"),
]
Content = Annotated[list[Block], BeforeValidator(_as_blocks)]


class Message(Strict):
    """One message; `system` in the middle of a conversation is an operator's note."""

    role: Literal["user", "assistant", "system"]
    content: Content


class Tool(Strict):
    """A client tool; its `input_schema` is checked by `tool_schemas`."""

    name: str
    input_schema: JsonObject
    type: Literal["custom"] | None = None
    description: str | None = None
    cache_control: CacheControl | None = None
    strict: bool = False
    allowed_callers: list[str] | None = None
    defer_loading: bool | None = None
    eager_input_streaming: bool | None = None
    input_examples: list[JsonObject] | None = None


class ToolChoice(Strict):
    """Whether and which tools may be called."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool = False


class Thinking(Strict):
    """Whether the model thinks before it answers."""

    type: Literal["enabled", "disabled", "adaptive", "between_tools"]
    budget_tokens: Annotated[int, Field(ge=1024)] | None = None
    display: Literal["summarized", "omitted"] | None = None


class Metadata(Strict):
    """What the caller says about its own user."""

    user_id: Annotated[str, Field(max_length=256)] | None = None


class CountTokensRequest(Strict):
    """`POST /v1/messages/count_tokens`."""

    model: Annotated[str, Field(min_length=1, max_length=256)]
    messages: Annotated[list[Message], Field(min_length=1)]
    system: Annotated[list[TextBlock], BeforeValidator(_as_blocks)] = []
    tools: list[Tool] = []
    tool_choice: ToolChoice | None = None
    thinking: Thinking | None = None
    cache_control: CacheControl | None = None
    output_config: JsonObject | None = None
    speed: Literal["fast", "standard"] | None = None


class MessagesRequest(CountTokensRequest):
    """`POST /v1/messages`."""

    max_tokens: Annotated[int, Field(ge=1)]
    stream: bool = False
    stop_sequences: list[Annotated[str, Field(min_length=1)]] = []
    metadata: Metadata | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    container: JsonValue = None
    diagnostics: JsonObject | None = None
    inference_geo: str | None = None
    user_profile_id: str | None = None
    workspace_id: str | None = None
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None


def parse_messages_request(body: JsonValue, version: str) -> MessagesRequest:
    """The request of that API version. Raises `ApiError` (400) naming the first offending field."""
    if version >= NO_SAMPLING_SINCE and isinstance(body, dict):
        for field in SAMPLING_FIELDS:
            if field in body:
                raise invalid(f"{field}: Extra inputs are not permitted")
    return _parse(MessagesRequest, body)


def parse_count_request(body: JsonValue) -> CountTokensRequest:
    """The request to count tokens. Raises `ApiError` (400) naming the first offending field."""
    return _parse(CountTokensRequest, body)


def _parse(kind: type[RequestT], body: JsonValue) -> RequestT:
    if not isinstance(body, dict):
        raise invalid("Input should be a valid dictionary")
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise _as_api_error(error) from None


def _as_api_error(error: ValidationError) -> ApiError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return invalid(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
