"""Kill -9 of a worker at every step of a job.

A step is a message on the wire: to PostgreSQL or to a provider, and back. The worker's connections lead through a wire
tap; when the message of a given number comes by, the worker is killed: a question is then never asked, an answer never
heard though what it answers was done. Running a job with 1, 2, 3 … as that number meets every moment at which a death
leaves something different behind.
"""

import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from portal.core import db
from tests.factories import THOROUGH

MOST_STEPS = 400
SELECTED = 4  # kills of each job where not every step is taken; other steps each day
WORKERS = multiprocessing.get_context("forkserver")
WORKERS.set_forkserver_preload(["jobs", "tests.faults.killing"])
kills = pytest.mark.kills
"""``@kills("send_sms")``: this test kills workers while they do that job. Every job needs one."""


@dataclass
class Tap:
    """What passes between a worker and its servers. ``victim`` dies at message number ``fatal``."""

    fatal: int = 0
    passed: int = 0
    victim: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def let_pass(self) -> bool:
        """Count a message; False when it was the fatal one."""
        with self._lock:
            self.passed += 1
            if self.victim is None or self.passed != self.fatal:
                return self.victim is not None
            os.kill(self.victim, signal.SIGKILL)
            self.victim = None
            return False


@contextmanager
def tapped(tap: Tap, port: int) -> Iterator[int]:
    """A port that leads to ``port`` of this machine through the tap."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        opened: list[socket.socket] = []
        threading.Thread(target=_accept, args=(listener, port, tap, opened), daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for each in opened:
                _close(each)


def _accept(listener: socket.socket, port: int, tap: Tap, opened: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            opened += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(source, target, tap), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, tap: Tap) -> None:
    with suppress(OSError):
        while (chunk := source.recv(1 << 20)) and tap.let_pass():
            target.sendall(chunk)
    _close(source)
    _close(target)


def _close(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


def do_job(job_id: str) -> None:
    """What a worker does."""
    import jobs  # noqa: F401 - fills the queue's registry
    from portal.core import queue

    queue.run_claimed(UUID(job_id))


def store(name: str, tenant_id: UUID | None, **args: Any) -> UUID:
    """A job to die at."""
    with db.worker(tenant_id).begin() as scope:
        stored = scope.enqueue(name, **args)
    assert stored is not None
    return stored


def addresses(*names: str) -> dict[str, str]:
    """Settings whose addresses shall lead through the tap: the database's and these."""
    return {f"PORTAL_{name}": os.environ[f"PORTAL_{name}"] for name in ("DATABASE_URL", *names)}


def die_at_each_step(
    make: Callable[[], object],
    tapped_settings: Mapping[str, str],
    check: Callable[[], None],
    *,
    do: Callable[[str], None] = do_job,
) -> int:
    """Kill a worker at each step of a new job of ``make``, and ``check`` what comes of it; returns the steps there are.

    ``tapped_settings`` name the addresses that lead through the tap. How many died is written to the output (``pytest
    -rP`` shows it).
    """
    deaths, (steps, _) = 0, _live(0, make(), tapped_settings, do)
    check()
    for step in _chosen(steps):
        _, died = _live(step, make(), tapped_settings, do)
        check()
        if not died:
            break
        deaths += 1
    else:
        assert not THOROUGH, "this job never ends"
    assert deaths, "nobody died"
    sys.stdout.write(f"{deaths} kills in {steps} steps\n")
    return steps


def _chosen(steps: int) -> range:
    """All steps, until somebody lives through the job: the number is not always the same. Else some, spread evenly."""
    if THOROUGH:
        return range(1, MOST_STEPS)
    stride = max(1, steps // SELECTED)
    return range(1 + datetime.now(UTC).toordinal() % stride, steps + 1, stride)


def _live(fatal: int, what: object, tapped_settings: Mapping[str, str], do: Callable[[str], None]) -> tuple[int, bool]:
    """Have a process ``do`` something and die at this step; returns the steps it took and whether it died."""
    tap = Tap(fatal=fatal)
    with _led_through(tap, tapped_settings) as environment:
        go = WORKERS.Event()
        worker = WORKERS.Process(target=_work, args=(environment, do, str(what), go))
        worker.start()
        tap.victim = worker.pid
        go.set()
        worker.join(60)
        died = worker.exitcode == -signal.SIGKILL
        assert died or worker.exitcode == 0, f"the worker ended with {worker.exitcode}"
        worker.close()
    return tap.passed, died


@contextmanager
def _led_through(tap: Tap, addresses: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment with these addresses' ports replaced by tapped ones."""
    environment = {name: value for name, value in os.environ.items() if name.startswith("PORTAL_")}
    ports = {urlsplit(address).port for address in addresses.values()}
    with _all(tap, sorted(port for port in ports if port)) as led:
        for name, address in addresses.items():
            port = urlsplit(address).port or 0
            environment[name] = address.replace(f":{port}", f":{led[port]}", 1)
        yield environment


@contextmanager
def _all(tap: Tap, ports: list[int]) -> Iterator[dict[int, int]]:
    if not ports:
        yield {}
        return
    with tapped(tap, ports[0]) as first, _all(tap, ports[1:]) as rest:
        yield {ports[0]: first} | rest


def _work(environment: Mapping[str, str], do: Callable[[str], None], what: str, go: Event) -> None:
    """In the process that may die."""
    os.environ |= environment
    go.wait(30)
    do(what)
