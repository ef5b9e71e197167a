"""Roles, migrations and demo data, with the errors that a person meets first."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import psycopg

from portal.commands.places import ROOT
from portal.commands.sources import digest
from portal.core import schema
from portal.runtime.errors import StartError

if TYPE_CHECKING:
    from portal.domain.demo_tenants import DemoTenant

APP_LOGIN = "portal_app"
# Whatever roles, migrations and demo data are made from.
_ROOMS = ("core", "models", "hooks", "providers/identity", "domain")
_SOURCES = ("alembic/versions/*.py", "plugins/**/*.py", *(f"portal/{room}/**/*.py" for room in _ROOMS))


def create_database(superuser_url: str, name: str) -> None:
    """Make a database where it is missing; `superuser_url` names another one of that server."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        there = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if there is None:
            connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))


def check_reachable(url: str) -> None:
    """Raises StartError when the server does not let us in."""
    with reaching(url):
        psycopg.connect(schema.libpq_url(url), connect_timeout=5).close()


def migrate(owner_url: str, *, app_password: str | None = None) -> None:
    """Bring roles and schema to this version. Raises StartError when the server cannot be used."""
    from portal.models import migrate as migrations

    with reaching(owner_url):
        migrations.bootstrap(owner_url, app_password)
        migrations.upgrade(owner_url)


def seed(owner_url: str) -> "Sequence[DemoTenant]":
    """Store the demo tenants that are missing; returns all of them. The settings must name the same database."""
    from portal.domain import demo

    with reaching(owner_url):
        return demo.seed(owner_url)


def sources_digest(root: Path = ROOT) -> str:
    """SHA-256 over what roles, migrations and demo data are made from."""
    return digest(root, _SOURCES)


def is_filled(app_url: str, slugs: Iterable[str]) -> bool:
    """True when the application can log in, the schema is of this version and these tenants are there."""
    if not schema.is_at_head(app_url):
        return False
    with psycopg.connect(schema.libpq_url(app_url), connect_timeout=5) as connection:
        connection.execute("set local role portal_customer")
        return all(connection.execute("select 1 from portal.resolve_host('', %s)", [slug]).fetchone() for slug in slugs)


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
    """Turn what the database refuses into StartError."""
    import sqlalchemy.exc  # commands that touch no database start without it

    try:
        yield
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege, sqlalchemy.exc.DBAPIError) as error:
        cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
        reason = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
        raise StartError(f"The database {place(url)} cannot be used: {reason.strip()}") from None
