"""The main job on Debian's PostgreSQL, with an owner who is no superuser, and through PgBouncer in transaction mode."""

import io
from collections.abc import Callable, Iterator

import psycopg
import pytest
from rich.console import Console

from portal.commands import admin, database, doctor, secrets, tenants
from portal.core import db
from portal.core.settings import get_settings
from portal.domain import demo
from portal.domain.onboarding import Status
from portal.runtime.errors import StartError
from tests import other_postgres
from tests.api.conftest import Caller
from tests.api.test_bookings import form, key
from tests.conftest import APP_PASSWORD, EMPTY, free_port
from tests.factories import MadeTenant, administrator
from tests.other_postgres import DATABASE, OWNER, OWNER_PASSWORD, DebianPostgres

pytestmark = pytest.mark.skipif(
    other_postgres.debian_binaries() is None or other_postgres.pgbouncer() is None,
    reason="Debian's postgresql and pgbouncer are not installed here",
)


@pytest.fixture(scope="module")
def debian() -> Iterator[DebianPostgres]:
    """A server whose database was migrated by its owner."""
    with other_postgres.debian_postgres() as server:
        database.migrate(server.owner_url(), app_password=APP_PASSWORD)
        yield server


@pytest.fixture(scope="module")
def addresses(debian: DebianPostgres) -> Iterator[dict[str, str]]:
    """The application's, by how it gets there."""
    with other_postgres.transaction_pooler(debian, free_port(), "portal_app", APP_PASSWORD) as pooled:
        yield {"directly": debian.url("portal_app", APP_PASSWORD, DATABASE), "through a pooler": pooled}


@pytest.fixture(params=["directly", "through a pooler"], name="database")
def other_database(
    request: pytest.FixtureRequest, debian: DebianPostgres, addresses: dict[str, str], configure: Callable[..., None]
) -> Iterator[str]:
    """Stands for the embedded server's: settings point to it. Yields the superuser's address."""
    configure(DATABASE_URL=addresses[request.param], DATABASE_OWNER_URL=debian.owner_url())
    superuser = debian.url(dbname=DATABASE)
    yield superuser
    db.engine().dispose()
    administrator(superuser).execute(EMPTY)


def test_books(caller: Caller, shop: MadeTenant, database: str) -> None:
    answer = caller.post("/v1/bookings", json=form(shop), headers=key("elsewhere"))
    assert answer.status_code == 201, answer.text
    [state] = administrator(database).execute("select status from portal.bookings").fetchone() or [None]
    assert state == "confirmed"
    ready = caller.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (
        200, {"database": "ok", "redis": "ok", "migrations": "ok", "key": "ok"},
    )  # fmt: skip


@pytest.mark.usefixtures("valkey")
def test_time_limit_holds(database: str) -> None:
    with db.nobody().begin() as scope:
        assert scope.execute("show statement_timeout").scalar() == "15s"
    assert db.nobody().run_once("show statement_timeout")[0].statement_timeout == "15s"


@pytest.mark.usefixtures("valkey", "sandbox")
def test_operators_commands(database: str) -> None:
    console = Console(file=io.StringIO(), width=200)
    tenants.create_tenant(
        console, slug="corner-cuts", name="Corner Cuts", vertical="salon", timezone="America/New_York"
    )
    tenants.change_status(console, slug="corner-cuts", status=Status.ACTIVE)
    tenants.list_tenants(console)
    admin.create_admin(console, "first@platform.example")
    demo.seed(get_settings().database_owner_url)
    secrets.rotate(console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "Corner Cuts is active." in text
    assert "Open this link" in text
    assert "4 secrets of 4 tenants" in text


def test_doctor_asks_as_the_servers_do(database: str) -> None:
    found = {finding.what: finding for finding in doctor.check_database(get_settings())}
    assert {what: finding.good for what, finding in found.items()} == {
        "Database": True, "Migrations": True, "Scope key": True,
    }  # fmt: skip


class TestErrors:
    """What is our fault is never told as the database's."""

    def test_of_a_statement(self, debian: DebianPostgres) -> None:
        with psycopg.connect(debian.owner_url()) as connection:
            connection.execute("set role portal_owner")
            refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security")
            with refused, database.reaching(debian.owner_url()):
                connection.execute("insert into portal.tenants (slug) values ('shop')")

    def test_of_a_login(self, debian: DebianPostgres) -> None:
        with pytest.raises(StartError, match="cannot be used"):
            database.migrate(debian.url(OWNER, OWNER_PASSWORD + "x", DATABASE))

    def test_of_an_owner_who_may_not_create_roles(self, debian: DebianPostgres) -> None:
        with psycopg.connect(debian.url(), autocommit=True) as connection:
            connection.execute("create role weak login password 'weak'")
            connection.execute("create database empty owner weak")
        with pytest.raises(StartError, match="may not do what migrations need"):
            database.migrate(debian.url("weak", "weak", "empty"))

    @pytest.mark.usefixtures("valkey")
    def test_of_another_key(self, database: str, configure: Callable[..., None]) -> None:
        configure(SECRET_KEY="another-secret-key-0123456789abcdefghij")
        with pytest.raises(db.ScopeRefused, match="does not know this SECRET_KEY"):
            tenants.list_tenants(Console(file=io.StringIO()))
        [finding] = [each for each in doctor.check_database(get_settings()) if not each.good]
        assert finding.what == "Scope key"
