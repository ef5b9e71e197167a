"""Roles, migrations and demo data, with the errors that a person meets first."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import psycopg

from portal.commands.places import ROOT
from portal.commands.sources import digest
from portal.core import schema
from portal.core.settings import DEVELOPMENT_SECRET, LOOPBACK_HOSTS, get_settings
from portal.runtime.errors import StartError

if TYPE_CHECKING:
    from portal.domain.demo_tenants import DemoTenant

APP_LOGIN = "portal_app"
# Whatever roles, migrations and demo data are made from.
_ROOMS = ("core", "models", "hooks", "providers/identity", "domain")
# Of SQLSTATE: connection, login, database, room, shut down, system.
_SERVERS_CLASSES = ("08", "28", "3D", "53", "57", "58")
_SOURCES = (
    *("alembic/versions/*.py", "portal/models/sql/*.sql", "plugins/**/*.py"),
    *(f"portal/{room}/**/*.py" for room in _ROOMS),
)


def create_database(superuser_url: str, name: str) -> None:
    """Make a database where it is missing; `superuser_url` names another one of that server."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        there = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if there is None:
            connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))


def check_reachable(url: str) -> None:
    """Raises StartError when the server does not let us in over the connections that web and worker use."""
    from portal.core import db

    with reaching(url), db.engine().connect() as connection:
        connection.exec_driver_sql("select 1")


def check_served(url: str) -> None:
    """Raises StartError when the database is not of this version, or does not know this SECRET_KEY."""
    from portal.core import db

    if not schema.is_at_head(url):
        raise StartError("The database is not at this version's migrations: run `portal migrate` first.")
    with reaching(url):
        fault = db.scope_fault()
    if fault is not None:
        raise StartError(fault)


def migrate(owner_url: str, *, app_password: str | None = None) -> None:
    """Bring roles, schema and key to this version. Raises StartError when the server cannot be used."""
    from portal.models import migrate as migrations

    _check_key(owner_url)
    with reaching(owner_url):
        _bootstrap(owner_url, app_password)
        migrations.upgrade(owner_url)


def install_keys(owner_url: str) -> None:
    """Let the database believe what SECRET_KEY and SECRET_KEY_PREVIOUS seal. Raises StartError."""
    from portal.models import migrate as migrations

    _check_key(owner_url)
    with reaching(owner_url):
        migrations.install_keys(owner_url)


def _bootstrap(owner_url: str, app_password: str | None) -> None:
    from portal.models import migrate as migrations

    try:
        migrations.bootstrap(owner_url, app_password)
    except psycopg.errors.InsufficientPrivilege as error:
        raise StartError(
            f"This user of {place(owner_url)} may not do what migrations need (create roles, and schemas and"
            f" extensions in the database): {_first_line(error)}"
        ) from None


def _check_key(owner_url: str) -> None:
    """A database elsewhere must not be told to believe the key that everybody can read here."""
    known = get_settings().secret_key.get_secret_value() == DEVELOPMENT_SECRET
    if known and (urlsplit(owner_url).hostname or "localhost") not in LOOPBACK_HOSTS:
        raise StartError("SECRET_KEY must be set: the database is told to believe what the processes seal with it.")


def seed(owner_url: str) -> "Sequence[DemoTenant]":
    """Store the demo tenants that are missing; returns all of them. The settings must name the same database."""
    from portal.domain import demo

    with reaching(owner_url):
        return demo.seed(owner_url)


def seed_history(owner_url: str) -> None:
    """Give the demo tenants that have none yet something behind and before them."""
    from portal.domain import demo_history

    with reaching(owner_url):
        demo_history.seed(owner_url)


def history_ahead(owner_url: str) -> dict[str, list[dict[str, Any]]]:
    """What is to come of it, for the sandbox's calendar, by the account's key."""
    from portal.domain import demo_history

    with reaching(owner_url):
        return demo_history.ahead(owner_url)


def sources_digest(root: Path = ROOT) -> str:
    """SHA-256 over what roles, migrations and demo data are made from."""
    return digest(root, _SOURCES)


def is_filled(app_url: str, slugs: Iterable[str]) -> bool:
    """True when the application can log in, the schema is of this version and these tenants are there."""
    from portal.core import db

    if not schema.is_at_head(app_url):
        return False
    ask = "select 1 from portal.resolve_host('', %s)"
    try:
        with psycopg.connect(schema.libpq_url(app_url), connect_timeout=5) as connection:
            connection.execute(db.ENTER_BY_DRIVER, db.nobody().settings())
            return all(connection.execute(ask, [slug]).fetchone() for slug in slugs)
    except psycopg.errors.InsufficientPrivilege:  # another SECRET_KEY
        return False


def is_application(url: str) -> bool:
    """True for the application's login, which owns nothing (a hosted pooler adds the project: `portal_app.project`)."""
    return (urlsplit(url).username or "").partition(".")[0] == APP_LOGIN


def app_password(app_url: str) -> str | None:
    """The password that `portal_app` is to have, by the address it will use; None when that names another user."""
    password = urlsplit(app_url).password
    return unquote(password) if is_application(app_url) and password else None


def place(url: str) -> str:
    """Host, port and name of a database or Redis, for people: no user, no password."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or 'localhost'}{port}{parts.path}"


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turn what keeps us from the server into StartError. An error of ours, in a statement it ran, stays one."""
    import sqlalchemy.exc  # commands that touch no database start without it

    try:
        yield
    except (psycopg.Error, sqlalchemy.exc.DBAPIError) as error:
        cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
        if not _is_servers(cause):
            raise
        raise StartError(f"The database {place(url)} cannot be used: {_first_line(cause)}") from None


def _is_servers(cause: object) -> bool:
    """Whether a server cannot be reached, lets nobody in, or has no room: not what a statement did wrong."""
    if not isinstance(cause, psycopg.OperationalError):
        return False
    if isinstance(cause, psycopg.errors.QueryCanceled):  # of that class too, but by our own time limit
        return False
    return cause.sqlstate is None or cause.sqlstate[:2] in _SERVERS_CLASSES


def _first_line(error: object) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).strip()
