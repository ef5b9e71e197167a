"""How long a customer waits for the free times of a day, 20 asking at once, with ever more past bookings stored."""

import itertools
import statistics
import sys
from datetime import timedelta
from zoneinfo import ZoneInfo

import psycopg

from bench import load, report
from bench.load import Load
from bench.report import Row
from bench.servers import BenchSite, bench_site, web_server
from portal.commands.programs import WEB_APP
from portal.core import clock

TARGET_MS = 5.0
ASKERS, SECONDS, ROUNDS = 20, 2.0, 3
# Measured and forgotten: a server just started loads what its first page does not need, and finds nothing kept.
WARM_UP_ROUNDS = 3
PAST_BOOKINGS = (0, 10_000, 100_000)
DAYS = 5
# "The same": what two runs without any difference between them differ by on a busy machine.
SAME = 1.25
FILL = """
insert into portal.bookings
    (tenant_id, service_id, service_name, attendee_name, attendee_email, start_time, end_time, status)
select %(tenant)s, %(service)s, 'Haircut', 'Guest', 'guest@example.com', at, at + interval '30 minutes', 'completed'
from generate_series(1, %(count)s::int) n,
     lateral (select now() - interval '1 day' - n * interval '30 minutes' as at) times
"""


def run(app: str = WEB_APP) -> list[Row]:
    """Measure ``app``, in rounds of all sizes: what slows the machine down for a while slows each of them."""
    seen: dict[int, list[Load]] = {bookings: [] for bookings in PAST_BOOKINGS}
    with bench_site() as site, web_server(app) as port:
        requests = _requests(site)
        for _ in range(WARM_UP_ROUNDS):
            _ask(port, requests)
        for _, bookings in itertools.product(range(ROUNDS), PAST_BOOKINGS):
            _refill(site, bookings)
            seen[bookings].append(_ask(port, requests))
    medians = {bookings: statistics.median(one.p50 for one in loads) for bookings, loads in seen.items()}
    most = PAST_BOOKINGS[-1]
    return [
        *(row for bookings, loads in seen.items() for row in _rows(bookings, medians[bookings], loads)),
        report.at_most(f"p50 with {most:,} against none", medians[most] / medians[0], SAME, "ratio"),
    ]


def _rows(bookings: int, median: float, seen: list[Load]) -> list[Row]:
    return [
        report.at_most(f"p50, {bookings:,} past bookings", median, TARGET_MS, "ms"),
        report.note("  p95", statistics.median(one.quantile(0.95) for one in seen), "ms"),
        report.note("  throughput", statistics.median(one.per_second for one in seen), "requests/s"),
    ]


def _requests(site: BenchSite) -> "itertools.cycle[bytes]":
    """Requests for the next days, in turn."""
    today = clock.now().astimezone(ZoneInfo("America/New_York")).date()
    paths = [
        f"/v1/public/availability?service_id={site.service_id}&date={today + timedelta(days=day)}"
        for day in range(1, DAYS + 1)
    ]
    return itertools.cycle([load.get(path, site.host) for path in paths])


def _ask(port: int, requests: "itertools.cycle[bytes]") -> Load:
    return load.run(port, lambda: next(requests), askers=ASKERS, seconds=SECONDS)


def _refill(site: BenchSite, bookings: int) -> None:
    """So many past bookings, and no other."""
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        connection.execute("delete from portal.bookings where tenant_id = %s", [site.tenant_id])
        values = {"tenant": site.tenant_id, "service": site.service_id, "count": bookings}
        connection.execute(FILL, values)
        connection.execute("vacuum analyze portal.bookings")


if __name__ == "__main__":
    sys.exit(report.finish("slots", run(*sys.argv[1:2])))
