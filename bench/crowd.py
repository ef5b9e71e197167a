"""Forty people a second look at one business's calendar from a cold start, one of them at everything, some book.

Each asks from an address of their own. ``python -m bench.crowd 20`` takes 20 seconds instead of two minutes.
"""

import asyncio
import itertools
import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx

from bench import report
from bench.report import Row
from bench.servers import BenchSite, bench_site
from portal.commands.programs import WEB_APP
from portal.core import clock
from tests.servers import web_server

ZONE = ZoneInfo("America/New_York")
SERVICES = {f"Service {n}": {"duration_minutes": minutes} for n, minutes in enumerate((30, 30, 60, 60, 90), 1)}
SECONDS, ASKERS, DAYS = 120.0, 40, 31
GREEDY_DAYS = 390
BOOKING_EVERY = 20.0
# Whoever begins asking this much later finds a warm server.
WARM_AFTER = 10.0
CALLS, P95_MS = 40, 20.0
RATE_LIMIT = 120


@dataclass
class Seen:
    """What the crowd saw."""

    latencies: list[tuple[float, float]] = field(default_factory=list)  # seconds since the start, milliseconds
    statuses: Counter[int] = field(default_factory=Counter)
    greedy: Counter[int] = field(default_factory=Counter)
    free: dict[tuple[UUID, date], list[tuple[datetime, datetime]]] = field(default_factory=dict)
    booked: list[tuple[datetime, datetime, float]] = field(default_factory=list)  # and when that was known
    bookings: Counter[int] = field(default_factory=Counter)
    offered_again: int = 0


class Crowd:
    """Askers that keep their own time, whether or not answers come: the rate is given, not what the server bears."""

    def __init__(self, site: BenchSite, port: int, seconds: float) -> None:
        self.site, self.url, self.seconds = site, f"http://127.0.0.1:{port}", seconds
        self.today = clock.now().astimezone(ZONE).date()
        self.services = list(site.services.values())
        self.seen = Seen()
        self.has_seen = asyncio.Event()
        self.random = random.Random(20)

    async def run(self) -> Seen:
        self.started = time.perf_counter() + 1.0  # all connections are made by then
        async with asyncio.TaskGroup() as group:
            for asker in range(ASKERS - 1):
                group.create_task(self._look_around(asker))
            group.create_task(self._look_at_everything())
            group.create_task(self._book())
        return self.seen

    def _client(self, address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url, headers={"Host": self.site.host}, timeout=30,
            transport=httpx.AsyncHTTPTransport(local_address=address, verify=False),
        )  # fmt: skip

    async def _look_around(self, asker: int) -> None:
        async with self._client(f"127.0.1.{asker + 1}") as client:
            async for _ in self._ticks(1.0, asker / ASKERS):
                day = self.today + timedelta(days=self.random.randrange(1, DAYS + 1))
                await self._ask(client, self.random.choice(self.services), day, self.seen.statuses)

    async def _look_at_everything(self) -> None:
        everything = itertools.cycle(itertools.product(self.services, range(1, GREEDY_DAYS)))
        async with self._client("127.0.1.250") as client:
            async for _ in self._ticks(1.0):
                # More than one a second, as fast as answers come: what one address may ask for is used up.
                for service, ahead in itertools.islice(everything, 5):
                    await self._ask(client, service, self.today + timedelta(days=ahead), self.seen.greedy)

    async def _ask(self, client: httpx.AsyncClient, service: UUID, day: date, statuses: Counter[int]) -> None:
        asked = time.perf_counter()
        answer = await client.get("/v1/public/availability", params={"service_id": str(service), "date": str(day)})
        now = time.perf_counter()
        statuses[answer.status_code] += 1
        if statuses is self.seen.statuses:
            self.seen.latencies.append((asked - self.started, (now - asked) * 1000))
        if answer.status_code == 200:
            slots = [_times(slot) for slot in answer.json()["slots"]]
            self.seen.free[service, day] = slots
            self.has_seen.set()
            self.seen.offered_again += sum(
                known < asked and start < until and since < end
                for start, end in slots
                for since, until, known in self.seen.booked
            )

    async def _book(self) -> None:
        numbers = itertools.count(1)
        await self.has_seen.wait()
        async for _ in self._ticks(BOOKING_EVERY):
            async with self._client(f"127.0.2.{next(numbers)}") as client:
                await self._book_one(client)

    async def _book_one(self, client: httpx.AsyncClient) -> None:
        """Book a time that somebody was just shown."""
        (service, _), slots = self.random.choice([item for item in self.seen.free.items() if item[1]])
        taken = [(since, until) for since, until, _ in self.seen.booked]
        free = [
            (start, end) for start, end in slots if not any(start < until and since < end for since, until in taken)
        ]
        start, end = self.random.choice(free)
        body = {
            "service_id": str(service), "start_time": start.isoformat(), "customer_name": "Ana Guest",
            "customer_email": f"{uuid4().hex}@example.com",
        }  # fmt: skip
        answer = await client.post("/v1/bookings", json=body, headers={"Idempotency-Key": uuid4().hex})
        self.seen.bookings[answer.status_code] += 1
        if answer.status_code == 201:
            self.seen.booked.append((start, end, time.perf_counter()))

    async def _ticks(self, every: float, first: float = 0.0) -> Any:
        """Each moment at which it is time to act again; those missed come at once."""
        for tick in itertools.count():
            due = first + tick * every
            if due >= self.seconds:
                return
            await asyncio.sleep(max(0.0, self.started + due - time.perf_counter()))
            yield tick


