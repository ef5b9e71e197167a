"""Many chats that stream at once: how long a token takes through the product, and what it costs the web processes.

A model of its own drips ten tokens a second into every chat; each token carries the moment when it was sent. The
clients read ``/v1/chat/stream`` and know so how long it took. ``python -m bench.many_chats CHATS SECONDS PROCESSES``.
"""

import asyncio
import json
import os
import random
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bench import report
from bench.report import Row
from bench.servers import BenchSite, bench_site
from portal.core import db, settings
from portal.domain import conversation
from tests.conftest import free_port, wait_for
from tests.servers import program, web_server

CHATS, SECONDS, PROCESSES = 200, 10, 2
TOKENS_A_SECOND = 10
LIMIT_MS, LIMIT_CPU_MS = 150.0, 0.12
#: Between the beginnings of two chats; and from the last one until the measurement begins.
APART_SECONDS, WARM_SECONDS = 0.02, 3.0
#: Ordinary words that no claim begins with: those wait for what follows them, which is no delay of ours.
WORDS = (
    *("Parking", "is", "free", "of", "charge.", "Cards", "are", "fine,", "so", "is", "cash.", "Times", "on", "Tuesday"),
    *("are", "mostly", "free,", "early", "is", "good."),
)
WARM_UP = "The very first question"
_SENT = re.compile(rb"\b\d{16}\b")


def run(chats: int = CHATS, seconds: int = SECONDS, processes: int = PROCESSES) -> list[Row]:
    """Stream ``chats`` at once through ``processes`` web processes, for ``seconds`` after all have begun."""
    with bench_site() as site, ExitStack() as stack:
        model = stack.enter_context(_model(seconds + WARM_SECONDS + chats * APART_SECONDS))
        os.environ["PORTAL_ANTHROPIC_BASE_URL"] = f"http://127.0.0.1:{model}"
        settings.get_settings.cache_clear()
        ports = [stack.enter_context(web_server("tests.api.served:app")) for _ in range(processes)]
        delays, cpu = asyncio.run(_chat_all(site, ports, chats))
    return [
        report.at_most(f"{chats} chats: delay of a token, p95", _quantile(delays, 0.95), LIMIT_MS, "ms"),
        report.at_most("web processor time a token", cpu / len(delays) * 1000, LIMIT_CPU_MS, "ms"),
        report.note("delay of a token, p50", statistics.median(delays), "ms"),
        report.note("tokens", len(delays), "tokens"),
    ]


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


# --- The model -------------------------------------------------------------------------------------------------------


def app() -> Starlette:
    """A stand-in that speaks for ``BENCH_SECONDS``, whatever it is asked."""
    tokens = round(float(os.environ["BENCH_SECONDS"]) * TOKENS_A_SECOND)

    async def messages(request: Request) -> Response:
        is_first = WARM_UP.encode() in await request.body()
        return StreamingResponse(_drip(1 if is_first else tokens), media_type="text/event-stream")

    async def healthz(_request: Request) -> Response:
        return Response()

    return Starlette(
        routes=[Route("/v1/messages", messages, methods=["POST"]), Route("/healthz", healthz, methods=["GET"])]
    )


async def _drip(tokens: int) -> AsyncIterator[bytes]:
    usage = {"input_tokens": 10, "output_tokens": tokens}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    yield _event({"type": "message_start", "message": message})
    yield _event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    due = time.monotonic()
    for word in islice(cycle(WORDS), tokens):
        due += 1 / TOKENS_A_SECOND
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        # Before the word, as the full stop stays at the end: the microseconds since 1970, which all processes share.
        delta = {"type": "text_delta", "text": f" {time.time_ns() // 1000} {word}"}
        yield _event({"type": "content_block_delta", "index": 0, "delta": delta})
    yield _event({"type": "content_block_stop", "index": 0})
    yield _event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage})
    yield _event({"type": "message_stop"})


def _event(event: dict[str, object]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


@contextmanager
def _model(seconds: float) -> Iterator[int]:
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "bench.many_chats:app", "--factory", "--port", str(port),
        "--log-level", "warning", "--backlog", "4096",
    ]  # fmt: skip
    with program(command, {**os.environ, "BENCH_SECONDS": str(seconds)}) as process:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield port


# --- The chats -------------------------------------------------------------------------------------------------------


async def _chat_all(site: BenchSite, ports: list[int], chats: int) -> tuple[list[float], float]:
    """Once all chats stream: milliseconds that each token took, and the web processes' seconds of processor time."""
    for port in ports:  # the first turn of a process loads the SDK
        await _chat(site, port, WARM_UP, [])
    seen: list[float] = []
    streams = [
        asyncio.create_task(_chat(site, ports[number % len(ports)], "Hello", seen, after=number * APART_SECONDS))
        for number in range(chats)
    ]
    await asyncio.sleep(chats * APART_SECONDS + WARM_SECONDS)
    before, begun = sum(map(_cpu_of_port, ports)), len(seen)
    await asyncio.gather(*streams)
    return seen[begun:], sum(map(_cpu_of_port, ports)) - before


async def _chat(site: BenchSite, port: int, message: str, seen: list[float], *, after: float = 0.0) -> None:
    """One chat of its own visitor; ``seen`` gets the milliseconds of each token."""
    await asyncio.sleep(after)
    session = await asyncio.to_thread(conversation.start, db.customer(site.tenant_id), ip_hash=None, user_agent=None)
    body = json.dumps({"session_id": str(session.session_id), "message": message}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    address = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"
    writer.write(
        f"POST /v1/chat/stream HTTP/1.1\r\nHost: {site.host}\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"X-Forwarded-For: {address}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    rest = b""
    while part := await reader.read(65536):
        arrived = time.time_ns() / 1e6
        whole, end, rest = (rest + part).rpartition(b"\n")
        sent = _SENT.findall(whole + end)
        seen += [arrived - int(moment) / 1000 for moment in sent]
    writer.close()


# --- Processor time ------------------------------------------------------------------------------------------------


def _cpu_of_port(port: int) -> float:
    """Seconds of processor time of the web processes that were started with ``--port``, their children included."""
    pids = {
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and str(port).encode() in _read(path / "cmdline").split(b"\0")
    }
    children = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _parent(path) in pids}
    return sum(_seconds(Path(f"/proc/{pid}/stat")) for pid in pids | children)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


def _stat(path: Path) -> list[bytes]:
    """The fields after the program's name, which may hold blanks."""
    return _read(path).rpartition(b") ")[2].split()


def _parent(process: Path) -> int:
    fields = _stat(process / "stat")
    return int(fields[1]) if fields else 0


def _seconds(stat: Path) -> float:
    fields = _stat(stat)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


if __name__ == "__main__":
    sys.exit(report.finish("many_chats", run(*map(int, sys.argv[1:4]))))
