"""A small closed-loop HTTP load generator: each asker sends its next request when the last answer is complete."""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a run saw. Latencies in milliseconds."""

    requests: int
    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def p50(self) -> float:
        return statistics.median(self.latencies)

    def quantile(self, share: float) -> float:
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


class Asker(asyncio.Protocol):
    """One keep-alive connection that asks, waits for the whole answer, and asks again until told to stop."""

    def __init__(self, requests: Callable[[], bytes], latencies: list[float], until: float) -> None:
        self.requests, self.latencies, self.until = requests, latencies, until
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.missing = 0
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.sent_at = time.perf_counter()
        self.transport.write(self.requests())

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            self.buffer += data
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self.buffer = b""
            if not head.startswith(b"HTTP/1.1 200"):
                self._end(RuntimeError(f"the server answered {head.splitlines()[0]!r}"))
                return
            self.missing = _content_length(head) - len(rest)
        if self.missing <= 0:
            self._answered()

    def _answered(self) -> None:
        self.missing = 0
        now = time.perf_counter()
        self.latencies.append((now - self.sent_at) * 1000)
        if now >= self.until:
            self._end(None)
        else:
            self._ask()

    def _end(self, error: Exception | None) -> None:
        if not self.finished.done():
            if error:
                self.finished.set_exception(error)
            else:
                self.finished.set_result(None)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the server closed the connection"))


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    raise RuntimeError("the answer has no Content-Length")


def get(path: str, host: str) -> bytes:
    """The bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n".encode()


def run(port: int, requests: Callable[[], bytes], *, askers: int, seconds: float) -> Load:
    """Ask 127.0.0.1:``port`` from ``askers`` connections for ``seconds``. Raises where an answer is not 200."""
    return asyncio.run(_run(port, requests, askers, seconds))


async def _run(port: int, requests: Callable[[], bytes], askers: int, seconds: float) -> Load:
    latencies: list[float] = []
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    protocols = []
    for _ in range(askers):
        _, protocol = await loop.create_connection(
            lambda: Asker(requests, latencies, started + seconds), "127.0.0.1", port
        )
        protocols.append(protocol)
    await asyncio.gather(*(protocol.finished for protocol in protocols))
    return Load(len(latencies), time.perf_counter() - started, latencies)
