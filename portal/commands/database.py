"""Roles, migrations and demo data, with the errors that a person meets first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import psycopg

from portal.core import schema
from portal.runtime.errors import StartError

if TYPE_CHECKING:  # commands that touch no database start without its libraries
    from portal.domain.demo import DemoTenant

APP_LOGIN = "portal_app"


def create_database(superuser_url: str, name: str) -> None:
    """Make a database where it is missing; `superuser_url` names another one of that server."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        there = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if there is None:
            connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))


def check_reachable(url: str) -> None:
    """Raises StartError when the server does not let us in."""
    with _reaching(url):
        psycopg.connect(schema.libpq_url(url), connect_timeout=5).close()


def migrate(owner_url: str, *, app_password: str | None = None) -> None:
    """Bring roles and schema to this version. Raises StartError when the server cannot be used."""
    from portal.models import migrate as migrations

    with _reaching(owner_url):
        migrations.bootstrap(owner_url, app_password)
        migrations.upgrade(owner_url)


def seed(owner_url: str) -> list["DemoTenant"]:
    """Store the demo tenants that are missing; returns all of them. The settings must name the same database."""
    from portal.domain import demo

    with _reaching(owner_url):
        return demo.seed(owner_url)


def app_password(app_url: str) -> str | None:
    """The password that `portal_app` is to have, by the address it will use; None when that names another user."""
    parts = urlsplit(app_url)
    return unquote(parts.password) if parts.username == APP_LOGIN and parts.password else None


def place(url: str) -> str:
    """Host, port and name of a database or Redis, for people: no user, no password."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or 'localhost'}{port}{parts.path}"


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    import sqlalchemy.exc

    try:
        yield
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege, sqlalchemy.exc.DBAPIError) as error:
        cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
        reason = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
        raise StartError(f"The database {place(url)} cannot be used: {reason.strip()}") from None
