"""Letting the model speak and use tools, round after round, until it has answered."""

import json
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from portal.assistant import failures, metrics, prefix, tools
from portal.assistant.events import Token, Tool
from portal.assistant.guardrails import OutputFilter
from portal.assistant.prompt import Prompt, moment
from portal.assistant.truth import Speech, Truth
from portal.assistant.turn import TurnRun
from portal.assistant.withheld import SECRETS
from portal.core import threads
from portal.core.clock import now
from portal.core.settings import get_settings
from portal.providers import anthropic
from portal.providers.anthropic import ModelRequest, Reply, Usage

MAX_ROUNDS = 8
#: Calls that are carried out of one answer, and of a whole turn.
MAX_CALLS_AT_ONCE = 8
MAX_CALLS = 24
#: The same call with the same arguments is answered this often; then the model has to speak.
MAX_REPEATS = 2
MAX_ANSWER_TOKENS = 1024
#: An answer longer than this for each token it may have is about to be cut: from here on whole words are shown.
CHARACTERS_A_TOKEN = 2
REPEATED = (
    "You already made this call with the same arguments in this turn; this is the same result. Answer the visitor now."
)
TOO_MANY = f"At most {MAX_CALLS_AT_ONCE} calls at once are carried out, so this one was not. Is it still needed?"


@dataclass
class Rounds:
    """The model's part of one turn. ``messages`` are the API's, growing as tools answer."""

    run: TurnRun
    prompt: Prompt
    messages: list[dict[str, Any]]
    answer: str = ""
    _truth: Truth = field(init=False)
    _opening: int = field(init=False)
    _calls: Counter[str] = field(default_factory=Counter)
    _results: dict[str, tools.Outcome] = field(default_factory=dict)
    _carried_out: int = 0

    def __post_init__(self) -> None:
        self._truth = Truth(self.run, self.messages)
        self._opening = len(self.messages) - 1

    async def speak(self) -> str:
        """Stream the answer; returns the API's last stop reason. Raises what the model's client raises."""
        for number in range(MAX_ROUNDS + 1):
            may_use_tools = number < MAX_ROUNDS and self._may_call
            reply = await self._one_reply(may_use_tools=may_use_tools)
            if reply.stop_reason != "tool_use" or not may_use_tools:
                return reply.stop_reason
            await self._use_tools(reply)
        return "tool_use"

    @property
    def _may_call(self) -> bool:
        return max(self._calls.values(), default=0) <= MAX_REPEATS and self._carried_out < MAX_CALLS

    async def _one_reply(self, *, may_use_tools: bool) -> Reply:
        whole_words_after = MAX_ANSWER_TOKENS * CHARACTERS_A_TOKEN
        shown = Speech(OutputFilter(SECRETS, self.prompt.links, whole_words_after=whole_words_after), self._truth)
        self._truth.messages = self.messages
        reply: Reply | None = None
        try:
            async with aclosing(anthropic.stream(self._request(may_use_tools=may_use_tools))) as parts:
                async for part in parts:
                    if isinstance(part, Reply):
                        reply = part
                        self._show(shown, await shown.finish(is_cut=reply.stop_reason == "max_tokens"))
                    else:
                        self._show(shown, await shown.feed(part.text))
                    if shown.leaked:
                        break
        except anthropic.ModelUnavailable:
            self._show(shown, await shown.finish())
            self._record(shown.text, Reply([], "broken_off", Usage(), self._model))
            raise
        if reply is None or shown.leaked:
            reply = Reply([], "filtered", reply.usage if reply else Usage(), self._model)
        self._record(shown.text, reply)
        return reply

    @property
    def _model(self) -> str:
        """The business's choice, which is one of Anthropic's; a server of one's own has what it has."""
        settings = get_settings()
        chosen = None if settings.has_own_model else self.run.site.assistant.model
        return chosen or settings.anthropic_model

    def _request(self, *, may_use_tools: bool) -> ModelRequest:
        context = self.run.context
        note = moment(context.standing, now(), context.timezone)
        return ModelRequest(
            model=self._model,
            system=self.prompt.system(self._model),
            messages=prefix.messages_with(note, self.messages, self._opening),
            tools=tools.definitions(),
            max_tokens=MAX_ANSWER_TOKENS,
            may_use_tools=may_use_tools,
        )

    def _show(self, shown: Speech, text: str) -> None:
        if text:
            is_first = shown.text == text
            self.run.emit(Token("\n\n" + text if is_first and self.run.has_spoken else text))

    def _record(self, said: str, reply: Reply) -> None:
        """Keep what was shown, and the calls that will be answered; the model's own thinking is not kept."""
        calls = reply.tool_uses if reply.stop_reason == "tool_use" else []
        content: list[dict[str, Any]] = [{"type": "text", "text": said}] if said.strip() else []
        self.answer = said.strip()
        self.run.record_answer(content + calls, reply)

    async def _use_tools(self, reply: Reply) -> None:
        results = []
        for number, use in enumerate(reply.tool_uses):
            if number >= MAX_CALLS_AT_ONCE or self._carried_out >= MAX_CALLS:
                outcome = tools.failed("too_many_calls", TOO_MANY)
            else:
                outcome = await self._one_call(use, malformed=use["id"] in reply.malformed)
            results.append(outcome.as_block(use["id"]))
        self.run.record_results(results)
        self.messages = [
            *self.messages,
            {"role": "assistant", "content": [block for block in reply.content if _is_sendable(block)]},
            {"role": "user", "content": results},
        ]

    async def _one_call(self, use: dict[str, Any], *, malformed: bool) -> tools.Outcome:
        key = f"{use['name']} {json.dumps(use['input'], sort_keys=True)}"
        self._calls[key] += 1
        self._carried_out += 1
        if malformed:
            return tools.failed("invalid_arguments", "The arguments were not a complete JSON object. Send them again.")
        if key in self._results:
            earlier = self._results[key]
            return replace(earlier, result=earlier.result | {"repeated": REPEATED}, shown=())
        self.run.emit(Tool(use["name"], "running"))
        outcome = await threads.run(tools.call, self.run.context, use["name"], use["input"])
        for event in outcome.shown:
            self.run.emit(event)
        result = "failed" if outcome.failed else "done"
        metrics.TOOL_CALLS.labels(use["name"] if use["name"] in tools.TOOLS else "unknown", result).inc()
        self.run.emit(Tool(use["name"], result))
        if not outcome.failed:
            self._results[key] = outcome
        return outcome


def _is_sendable(block: dict[str, Any]) -> bool:
    return block["type"] != "text" or bool(block["text"].strip())


def last_words(stop_reason: str, *, has_answered: bool, has_cards: bool) -> str | None:
    """The sentence with which we end an answer that the model did not end well."""
    if stop_reason == "refusal":
        return failures.REFUSED
    if stop_reason == "model_context_window_exceeded":
        return failures.SESSION_FULL
    if has_answered:
        return failures.CUT_SHORT if stop_reason == "max_tokens" else None
    return failures.SEE_BELOW if has_cards else failures.NO_ANSWER
