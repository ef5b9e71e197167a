"""Bringing a database to the current schema: embedded, plain PostgreSQL or Supabase alike."""

from pathlib import Path

import psycopg
from psycopg import sql

from portal.core import seal
from portal.core.schema import head, is_at_head, libpq_url
from portal.models import functions

__all__ = ["bootstrap", "head", "install_keys", "is_at_head", "upgrade"]
ROOT = Path(__file__).parents[2]
LOCK_KEY = 7301894

# Only where they are absent: on Supabase these exist and stay as they are.
ROLES = """
do $$
declare role text;
begin
    foreach role in array array['portal_owner', 'portal_gate', 'portal_customer', 'portal_member', 'portal_worker',
                                'portal_identity', 'portal_operator'] loop
        if not exists (select 1 from pg_roles where rolname = role) then
            execute format('create role %I nologin nosuperuser nobypassrls noinherit', role);
        end if;
        execute format('grant %I to current_user', role);
    end loop;
    if not exists (select 1 from pg_roles where rolname = 'portal_app') then
        create role portal_app login nosuperuser nobypassrls noinherit nocreatedb nocreaterole;
    end if;
end $$;
grant portal_customer, portal_member, portal_worker, portal_identity to portal_app;
grant portal_gate to portal_owner;
create schema if not exists portal authorization portal_owner;
create schema if not exists extensions;
create extension if not exists btree_gist schema extensions;
do $$ begin
    if exists (select 1 from pg_available_extensions where name = 'pg_trgm') then
        create extension if not exists pg_trgm schema extensions; -- searching bookings is slower without it
    end if;
end $$;
"""
OWNERSHIP = """
grant create, usage on schema portal to portal_owner, portal_gate;
grant usage on schema extensions to portal_owner, portal_gate, portal_customer, portal_member, portal_worker;
"""
# No ground beside the tables: neither temporary ones nor large objects. Everybody has both from PUBLIC, so PUBLIC loses
# them, and whoever else is there gets them back. Only a superuser may do so with large objects.
LESS_GROUND = """
do $$
declare
    others text := (select string_agg(format('%I', rolname), ', ') from pg_roles
                    where rolname !~ '^(pg|portal)_' and not rolsuper);
    ground text := format('temporary on database %I', current_database());
    each regprocedure;
begin
    if exists (select 1 from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
               where d.datname = current_database() and a.grantee = 0 and a.privilege_type = 'TEMPORARY') then
        execute format('revoke %s from public', ground);
        if others is not null then execute format('grant %s to %s', ground, others); end if;
    end if;
    if (select rolsuper from pg_roles where rolname = current_user) then
        for each in
            select p.oid from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
            where p.pronamespace = 'pg_catalog'::regnamespace and a.grantee = 0
              and (p.proname like 'lo\\_%' or p.proname in ('loread', 'lowrite'))
        loop
            execute format('revoke execute on function %s from public', each);
            if others is not null then execute format('grant execute on function %s to %s', each, others); end if;
        end loop;
    end if;
end $$;
"""
VAULT = """
do $$ begin
    if to_regnamespace('vault') is null then
        create schema vault;
        create table vault.secrets (
            id uuid primary key default gen_random_uuid(),
            name text unique,
            description text not null default '',
            secret text not null,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now()
        );
        create view vault.decrypted_secrets as select *, secret as decrypted_secret from vault.secrets;
        create function vault.create_secret(
            new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
        ) returns uuid language sql security definer set search_path = pg_catalog, vault as
        $f$ insert into vault.secrets (secret, name, description)
            values (new_secret, new_name, new_description) returning id $f$;
        create function vault.update_secret(
            secret_id uuid, new_secret text default null, new_name text default null,
            new_description text default null, new_key_id uuid default null
        ) returns void language sql security definer set search_path = pg_catalog, vault as
        $f$ update vault.secrets set secret = coalesce(new_secret, secret), name = coalesce(new_name, name),
            description = coalesce(new_description, description), updated_at = now() where id = secret_id $f$;
        revoke all on all functions in schema vault from public;
    end if;
end $$;
grant usage on schema vault to portal_gate;
grant select on vault.decrypted_secrets to portal_gate;
do $$
declare callable regprocedure;
begin
    for callable in select oid::regprocedure from pg_proc where pronamespace = 'vault'::regnamespace loop
        begin
            execute format('grant execute on function %s to portal_gate', callable);
        exception when insufficient_privilege then
            null; -- internal to the hosted vault
        end;
    end loop;
end $$;
"""


def bootstrap(admin_url: str, app_password: str | None = None) -> None:
    """Make roles, schemas and shims where they are absent, as an administrator of the database. Safe to repeat.

    ``app_password`` (re)sets the password of the application's login; None leaves it as it is.
    """
    with psycopg.connect(libpq_url(admin_url), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
        for script in (ROLES, OWNERSHIP, LESS_GROUND, VAULT):
            connection.execute(sql.SQL(script))
        if app_password is not None:
            secret = sql.Literal(app_password)
            connection.execute(sql.SQL("alter role portal_app password {}").format(secret))


def upgrade(admin_url: str) -> None:
    """Run the migrations that are missing, bring functions to what their files say, and install this SECRET_KEY."""
    from alembic import command  # servers, which only ask for the version, start without it
    from alembic.config import Config

    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["url"] = admin_url
    command.upgrade(config, "head")
    with psycopg.connect(libpq_url(admin_url)) as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('portal.migrate'))")
        functions.apply(connection)
    install_keys(admin_url)


def install_keys(admin_url: str) -> None:
    """Let the database believe what SECRET_KEY seals, what SECRET_KEY_PREVIOUS does while there is one, and no more."""
    with psycopg.connect(libpq_url(admin_url)) as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('portal.migrate'))")
        connection.execute("set local role portal_owner")
        connection.execute("delete from portal.scope_keys")
        connection.execute(
            "insert into portal.scope_keys (inner_pad, outer_pad, previous_inner_pad, previous_outer_pad)"
            " values (%s, %s, %s, %s)",
            [*seal.pads(), *seal.previous_pads()],
        )
