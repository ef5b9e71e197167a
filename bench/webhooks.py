"""Signed webhooks stored durably a second, against single rows committed one after the other in the same database.

Both are measured in turn, so that a drift of the machine meets both: with events that are all new, half of them
repeated, and all repeated. A repeated event is answered only once its first delivery is committed.
"""

import hashlib
import hmac
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable

import psycopg
from psycopg.types.json import Jsonb

from bench import load, report
from bench.report import Row
from bench.servers import BenchSite, bench_site, web_server
from portal.core import db
from portal.domain import integrations

PATH = "/v1/webhooks/calcom"
SECRET = "bench-webhook-secret"
TARGET = 0.4
ASKERS, SECONDS, ROUNDS = 64, 2.0, 5
SHARES = (0, 50, 100)
PERSON = {"email": "ana@example.com", "name": "Ana Guest", "timeZone": "America/New_York", "language": {"locale": "en"}}
TABLE = "create table if not exists bench_commits (id bigint generated always as identity primary key, event jsonb)"


def run() -> list[Row]:
    """Measure each share of repetitions."""
    numbers = itertools.count(1)
    with bench_site(durable=True) as site, web_server() as port:
        _connect(site)
        rows: list[Row] = []
        for share in SHARES:
            asked, committed = [], []
            requests = _requests(site, numbers, share)
            for _ in range(ROUNDS + 1):
                committed.append(_commits(site.database_url, SECONDS / 2))
                asked.append(load.run(port, requests, askers=ASKERS, seconds=SECONDS))
            rows += _rows(share, asked[1:], committed[1:])
        rows.append(_all_are_there(site))
    return rows


def _rows(share: int, asked: list[load.Load], committed: list[float]) -> list[Row]:
    # The first round warmed both up.
    ratios = [each.per_second / raw for each, raw in zip(asked, committed, strict=True)]
    name = f"{share} % repeated"
    return [
        report.at_least(f"{name}: of the raw commits a second", statistics.median(ratios), TARGET, "ratio"),
        report.note(f"{name}: accepted", statistics.median(each.per_second for each in asked), "events/s"),
        report.note(f"{name}: raw single-row commits", statistics.median(committed), "commits/s"),
        report.note(f"{name}: p50", statistics.median(each.p50 for each in asked), "ms"),
        report.note(f"{name}: p99", statistics.median(each.quantile(0.99) for each in asked), "ms"),
    ]


def _connect(site: BenchSite) -> None:
    with db.worker(site.tenant_id).begin() as scope:
        stored = integrations.store(scope, integrations.CALCOM_WEBHOOK, SECRET)
        scope.execute(
            "update portal.tenant_integrations set cal_webhook_secret_id = :id where tenant_id = :tenant",
            id=stored, tenant=site.tenant_id,
        )  # fmt: skip


def _requests(site: BenchSite, numbers: "itertools.count[int]", share: int) -> Callable[[], bytes]:
    """Signed requests, ``share`` percent of them with an event that was sent before."""
    old = _request(site.host, _event(0))
    turns = itertools.cycle([True] * (share // 50) + [False] * (2 - share // 50))
    last = [old]

    def following() -> bytes:
        if not next(turns):
            last[0] = _request(site.host, _event(next(numbers)))
        return last[0]

    return following


def _event(number: int) -> bytes:
    payload = {
        "uid": f"bench{number}", "title": "Haircut between Shop and Ana Guest", "eventTypeId": 1001,
        "startTime": "2027-01-05T10:00:00Z", "endTime": "2027-01-05T10:30:00Z", "attendees": [PERSON],
        "organizer": PERSON, "responses": {"notes": {"label": "additional_notes", "isHidden": False}},
        "metadata": {"portal_booking": f"{number:032x}"}, "status": "ACCEPTED", "bookingId": number,
    }  # fmt: skip
    event = {"triggerEvent": "BOOKING_CREATED", "createdAt": "2027-01-04T08:00:00.000Z", "payload": payload}
    return json.dumps(event).encode()


def _request(host: str, body: bytes) -> bytes:
    signature = hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
    fields = {
        "Host": host, "Content-Type": "application/json", "X-Cal-Signature-256": signature, "Content-Length": len(body),
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {PATH} HTTP/1.1\r\n{head}\r\n".encode() + body


def _commits(url: str, seconds: float) -> float:
    """Single rows of the same content committed a second, one after the other on one connection."""
    event = Jsonb(json.loads(_event(1)))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)
        started, done = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            connection.execute("insert into bench_commits (event) values (%s)", [event], prepare=True)
            done += 1
        return done / (time.perf_counter() - started)


def _all_are_there(site: BenchSite) -> Row:
    """Every event has its job, and none twice."""
    with psycopg.connect(site.database_url) as connection:
        row = connection.execute(
            "select (select count(*) from portal.booking_events),"
            " (select count(distinct args ->> 'event_id') from portal.jobs where name = 'process_calcom_webhook'),"
            " (select count(*) from portal.jobs where name = 'process_calcom_webhook')"
        ).fetchone()
    events, of_events, jobs = row or (0, 0, -1)
    return report.at_most("events without exactly one job", abs(events - of_events) + abs(events - jobs), 0, "events")


if __name__ == "__main__":
    sys.exit(report.finish("webhooks", run()))
