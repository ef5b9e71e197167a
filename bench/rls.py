"""What row-level security costs: a tenant's next 50 bookings among a million rows, with the wall and without it.

The same statement runs on the same rows in turn, so that a drift of the machine meets all: as the administrator (no
policies), as a worker (rows kept apart by tenant) and as a member (the same, and the database checks the membership
once a statement), each in a sealed scope. The target is for keeping rows apart; what the membership check adds is
shown beside it. Then a whole transaction, begin to commit, with one short statement: in a sealed scope, and as it was
when the scope was a handful of plain settings. Every ratio is the median of those of several rounds.
"""

import os
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import Engine, create_engine, text
from sqlmodel import Session

from portal.core import db, secrets, settings
from portal.models import migrate
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.temporary import temporary_postgres

ROWS, TENANTS = 1_000_000, 50
ROUNDS, RUNS, WARM_UP = 7, 500, 50
TARGET, BEGIN_TARGET = 1.05, 1.1
PASSWORD = "bench-password"
SEALED, PLAIN = "postgres", "plain"
QUERY = (
    "select id, cal_booking_uid, service_id, service_name, customer_id, attendee_name, attendee_email, attendee_phone,"
    " start_time, end_time, status, source, price_cents, currency, overlapping, created_at from portal.bookings"
    " where tenant_id = %(tenant)s and start_time >= now() order by start_time limit 50"
)
SHORT = "select slug from portal.tenants where id = :tenant"
FILL = """
insert into portal.bookings (tenant_id, service_name, attendee_name, attendee_email, start_time, end_time)
select t.id, 'Haircut', 'Guest', 'guest@example.com', at, at + interval '30 minutes'
from portal.tenants t, generate_series(1, %(per)s) n,
     lateral (select now() - interval '180 days' + n * interval '26 minutes' as at) times
"""
# As it was: the transaction says in plain settings who acts, and policies believe it.
PLAIN_FUNCTION = """
create or replace function portal.current_tenant() returns uuid language sql stable as
$$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$
"""
PLAIN_ENTER = text(
    "select set_config('role', :role, true), set_config('app.tenant_id', :tenant, true),"
    " set_config('app.session_id', :session, true), set_config('app.booking_id', :booking, true),"
    " set_config('app.request_key', :request_key, true), set_config('request.jwt.claims', :claims, true)"
)


def run() -> dict[str, Any]:
    """Measure and return the numbers, with ``passed``."""
    with temporary_postgres() as server:
        os.environ["PORTAL_DATABASE_URL"] = server.url("portal_app", PASSWORD, SEALED)
        for call in (settings.get_settings, secrets.derived_key, db.engine):
            call.cache_clear()
        tenant, user = _prepare(server)
        statements = _statements(server, tenant, user)
        transactions = _transactions(server, tenant)
        db.engine().dispose()
    ratio, begin = _ratio(statements, "worker", "none"), _ratio(transactions, "sealed", "plain")
    return {
        "rows": ROWS,
        "without_ms": _median(statements, "none"),
        "with_wall_ms": _median(statements, "worker"),
        "with_membership_ms": _median(statements, "member"),
        "ratio": ratio,
        "ratio_with_membership": _ratio(statements, "member", "none"),
        "begin_and_statement_ms": _median(transactions, "sealed"),
        "begin_and_statement_plain_ms": _median(transactions, "plain"),
        "ratio_of_begin_and_statement": begin,
        "target_of_begin_and_statement": BEGIN_TARGET,
        "target": TARGET,
        "passed": ratio <= TARGET and begin <= BEGIN_TARGET,
    }


Times = list[dict[str, float]]


def _median(rounds: Times, how: str) -> float:
    return round(statistics.median(each[how] for each in rounds), 3)


def _ratio(rounds: Times, how: str, against: str) -> float:
    return round(statistics.median(each[how] / each[against] for each in rounds), 3)


