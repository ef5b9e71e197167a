"""SQL that an injection would run, in every scope: it reaches no row and changes nothing outside of that scope.

An attack is one transaction: the scope is entered, the attack runs, and then every table is tried, own rows and another
tenant's. What is touched then must be what the scope alone touches; and what is committed must have changed nothing.
"""

import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest
import time_machine
from psycopg import sql
from sqlalchemy import exc

from portal.core import db, seal
from portal.core.db import Access
from portal.core.settings import get_settings
from tests.conftest import SECRET_KEY
from tests.factories import THOROUGH
from tests.models.test_wall import IDENTITY_TABLES, KEY, TABLES, Rows, accesses, add, rows

__all__ = ["rows"]
ROLES = ("portal_customer", "portal_member", "portal_worker", "portal_identity", "none")
# Under which roles everything is tried after a setting was made. The check is one for all roles.
TRIED = ("as it is", *ROLES) if THOROUGH else ("as it is", "portal_worker")
CLOSED = ("platform_admins", "periodic_runs", "scope_keys", "schema_functions", "alembic_version", *IDENTITY_TABLES)
BOUND = ("customer", "staff", "admin", "worker")
SCOPES = (*BOUND, "platform", "sweeper", "identity", "nobody")

PEOPLE: dict[str, dict[str, Any]] = {
    "user_sessions": {"kind": "token", "token_hash": "h", "expires_at": "2030-01-07T15:00:00Z"},
    "user_recovery_codes": {"code_hash": "h"},
    "user_links": {
        "token_hash": "h", "purpose": "password_reset", "email": "a@example.com", "expires_at": "2030-01-07T15:00:00Z",
    },
}  # fmt: skip

