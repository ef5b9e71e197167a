"""How much later a customer sees the first word than the SDK alone would: 20 chats at once, one stand-in, one run.

Both sides send the same requests (prompt, tools, growing conversation). The bare side is the SDK with its defaults;
ours is ``assistant.loop.run_turn`` with everything it does: limits, the session's lock, storing the message, prompt,
filter.
"""

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anthropic

from bench.servers import BenchSite, bench_site
from portal.assistant import loop, prefix, prompt, tools
from portal.assistant.events import Token
from portal.assistant.state import Standing
from portal.core import db
from portal.core.clock import now
from portal.core.settings import get_settings
from portal.domain import conversation, tenants

CHATS = 20
THINK_SECONDS = 2.0  # at most, between an answer and the next question
TURNS = 4
ROUNDS = 4
PACE = {"first_token_ms": 150, "per_token_ms": 10}
MODEL = "claude-haiku-4-5"
QUESTIONS = ("Hi! Is there parking?", "Do you take cards?", "What does a haircut cost?", "Thanks, that is all")
ANSWER = "Yes, there is parking behind the house, and it is free of charge for as long as you stay."
MEDIAN_LIMIT_MS, P95_LIMIT_MS = 5.0, 20.0

Chat = Callable[[], Awaitable[list[float]]]


@dataclass(frozen=True)
class Result:
    """Milliseconds to the first word of the bare SDK and of ours."""

    name: str
    bare: list[float]
    ours: list[float]

    def added(self, share: float) -> float:
        return quantile(self.ours, share) - quantile(self.bare, share)


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def run() -> dict[str, Any]:
    """Measure and return the numbers, with ``passed``.

    The limits are for chats under way together. 20 turns begun in the same instant wait for each other's work on one
    machine that also runs the stand-in: shown beside it, without a limit.
    """
    with bench_site() as site:
        site.sandbox.post("/_sandbox/anthropic/pace", PACE)
        # Fixed answers: the stand-in's thinking would compete for the same processors.
        site.sandbox.post("/_sandbox/anthropic/turns", [{"text": ANSWER, "times": 20_000}])
        results = asyncio.run(_measure(site))
    return {
        "name": "first_token",
        "limits_ms": {"median": MEDIAN_LIMIT_MS, "p95": P95_LIMIT_MS},
        "measured": [
            {
                "how": result.name,
                "turns": len(result.ours),
                "bare_ms": {
                    "median": round(statistics.median(result.bare), 2),
                    "p95": round(quantile(result.bare, 0.95), 2),
                },
                "ours_ms": {
                    "median": round(statistics.median(result.ours), 2),
                    "p95": round(quantile(result.ours, 0.95), 2),
                },
                "added_ms": {"median": round(result.added(0.5), 2), "p95": round(result.added(0.95), 2)},
                "ratio": round(statistics.median(result.ours) / statistics.median(result.bare), 4),
            }
            for result in results
        ],
        "passed": results[0].added(0.5) <= MEDIAN_LIMIT_MS and results[0].added(0.95) <= P95_LIMIT_MS,
    }


async def _measure(site: BenchSite) -> list[Result]:
    await asyncio.gather(*(_our_chat(site, think=0.0) for _ in range(CHATS)))  # connections and caches
    bare_client = anthropic.AsyncAnthropic(api_key="sk-sandbox", base_url=get_settings().anthropic_base_url)
    await asyncio.gather(*(_bare_chat(site, bare_client, think=0.0) for _ in range(CHATS)))
    results = []
    for name, think in (("typing at their own pace", THINK_SECONDS), ("all in the same instant", 0.0)):
        bare: list[float] = []
        ours: list[float] = []
        for _ in range(ROUNDS):
            for chat in await asyncio.gather(*(_bare_chat(site, bare_client, think=think) for _ in range(CHATS))):
                bare += chat
            for chat in await asyncio.gather(*(_our_chat(site, think=think) for _ in range(CHATS))):
                ours += chat
        results.append(Result(name, bare, ours))
    await bare_client.close()
    return results


async def _our_chat(site: BenchSite, *, think: float) -> list[float]:
    access = db.customer(site.tenant_id)
    session = await asyncio.to_thread(conversation.start, access, ip_hash=None, user_agent=None)
    access = replace(access, session_id=session.session_id)
    times = []
    for question in QUESTIONS[:TURNS]:
        await asyncio.sleep(random.uniform(0, think))
        started, first = time.perf_counter(), None
        async for event in loop.run_turn(access, question):
            if first is None and isinstance(event, Token):
                first = time.perf_counter()
        if first is None:
            raise RuntimeError("a turn said nothing")
        times.append((first - started) * 1000)
    return times


async def _bare_chat(site: BenchSite, client: anthropic.AsyncAnthropic, *, think: float) -> list[float]:
    business = tenants.site(site.tenant_id)
    messages: list[Any] = []
    times = []
    for question in QUESTIONS[:TURNS]:
        await asyncio.sleep(random.uniform(0, think))
        messages.append({"role": "user", "content": [{"type": "text", "text": question}]})
        note = prompt.moment(Standing(), now(), business.profile.timezone)
        system: Any = prompt.prepared(business).system(MODEL)
        sent: Any = prefix.messages_with(note, messages, len(messages) - 1)
        started, first, said = time.perf_counter(), None, []
        stream: Any = await client.messages.create(
            model=MODEL, max_tokens=1024, system=system, messages=sent, stream=True,
            tools=tools.definitions(),  # type: ignore[arg-type]
        )  # fmt: skip
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                first = first or time.perf_counter()
                said.append(event.delta.text)
        if first is None:
            raise RuntimeError("a turn said nothing")
        times.append((first - started) * 1000)
        messages.append({"role": "assistant", "content": [{"type": "text", "text": "".join(said)}]})
    return times


def main() -> int:
    result = run()
    for row in result["measured"]:
        added = row["added_ms"]
        print(
            f"{row['how']:<26} bare {row['bare_ms']['median']:7.1f} ms  ours {row['ours_ms']['median']:7.1f} ms  "
            f"added: median {added['median']:5.1f} ms, p95 {added['p95']:5.1f} ms  ratio {row['ratio']:.3f}"
        )
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / "first_token.json").write_text(json.dumps(result, indent=2) + "\n")
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
