"""What a model server of one's own can do: asked for one short answer, as the assistant would ask."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

from portal.core.settings import Settings
from portal.providers.anthropic import NO_KEY, server_root
from portal.providers.message_stream import Assembly, events_of, read_events

#: A server may have to load its model first.
PATIENCE_SECONDS = 90.0
VERSION = "2023-06-01"
TOOL = "say_word"
PROBE: dict[str, Any] = {
    "max_tokens": 256,
    "stream": True,
    "system": [{"type": "text", "text": "You test tools.", "cache_control": {"type": "ephemeral"}}],
    "messages": [{"role": "user", "content": f"Call the tool {TOOL} with the word 'ready'. Write nothing else."}],
    "tools": [
        {
            "name": TOOL,
            "description": "Says a word.",
            "input_schema": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
        }
    ],
}


@dataclass(frozen=True)
class Abilities:
    """``knows_model`` is None where the server lists no models; ``fault`` says why there was no answer."""

    knows_model: bool | None
    fault: str = ""
    streams: bool = False
    calls_tools: bool = False
    caches: bool = False
    counts_tokens: bool = False

    @property
    def suffices(self) -> bool:
        return not self.fault and self.knows_model is not False and self.calls_tools

    def __str__(self) -> str:
        known = {True: "knows the model", False: "does not know the model", None: "lists no models"}[self.knows_model]
        if self.fault:
            return f"{known}; {self.fault}"
        return "; ".join(
            (
                known,
                "streams" if self.streams else "answers in one piece",
                "calls tools" if self.calls_tools else "calls no tools",
                "caches" if self.caches else "does not cache",
                "counts tokens" if self.counts_tokens else "counts no tokens (they are estimated)",
            )
        )


def abilities(settings: Settings) -> Abilities:
    """Ask the server at ANTHROPIC_BASE_URL. Raises OSError when it can't be reached."""
    return asyncio.run(_abilities(server_root(settings.anthropic_base_url), settings.anthropic_model))


async def _abilities(root: str, model: str) -> Abilities:
    headers = {"x-api-key": NO_KEY, "anthropic-version": VERSION}
    timeout = httpx.Timeout(PATIENCE_SECONDS, connect=5)
    try:
        async with httpx.AsyncClient(base_url=root, headers=headers, timeout=timeout) as client:
            known = await _knows(client, model)
            return await _probed(client, model, known)
    except httpx.HTTPError as error:
        raise OSError(type(error).__name__) from error


async def _knows(client: httpx.AsyncClient, model: str) -> bool | None:
    answer = await client.get("/v1/models")
    try:
        names = {entry["id"] for entry in answer.json()["data"]}
    except (ValueError, KeyError, TypeError):
        return None
    return bool(names & {model, f"{model}:latest"})


async def _probed(client: httpx.AsyncClient, model: str, known: bool | None) -> Abilities:
    assembly = Assembly(frozenset((TOOL,)))
    async with client.stream("POST", "/v1/messages", json=PROBE | {"model": model}) as response:
        if response.status_code != 200:
            return Abilities(known, f"refuses to answer (HTTP {response.status_code})")
        streams = "event-stream" in response.headers.get("content-type", "")
        try:
            if streams:
                async for event in read_events(response.aiter_bytes()):
                    assembly.add(event)
            else:
                await response.aread()
                for event in events_of(response.json()):
                    assembly.add(event)
        except ValueError:
            return Abilities(known, "answers something else than Anthropic's protocol")
    assembly.finish()
    used = [block for block in assembly.content() if block["type"] == "tool_use" and block["name"] == TOOL]
    counts = assembly.counts
    return Abilities(
        known,
        streams=streams,
        calls_tools=bool(used) and not assembly.malformed,
        caches=bool(counts.get("cache_read_input_tokens") or counts.get("cache_creation_input_tokens")),
        counts_tokens={"input_tokens", "output_tokens"} <= counts.keys(),
    )