# Says in a setting what was touched, as "table verb whose"; each try is undone at once.
WALK = """
do $walk$
declare
    touched text := '';
    role text; name text; target jsonb; whose text; verb text; number bigint;
begin
    foreach role in array string_to_array(current_setting('test.roles'), ',') loop
        begin
            if role <> 'as it is' then perform set_config('role', role, true); end if;
        exception when others then continue;
        end;
        for name, target in select * from jsonb_each(current_setting('test.tables')::jsonb) loop
            for whose in select jsonb_object_keys(target -> 'rows') loop
                foreach verb in array array['select', 'update', 'delete', 'insert'] loop
                    number := 0;
                    begin
                        execute replace(target ->> verb, '@', 'portal.' || name)
                            using target -> 'rows' -> whose ->> (target ->> 'key'), target -> 'rows' -> whose;
                        get diagnostics number = row_count;
                        raise exception using errcode = 'P0099';
                    exception
                        when integrity_constraint_violation then number := 1; -- past the wall, stopped by a key
                        when others then null;
                    end;
                    if number > 0 then touched := touched || format('%s %s %s;', name, verb, whose); end if;
                end loop;
            end loop;
        end loop;
    end loop;
    perform set_config('test.touched', touched, true);
end $walk$
"""
SETTINGS = {
    "the old tenant": "select set_config('app.tenant_id', '{other}', true)",
    "a platform admin's claims": "select set_config('request.jwt.claims', '{{\"sub\": \"{operator}\"}}', true)",
    "no scope": "select set_config('app.scope', '', true)",
    "scope reset": "reset app.scope",
    "not sealed": "select set_config('app.scope', '{content}', true)",
    "sealed with nothing": "select set_config('app.scope', encode(sha256('{content}'), 'hex') || '.{content}', true)",
    "sealed with no key": "select set_config('app.scope', encode(sha256(decode(repeat('5c', 64), 'hex') || sha256("
    "decode(repeat('36', 64), 'hex') || '{content}')), 'hex') || '.{content}', true)",
    "another digit": "select set_config('app.scope',"
    " translate(current_setting('app.scope'), '0123456789', '1234567890'), true)",
    "another tenant under the own seal": "select set_config('app.scope',"
    " replace(current_setting('app.scope'), '{own}', '{other}'), true)",
    "the other's content under the own seal": "select set_config('app.scope',"
    " left(current_setting('app.scope'), 65) || '{content}', true)",
    "another role under the own seal": "select set_config('app.scope',"
    " regexp_replace(current_setting('app.scope'), 'portal_[a-z]+', 'portal_worker'), true)",
    "more after the own seal": "select set_config('app.scope', current_setting('app.scope') || '{content}', true)",
    "the other's, over": "select set_config('app.scope', '{over}', true)",
}
ATTACKS = {
    "row security off": "set row_security = off",
    "as a replica": "set session_replication_role = replica",
    "session of the superuser": "set session authorization postgres",
    "own session again": "set session authorization default",
    "a function of ours, replaced": "create or replace function portal.current_tenant() returns uuid language sql as"
    " $$ select '{other}'::uuid $$",
    "a temporary table that shadows": "create temp table bookings (id int)",
    "a function that shadows": "create function pg_temp.sha256(bytea) returns bytea language sql as $$ select $1 $$",
    "another path": "set search_path = pg_temp, public, portal",
    "an own schema": "create schema mine",
    "an own table": "create table public.mine (id int)",
    "a view": "create view public.mine as select * from portal.bookings",
    "no row security": "alter table portal.bookings disable row level security",
    "an own policy": "create policy mine on portal.bookings using (true)",
    "a grant": "grant portal_gate to portal_app",
    "a stronger login": "alter role portal_app bypassrls",
    "an empty table": "truncate portal.bookings cascade",
    "copied to a file": "copy portal.bookings to '/tmp/portal-bookings'",
    "copied to a program": "copy portal.bookings to program 'cat'",
    "copied from a file": "copy portal.bookings from '/etc/passwd'",
    "a file read": "select pg_read_file('/etc/passwd')",
    "a folder read": "select pg_ls_dir('.')",
    "another server": "create extension dblink",
    "a large object": "select lo_from_bytea(0, 'x')",
    "a large object of a file": "select lo_import('/etc/passwd')",
    "the server's settings": "alter system set log_statement = 'all'",
    "the vault": "select * from vault.decrypted_secrets",
    "the vault's table": "update vault.secrets set secret = 'x'",
    "the keys": "select * from portal.scope_keys",
    "all passwords": "select * from pg_authid",
    "a library": "load 'auto_explain'",
    "a prepared statement": "prepare mine as delete from portal.bookings; execute mine",
    "a cursor that stays": "declare mine cursor with hold for select * from portal.bookings",
    "a block": "do $$ begin perform set_config('role', 'portal_worker', true); delete from portal.bookings; end $$",
    "a notice to all": "notify mine, 'x'",
    "a listener": "listen mine",
} | {f"role {role}": f"set role {role}" for role in
     (*ROLES, "portal_gate", "portal_owner", "portal_operator", "postgres", "pg_read_all_data")}  # fmt: skip
# The database says no to these whoever asks; the others may run and lead nowhere.
REFUSED = {
    *("as a replica", "session of the superuser", "a function of ours, replaced", "a temporary table that shadows"),
    *("a function that shadows", "an own schema", "an own table", "a view", "no row security", "an own policy"),
    *("a grant", "a stronger login", "an empty table", "copied to a file", "copied to a program", "copied from a file"),
    *("a file read", "a folder read", "another server", "a large object", "a large object of a file"),
    *("the server's settings", "the vault", "the vault's table", "the keys", "all passwords", "a library"),
    *(f"role {role}" for role in ("portal_gate", "portal_owner", "portal_operator", "postgres", "pg_read_all_data")),
}
# Arguments somebody would try, by type.
GUESSED = {
    "uuid": "'{other}'::uuid",
    "text": "'a@example.com'",
    "text[]": "array['uid{hex}']",
    "uuid[]": "array['{booking}'::uuid]",
    "timestamp with time zone": "'2030-01-07T15:00:00Z'::timestamptz",
    "interval": "interval '1 hour'",
    "date": "'2030-01-07'::date",
    "integer": "60",
    "bigint": "1",
    "double precision": "0",
    "boolean": "true",
    "jsonb": "jsonb_build_array(jsonb_build_object('id', gen_random_uuid(), 'job_id', gen_random_uuid(), 'provider',"
    " 'calcom', 'tenant_id', '{other}', 'event_type', 'PING', 'body_hash', 'x', 'payload', jsonb_build_object()))",
    "portal.tenant_integrations": "null::portal.tenant_integrations",
}