def _statements(server: EmbeddedPostgres, tenant: UUID, user: UUID) -> Times:
    """Milliseconds of the query by who asks, a median each round."""
    scopes = {"worker": db.worker(tenant), "member": db.member(user, tenant)}
    with ExitStack() as stack:
        connections = {"none": stack.enter_context(psycopg.connect(server.url()))}
        for name, access in scopes.items():
            connection = stack.enter_context(psycopg.connect(server.url("portal_app", PASSWORD)))
            connection.execute(db.ENTER_BY_DRIVER, access.settings())
            connections[name] = connection

        def asks(connection: "psycopg.Connection[Any]") -> Callable[[], None]:
            return lambda: _ask(connection, tenant)

        return _in_turn({name: asks(connection) for name, connection in connections.items()})


def _transactions(server: EmbeddedPostgres, tenant: UUID) -> Times:
    """Milliseconds from begin to commit with one short statement, a median each round."""
    plain = create_engine(
        db.sqlalchemy_url(server.url("portal_app", PASSWORD, PLAIN)),
        connect_args={"prepare_threshold": None, "options": "-c statement_timeout=15000"},
    )
    values = dict.fromkeys(("session", "booking", "request_key", "claims"), "")
    entered = values | {"role": db.Role.WORKER.value, "tenant": str(tenant)}
    try:
        return _in_turn({"sealed": lambda: _sealed(tenant), "plain": lambda: _plain(plain, entered)})
    finally:
        plain.dispose()


def _sealed(tenant: UUID) -> None:
    with db.worker(tenant).begin() as scope:
        scope.execute(SHORT, tenant=tenant).one()


def _plain(engine: Engine, entered: dict[str, str]) -> None:
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.execute(PLAIN_ENTER, entered)
        session.execute(text(SHORT), {"tenant": entered["tenant"]}).one()


def _in_turn(calls: dict[str, Callable[[], None]]) -> Times:
    """Each call's median of every round. Each comes first and last as often: what ran before leaves its traces."""
    names, rounds = list(calls), []
    for _ in range(ROUNDS):
        times: dict[str, list[float]] = {name: [] for name in names}
        for run in range(RUNS + WARM_UP):
            for name in names[run % len(names) :] + names[: run % len(names)]:
                start = time.perf_counter()
                calls[name]()
                if run >= WARM_UP:
                    times[name].append((time.perf_counter() - start) * 1000)
        rounds.append({name: statistics.median(elapsed) for name, elapsed in times.items()})
    return rounds


def _ask(connection: "psycopg.Connection[Any]", tenant: UUID) -> None:
    rows = connection.execute(QUERY, {"tenant": tenant}).fetchall()
    if len(rows) != 50:
        raise RuntimeError(f"{len(rows)} rows instead of 50")


def _prepare(server: EmbeddedPostgres) -> tuple[UUID, UUID]:
    """Both databases; returns a tenant that both have and a member of it."""
    tenant, user = uuid4(), uuid4()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"create database {PLAIN}")
    for name in (SEALED, PLAIN):
        migrate.bootstrap(server.url(dbname=name), PASSWORD)
        migrate.upgrade(server.url(dbname=name))
        with psycopg.connect(server.url(dbname=name), autocommit=True) as connection:
            connection.execute("insert into portal.tenants (id, slug) values (%s, 'tenant-0')", [tenant])
    with psycopg.connect(server.url(dbname=PLAIN), autocommit=True) as connection:
        connection.execute(PLAIN_FUNCTION)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        others = "insert into portal.tenants (slug) select 'tenant-' || n from generate_series(1, %s) n"
        connection.execute(others, [TENANTS - 1])
        connection.execute(FILL, {"per": ROWS // TENANTS})
        connection.execute("vacuum analyze portal.bookings")
        connection.execute(
            "insert into portal.tenant_memberships (tenant_id, user_id, role) values (%s, %s, 'tenant_admin')",
            [tenant, user],
        )
    return tenant, user
