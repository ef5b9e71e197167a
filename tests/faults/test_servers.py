"""Valkey and PostgreSQL killed with signal 9 while workers send: every message goes out once, and none is lost."""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy.exc import DBAPIError

from portal.core import db, queue
from portal.core.cache import cache
from portal.models import migrate
from portal.runtime.server import EmbeddedServer
from portal.runtime.temporary import temporary_postgres, temporary_valkey
from tests.conftest import APP_PASSWORD, free_port
from tests.domain.notifications.conftest import Texting
from tests.factories import THOROUGH, TWILIO, Sandbox, TenantFactory
from tests.workers import workers

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

KILLS = 20 if THOROUGH else 4
BOOKINGS = 5  # between two kills
PATIENCE = 60.0
Lives = Callable[[], None]


@pytest.fixture
def texting(sandbox: Sandbox, configure: Callable[..., None]) -> Iterator[tuple[Texting, dict[str, EmbeddedServer]]]:
    """A business that texts, on servers of its own that may be killed."""
    with temporary_postgres(durable=True) as postgres, temporary_valkey() as valkey:
        migrate.bootstrap(postgres.url(), APP_PASSWORD)
        migrate.upgrade(postgres.url())
        sandbox.twilio()
        configure(
            DATABASE_URL=postgres.url("portal_app", APP_PASSWORD),
            REDIS_URL=valkey.url(),
            PORT=str(free_port()),
            **{f"TWILIO_{name.upper()}": value for name, value in TWILIO.items()},
        )
        cache.clear()
        factory = TenantFactory(postgres.url(), sandbox)
        with psycopg.connect(postgres.url(), autocommit=True, row_factory=dict_row) as connection:
            made = Texting(factory.make("shop"), sandbox, connection, factory)
            made.set(quiet_hours_enabled=False)
            yield made, {"postgres": postgres, "valkey": valkey}
            db.engine().dispose()


@pytest.mark.parametrize("victim", ["valkey", "postgres"])
def test_killed_while_workers_send(texting: tuple[Texting, dict[str, EmbeddedServer]], victim: str) -> None:
    shop, servers = texting
    chance, server, phones = random.Random(7), servers[victim], []
    with workers():
        for _ in range(KILLS):
            for _ in range(BOOKINGS):
                phones.append(f"+447700900{len(phones):03}")
                persist(servers["postgres"], shop, phones[-1])
            time.sleep(chance.uniform(0, 0.4))
            kill(server)
            time.sleep(chance.uniform(0, 0.2))
            server.restart()
        wait_until_sent(servers["postgres"], shop, len(phones))
    assert Counter(text["to"] for text in shop.sandbox.texts()) == dict.fromkeys(phones, 1)
    sys.stdout.write(f"{victim}: {KILLS} kills, {len(phones)} messages\n")  # shown by -rP


def kill(server: EmbeddedServer) -> None:
    process = server._process
    assert process is not None
    process.kill()
    process.wait(10)


def persist(postgres: Any, shop: Texting, phone: str) -> None:
    """A booking whose confirmation is to be sent; whoever meets the dead server tries again, as a browser does."""
    deadline = time.monotonic() + PATIENCE
    booking_id = None
    while True:
        try:
            with psycopg.connect(postgres.url(), autocommit=True, row_factory=dict_row) as connection:
                shop.connection = connection
                booking_id = booking_id or shop.booking(phone=phone)
                shop.change(booking_id)
            return
        except (psycopg.Error, DBAPIError):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def wait_until_sent(postgres: Any, shop: Texting, number: int) -> None:
    """Leases and pauses run out as by waiting, and somebody sweeps, until all is sent."""
    deadline = time.monotonic() + PATIENCE
    sent = 0
    with psycopg.connect(postgres.url(), autocommit=True, row_factory=dict_row) as connection:
        while sent < number:
            assert time.monotonic() < deadline, connection.execute(
                "select name, state, attempts, last_error from portal.jobs where state in ('ready', 'running')"
            ).fetchall()
            for statement in WAIT:
                connection.execute(statement)
            with suppress(DBAPIError):  # a connection from before the last kill
                queue.sweep()
            time.sleep(0.5)
            row = connection.execute("select count(*) as sent from portal.notifications where sent_at is not null")
            found = row.fetchone()
            assert found is not None
            sent = found["sent"]
        assert connection.execute("select * from portal.job_failures").fetchall() == []


# Time does not run faster for who still works: only what lies there for a while is moved on.
WAIT: tuple[Any, ...] = (
    "update portal.jobs set run_at = least(run_at, now()) where state = 'ready' and run_at < now() + interval '50 min'",
    "update portal.jobs set lease_until = now() where state = 'running' and lease_until < now() + interval '115 s'",
    "update portal.notifications set attempted_at = attempted_at - interval '30 seconds'"
    " where state = 'sending' and attempted_at < now() - interval '2 seconds'",
)