class Hostile:
    """An injection's view of the database: the application's login, a scope entered, and then anything."""

    def __init__(self, own: Rows, other: Rows, admin_url: str) -> None:
        self.own, self.other = own, other
        self.admin = psycopg.connect(admin_url, autocommit=True)
        self.login = psycopg.connect(get_settings().database_url, autocommit=True, prepare_threshold=None)
        for values in PEOPLE.values():
            values["user_id"] = other.user
        add(self.admin, "users", {"id": other.user, "email": "a@example.com"})
        for table, values in PEOPLE.items():
            add(self.admin, table, values)
        add(self.admin, "periodic_runs", {"name": "tick", "last_slot": "2030-01-07T15:00:00Z"})
        self.tables = json.dumps(closed_tables() | {name: self.table(name) for name in TABLES})

    def table(self, name: str) -> dict[str, Any]:
        """How to try it, and a row of each tenant."""
        key = KEY.get(name, "tenant_id")
        read = sql.SQL("select to_jsonb(t) from portal.{} t where {} = %s limit 1")
        ask = read.format(sql.Identifier(name), sql.Identifier(key))
        found = {}
        for whose, each in (("own", self.own), ("other", self.other)):
            [found[whose]] = self.admin.execute(ask, [each.tenant]).fetchone() or [None]
        where = f"where {key} = $1::uuid and $2 is not null"
        return {
            "key": key, "rows": found, "select": f"select 1 from @ {where}", "delete": f"delete from @ {where}",
            "update": f"update @ set {key} = {key} {where}",
            "insert": "insert into @ overriding user value select (jsonb_populate_record(null::@, $2)).*"
            " where $1 is not null",
        }  # fmt: skip

    def access(self, scope: str) -> Access:
        free = {
            "platform": db.platform(self.own.operator), "sweeper": db.worker(), "identity": db.identity(),
            "nobody": db.nobody(),
        }  # fmt: skip
        return free.get(scope) or accesses(self.own, scope)

    def words(self) -> dict[str, str]:
        """What attacks are filled in with: all that somebody could know of the other tenant, but no seal of it."""
        content = db.worker(self.other.tenant).settings()["scope"].partition(".")[2]
        over = json.dumps(json.loads(content) | {"until": time.time() - 1})
        mac = hmac.digest(seal.derived_key(seal.PURPOSE), over.encode(), "sha256").hex()
        return {
            "own": str(self.own.tenant), "other": str(self.other.tenant), "operator": str(self.other.operator),
            "booking": str(self.other.booking), "hex": self.other.tenant.hex,
            "content": content, "over": f"{mac}.{over}",
        }  # fmt: skip

    def touched(self, scope: str, attack: str = "select 1", *, roles: tuple[str, ...] = ("as it is",)) -> set[str]:
        """What a transaction of this scope touches after the attack."""
        run = self.login.execute
        with suppress(psycopg.Error):
            run("rollback")
        run("reset role; reset all")
        run("select set_config('test.tables', %s, false), set_config('test.roles', %s, false)", [
            self.tables, ",".join(roles),
        ])  # fmt: skip
        run("begin")
        run(db.ENTER_BY_DRIVER, self.access(scope).settings())
        self.attempt(attack)
        run(WALK)
        [found] = run("select current_setting('test.touched')").fetchone() or [""]
        run("commit")
        return set(found.split(";")) - {""}

    def attempt(self, statement: str) -> list[Any] | None:
        """Rows of the statement; None where it is refused. In a savepoint, so that the transaction goes on."""
        self.login.execute("savepoint attempt")
        try:
            cursor = self.login.execute(sql.SQL(statement))  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error:
            self.login.execute("rollback to savepoint attempt")
            return None

    def snapshot(self) -> dict[str, str]:
        """A digest of every table's rows, but for the own tenant's."""
        digests = {}
        for name in (*TABLES, *CLOSED):
            theirs = f"{KEY.get(name, 'tenant_id')} is distinct from '{self.own.tenant}'" if name in TABLES else "true"
            digest = "md5(coalesce(string_agg(t::text, ',' order by t::text), ''))"
            read = sql.SQL(f"select {digest} from portal.{name} t where {theirs}")  # type: ignore[arg-type]
            [digests[name]] = self.admin.execute(read).fetchone() or [""]
        return digests


