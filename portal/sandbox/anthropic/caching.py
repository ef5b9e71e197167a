"""The prompt cache: which part of a request's prefix was seen before, and what is written for next time.

A prefix is tools, then system, then messages. Each cache breakpoint writes the prefix that ends there; a later request
reads the longest stored prefix that ends at one of its breakpoints or up to 20 blocks before one.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from portal.sandbox.anthropic.catalog import Model
from portal.sandbox.anthropic.protocol import CountTokensRequest

LOOKBACK_BLOCKS = 20
TTL_SECONDS = {"5m": 300.0, "1h": 3600.0}
CHARACTERS_PER_TOKEN = 4
_MAX_ENTRIES = 20_000

Ttl = Literal["5m", "1h"]


@dataclass(frozen=True)
class Segment:
    """One block of the prefix: tokens and digest of everything up to and including it."""

    digest: str
    tokens: int
    breakpoint: Ttl | None


@dataclass(frozen=True)
class CacheOutcome:
    """Tokens read from the cache and written to it, by time to live."""

    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def written(self) -> int:
        return self.written_5m + self.written_1h


def estimate_tokens(text: str) -> int:
    """A plausible count: one token for four characters, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def segments(request: CountTokensRequest) -> list[Segment]:
    """The request's prefix, block by block. Cache marks are no part of the digest: moving one keeps what was stored."""
    found: list[Segment] = []
    digest = hashlib.sha256()
    tokens = 0
    for label, block in _blocks(request):
        text = label + _canonical(block)
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
        tokens += estimate_tokens(text)
        mark = getattr(block, "cache_control", None)
        found.append(Segment(digest.hexdigest(), tokens, mark.ttl if mark else None))
    if request.cache_control is not None and found:
        last = found[-1]
        found[-1] = Segment(last.digest, last.tokens, request.cache_control.ttl)
    return found


def _blocks(request: CountTokensRequest) -> Iterator[tuple[str, BaseModel]]:
    for tool in request.tools:
        yield "tool", tool
    for text in request.system:
        yield "system", text
    for message in request.messages:
        for block in message.content:
            yield message.role, block


def _canonical(block: BaseModel) -> str:
    return json.dumps(
        block.model_dump(exclude={"cache_control"}, exclude_none=True), ensure_ascii=False, separators=(",", ":")
    )


@dataclass
class _Entry:
    expires_at: float
    ttl: Ttl


class PromptCache:
    """Stored prefixes by API key and model; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[tuple[str, str, str], _Entry] = {}

    def clear(self) -> None:
        """Forgets every prefix."""
        self._entries.clear()

    def use(self, api_key: str, model: Model, prefix: list[Segment]) -> CacheOutcome:
        """Reads the longest stored prefix and writes the new ones. Below the model's minimum nothing happens, "
        "silently."""
        marks = [index for index, segment in enumerate(prefix) if segment.breakpoint]
        if not marks:
            return CacheOutcome()
        now = self._clock()
        hit = self._longest_hit(api_key, model, prefix, marks, now)
        read = prefix[hit].tokens if hit is not None else 0
        return self._write(api_key, model, [prefix[index] for index in marks], read, now)

    def _longest_hit(
        self, api_key: str, model: Model, prefix: list[Segment], marks: list[int], now: float
    ) -> int | None:
        for mark in reversed(marks):
            for index in range(mark, max(-1, mark - LOOKBACK_BLOCKS - 1), -1):
                entry = self._entries.get((api_key, model.id, prefix[index].digest))
                if entry is not None and entry.expires_at > now:
                    self._keep_alive(api_key, model, prefix[: index + 1], now)
                    return index
        return None

    def _keep_alive(self, api_key: str, model: Model, read: list[Segment], now: float) -> None:
        """Reading a prefix starts its time anew, and that of the shorter ones within it."""
        for segment in read:
            entry = self._entries.get((api_key, model.id, segment.digest))
            if entry is not None and entry.expires_at > now:
                entry.expires_at = now + TTL_SECONDS[entry.ttl]

    def _write(self, api_key: str, model: Model, marked: list[Segment], read: int, now: float) -> CacheOutcome:
        written = {"5m": 0, "1h": 0}
        stored = read
        for segment in marked:
            if segment.tokens < model.min_cacheable or segment.tokens <= read or segment.breakpoint is None:
                continue
            self._entries[(api_key, model.id, segment.digest)] = _Entry(
                now + TTL_SECONDS[segment.breakpoint], segment.breakpoint
            )
            written[segment.breakpoint] += segment.tokens - stored
            stored = segment.tokens
        self._prune(now)
        return CacheOutcome(read, written["5m"], written["1h"])

    def _prune(self, now: float) -> None:
        if len(self._entries) > _MAX_ENTRIES:
            self._entries = {key: entry for key, entry in self._entries.items() if entry.expires_at > now}