def run(seconds: str = "", app: str = WEB_APP) -> list[Row]:
    """Measure ``app`` for so many seconds."""
    lasting = float(seconds or SECONDS)
    with bench_site(services=SERVICES, account={"rate_limit_per_minute": RATE_LIMIT}) as site, web_server(app) as port:
        site.sandbox.client.delete(f"{site.sandbox.url}/_sandbox/requests")
        seen = asyncio.run(Crowd(site, port, lasting).run())
        calls = site.sandbox.get("/_sandbox/requests", provider="calcom")["requests"]
    return _rows(seen, calls, lasting)


def _rows(seen: Seen, calls: list[dict[str, Any]], seconds: float) -> list[Row]:
    warm = [took for at, took in seen.latencies if at >= min(WARM_AFTER, seconds / 2)]
    cold = [took for at, took in seen.latencies if at < 1]
    everything = seen.statuses + seen.greedy
    moments = [datetime.fromisoformat(call["at"]) for call in calls]
    of_slots = [call for call in calls if call["path"].endswith("/slots")]
    return [
        report.at_most("answers 503", everything[503], 0, "answers"),
        report.at_most("refused to one day a second", _refused(seen.statuses), 0, "answers"),
        report.at_most("calls upstream, most in a minute", _most_in_a_minute(moments), CALLS, "calls"),
        report.at_most("p95, once warm", _quantile(warm, 0.95), P95_MS, "ms"),
        report.at_most("booked times offered again", seen.offered_again, 0, "times"),
        report.at_least("of the bookings got through", _share(seen.bookings, 201), 1, "ratio"),
        report.note("p50, once warm", statistics.median(warm), "ms"),
        report.note("p99, once warm", _quantile(warm, 0.99), "ms"),
        report.note("p95, the first second", _quantile(cold, 0.95), "ms"),
        report.note("asked", sum(seen.statuses.values()) / seconds, "requests/s"),
        report.note("asked by the greedy one", sum(seen.greedy.values()) / seconds, "requests/s"),
        report.note("refused to the greedy one", seen.greedy[429], "answers"),
        report.note("bookings", sum(seen.bookings.values()), "bookings"),
        report.note("calls upstream for times", len(of_slots), "calls"),
        report.note("calls upstream, all", len(calls), "calls"),
    ]


def _refused(statuses: Counter[int]) -> int:
    return sum(count for status, count in statuses.items() if status != 200)


def _share(statuses: Counter[int], wanted: int) -> float:
    return statuses[wanted] / max(1, sum(statuses.values()))


def _most_in_a_minute(moments: list[datetime]) -> int:
    minute = timedelta(minutes=1)
    return max((sum(start <= moment < start + minute for moment in moments) for start in moments), default=0)


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def _times(slot: dict[str, str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(slot["start"]), datetime.fromisoformat(slot["end"])


if __name__ == "__main__":
    sys.exit(report.finish("crowd", run(*sys.argv[1:3])))
