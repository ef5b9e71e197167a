"""Other people's PostgreSQL: Debian's, owned by somebody who is no superuser, and PgBouncer in front of it.

``.ci/run`` installs both; where they are not, the tests that need them say so and are passed over.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import psycopg

from portal.runtime.account import server_account
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.temporary import temporary_folder

OWNER, OWNER_PASSWORD = "shop_owner", "owner-password"
DATABASE = "shop"


def debian_binaries() -> Path | None:
    """Of the newest server that Debian installed."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "postgres").exists()]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def pgbouncer() -> str | None:
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


class DebianPostgres(EmbeddedPostgres):
    """The embedded server's life, with Debian's binaries."""

    @cached_property
    def _binaries(self) -> Path:
        found = debian_binaries()
        assert found is not None
        return found

    def _initdb_arguments(self, target: Path, password_file: str) -> list[str]:
        given = super()._initdb_arguments(target, password_file)
        return [each for each in given if "locale" not in each] + ["--locale=C.UTF-8"]

    def owner_url(self) -> str:
        """For an owner as hosted servers give one: may create roles and databases, and is bound by policies."""
        return self.url(OWNER, OWNER_PASSWORD, DATABASE)


@contextmanager
def debian_postgres() -> Iterator[DebianPostgres]:
    """A started server with an empty database of that owner."""
    with temporary_folder("portal-debian-") as folder, DebianPostgres(folder / "server", durable=False) as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(f"create role {OWNER} login createrole createdb password '{OWNER_PASSWORD}'")
            connection.execute(f"create database {DATABASE} owner {OWNER}")
        yield server


@contextmanager
def transaction_pooler(server: DebianPostgres, port: int, user: str, password: str) -> Iterator[str]:
    """PgBouncer in transaction mode, with few connections and its own settings otherwise; yields the user's address."""
    program, account = pgbouncer(), server_account()
    assert program is not None
    with temporary_folder("portal-pooler-") as folder:
        users, settings = folder / "users", folder / "settings"
        users.write_text(f'"{user}" "{password}"\n')
        settings.write_text(
            f"[databases]\n{DATABASE} = host=127.0.0.1 port={server.port}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = {users}\npool_mode = transaction\ndefault_pool_size = 3\n"
        )
        for path in (folder, users, settings):
            account.own(path)
        process = subprocess.Popen(
            [program, str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account.popen
        )
        try:
            url = f"postgresql://{user}:{password}@127.0.0.1:{port}/{DATABASE}"
            _wait_for(url)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(url: str, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
