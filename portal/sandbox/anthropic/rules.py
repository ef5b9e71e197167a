"""What holds between the parts of a request: order of messages, tool calls and their results, cache breakpoints."""

from collections.abc import Iterator

from portal.sandbox.anthropic import signatures
from portal.sandbox.anthropic.catalog import Model
from portal.sandbox.anthropic.errors import invalid
from portal.sandbox.anthropic.protocol import (
    CacheControl,
    CountTokensRequest,
    Message,
    MessagesRequest,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from portal.sandbox.anthropic.tool_schemas import check_tools

MAX_BREAKPOINTS = 4


def check_request(request: CountTokensRequest, model: Model) -> None:
    """Raises `ApiError` (400) for the first rule that the request breaks."""
    check_tools(request.tools)
    _check_tool_choice(request)
    _check_thinking(request, model)
    _check_texts(request)
    _check_turns(request.messages, model)
    _check_tool_pairs(request.messages)
    _check_tools_named(request)
    _check_breakpoints(request)
    if isinstance(request, MessagesRequest) and request.max_tokens > model.max_output:
        raise invalid(
            f"max_tokens: {request.max_tokens} > {model.max_output}, which is the maximum allowed number of "
            f"output tokens for {model.id}"
        )


def _check_tool_choice(request: CountTokensRequest) -> None:
    choice = request.tool_choice
    if choice is None:
        return
    if not request.tools and choice.type != "none":
        raise invalid("tool_choice: tool_choice may only be specified while providing tools")
    if choice.type == "tool":
        if choice.name is None:
            raise invalid("tool_choice.tool.name: Field required")
        if choice.name not in {tool.name for tool in request.tools}:
            raise invalid(f"Tool '{choice.name}' not found in provided tools")
    elif choice.name is not None:
        raise invalid(f"tool_choice.{choice.type}.name: Extra inputs are not permitted")


def _check_thinking(request: CountTokensRequest, model: Model) -> None:
    thinking = request.thinking
    if thinking is not None:
        if thinking.type in ("adaptive", "between_tools") and not model.adaptive_thinking:
            raise invalid(f"thinking: {thinking.type} thinking is not supported on this model")
        if (thinking.type == "enabled") != (thinking.budget_tokens is not None):
            problem = "Field required" if thinking.type == "enabled" else "Extra inputs are not permitted"
            raise invalid(f"thinking.{thinking.type}.budget_tokens: {problem}")
    for where, message in enumerate(request.messages):
        for at, block in enumerate(message.content):
            if isinstance(block, ThinkingBlock) and not signatures.is_valid(block.thinking, block.signature):
                raise invalid(f"messages.{where}.content.{at}: Invalid `signature` in `thinking` block")


def _check_texts(request: CountTokensRequest) -> None:
    if any(not block.text for block in request.system):
        raise invalid("system: text content blocks must be non-empty")
    for message in request.messages:
        for block in message.content:
            if not isinstance(block, TextBlock):
                continue
            if not block.text:
                raise invalid("messages: text content blocks must be non-empty")
            if not block.text.strip():
                raise invalid("messages: text content blocks must contain non-whitespace text")


def _check_turns(messages: list[Message], model: Model) -> None:
    if messages[0].role != "user":
        raise invalid('messages: first message must use the "user" role')
    for index, message in enumerate(messages):
        last = index == len(messages) - 1
        if not message.content and not (last and message.role == "assistant"):
            raise invalid(
                f"messages.{index}: all messages must have non-empty content except for the optional final "
                "assistant message"
            )
    if messages[-1].role == "assistant":
        _check_prefill(messages[-1], model)


def _check_prefill(message: Message, model: Model) -> None:
    if not model.prefill:
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    last = message.content[-1] if message.content else None
    if isinstance(last, TextBlock) and last.text != last.text.rstrip():
        raise invalid("messages: final assistant content cannot end with trailing whitespace")


def _check_tool_pairs(messages: list[Message]) -> None:
    """Every call is answered at the head of the very next message, and every result answers a call just before."""
    seen: set[str] = set()
    waiting: list[str] = []
    for index, message in enumerate(messages):
        results = _leading_results(message) if message.role == "user" else []
        _check_answered(waiting, results, index)
        _check_results(message, waiting, index)
        waiting = [block.id for block in message.content if isinstance(block, ToolUseBlock)]
        if message.role != "assistant" and waiting:
            raise invalid(f"messages.{index}: `tool_use` blocks can only be in `assistant` messages")
        if len(set(waiting)) != len(waiting) or seen & set(waiting):
            raise invalid(f"messages.{index}: `tool_use` ids must be unique")
        seen |= set(waiting)
    _check_answered(waiting, [], len(messages))


def _leading_results(message: Message) -> list[str]:
    found: list[str] = []
    for block in message.content:
        if not isinstance(block, ToolResultBlock):
            break
        found.append(block.tool_use_id)
    return found


def _check_answered(waiting: list[str], results: list[str], index: int) -> None:
    missing = [call for call in waiting if call not in results]
    if missing:
        raise invalid(
            f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
            "next message."
        )


def _check_results(message: Message, waiting: list[str], index: int) -> None:
    answered: set[str] = set()
    for at, block in enumerate(message.content):
        if not isinstance(block, ToolResultBlock):
            continue
        where = f"messages.{index}.content.{at}"
        if message.role != "user":
            raise invalid(f"{where}: `tool_result` blocks can only be in `user` messages")
        if block.tool_use_id not in waiting:
            raise invalid(
                f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {block.tool_use_id}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if block.tool_use_id in answered:
            raise invalid(f"{where}: each tool_use must have a single result. Found multiple `tool_result` blocks")
        answered.add(block.tool_use_id)


def _check_tools_named(request: CountTokensRequest) -> None:
    calls = any(isinstance(block, ToolUseBlock) for message in request.messages for block in message.content)
    if calls and not request.tools:
        raise invalid("Requests which include `tool_use` or `tool_result` blocks must define tools")


def _check_breakpoints(request: CountTokensRequest) -> None:
    marks = list(breakpoints(request))
    if len(marks) > MAX_BREAKPOINTS:
        raise invalid(f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {len(marks)}.")
    ttls = [mark.ttl for mark in marks]
    if "5m" in ttls and "1h" in ttls[ttls.index("5m") :]:
        raise invalid("cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' one")


def breakpoints(request: CountTokensRequest) -> Iterator[CacheControl]:
    """The cache breakpoints in the order in which the prefix is read: tools, system, messages, then the whole."""
    carriers = [*request.tools, *request.system, *(b for message in request.messages for b in message.content)]
    for carrier in carriers:
        mark = getattr(carrier, "cache_control", None)
        if mark is not None:
            yield mark
    if request.cache_control is not None:
        yield request.cache_control
