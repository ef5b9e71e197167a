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
from bench.servers import BenchSite, bench_site
from bench.web import PRODUCT, web_server
from portal.core import clock

TARGET_MS = 5.0
ASKERS, SECONDS, ROUNDS = 20, 2.0, 3
PAST_BOOKINGS = (0, 10_000, 100_000)
DAYS = 5
# "The same": what two runs without any difference between them differ by on a busy machine.
SAME = 1.25
FILL = """
insert into portal.bookings
    (tenant_id, service_id, service_name, attendee_name, attendee_email, start_time, end_time, status)
select %(tenant)s, %(service)s, 'Haircut', 'Guest', 'guest@example.com', at, at + interval '30 minutes', 'completed'
from generate_series(%(first)s::int + 1, %(last)s::int) n,
     lateral (select now() - interval '1 day' - n * interval '30 minutes' as at) times
"""


def run(app: str = PRODUCT) -> list[Row]:
    """Measure ``app``."""
    medians: dict[int, float] = {}
    rows = []
    with bench_site() as site, web_server(app) as port:
        requests = _requests(site)
        _ask(port, requests)
        for before, bookings in zip((0, *PAST_BOOKINGS), PAST_BOOKINGS, strict=False):
            _fill(site, before, bookings)
            seen = [_ask(port, requests) for _ in range(ROUNDS)]
            medians[bookings] = statistics.median(one.p50 for one in seen)
            rows.append(report.at_most(f"p50, {bookings:,} past bookings", medians[bookings], TARGET_MS, "ms"))
            rows.append(report.note("  p95", statistics.median(one.quantile(0.95) for one in seen), "ms"))
            rows.append(report.note("  throughput", statistics.median(one.per_second for one in seen), "requests/s"))
    most = PAST_BOOKINGS[-1]
    rows.append(report.at_most(f"p50 with {most:,} against none", medians[most] / medians[0], SAME, "ratio"))
    return rows


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


def _fill(site: BenchSite, first: int, last: int) -> None:
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        values = {"tenant": site.tenant_id, "service": site.service_id, "first": first, "last": last}
        connection.execute(FILL, values)
        connection.execute("vacuum analyze portal.bookings")


if __name__ == "__main__":
    sys.exit(report.finish("slots", run(*sys.argv[1:2])))