def closed_tables() -> dict[str, Any]:
    """How to try tables that no scope may touch."""
    tries = {
        "select": "select 1 from @ where $1 is null or $2 is not null", "update": "truncate @",
        "delete": "delete from @ where $1 is null or $2 is not null",
        "insert": "select 1 from @ where $1 is null or $2 is not null for update",
    }  # fmt: skip
    return {name: {"key": "", "rows": {"anybody": {}}} | tries for name in CLOSED}


@pytest.fixture
def hostile(rows: tuple[Rows, Rows], database: str) -> Iterator[Hostile]:
    made = Hostile(*rows, database)
    yield made
    made.login.close()
    made.admin.close()


@pytest.mark.parametrize("scope", SCOPES)
class TestAttacks:
    def test_settings(self, hostile: Hostile, scope: str) -> None:
        """No setting, alone or with any role that the login may take, gives more than the scope does."""
        given, before = hostile.touched(scope), hostile.snapshot()
        assert {each.split()[2] for each in given} <= {"own"}
        assert bool(given) == (scope in BOUND)
        for name, attack in SETTINGS.items():
            touched = hostile.touched(scope, attack.format(**hostile.words()), roles=TRIED)
            assert touched <= given, f"{name}: {touched - given}"
        assert hostile.snapshot() == before

    def test_statements(self, hostile: Hostile, scope: str) -> None:
        given, before = hostile.touched(scope), hostile.snapshot()
        for name in ATTACKS.keys() - REFUSED:
            touched = hostile.touched(scope, ATTACKS[name].format(**hostile.words()))
            assert touched <= given, f"{name}: {touched - given}"
        assert hostile.snapshot() == before

    def test_refused(self, hostile: Hostile, scope: str) -> None:
        hostile.login.execute("begin")
        hostile.login.execute(db.ENTER_BY_DRIVER, hostile.access(scope).settings())
        ran = {name for name in REFUSED if hostile.attempt(ATTACKS[name].format(**hostile.words())) is not None}
        assert ran == set()


