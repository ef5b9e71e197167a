"""Requests a second of ``/v1/public/tenant`` against a bare Starlette route that answers the same bytes.

Both stand behind the same server with the same settings and are asked in turn, so that a drift of the machine meets
both.
"""

import statistics
import sys
import tempfile
from pathlib import Path

import httpx

from bench import load, report
from bench.report import Row
from bench.servers import bench_site, web_server
from portal.commands.programs import WEB_APP

PATH = "/v1/public/tenant"
TARGET = 0.6
ASKERS, SECONDS, ROUNDS = 20, 2.0, 5


def run(app: str = WEB_APP) -> list[Row]:
    """Measure ``app``."""
    with bench_site() as site, web_server(app) as ours, tempfile.NamedTemporaryFile() as body:
        Path(body.name).write_bytes(httpx.get(f"http://127.0.0.1:{ours}{PATH}", headers={"Host": site.host}).content)
        with web_server("bench.bare:app", BENCH_BODY=body.name) as bare:
            request = load.get(PATH, site.host)
            ours_seen, bare_seen, ratios = [], [], []
            for _ in range(ROUNDS + 1):
                bare_seen.append(load.run(bare, lambda: request, askers=ASKERS, seconds=SECONDS))
                ours_seen.append(load.run(ours, lambda: request, askers=ASKERS, seconds=SECONDS))
                ratios.append(ours_seen[-1].per_second / bare_seen[-1].per_second)
    # The first round warms both up.
    return [
        report.at_least("of the bare route's requests a second", statistics.median(ratios[1:]), TARGET, "ratio"),
        report.note("this product", statistics.median(seen.per_second for seen in ours_seen[1:]), "requests/s"),
        report.note("bare Starlette route", statistics.median(seen.per_second for seen in bare_seen[1:]), "requests/s"),
        report.note("this product, p50", statistics.median(seen.p50 for seen in ours_seen[1:]), "ms"),
        report.note("bare Starlette route, p50", statistics.median(seen.p50 for seen in bare_seen[1:]), "ms"),
    ]


if __name__ == "__main__":
    sys.exit(report.finish("public_tenant", run(*sys.argv[1:2])))
