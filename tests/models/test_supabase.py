"""The migrations on a database as Supabase hands it out.

Its administrator is no superuser; its own roles, auth schema and vault are in place already.
"""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from portal.core import db
from portal.models import migrate
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.temporary import temporary_postgres

PASSWORD = "supabase-like"
# What the hosted database has before anybody migrates: names and grants, not its internals.
HOSTED = """
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create schema auth;
create function auth.uid() returns uuid language sql stable as
$$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
create schema vault;
create table vault.secrets (id uuid primary key default gen_random_uuid(), name text unique, secret text not null);
create view vault.decrypted_secrets as select id, name, secret as decrypted_secret from vault.secrets;
create function vault.create_secret(
    new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language sql security definer as
$$ insert into vault.secrets (secret, name) values (new_secret, new_name) returning id $$;
create function vault.internal_cipher(secret text) returns text language sql as $$ select secret $$;
revoke all on function vault.internal_cipher(text) from public;
grant usage on schema vault to hosted_admin with grant option;
grant select on vault.secrets, vault.decrypted_secrets to hosted_admin with grant option;
grant execute on function vault.create_secret(text, text, text, uuid) to hosted_admin with grant option;
alter default privileges in schema public grant all on tables to anon, authenticated;
"""


@pytest.fixture
def hosted() -> Iterator[tuple[EmbeddedPostgres, str]]:
    with temporary_postgres() as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(f"create role hosted_admin login createrole createdb bypassrls password '{PASSWORD}'")
            connection.execute("create database hosted owner hosted_admin")
        with psycopg.connect(server.url(dbname="hosted"), autocommit=True) as connection:
            connection.execute(HOSTED)
        yield server, server.url("hosted_admin", PASSWORD, "hosted")


def test_migrates_and_keeps_the_wall(hosted: tuple[EmbeddedPostgres, str]) -> None:
    server, admin = hosted
    migrate.bootstrap(admin, "app-password")
    migrate.upgrade(admin)
    migrate.bootstrap(admin)
    assert migrate.is_at_head(server.url("portal_app", "app-password", "hosted"))

    tenant = uuid4()
    with psycopg.connect(server.url(dbname="hosted"), autocommit=True) as connection:
        for each in (tenant, uuid4()):
            connection.execute("insert into portal.tenants (id, slug) values (%s, %s)", [each, f"t{each.hex}"])
            connection.execute("insert into portal.tenant_integrations (tenant_id) values (%s)", [each])
        vault = connection.execute("select count(*) from pg_class where oid = 'vault.secrets'::regclass").fetchone()
    assert vault == (1,)
    with psycopg.connect(server.url("portal_app", "app-password", "hosted")) as connection:
        connection.execute(db.ENTER_BY_DRIVER, db.worker(tenant).settings())
        assert connection.execute("select id from portal.tenants").fetchall() == [(tenant,)]
        stored = connection.execute("select portal.store_secret('calcom_api_key', 'sealed')").fetchone()
        assert stored is not None
        connection.execute("update portal.tenant_integrations set cal_api_key_secret_id = %s", [stored[0]])
        assert connection.execute("select portal.read_secret(%s)", [stored[0]]).fetchone() == ("sealed",)


def test_login_reaches_nothing_by_itself(hosted: tuple[EmbeddedPostgres, str]) -> None:
    server, admin = hosted
    migrate.bootstrap(admin, "app-password")
    migrate.upgrade(admin)
    login = psycopg.connect(server.url("portal_app", "app-password", "hosted"))
    with login as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from portal.bookings")
