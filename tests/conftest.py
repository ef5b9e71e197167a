"""Real servers for the whole run, and one migrated database that is emptied after each test that uses it."""

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import sqlalchemy
from xdist.scheduler import LoadScopeScheduling

import jobs  # noqa: F401 - fills the queue's registry
from portal.commands import frontend
from portal.core import cache, db, queue, redis, secrets, settings, threads
from portal.models import migrate
from portal.runtime.errors import StartError
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.temporary import temporary_postgres, temporary_valkey
from portal.runtime.valkey import EmbeddedValkey
from tests.factories import STRIPE, Sandbox, TenantFactory, administrator

ROOT = Path(__file__).parents[1]
APP_PASSWORD = "app-password"
SECRET_KEY = "tests-only-secret-key-0123456789abcdef"
TEMPLATE = "portal_template"
# What a test left open would hold its rows. Idle connections stay: making them anew takes longer than most tests.
END_OPEN = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
"""
# As a replica, so that keys between tables do not matter.
EMPTY = """
do $$
declare each regclass;
begin
    set local session_replication_role = replica;
    for each in select oid from pg_class where relnamespace = 'portal'::regnamespace and relkind = 'r'
                and relname not in ('alembic_version', 'schema_functions', 'scope_keys') loop
        execute format('delete from %s', each);
    end loop;
    delete from vault.secrets;
end $$
"""


# Whoever runs browser tests starts the whole product for them: two processes do, each all of its kind.
TOGETHER = {
    "tests/e2e/test_admin_": "dashboard",
    "tests/e2e/": "site",
}


class Parts(LoadScopeScheduling):
    """Which process does which test, for ``pytest -n``."""

    def _split_scope(self, nodeid: str) -> str:
        return next((kind for start, kind in TOGETHER.items() if nodeid.startswith(start)), nodeid)


def pytest_xdist_auto_num_workers() -> int:
    """For ``-n auto``: one more than processors, as tests also wait (for a browser, for a timer); each has servers."""
    return min((os.cpu_count() or 1) + 1, 4)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Parts:
    return Parts(config, log)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A started PostgreSQL whose template database has the current schema."""
    with temporary_postgres() as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(f"create database {TEMPLATE}")
        migrate.bootstrap(server.url(dbname=TEMPLATE), APP_PASSWORD)
        migrate.upgrade(server.url(dbname=TEMPLATE))
        yield server


@pytest.fixture(scope="session")
def frontend_built() -> None:
    """The pages are built from the present sources, by whichever process of the run comes first."""
    lock = ROOT / ".portal" / "tests.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            frontend.ensure_current(os.environ)
        except StartError as error:
            pytest.fail(str(error))


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[EmbeddedValkey]:
    with temporary_valkey() as server:
        yield server


@pytest.fixture
def valkey(valkey_server: EmbeddedValkey, configure: Callable[..., None]) -> EmbeddedValkey:
    """An empty Redis, and settings that point to it."""
    configure(REDIS_URL=valkey_server.url())
    redis.client().flushall()
    cache.cache.clear()
    return valkey_server


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres) -> str:
    """Name of the database that tests take turns in. Making one for each would take longer than most tests."""
    name = "portal_tests"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE}")
    migrate.bootstrap(postgres.url(dbname=name))  # a database's own grants are not copied
    return name


@pytest.fixture
def database(postgres: EmbeddedPostgres, migrated: str, configure: Callable[..., None]) -> Iterator[str]:
    """An empty database with the current schema; settings point to it. Yields the administrator's address."""
    admin_url = postgres.url(dbname=migrated)
    configure(DATABASE_URL=postgres.url("portal_app", APP_PASSWORD, migrated), DATABASE_OWNER_URL=admin_url)
    yield admin_url
    connection = administrator(admin_url)
    if connection.execute(END_OPEN).fetchall():
        db.engine().dispose()
    connection.execute(EMPTY)


@pytest.fixture
def change_keys(database: str, configure: Callable[..., None]) -> Iterator[Callable[..., None]]:
    """``configure`` for SECRET_KEY and SECRET_KEY_PREVIOUS, which the database is told as an operator would."""

    def change(**keys: str) -> None:
        configure(**keys)
        migrate.install_keys(database)

    yield change
    configure(SECRET_KEY=SECRET_KEY, SECRET_KEY_PREVIOUS="")
    migrate.install_keys(database)


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set settings for this test: ``configure(BASE_DOMAIN="example.com")``."""

    def set_environment(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"PORTAL_{name}", value)
        forget_process_state()

    yield set_environment
    monkeypatch.undo()
    forget_process_state()


def forget_process_state() -> None:
    """What a process computes once from its settings, computed anew."""
    for call in (settings.get_settings, redis.client, redis.async_client, secrets.derived_key, queue.huey):
        call.cache_clear()
    threads.pool.cache_clear()
    if db.engine.cache_info().currsize and not _is_same_database():
        db.engine().dispose()
        db.engine.cache_clear()


def _is_same_database() -> bool:
    """Whether the connections that are open may serve the next test: it wants the same database, or none."""
    wanted = os.environ.get("PORTAL_DATABASE_URL")
    return not wanted or sqlalchemy.make_url(db.sqlalchemy_url(wanted)) == db.engine().url


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Sandbox]:
    """The provider sandbox, running as a program of its own."""
    port = free_port()
    command = [sys.executable, "-m", "portal.sandbox", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = Sandbox(f"http://127.0.0.1:{port}")
        wait_for(server.url + "/healthz", process)
        yield server
        server.client.close()
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def sandbox(sandbox_server: Sandbox, configure: Callable[..., None]) -> Sandbox:
    """A sandbox without any state, and settings that point all providers to it."""
    sandbox_server.reset()
    configure(
        CALCOM_BASE_URL=f"{sandbox_server.url}/calcom/v2",
        ANTHROPIC_BASE_URL=f"{sandbox_server.url}/anthropic",
        ANTHROPIC_API_KEY="sk-sandbox",
        TWILIO_BASE_URL=f"{sandbox_server.url}/twilio",
        TWILIO_MESSAGING_BASE_URL=f"{sandbox_server.url}/twilio",
        STRIPE_BASE_URL=f"{sandbox_server.url}/stripe",
        STRIPE_API_KEY=STRIPE["api_key"],
        STRIPE_WEBHOOK_SECRET=STRIPE["webhook_secret"],
        SANDBOX="true",
    )
    return sandbox_server


@pytest.fixture
def tenants(database: str, valkey: EmbeddedValkey, sandbox: Sandbox) -> TenantFactory:
    """Makes tenants with services, hours and a calendar in the sandbox."""
    return TenantFactory(database, sandbox)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, process: "subprocess.Popen[bytes]", seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{url}: the program ended with {process.returncode}")
        try:
            httpx.get(url, timeout=1).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer within {seconds} s")


os.environ.setdefault("PORTAL_SECRET_KEY", SECRET_KEY)