class TestFunctions:
    @pytest.mark.parametrize("scope", BOUND)
    def test_reach_the_scopes_tenant_only(self, hostile: Hostile, scope: str) -> None:
        """Whatever is called with guessed arguments, under whichever role: a tenant's scope reaches its tenant only."""
        before, told = hostile.snapshot(), {}
        marks = (str(hostile.other.tenant), str(hostile.other.booking), str(hostile.other.session), hostile.other.key)
        for role in ROLES:
            hostile.login.execute("reset role")
            hostile.login.execute("begin")
            hostile.login.execute(db.ENTER_BY_DRIVER, hostile.access(scope).settings())
            hostile.attempt(f"set role {role}")
            for call in guessed_calls(hostile):
                answer = str(hostile.attempt(f"select * from portal.{call}"))
                # It says the id again that it was given.
                if any(mark in answer for mark in marks) and not call.startswith("enqueue_job("):
                    told[call] = answer
            hostile.login.execute("commit")
        assert told == {}
        assert hostile.snapshot() == before

    def test_need_the_scope_of_their_role(self, hostile: Hostile) -> None:
        """Taking a role gives the right to call its functions, and none of them answers."""
        answered = {}
        for scope in ("customer", "admin", "sweeper"):
            own_role = hostile.access(scope).role.value
            for role in (each for each in ROLES if each != own_role):
                hostile.login.execute("begin")
                hostile.login.execute(db.ENTER_BY_DRIVER, hostile.access(scope).settings())
                hostile.login.execute(f"set local role {role}")
                for call in guessed_calls(hostile):
                    if hostile.attempt(f"select * from portal.{call}") is not None:
                        answered[call] = role
                hostile.login.execute("rollback")
        # Which version the schema has, and what is wrong with a scope: nothing of anybody.
        assert set(answered) == {"schema_version()", "scope_fault()"}

    def test_a_tenants_job_may_not_do_what_concerns_all(self, hostile: Hostile) -> None:
        late = db.worker(hostile.own.tenant)
        for call in (
            "connected_calendars()",
            "due_jobs(5)",
            "sweep_expired()",
            "tenants_texting()",
        ):
            with db.worker().begin() as scope:
                scope.execute(f"select * from portal.{call}")
            with pytest.raises(exc.ProgrammingError, match="insufficient_privilege"), late.begin() as scope:
                scope.execute(f"select * from portal.{call}")
        with db.worker(hostile.own.tenant).begin() as scope:
            [jobs] = scope.execute("select count(*) from portal.job_overview()").one()
        assert jobs == 0


class TestSeals:
    def test_are_not_read_from_other_connections(self, hostile: Hostile) -> None:
        """The login sees what its other connections run: no seal is in there."""
        other = hostile.other.tenant
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(db.worker(other).run_once, "select pg_sleep(0.5)")
            seen = ""
            while not running.done():
                for row in hostile.login.execute("select query from pg_stat_activity").fetchall():
                    seen += str(row[0])
        assert "pg_sleep" in seen
        assert not re.search(r"[0-9a-f]{64}\.", seen)
        assert str(other) not in seen

    def test_previous_key(self, hostile: Hostile, change_keys: Callable[..., None]) -> None:
        old = db.worker(hostile.own.tenant).settings()

        def believed(settings: dict[str, str]) -> bool:
            with hostile.login.transaction(force_rollback=True):
                hostile.login.execute(db.ENTER_BY_DRIVER, settings)
                return bool(hostile.attempt("select portal.current_tenant()"))

        assert believed(old)
        change_keys(SECRET_KEY="a-newer-secret-key-0123456789abcdef", SECRET_KEY_PREVIOUS=SECRET_KEY)
        new = db.worker(hostile.own.tenant).settings()
        assert believed(old)
        assert believed(new)
        change_keys(SECRET_KEY_PREVIOUS="")
        assert not believed(old)
        assert believed(new)

    def test_a_transaction_outlives_its_seal(self, hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(seal, "SECONDS", 0.4)
        count = "select count(*) from portal.bookings"
        with db.worker(hostile.own.tenant).begin() as scope:
            assert scope.execute(count).scalar() == 1
            scope.execute("select pg_sleep(0.6)")
            assert scope.execute(count).scalar() == 1
        monkeypatch.setattr(seal, "SECONDS", -1)
        late = db.worker(hostile.own.tenant)
        with pytest.raises(exc.ProgrammingError, match="insufficient_privilege"), late.begin() as scope:
            scope.execute(count)

    def test_by_the_databases_clock(self, hostile: Hostile) -> None:
        db.engine().dispose()
        with time_machine.travel("2020-01-01"), db.worker(hostile.own.tenant).begin() as scope:
            assert scope.execute("select count(*) from portal.bookings").scalar() == 1


def guessed_calls(hostile: Hostile) -> list[str]:
    """A call of every function of ours."""
    found = hostile.admin.execute(
        "select proname, array(select t::regtype::text from unnest(proargtypes) t) from pg_proc"
        " where pronamespace = 'portal'::regnamespace order by 1"
    ).fetchall()
    words = hostile.words()
    return [f"{name}({', '.join(GUESSED[kind].format(**words) for kind in kinds)})" for name, kinds in found]
