"""Ten thousand reminders that fall due at once, through four workers: how long it takes, and that none comes twice.

What counts is the stand-in's own record of messages, not ours. The workers are the product's own processes, and it is
their minute's tick that finds what is due.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from bench import report
from bench.report import Row
from bench.servers import ROOT, BenchSite, bench_site
from tests.factories import TWILIO

REMINDERS, WORKERS, THREADS = 10_000, 4, 4
MOST_SECONDS = 900.0
# British numbers that are set aside for drama; no registration is asked for.
FILL = """
with made as (
    insert into portal.bookings (tenant_id, cal_booking_uid, service_name, attendee_name, attendee_email,
                                 attendee_phone, consent_sms, start_time, end_time)
    select %(tenant)s, 'uid' || n, 'Haircut', 'Guest', 'guest' || n || '@example.com',
           '+4478' || lpad(n::text, 8, '0'), true, at, at + interval '30 minutes'
    from generate_series(1, %(reminders)s) n,
         lateral (select now() + interval '1 day' + n * interval '1 second' as at) times
    returning id, tenant_id, start_time, attendee_phone)
insert into portal.notifications (tenant_id, booking_id, kind, start_time, to_phone, due_at)
select tenant_id, id, 'reminder_24h', start_time, attendee_phone, now() from made
"""
LEFT = "select count(*) filter (where state <> 'sent'), count(*) from portal.notifications"


def run() -> list[Row]:
    """Measure; the rows say whether each reminder was sent exactly once."""
    with bench_site() as site:
        site.sandbox.twilio(delivery={"step_ms": 0, "callbacks": "none"})
        os.environ |= {f"PORTAL_TWILIO_{name.upper()}": value for name, value in TWILIO.items()} | {
            "PORTAL_TWILIO_BASE_URL": f"{site.sandbox.url}/twilio",
            "PORTAL_TWILIO_MESSAGING_BASE_URL": f"{site.sandbox.url}/twilio",
        }
        _fill(site)
        started = time.monotonic()
        with _workers():
            left = _wait(site.database_url)
        seconds = time.monotonic() - started
        copies = Counter(text["to"] for text in site.sandbox.texts())
    return [
        report.at_most("reminders not sent", left, 0, "messages"),
        report.at_least("reminders that arrived", len(copies), REMINDERS, "messages"),
        report.at_most("sent more than once", sum(copies.values()) - len(copies), 0, "messages"),
        report.note("until the last was sent", seconds, "s"),
        report.note("sent", (REMINDERS - left) / seconds, "messages/s"),
    ]


def _fill(site: BenchSite) -> None:
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into portal.tenant_sms_settings (tenant_id, quiet_hours_enabled) values (%s, false)",
            [site.tenant_id],
        )
        connection.execute(FILL, {"tenant": site.tenant_id, "reminders": REMINDERS})
        connection.execute("vacuum analyze")


@contextmanager
def _workers() -> Iterator[None]:
    command = [sys.executable, "-m", "portal", "worker", "--threads", str(THREADS)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(WORKERS)
    ]
    try:
        yield
        if any(process.poll() is not None for process in running):
            raise RuntimeError("a worker ended")
    finally:
        for process in running:
            process.kill()
            process.wait(10)


def _wait(url: str) -> int:
    """Until all are sent or time is up; returns how many are not."""
    deadline = time.monotonic() + MOST_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            counted: Any = connection.execute(LEFT).fetchone()
            if counted[0] == 0 or time.monotonic() > deadline:
                return int(counted[0])
            time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(report.finish("reminders", run()))
