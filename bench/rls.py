"""What row-level security costs: a tenant's next 50 bookings among a million rows, with the wall and without it.

The same statement runs on the same rows as a member (policies, membership checked by the database) and as the
administrator (no policies), in turn, so that a drift of the machine meets both.
"""

import statistics
import time
from typing import Any
from uuid import uuid4

import psycopg

from portal.models import migrate
from portal.runtime.temporary import temporary_postgres

ROWS, TENANTS, RUNS = 1_000_000, 50, 400
TARGET = 1.05
QUERY = (
    "select id, cal_booking_uid, service_id, service_name, customer_id, attendee_name, attendee_email, attendee_phone,"
    " start_time, end_time, status, source, price_cents, currency, overlapping, created_at from portal.bookings"
    " where tenant_id = %(tenant)s and start_time >= now() order by start_time limit 50"
)
FILL = """
insert into portal.bookings (tenant_id, service_name, attendee_name, attendee_email, start_time, end_time)
select t.id, 'Haircut', 'Guest', 'guest@example.com', at, at + interval '30 minutes'
from portal.tenants t, generate_series(1, %(per)s) n,
     lateral (select now() - interval '180 days' + n * interval '26 minutes' as at) times
"""


def run() -> dict[str, Any]:
    """Measure and return the numbers, with ``passed``."""
    with temporary_postgres() as server:
        migrate.bootstrap(server.url(), "bench-password")
        migrate.upgrade(server.url())
        tenant, user = _fill(server.url())
        with (
            psycopg.connect(server.url("portal_app", "bench-password")) as walled,
            psycopg.connect(server.url()) as free,
        ):
            _enter(walled, tenant, user)
            with_wall, without = [], []
            for _ in range(RUNS):
                with_wall.append(_timed(walled, tenant))
                without.append(_timed(free, tenant))
    ratio = statistics.median(with_wall) / statistics.median(without)
    return {
        "rows": ROWS,
        "with_wall_ms": round(statistics.median(with_wall), 3),
        "without_ms": round(statistics.median(without), 3),
        "ratio": round(ratio, 3),
        "target": TARGET,
        "passed": ratio <= TARGET,
    }


def _fill(url: str) -> tuple[Any, Any]:
    user = uuid4()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into portal.tenants (slug) select 'tenant-' || n from generate_series(1, %s) n", [TENANTS]
        )
        connection.execute(FILL, {"per": ROWS // TENANTS})
        connection.execute("vacuum analyze portal.bookings")
        row = connection.execute("select id from portal.tenants limit 1").fetchone()
        tenant = row[0] if row else None
        connection.execute(
            "insert into portal.tenant_memberships (tenant_id, user_id, role) values (%s, %s, 'tenant_admin')",
            [tenant, user],
        )
    return tenant, user


def _enter(connection: "psycopg.Connection[Any]", tenant: Any, user: Any) -> None:
    connection.execute("set local role portal_member")
    connection.execute(
        "select set_config('app.tenant_id', %s, true), set_config('request.jwt.claims', %s, true)",
        [str(tenant), f'{{"sub": "{user}"}}'],
    )


def _timed(connection: "psycopg.Connection[Any]", tenant: Any) -> float:
    """Milliseconds of one query, rows fetched."""
    start = time.perf_counter()
    rows = connection.execute(QUERY, {"tenant": tenant}).fetchall()
    elapsed = (time.perf_counter() - start) * 1000
    if len(rows) != 50:
        raise RuntimeError(f"{len(rows)} rows instead of 50")
    return elapsed
