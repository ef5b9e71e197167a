"""What row-level security costs: a tenant's next 50 bookings among a million rows, with the wall and without it.

The same statement runs on the same rows in turn, so that a drift of the machine meets all: as the administrator (no
policies), as a worker (rows kept apart by tenant) and as a member (the same, and the database checks the membership
once a statement). The target is for keeping rows apart; what the membership check adds is shown beside it.
"""

import statistics
import time
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import psycopg

from portal.models import migrate
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.temporary import temporary_postgres

ROWS, TENANTS = 1_000_000, 50
RUNS, WARM_UP = 3000, 50
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
        medians = _measure(server, tenant, user)
    ratio = medians["portal_worker"] / medians["none"]
    return {
        "rows": ROWS,
        "without_ms": round(medians["none"], 3),
        "with_wall_ms": round(medians["portal_worker"], 3),
        "with_membership_ms": round(medians["portal_member"], 3),
        "ratio": round(ratio, 3),
        "ratio_with_membership": round(medians["portal_member"] / medians["none"], 3),
        "target": TARGET,
        "passed": ratio <= TARGET,
    }


def _measure(server: EmbeddedPostgres, tenant: Any, user: Any) -> dict[str, float]:
    """Median milliseconds of the query by role."""
    with ExitStack() as stack:
        connections = {"none": stack.enter_context(psycopg.connect(server.url()))}
        for role in ("portal_worker", "portal_member"):
            walled = stack.enter_context(psycopg.connect(server.url("portal_app", "bench-password")))
            _enter(walled, role, tenant, user)
            connections[role] = walled
        times: dict[str, list[float]] = {role: [] for role in connections}
        roles = list(connections)
        for run in range(RUNS):
            # Each comes first, second and last as often: what ran before leaves its traces in the processor's caches.
            for role in roles[run % len(roles) :] + roles[: run % len(roles)]:
                elapsed = _timed(connections[role], tenant)
                if run >= WARM_UP:
                    times[role].append(elapsed)
    return {role: statistics.median(elapsed) for role, elapsed in times.items()}


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


def _enter(connection: "psycopg.Connection[Any]", role: str, tenant: Any, user: Any) -> None:
    connection.execute(f"set local role {role}")
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
